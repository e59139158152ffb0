// Rows and details of the made-up runs.

import type { JournalRow, LogHits, LogPlaceRow, LogRow, RetryPreview, RunDetail, RunLogsArgs, RunRow, TaskRow, TaskRunDetail, TaskRunRow } from "@/api/types";
import { flows, graphOf } from "./scripts";
import { runState, task, taskRun } from "./timeline";
import type { Script } from "./timeline";

/** The tasks of a run. */
export const tasksOf = (script: Script, now: number): TaskRow[] => script.steps.map((_, at) => task(script, at, now));

const settled = (state: string) => ["success", "failed", "cancelled"].includes(state);

/** A run in a list. */
export function rowOf(script: Script, now: number, tasks = tasksOf(script, now)): RunRow {
  const state = runState(script, tasks);
  const moving = tasks.find((row) => row.state === "running" && row.progress.bytes_total) ?? tasks.findLast((row) => row.progress.bytes > 0) ?? tasks[0]!;
  const faulty = tasks.find((row) => row.fault);
  const end = Math.max(...tasks.map((row) => row.ended_at ?? 0));
  return {
    id: script.id, flow: script.flow, state, dataset: script.dataset, title: script.title,
    waits: tasks.some((row) => row.state === "running") ? null : (tasks.find((row) => row.waits)?.waits ?? null),
    fault: faulty?.fault ?? null, fault_task: faulty?.id ?? null, created_at: script.createdAt, started_at: script.createdAt + 40,
    ended_at: settled(state) ? (script.held?.at ?? (end || script.createdAt + 1_800_000)) : null, progress: moving.progress,
  };
}

/** A run in full. */
export function detailOf(script: Script, all: Script[], now: number): RunDetail {
  const tasks = tasksOf(script, now);
  const run = rowOf(script, now, tasks);
  const flow = flows().find((flow) => flow.flow.id === script.flow)!;
  const live = !settled(run.state);
  return {
    run, flow_title: flow.flow.title, flow_version: script.id === "r-01KAUQ08" ? "51aa07cc1e90" : flow.version, flow_source: flow.source, graph: graphOf(script.flow, script.steps), tasks,
    params: { dataset: script.dataset }, parent: script.parent ?? null, children: all.filter((other) => other.parent === script.id).map((other) => rowOf(other, now)),
    can: { retry: tasks.some((row) => row.fault), cancel: live, pause: live && run.state !== "paused", resume: run.state === "paused" },
  };
}

/** Task runs of a run, or of one task. */
export function taskRunsOf(script: Script, only: string | null | undefined, now: number): TaskRunRow[] {
  return script.steps.flatMap((step, at) => (only && step.id !== only ? [] : Array.from({ length: step.runs }, (_, index) => taskRun(script, at, index, now))));
}

/** A task run in full. */
export function taskRunOf(script: Script, id: string, index: number | null | undefined, now: number, child?: string): TaskRunDetail {
  const at = script.steps.findIndex((step) => step.id === id);
  const row = taskRun(script, at, index ?? 0, now);
  const attempts = Array.from({ length: row.attempts }, (_, back) => {
    const number = row.attempts - back;
    const last = number === row.attempts;
    const state = last ? row.state : number === 1 ? "interrupted" as const : "failed" as const;
    return {
      number, state, started_at: (row.started_at ?? now) + (number - 1) * 90_000, ended_at: last ? row.ended_at : (row.started_at ?? now) + number * 90_000 - 20_000,
      fault: state === "failed" ? (row.fault ?? null) : null,
    };
  });
  return {
    row, uses: script.steps[at]!.uses, attempts, with: script.steps[at]!.uses === "approve" ? { message: "Release the landing zone of krios-apoferritin?" } : { dataset: script.dataset, block: index ?? undefined, target: "lts" },
    output: row.state === "success" ? { bytes: row.progress.bytes, sha256: "9d41c7aa03fe88b7720c5e19a2c01f5e4a8d10d93b7777aa0d4a8d10f3c6e20b" } : null,
    checkpoint: child && script.steps[at]!.uses === "flow.run" ? { run: child, told: false } : row.started_at ? { offset: row.progress.bytes, member: 902 } : null,
  };
}

/** The log of a task run: a start, a line for every so often, an end. */
export function logsOf(script: Script, id: string | null | undefined, index: number | null | undefined, after: number, limit: number, now: number): LogRow[] {
  if (!id) return script.steps.flatMap((step) => logsOf(script, step.id, step.mapped ? (step.fails?.index ?? 0) : null, 0, limit, now)).toSorted((a, b) => a.at - b.at).map((row, at) => ({ ...row, seq: at + 1 })).filter((row) => row.seq > after).slice(0, limit);
  const at = script.steps.findIndex((step) => step.id === id);
  if (at < 0) return [];
  const row = taskRun(script, at, index ?? 0, now);
  if (row.started_at === null) return [];
  const line = (seq: number, when: number, level: string, text: string): LogRow => ({ seq, at: when, task: id, index: index ?? null, attempt: row.attempts, level, text });
  const lines = [line(1, row.started_at, "info", `attempt ${row.attempts} starts`), line(2, row.started_at + 4000, "info", "checkpoint read: resumes at 225.3 GiB, 901 files kept")];
  const until = row.ended_at ?? now;
  const every = Math.max(1000, (until - row.started_at) / 180);
  for (let when = row.started_at + every; when < until; when += every) lines.push(line(lines.length + 1, when, lines.length % 17 === 0 ? "warning" : "info", lines.length % 17 === 0 ? "slower than the last 60 s: 212 MiB/s" : `${lines.length * 41} files confirmed, ${(lines.length * 9.8).toFixed(1)} GiB`));
  if (row.fault) lines.push(line(lines.length + 1, until, "error", `${row.fault.code}: ${row.fault.what}`), line(lines.length + 2, until, "info", "request withdrawn, checkpoint kept"));
  return lines.filter((row) => row.seq > after).slice(0, limit);
}

const LEVELS = ["debug", "info", "warning", "error"];

/** The lines that pass a filter. */
export function passing(rows: LogRow[], { attempt, level, text }: Pick<RunLogsArgs, "attempt" | "level" | "text">): LogRow[] {
  const low = (text ?? "").toLowerCase();
  const from = LEVELS.indexOf(level ?? "debug");
  return rows.filter((row) => (!attempt || row.attempt === attempt) && LEVELS.indexOf(row.level) >= from && row.text.toLowerCase().includes(low));
}

/** Runs that one call searches. */
const AT_ONCE = 20;

/** The lines of all runs that hold a text, as far as one call comes. */
export function search(all: Script[], text: string, level: string | null | undefined, from: LogPlaceRow | null | undefined, limit: number, now: number): LogHits {
  const first = from ? all.findIndex((script) => script.id === from.run) : 0;
  const hits = all.slice(first, first + AT_ONCE).flatMap((script) => passing(logsOf(script, null, null, 0, 100_000, now), { level: level ?? null, text }).map((line) => ({ run: script.id, line })));
  const next = all[first + AT_ONCE];
  return { hits: hits.slice(0, limit), next: next && first < 60 ? { run: next.id, after: 0 } : null };
}

/** The journal of a run. */
export function eventsOf(script: Script, after: number, limit: number, now: number): JournalRow[] {
  const rows: Array<Omit<JournalRow, "seq">> = [{ at: script.createdAt, task: null, index: null, event: "run_created", text: `Run of ${script.flow} created` }];
  for (const run of taskRunsOf(script, null, now)) {
    const name = run.index === null ? run.task : `${run.task} [${run.index}]`;
    if (run.started_at) rows.push({ at: run.started_at, task: run.task, index: run.index, event: "attempt_started", text: `${name}: attempt 1 starts` });
    if (run.ended_at) rows.push({ at: run.ended_at, task: run.task, index: run.index, event: run.state === "failed" ? "attempt_failed" : "attempt_succeeded", text: `${name}: ${run.fault?.what ?? "done"}` });
  }
  return rows.toSorted((a, b) => a.at - b.at).map((row, at) => ({ ...row, seq: at + 1 })).filter((row) => row.seq > after).slice(0, limit);
}

/** What a retry touches. */
export function previewOf(script: Script, only: string | null | undefined, index: number | null | undefined, downstream: boolean, now: number): RetryPreview {
  const rows = taskRunsOf(script, null, now);
  const failed = rows.filter((row) => row.state === "failed" && (!only || row.task === only) && (index === null || index === undefined || row.index === index));
  const touches = downstream ? [...failed, ...rows.filter((row) => row.state === "upstream_failed" || row.state === "none")] : failed;
  return { touches, count: touches.length, leaves: rows.length - touches.length, resumes: failed.map((row) => `${row.task}${row.index === null ? "" : ` [${row.index}]`} resumes at ${(row.progress.bytes / 1024 ** 3).toFixed(1)} GiB; what is confirmed is not sent again`) };
}
