// When the made-up runs were, and when their task runs were in which state.

import type { FlowDay, FlowDuration, RunState, RunTimeline, TaskState, TimelineChange } from "@/api/types";
import { rowOf, taskRunsOf, tasksOf } from "./runs";
import type { Script } from "./timeline";

/** The changes of state of a run's task runs, so far. */
export function timelineOf(script: Script, after: number, now: number): RunTimeline {
  const changes: TimelineChange[] = [];
  const add = (at: number, task: string, index: number | null, state: TaskState) => { if (at <= now) changes.push({ at, task, index, count: 1, state }); };
  for (const { id, from } of script.steps) {
    const ready = script.createdAt + from * 1000;
    for (const { task, index, state, attempts, started_at: start, ended_at: end } of taskRunsOf(script, id, now)) {
      if (state === "none") continue;
      if (state === "upstream_failed") { add(ready, task, index, state); continue; }
      add(ready, task, index, "queued");
      if (state === "deferred") { add(ready + 2000, task, index, "running"); add(ready + 4000, task, index, "deferred"); }
      if (start === null) continue;
      const each = ((end ?? now) - start) / Math.max(1, attempts);
      for (let one = 0; one < attempts; one += 1) {
        add(start + one * each, task, index, "running");
        if (one + 1 < attempts) add(start + (one + 0.7) * each, task, index, "up_for_retry");
      }
      if (end !== null) add(end, task, index, state);
    }
  }
  changes.sort((a, b) => a.at - b.at);
  return { changes: changes.slice(after), upto: changes.length, more: false };
}

const dayOf = (at: number): string => {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

/** How many runs of a flow there were on which day. Beside those that there are, a year of made-up ones. */
export function daysOf(scripts: Script[], flow: string, since: number, until: number, now: number): FlowDay[] {
  const days = new Map<string, Map<RunState, number>>();
  const add = (at: number, state: RunState, count = 1) => {
    if (at < since || at >= until || at > now) return;
    const day = days.get(dayOf(at)) ?? new Map<RunState, number>();
    day.set(state, (day.get(state) ?? 0) + count);
    days.set(dayOf(at), day);
  };
  for (const script of scripts.filter((one) => one.flow === flow)) add(script.createdAt, rowOf(script, now).state);
  for (let back = 8; back < 330; back += 1) {
    const at = now - back * 86_400_000;
    const chance = (back * 7919 + flow.length * 31) % 100;
    if (new Date(at).getDay() % 6 === 0 || chance < 12) continue;
    add(at, "success", 1 + (chance % 9));
    if (chance > 88) add(at, "failed", 1 + (chance % 2));
    if (chance === 50) add(at, "cancelled");
  }
  return [...days].toSorted(([a], [b]) => a.localeCompare(b)).map(([day, runs]) => ({ day, runs: [...runs].map(([state, count]) => ({ state, count })) }));
}

/** How long the last runs of a flow took, or a task in them. */
export function durationsOf(scripts: Script[], flow: string, task: string | null | undefined, limit: number, now: number): FlowDuration[] {
  const rows = scripts.filter((one) => one.flow === flow).toSorted((a, b) => b.createdAt - a.createdAt).map((script): FlowDuration => {
    const { id, state, created_at, started_at, ended_at } = rowOf(script, now);
    const run = { run: id, run_state: state, created_at };
    const of = tasksOf(script, now).find((row) => row.id === task);
    if (!of) return { ...run, task_state: null, task_runs: 0, started_at: task ? null : started_at, ended_at: task ? null : ended_at };
    return { ...run, task_state: of.state, task_runs: of.expanded ?? 1, started_at: of.started_at, ended_at: of.ended_at };
  });
  // Some more than there are, so that there is something to see.
  for (let back = 1; rows.length < Math.min(limit, 64) && rows.length > 0; back += 1) {
    const at = (rows[0]?.created_at ?? now) - 86_400_000 * (back + 1);
    const noise = ((back * 2654435761) % 1000) / 1000;
    const wait = back % 11 === 3 ? 900_000 : 4000 + noise * 20_000;
    const took = (task ? 400_000 : 1_500_000) * (0.7 + noise * 0.6) * (back % 17 === 5 ? 3 : 1);
    rows.push({ run: `r-made-${back}`, run_state: back % 13 === 6 ? "failed" : "success", task_state: task ? (back % 13 === 6 ? "failed" : "success") : null, task_runs: task ? 1 : 0, created_at: at, started_at: at + wait, ended_at: at + wait + took });
  }
  return rows.slice(0, limit);
}
