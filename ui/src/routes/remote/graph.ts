// The graph of a run of another engine, from what it says of its tasks.

import type { Graph, GraphNode, ProgressRow, RemoteTaskRow, TaskRow, TaskState } from "@/api/types";
import { words } from "@/ui/format";
import { shapeOf } from "./engines";

/** Nodes that are drawn at most; a run of more is told as a list. */
export const MOST_NODES = 400;

const NOTHING: ProgressRow = { bytes: 0, bytes_total: null, files: 0, files_total: null, rate: null, seconds_left: null, now: "" };

/** What is shown of several together: first what needs looking at, then what is going on. */
const FIRST: readonly TaskState[] = ["failed", "upstream_failed", "up_for_retry", "running", "queued", "deferred", "scheduled", "paused", "cancelled", "none", "success", "skipped"];

const stateOf = (row: RemoteTaskRow): TaskState => {
  const [shape] = shapeOf(row);
  return shape === "proved" || shape === "unverified" ? "none" : shape;
};

/** What each task needs, whether the engine names tasks or task runs. */
function needsOf(tasks: RemoteTaskRow[]): Map<string, Set<string>> {
  const byId = new Map(tasks.map(({ id, task }) => [id, task]));
  const needs = new Map<string, Set<string>>(tasks.map(({ task }) => [task, new Set()]));
  for (const { task, needs: all } of tasks) {
    for (const need of all) {
      const from = needs.has(need) ? need : byId.get(need);
      if (from !== undefined && from !== task) needs.get(task)?.add(from);
    }
  }
  return needs;
}

/** In which row each lies: below all that it needs. Nothing, if it goes round in a circle. */
function rowsOf(needs: Map<string, Set<string>>): Map<string, number> | undefined {
  const rows = new Map<string, number>();
  for (let left = [...needs.keys()]; left.length > 0;) {
    const ready = left.filter((node) => [...needs.get(node)!].every((need) => rows.has(need)));
    if (ready.length === 0) return undefined;
    for (const node of ready) rows.set(node, Math.max(-1, ...[...needs.get(node)!].map((need) => rows.get(need)!)) + 1);
    left = left.filter((node) => !rows.has(node));
  }
  return rows;
}

/** Rows by what they have in common. */
function grouped<K, T>(rows: Iterable<T>, by: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) groups.set(by(row), [...(groups.get(by(row)) ?? []), row]);
  return groups;
}

function nodeOf(id: string, x: number, y: number): GraphNode {
  return { id, uses: "not begun", mapped: false, role: "task", when: null, trigger: "all_success", x, y };
}

/** How many of which state, in words. */
function told(states: TaskState[]): string | null {
  if (states.length < 2) return null;
  return FIRST.flatMap((state) => { const many = states.filter((one) => one === state).length; return many > 0 ? [`${many} ${words(state)}`] : []; }).join(", ");
}

function rowOf(id: string, runs: RemoteTaskRow[]): TaskRow {
  const states = runs.map(stateOf);
  const state = FIRST.find((one) => states.includes(one)) ?? "none";
  const began = runs.flatMap((run) => run.began ?? []);
  const ended = runs.flatMap((run) => run.ended ?? []);
  return {
    id, uses: "", state, mapped: false, counts: [], expanded: null, waits: told(states), progress: NOTHING, fault: null,
    started_at: began.length > 0 ? Math.min(...began) : null, ended_at: ended.length === runs.length ? Math.max(...ended) : null,
  };
}

/** A graph of these tasks and how each stands; nothing if there are none, too many, or if they need each other in a circle. */
export function graphOf(tasks: RemoteTaskRow[]): { graph: Graph; rows: TaskRow[] } | undefined {
  const needs = needsOf(tasks);
  const layer = rowsOf(needs);
  if (!layer || layer.size === 0 || layer.size > MOST_NODES) return undefined;
  const layers = grouped(layer.keys(), (id) => layer.get(id) ?? 0);
  const nodes = [...layers].flatMap(([y, ids]) => ids.map((id, at) => nodeOf(id, at - (ids.length - 1) / 2, y)));
  const edges = [...needs].flatMap(([to, froms]) => [...froms].map((from) => ({ from, to })));
  const rows = [...grouped(tasks, ({ task }) => task)].map(([id, runs]) => rowOf(id, runs));
  return { graph: { key: JSON.stringify([nodes.map(({ id }) => id), edges]), nodes, edges }, rows };
}
