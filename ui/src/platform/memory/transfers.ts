// How fast the made-up runs move, why they failed, and which of their files were not copied.

import type { ConnectionHealth, FaultCauses, RunListArgs, RunState, TransferFileRow, TransferFiles, TransferFilesArgs, TransferSpeed } from "@/api/types";
import { rowOf } from "./runs";
import type { Script } from "./timeline";

const MIB = 1024 ** 2;

/** Why runs failed. */
export function causesOf(all: Script[], now: number): FaultCauses {
  const failed = all.map((script) => rowOf(script, now)).filter((row) => row.state === "failed" && row.fault);
  const codes = [...new Set(failed.map((row) => row.fault!.code))];
  const causes = codes.map((code) => {
    const rows = failed.filter((row) => row.fault!.code === code);
    return { code, runs: rows.length, task_runs: rows.length, run: rows[0]!.id, task: rows[0]!.fault_task ?? "", fault: rows[0]!.fault! };
  });
  return { failed: failed.length, causes: causes.toSorted((a, b) => b.runs - a.runs) };
}

/** Files that were not copied; a great many, with names that mean harm among them. */
const named = (at: number): TransferFileRow => {
  const path = at % 97 === 5 ? `raw/<img src=x>\u202egpj.${at}.exe` : `Micrographs/grid3/FoilHole_2419${String(at).padStart(5, "0")}_Data_fractions.tiff`;
  const gone = at % 5 === 2;
  return gone
    ? { task: "copy", index: null, path, code: "file.missing", why: `${path} was not read: it is not there any more`, now: "Look for it on the source; a retry leaves it out if it is gone." }
    : { task: "copy", index: null, path, code: "file.exists", why: `${path} was not copied: Something else lies there`, now: "Move it away, or choose what to do with `if_exists`." };
};

/** The files of a made-up copy. */
export function filesOf(script: Script, { code, search, offset, limit }: TransferFilesArgs, now: number): TransferFiles {
  const row = rowOf(script, now);
  const rows = row.state === "failed" ? Array.from({ length: 8_214 }, (_, at) => named(at)) : [];
  const fits = rows.filter((file) => (!code || file.code === code) && (!search || file.path.toLowerCase().includes(search.toLowerCase())));
  const codes = [...new Set(rows.map((file) => file.code))];
  return {
    done: 31_640, already: 1_204, read_back: 20_436, by_server: 10_000, left: 0, failed: rows.length, more_failed: false, total: fits.length,
    causes: codes.map((one) => ({ code: one, files: rows.filter((file) => file.code === one).length, example: rows.find((file) => file.code === one)! })).toSorted((a, b) => b.files - a.files),
    rows: fits.slice(offset ?? 0, (offset ?? 0) + (limit || 100)),
  };
}

/** Speeds that rise and fall, with a pause in which nobody measured. */
export function speedOf(run: string | null | undefined, now: number): TransferSpeed {
  const span = run ? 4_000 : 15_000;
  const end = Math.floor(now / span);
  const points = Array.from({ length: 160 }, (_, at) => at).filter((at) => at < 60 || at > 84).map((at) => ({ at: (end - 160 + at) * span, bytes: Math.round((180 + 90 * Math.sin(at / 9) + 40 * Math.sin(at * 1.7)) * MIB * (span / 1000)) }));
  return { since: now - 26 * 3_600_000, span, points };
}

/** How many runs are in which state. */
export function countsOf(all: Script[], args: RunListArgs, now: number): Array<{ state: RunState; count: number }> {
  const counts = new Map<RunState, number>();
  for (const script of all) {
    const row = rowOf(script, now);
    if ((args.flow && row.flow !== args.flow) || (args.search && !`${row.id} ${row.title}`.toLowerCase().includes(args.search.toLowerCase()))) continue;
    counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
  }
  return [...counts].map(([state, count]) => ({ state, count }));
}

/** The last tests of connections. */
export const healthOf = (now: number): ConnectionHealth[] => [
  { connection: "aws_default", at: now - 5_400_000, ok: true, step: "list", text: "3 entries", code: null },
  { connection: "hpc", at: now - 1_860_000, ok: false, step: "login", text: "hpc.example.org refused the key of the user transfer", code: "ssh.login" },
];
