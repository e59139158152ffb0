// Acts on made-up runs: what they would touch, and that they are done.

import type { Fault, RunAct, RunRefused, RunSelect, RunsDone, RunsPreview } from "@/api/types";
import { rowOf, taskRunsOf } from "./runs";
import type { Script } from "./timeline";

const settled = (state: string) => ["success", "failed", "upstream_failed", "cancelled", "skipped"].includes(state);

function selected(all: Script[], select: RunSelect, now: number): Script[] {
  const { runs, flow, dataset, states, since, until, search, fault } = select;
  return all.filter((script) =>
    (!fault || rowOf(script, now).fault?.code === fault) && (!runs?.length || runs.includes(script.id)) && (!flow || script.flow === flow) && (!dataset || script.dataset === dataset)
    && (!search || `${script.id} ${script.title}`.toLowerCase().includes(search.toLowerCase()))
    && script.createdAt >= (since ?? 0) && script.createdAt < (until ?? Infinity) && (!states?.length || states.includes(rowOf(script, now).state)));
}

const refusal = (code: string, what: string, why: string): Fault => ({ code, class: "permanent", what, why });

/** How many task runs an act touches, or why it cannot be done. */
function touches(script: Script, act: RunAct, now: number): number | Fault {
  const state = rowOf(script, now).state;
  const rows = taskRunsOf(script, "task" in act ? act.task : null, now).filter((row) => !("index" in act) || act.index === null || act.index === undefined || row.index === act.index);
  const live = rows.filter((row) => !settled(row.state)).length;
  switch (act.act) {
    case "retry": { const failed = rows.filter((row) => row.state === "failed").length; return failed > 0 ? failed : refusal("retry.nothing", "There is nothing to retry", "no task run of it has failed"); }
    case "clear": { const done = rows.filter((row) => settled(row.state)).length; return done > 0 ? done + (act.downstream ? 4 : 0) : refusal("retry.active", `${act.task ?? "The run"} cannot be retried now`, "it is running"); }
    case "mark": { const other = rows.filter((row) => row.state !== act.state).length; return other > 0 ? other : refusal("mark.nothing", `${act.task} cannot be marked`, `all its task runs are ${act.state} already`); }
    case "wake": { const waits = rows.filter((row) => ["deferred", "up_for_retry"].includes(row.state)).length; return waits > 0 ? waits : refusal("wake.nothing", "There is nothing to wake", "none of its task runs waits for a time"); }
    case "resume": return state === "paused" ? live : refusal("run.state", "The run cannot be resumed", `it is ${state}`);
    case "pause": return state === "running" || state === "queued" ? live : refusal("run.state", "The run cannot be paused", `it is ${state}`);
    case "cancel": return ["running", "queued", "paused"].includes(state) ? live : refusal("run.state", "The run cannot be cancelled", `it is ${state}`);
  }
}

function chosen(all: Script[], select: RunSelect, act: RunAct, now: number) {
  const runs: Array<[Script, number]> = [];
  const refused: RunRefused[] = [];
  for (const script of selected(all, select, now)) {
    const found = touches(script, act, now);
    if (typeof found === "number") runs.push([script, found]);
    else refused.push({ run: script.id, fault: found });
  }
  return { runs, refused, token: JSON.stringify([runs.map(([script]) => script.id), act]) };
}

/** What an act would touch. */
export function preview(all: Script[], select: RunSelect, act: RunAct, now: number): RunsPreview {
  const { runs, refused, token } = chosen(all, select, act, now);
  return {
    runs: runs.length, task_runs: runs.reduce((sum, [, count]) => sum + count, 0), token,
    rows: runs.slice(0, 50).map(([script, task_runs]) => ({ run: rowOf(script, now), task_runs })), refused: refused.length, refusals: refused.slice(0, 50),
  };
}

/** Does it, if it is still what was seen. */
export function done(all: Script[], select: RunSelect, act: RunAct, seen: string | null | undefined, now: number): RunsDone {
  const { runs, refused, token } = chosen(all, select, act, now);
  if (!select.runs?.length && seen !== token) throw refusal("acts.changed", "Nothing was done", `The runs are no longer those of the preview: it would be done to ${runs.length} now`);
  for (const [script] of runs) change(script, act, now);
  if (runs.length === 0 && refused[0]) throw refused[0].fault;
  return { done: runs.length, refused: select.runs?.length ? refused : [] };
}

function change(script: Script, act: RunAct, now: number): void {
  switch (act.act) {
    case "cancel": script.held = { state: "cancelled", at: now }; return;
    case "pause": script.held = { state: "paused", at: now }; return;
    case "resume": delete script.held; return;
    case "wake": return;
    case "mark": for (const row of taskRunsOf(script, act.task, now)) if ((act.index ?? row.index) === row.index) (script.marked ??= {})[`${row.task} ${row.index ?? 0}`] = act.state; return;
    default: for (const step of script.steps) if (!act.task || step.id === act.task) delete step.fails;
  }
}
