// The made-up files of a dataset: three folders, one of them with many files, and some with hard names.

import type { EntryRow } from "@/api/types";

const hex = (seed: number, length: number) => {
  let text = "";
  for (let at = seed + 1; text.length < length; at += 1) text += Math.abs(Math.imul(at, 2654435761)).toString(16).padStart(8, "0");
  return text.slice(0, length);
};

function entry(id: number, path: string, size: number, proved: number | null, rest: Partial<EntryRow> = {}): EntryRow {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return {
    id, path, name, kind: "file", size, files: 0, mode: "0644", mtime: Date.UTC(2026, 10, 20, 18, 4) + id * 61_000, link: null,
    md5: hex(id, 32), sha256: hex(id * 7, 64), landing: proved ? "released" : "present", block: Math.floor(id / 1534), offset: 512 + (id % 1534) * 255_852_544, proved_at: proved, ...rest,
  };
}

const folder = (id: number, path: string, files: number, size: number) =>
  entry(id, path, size, null, { kind: "folder", files, mode: "0755", md5: null, sha256: null, block: null, offset: null });

const TOP = ["EpuSession.dm", "session_2026-11-20.mrcz", "README.txt", "grid3_overview_Ångström (final) (2).jpg", "caf\\xE9.txt", "a\\x0Ab.log"];
const MOVIES = 17_940;

function movie(at: number, proved: number | null): EntryRow {
  return entry(100 + at, `movies/FoilHole_${30_211_876 + Math.floor(at / 4)}_Data_${15_000 + at}_2026112${at % 10}_fractions.tiff`, 244_000_000 + ((at * 7919) % 3_000_000), proved);
}

/** Rows of a folder, or of all with a search. */
export function entries(folderPath: string | null | undefined, search: string, offset: number, limit: number, proved: number | null): { rows: EntryRow[]; total: number } {
  if (folderPath === "movies") {
    const length = Math.max(0, Math.min(limit, MOVIES - offset));
    return { total: MOVIES, rows: Array.from({ length }, (_, at) => movie(offset + at, proved)) };
  }
  const gain = ["gain/gain_2026-11-20.mrc", "gain/defects.txt"].map((path, at) => entry(20 + at, path, [134_217_728, 4_212][at]!, proved));
  const top = TOP.map((path, at) => entry(10 + at, path, [6_606_028, 9_556_302_233, 2_150, 19_084_083, 12, 0][at]!, proved));
  const link = entry(17, "latest.mrcz", 0, proved, { kind: "link", link: "session_2026-11-20.mrcz", md5: null, sha256: null });
  const folders = [folder(1, "gain", 2, 134_221_940), folder(2, "metadata", 0, 0), folder(3, "movies", MOVIES, MOVIES * 245_300_000)];
  const all = folderPath === "gain" ? gain : folderPath === "metadata" ? [] : folderPath === "" ? [...top, link, ...folders] : [...top, link, ...gain, ...Array.from({ length: 400 }, (_, at) => movie(at, proved))];
  const found = all.filter((row) => !search || row.path.toLowerCase().includes(search.toLowerCase()) || row.sha256?.startsWith(search) || row.md5?.startsWith(search));
  return { rows: found.slice(offset, offset + limit), total: found.length };
}
