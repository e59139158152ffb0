// A made-up run whose states and amounts follow from the time alone.

import type { Fault, ProgressRow, RunState, StateCount, TaskRow, TaskRunRow, TaskState } from "@/api/types";

/** One task of a made-up run: when it starts after the run did, how long each of its task runs takes, how many at once. */
export interface Step {
  id: string;
  uses: string;
  mapped?: boolean;
  /** Task runs. */
  runs: number;
  /** Seconds after the start of the run. */
  from: number;
  /** Seconds of one task run. */
  each: number;
  lanes: number;
  /** Bytes of one task run. */
  bytes: number;
  files: number;
  /** A task run that fails half way. */
  fails?: { index: number; fault: Fault };
  /** It does nothing but wait. */
  waits?: string;
  /** It gave its slot back while it waits. */
  deferred?: boolean;
}

/** A made-up run. */
export interface Script {
  id: string;
  flow: string;
  dataset: string | null;
  title: string;
  createdAt: number;
  steps: Step[];
  parent?: string;
  /** Set when the operator stopped or held it. */
  held?: { state: "paused" | "cancelled"; at: number };
  /** States that the operator gave, by task and index. */
  marked?: Record<string, TaskState>;
}

const label = (step: Step, script: Script, index: number) =>
  step.mapped ? `${script.dataset ?? "block"}_${index}.tar` : null;

function share(step: Step, index: number, elapsed: number): number {
  const start = step.from + Math.floor(index / step.lanes) * step.each;
  return Math.max(0, Math.min(1, (elapsed - start) / step.each));
}

function stateOf(step: Step, index: number, elapsed: number, script: Script): TaskState {
  const done = share(step, index, elapsed);
  const marked = script.marked?.[`${step.id} ${index}`];
  if (marked) return marked;
  if (step.waits && elapsed >= step.from) return step.deferred ? "deferred" : "queued";
  if (done >= 1 && step.fails?.index !== index) return "success";
  if (done > 0.5 && step.fails?.index === index) return "failed";
  if (script.held?.state === "cancelled") return "cancelled";
  if (done > 0) return "running";
  return elapsed >= step.from ? "queued" : "none";
}

function elapsedOf(script: Script, now: number): number {
  return ((script.held?.at ?? now) - script.createdAt) / 1000;
}

/** Whether an earlier step of the run has failed, so that this one never starts. */
function blocked(script: Script, at: number, elapsed: number): boolean {
  return script.steps.slice(0, at).some((step) => step.fails && stateOf(step, step.fails.index, elapsed, script) === "failed");
}

function amounts(step: Step, index: number, done: number, running: boolean): ProgressRow {
  const wave = 1 + 0.08 * Math.sin(Date.now() / 2300 + index);
  const rate = running ? (step.bytes / step.each) * wave : null;
  const bytes = Math.floor(step.bytes * done);
  return {
    bytes, bytes_total: step.bytes || null, files: Math.floor(step.files * done), files_total: step.files || null, rate,
    seconds_left: rate ? (step.bytes - bytes) / rate : null,
    now: running ? `movies/FoilHole_${30211876 + Math.floor(done * 900)}_Data_15002_fractions.tiff` : "",
  };
}

/** One task run at a time. */
export function taskRun(script: Script, at: number, index: number, now: number): TaskRunRow {
  const step = script.steps[at]!;
  const elapsed = elapsedOf(script, now);
  const waits = script.steps.slice(0, at).some((before) => before.deferred && stateOf(before, 0, elapsed, script) === "deferred");
  const state = blocked(script, at, elapsed) ? "upstream_failed" : waits ? "none" : stateOf(step, index, elapsed, script);
  const done = state === "upstream_failed" || state === "none" || state === "queued" ? 0 : share(step, index, elapsed) * (state === "failed" ? 0.2 : 1);
  const start = script.createdAt + 1000 * (step.from + Math.floor(index / step.lanes) * step.each);
  const began = done > 0;
  return {
    task: step.id, index: step.mapped ? index : null, label: label(step, script, index), state,
    attempts: began ? (state === "failed" ? 3 : 1) : 0,
    started_at: began ? start : null,
    ended_at: state === "success" || state === "cancelled" ? start + step.each * 1000 : state === "failed" ? start + step.each * 500 : null,
    next_at: state === "deferred" ? script.createdAt + 365 * 86_400_000 : null,
    waits: step.waits && (state === "queued" || state === "deferred") ? step.waits : state === "queued" ? "waits for a slot of move-datablocks-to-lts (2 of 2 held)" : null,
    progress: amounts(step, index, done, state === "running"),
    fault: state === "failed" ? (step.fails?.fault ?? null) : null,
  };
}

function sum(rows: ProgressRow[], step: Step): ProgressRow {
  const add = (of: (row: ProgressRow) => number | null) => rows.reduce((all, row) => all + (of(row) ?? 0), 0);
  const rate = add((row) => row.rate) || null;
  const bytes = add((row) => row.bytes);
  const total = step.bytes * step.runs;
  return {
    bytes, bytes_total: total || null, files: add((row) => row.files), files_total: step.files * step.runs || null, rate,
    seconds_left: rate ? (total - bytes) / rate : null, now: rows.find((row) => row.now)?.now ?? "",
  };
}

const ORDER: TaskState[] = ["failed", "running", "up_for_retry", "deferred", "queued", "cancelled", "upstream_failed", "none", "success"];

/** A task of the run: all its task runs together. */
export function task(script: Script, at: number, now: number): TaskRow {
  const step = script.steps[at]!;
  const rows = Array.from({ length: step.runs }, (_, index) => taskRun(script, at, index, now));
  const counts = new Map<TaskState, number>();
  for (const row of rows) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
  const state = counts.has("running") ? "running" : (ORDER.find((state) => counts.has(state)) ?? "none");
  const starts = rows.map((row) => row.started_at).filter((at) => at !== null);
  const ends = rows.map((row) => row.ended_at).filter((at) => at !== null);
  return {
    id: step.id, uses: step.uses, state, mapped: step.mapped ?? false,
    counts: [...counts].map(([state, count]): StateCount => ({ state, count })),
    expanded: step.mapped ? (state === "none" ? null : step.runs) : null,
    waits: rows.find((row) => row.waits)?.waits ?? null,
    ...(state === "deferred" && { next_at: script.createdAt + 365 * 86_400_000 }),
    started_at: starts.length > 0 ? Math.min(...starts) : null,
    ended_at: state === "success" && ends.length > 0 ? Math.max(...ends) : null,
    progress: sum(rows.map((row) => row.progress), step),
    fault: rows.find((row) => row.fault)?.fault ?? null,
  };
}

/** State of the run, from its tasks. */
export function runState(script: Script, tasks: TaskRow[]): RunState {
  if (script.held) return script.held.state;
  const states = new Set(tasks.flatMap((row) => row.counts.map(({ state }) => state)));
  if (states.has("running")) return "running";
  if (states.has("failed")) return "failed";
  return tasks.every((row) => row.state === "success") ? "success" : "running";
}
