// The made-up storages, datasets and plans.

import type { ArchivePlan, BlockRow, DatasetRow, ProfileRow, RetrievePlan, RetrievedBlock, SpaceNeed, StorageHistory, StorageRow, WorkspaceInfo } from "@/api/types";

const GIB = 1024 ** 3;
const TIB = 1024 ** 4;
const HOUR = 3_600_000;

/** The workspace; `first` shows the first-run page. */
export const workspace = (first: boolean, profiles: ProfileRow[]): WorkspaceInfo => ({
  path: "/home/operator/.local/share/longshore", name: "emf-archive", first_run: first, version: "0.1.0", owner: "window", owner_pid: 4711,
  journal_rows: 1_482_077, journal_last: Date.now() - 1200, flows_folder: "/home/operator/.local/share/longshore/flows", profiles,
});

function storage(name: string, path: string, total: number, free: number, reserved: number, percent: number, rest: Partial<StorageRow> = {}): StorageRow {
  const floor = (total * percent) / 100;
  return {
    name, kind: "local", path, connection: null, folder: null, quota: null, held_datasets: 0, held_bytes: rest.proved_bytes ?? 0, health: "ok", reason: null, total, free, reserved, floor, floor_percent: percent,
    to_grant: Math.max(0, free - reserved - floor), pool: "259:2", proved_bytes: 0, ...rest,
  };
}

/** The storages. */
export const storages = (): StorageRow[] => [
  storage("lts", "/mnt/lts/emf", 480 * TIB, 99.9 * TIB, 3.4 * TIB, 20, { pool: "0:52", proved_bytes: 376 * TIB }),
  storage("landing", "/data/landing", 80 * TIB, 40.6 * TIB, 1.1 * TIB, 1),
  storage("staging", "archive-s3:emf/staging", 0, 0, 0, 1, { kind: "connection", connection: "archive-s3", folder: "emf/staging", total: null, free: null, to_grant: null, pool: null }),
  storage("scratch", "/home/operator/.local/share/longshore/scratch", 1.8 * TIB, 0.9 * TIB, 0, 1, { pool: "259:1" }),
  storage("retrieval", "/mnt/retrieval", 26.4 * TIB, 26.4 * TIB, 0, 1, { health: "read_only", reason: "/mnt/retrieval is mounted read-only", to_grant: null, pool: "0:61" }),
];

const need = (row: StorageRow, needs: number): SpaceNeed => ({
  storage: row.name, path: row.path, needs, total: row.total, free_unreserved: (row.free ?? 0) - row.reserved, floor: row.floor,
  short: Math.max(0, needs - (row.to_grant ?? 0)), problem: row.to_grant === null ? row.reason : null,
});

/** The plan of an archive. */
export function archivePlan(paths: string[]): ArchivePlan {
  const bytes = 2.91 * TIB;
  const [lts, landing] = storages() as [StorageRow, StorageRow];
  const size = (at: number) => (at === 8 ? 412.7 : at === 7 ? 76.6 : 355.2 + at / 10) * GIB;
  return {
    paths, name: paths[0]?.replace(/\/+$/, "").split("/").at(-1) ?? "", files: 12_806, folders: 41, links: 2, bytes, block_count: 9, block_target: 356 * GIB,
    blocks: Array.from({ length: 9 }, (_, at) => ({
      number: at, first: at === 8 ? "grid1/session.mrcz" : `grid1/movies/FoilHole_302118${10 + at}_Data_${1 + at * 1482}_fractions.tiff`,
      last: at === 8 ? "grid1/session.mrcz" : `grid1/movies/FoilHole_302119${10 + at}_Data_${(1 + at) * 1482}_fractions.tiff`, files: at === 8 ? 1 : 1482, size: size(at),
    })),
    space: [need(landing, bytes), need(lts, bytes)],
    notes: [
      { level: "warning", code: "name.not_utf8", text: "3 names are not valid UTF-8; they are kept byte for byte", details: ["grid1/notes/caf\\xE9.txt", "grid1/notes/\\xFF\\xFE.log", "grid1/notes/m\\xFCnchen.txt"] },
      { level: "warning", code: "source.special", text: "1 socket is left out", details: ["grid1/.X11-unix/X0"] },
      { level: "info", code: "file.large", text: "1 file is larger than a datablock and gets one of its own", details: ["grid1/session.mrcz, 412.7 GiB"] },
      { level: "info", code: "entries.links", text: "2 links are kept as links, 14 empty files are proved by name", details: [] },
    ],
    can_start: true,
  };
}

/** The plan of a retrieval. */
/** What lies in the storage for retrieval. */
export function retrievedBlocks(): RetrievedBlock[] {
  return [0, 1].map((number) => ({ name: `ds-0_${number}.tar`, size: 20 * 1024 ** 3, sha256: "0".repeat(64), url: `https://s3.example.org/retrieval/ds-0/ds-0_${number}.tar?X-Amz-Expires=604800`, path: null }));
}

export function retrievePlan(of: DatasetRow, to: string | null | undefined, files: string[] | null | undefined): RetrievePlan {
  const bytes = files ? files.length * 245 * 1024 ** 2 : of.bytes;
  const dest = to ?? "retrieval";
  return {
    files: files?.length ?? of.files, bytes, blocks: files ? Math.min(12, files.length) : 12,
    space: [{ storage: dest, path: dest, needs: bytes, total: 26.4 * TIB, free_unreserved: 19.1 * TIB, floor: 0.26 * TIB, short: 0, problem: null }],
    notes: [], can_start: true,
  };
}

const NAMES = ["Krios_ribosome_grid3", "Krios_spliceosome_tomo", "Glacios_membrane_screen", "Krios_GroEL_grid1", "Aquilos_lamella_17", "Talos_liposomes", "Krios_apoferritin_grid1", "Glacios_nucleosome_2"];

/** The datasets, newest first. */
export function datasets(now: number): DatasetRow[] {
  return Array.from({ length: 640 }, (_, at): DatasetRow => {
    const created = now - (2 + at * 26) * HOUR;
    const state = at === 1 || at === 2 ? "archiving" : at === 5 ? "damaged" : at === 6 ? "landed" : at === 7 ? "landing" : "archived";
    const bytes = at === 0 ? 4.01 * TIB : (0.2 + ((at * 37) % 91) / 17) * TIB;
    const files = at === 0 ? 17_948 : 900 + ((at * 7919) % 61_000);
    const part = state === "archived" ? 1 : state === "archiving" ? 0.7 : state === "damaged" ? 0.97 : 0;
    return {
      pid: at === 1 ? "krios-spliceosome-tomo" : `ds-${at}`, name: `${new Date(created).toISOString().slice(0, 10)}_${NAMES[at % NAMES.length]}`, state, files, bytes,
      proved_bytes: Math.floor(bytes * part), proved_files: Math.floor(files * part), landing_files: part === 1 ? 0 : files, blocks: 12,
      created_at: created, archived_at: part === 1 ? created + 5 * HOUR : null, run: "r-01KAV4Q7",
    };
  });
}

/** The datablocks of a dataset. */
export function blocks(row: DatasetRow): BlockRow[] {
  return Array.from({ length: row.blocks }, (_, number): BlockRow => {
    const share = number / row.blocks;
    const state = row.state === "archived" ? "proved" : row.state === "damaged" && number === 3 ? "damaged" : share < row.proved_bytes / row.bytes - 0.2 ? "proved" : share < row.proved_bytes / row.bytes ? "written" : "planned";
    const name = `${row.pid}_${number}.tar`;
    const written = state !== "planned";
    return {
      number, name, state, storage: "lts", path: written ? `/mnt/lts/emf/${row.pid}/${name}` : null, files: Math.ceil(row.files / row.blocks), size: Math.ceil(row.bytes / row.blocks),
      sha256: written ? `${(number * 7919 + 12345).toString(16).padStart(8, "a")}`.repeat(8).slice(0, 64) : null,
      verified_at: state === "proved" || state === "damaged" ? row.created_at + (2 + number / 4) * HOUR : null, method: state === "proved" ? "medium" : null,
    };
  });
}

/** How the room of a storage went: filled a little each day, less at weekends. */
export function history(name: string, days: number): StorageHistory {
  const row = storages().find((one) => one.name === name);
  if (!row || row.total === null || row.free === null || name === "scratch") return { points: [], forecast: null, datasets: [], groups: [] };
  const [total, free] = [row.total, row.free];
  const perDay = total / 420;
  const points = Array.from({ length: days * 4 + 1 }, (_, at) => {
    const back = days - at / 4;
    return { at: Date.now() - back * 24 * HOUR, total, free: Math.min(total, Math.round(free + back * perDay + Math.sin(at / 9) * perDay * 2)), reserved: 0 };
  });
  const to = (rate: number) => Date.now() + (Math.max(0, free - row.floor) / rate) * 24 * HOUR;
  return {
    points,
    forecast: { days: Math.min(30, days), per_day: perDay, per_day_low: perDay * 0.8, per_day_high: perDay * 1.25, floor_at: to(perDay), floor_earliest: to(perDay * 1.25), floor_latest: to(perDay * 0.8) },
    datasets: datasets(Date.now()).slice(0, 8).map((one) => ({ pid: one.pid, name: one.name, bytes: one.bytes, datasets: 1 })).sort((a, b) => b.bytes - a.bytes),
    groups: [{ pid: "", name: "emf", bytes: 210 * TIB, datasets: 402 }, { pid: "", name: "bio <i>lab</i>", bytes: 120 * TIB, datasets: 190 }, { pid: "", name: "", bytes: 46 * TIB, datasets: 48 }],
  };
}
