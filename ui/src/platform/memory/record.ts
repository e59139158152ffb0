// Made-up limits, variables and audit log. An act in this window becomes a row of the log, as in the workspace.

import { type AuditListArgs, type AuditRow, type ImportArgs, type ImportReport, type LimitRow, type OperationName, type Page, type VariableRow, writes } from "@/api/types";
import { linesOf } from "./connections";

const HOUR = 3_600_000;

const holder = (run: string, task: string, index: number | null, since: number) => ({ run, task, index, since });

function startLimits(now: number): LimitRow[] {
  return [
    { name: "move-datablocks-to-lts", slots: 2, held: 2, holders: [holder("r-01KAV4Q7", "pack", 8, now - 1.2 * HOUR), holder("r-01KAV4Q7", "pack", 9, now - 0.4 * HOUR)] },
    { name: "verify-datablocks-in-lts", slots: 4, held: 0, holders: [] },
    { name: "sftp-beamline", slots: 0, held: 1, holders: [holder("r-01KAV6M2", "land", null, now - 0.9 * HOUR)] },
  ];
}

const startVariables = (): VariableRow[] => [
  { name: "api_token", value: null, hidden: true, from: "environment", meaning: null },
  { name: "attempt_log_bytes", value: 16_777_216, hidden: false, from: "built_in", meaning: "Bytes of one attempt's log that are kept: its beginning and its end" },
  { name: "beamline", value: { host: "x06sa", stations: ["krios", "glacios"] }, hidden: false, from: "set", meaning: null },
  { name: "datablock_target_bytes", value: "20 GiB", hidden: false, from: "set", meaning: "Target size of a datablock" },
  { name: "keep_runs_days", value: null, hidden: false, from: "built_in", meaning: "How many days ended runs are kept; none: for ever. Ledger, history and audit log always stay" },
  { name: "target", value: "lts", hidden: false, from: "environment", meaning: null },
];

function startAudit(now: number): AuditRow[] {
  const acts: Array<Pick<AuditRow, "by" | "op" | "object"> & Partial<AuditRow>> = [
    { by: "m.keller", op: "run.retry", object: "run r-01KAUQ08", why: "Read the tape again after the cleaning", detail: { run: "r-01KAUQ08", task: "verify", index: 3 } },
    { by: "a.rossi", op: "limit.set", object: "limit move-datablocks-to-lts", why: "Tape drive 3 is back", detail: { limit: "move-datablocks-to-lts", slots: 2 } },
    { by: "m.keller", op: "archive.start", object: "archive Krios_GroEL_grid1", detail: { name: "Krios_GroEL_grid1", made_run: "r-01KAV4Q7" } },
    { by: "a.rossi", op: "run.cancel", object: "run r-01KA6Y4", state: "failed", fault: "run.ended", detail: { run: "r-01KA6Y4" } },
    { by: "service", op: "storage.set", object: "storage lts", why: "Floor raised before the move", detail: { name: "lts", floor_percent: 20 } },
  ];
  return Array.from({ length: 640 }, (_, at): AuditRow => ({
    program: at % 3 === 0 ? "longshore" : "longshore-desktop", why: null, state: "done", fault: null, detail: {}, part_of: null, ...acts[at % acts.length]!,
    seq: at + 1, at: now - (640 - at) * 0.7 * HOUR,
  }));
}

/** As the workspace does: the whole of it, its kind, or its name. */
const isOf = (object: string, wanted: string | null | undefined) => !wanted || object === wanted || object.split(" ")[0] === wanted || object.slice(object.indexOf(" ") + 1) === wanted;

/** What changes: limits, variables, and the log of acts. */
export class Records {
  readonly limits = startLimits(Date.now());
  readonly variables = startVariables();
  private readonly log = startAudit(Date.now());

  /** Keeps an act in the log; whether it is one. */
  acted(op: OperationName, args: { [name: string]: unknown }, state: AuditRow["state"], fault: string | null): boolean {
    if (!(writes as readonly string[]).includes(op) || op.startsWith("plan.")) return false;
    const [kind, name] = ["run", "dataset", "flow", "limit", "variable", "name"].map((field) => [field, args[field]] as const).find(([, value]) => typeof value === "string") ?? [op.split(".")[0], ""];
    const { why, ...detail } = args;
    this.log.push({ seq: this.log.length + 1, at: Date.now(), by: "operator", program: "longshore-desktop", op, object: `${kind} ${String(name)}`.trim(), why: typeof why === "string" ? why : null, state, fault, detail, part_of: null });
    return true;
  }

  /** A page of the log, newest first. */
  audit({ op, object, by, since, until, offset = 0, limit }: AuditListArgs): Page<AuditRow> {
    const rows = this.log.toReversed().filter((row) => (!op || row.op === op || row.op.startsWith(`${op}.`)) && isOf(row.object, object) && (!by || row.by === by) && row.at >= (since ?? 0) && row.at < (until ?? Infinity));
    return { rows: rows.slice(offset, offset + (limit || 100)), total: rows.length };
  }

  setLimit(name: string, slots: number): LimitRow {
    const row = this.limits.find((one) => one.name === name);
    if (row) return Object.assign(row, { slots });
    const fresh = { name, slots, held: 0, holders: [] };
    this.limits.push(fresh);
    return fresh;
  }

  removeLimit(name: string): void {
    this.limits.splice(this.limits.findIndex((one) => one.name === name), 1);
  }

  setVariable(name: string, value: unknown): VariableRow {
    const row = this.variables.find((one) => one.name === name);
    if (row) return Object.assign(row, { value, from: "set" as const });
    const fresh: VariableRow = { name, value, hidden: false, from: "set", meaning: null };
    this.variables.push(fresh);
    return fresh;
  }

  importVariables({ text, replace, dry_run: dry }: ImportArgs): ImportReport {
    return linesOf(String(text), replace ?? false, (name) => this.variables.some((one) => one.name === name), (name, value) => { if (!dry) this.setVariable(name, value); });
  }

  removeVariable(name: string): void {
    this.variables.splice(this.variables.findIndex((one) => one.name === name), 1);
  }
}
