// Groups of tasks: drawn as a box around their tasks, or closed to one node.

import type { Graph, GraphEdge, GraphNode, StateCount, TaskRow, TaskState } from "@/api/types";
import type { Box } from "./place";

/** Under which id a closed group stands in a graph. No task has it: a task's id holds no space. */
export const groupId = (group: string): string => `group ${group}`;

/** The group that stands under an id, if one does. */
export const groupOf = (id: string): string | undefined => (id.startsWith("group ") ? id.slice(6) : undefined);

/** The groups of a graph, in its order. */
export const groupsOf = (graph: Graph): string[] => [...new Set(graph.nodes.map((node) => node.group).filter((group) => group !== undefined))];

/** The graph as it is drawn: without what a longer way says already. */
export const drawn = (graph: Graph): Graph => ({ ...graph, edges: graph.edges.filter((edge) => !edge.implied) });

/** The graph with these groups closed to one node each; untouched if none is. */
export function folded(graph: Graph, closed: ReadonlySet<string>): Graph {
  const shut = groupsOf(graph).filter((group) => closed.has(group));
  if (shut.length === 0) return graph;
  const idOf = new Map(graph.nodes.map((node) => [node.id, node.group !== undefined && closed.has(node.group) ? groupId(node.group) : node.id]));
  const nodes = graph.nodes.filter((node) => idOf.get(node.id) === node.id);
  for (const group of shut) nodes.push(closedNode(group, graph.nodes.filter((node) => node.group === group)));
  const edges = new Map<string, GraphEdge>();
  for (const edge of graph.edges) {
    const [from, to] = [idOf.get(edge.from) ?? edge.from, idOf.get(edge.to) ?? edge.to];
    if (from !== to) edges.set(`${from}\n${to}`, { from, to });
  }
  return layered({ key: `${graph.key} ${shut.join(" ")}`, nodes, edges: [...edges.values()] });
}

function closedNode(group: string, members: GraphNode[]): GraphNode {
  const x = members.reduce((sum, node) => sum + node.x, 0) / members.length;
  return { id: groupId(group), uses: "group", mapped: false, role: members[0]?.role ?? "task", when: null, trigger: "all_success", x, y: Math.min(...members.map((node) => node.y)) };
}

/** Lays nodes out again, in rows by their longest way from the top, each row in the order that it had and about the middle. */
function layered(graph: Graph): Graph {
  const rows = depths(graph);
  const nodes = graph.nodes.map((node) => ({ ...node, y: rows.get(node.id) ?? 0 }));
  const byRow = new Map<number, GraphNode[]>();
  for (const node of nodes) byRow.set(node.y, [...(byRow.get(node.y) ?? []), node]);
  for (const row of byRow.values()) row.toSorted((a, b) => a.x - b.x).forEach((node, at) => { node.x = at - (row.length - 1) / 2; });
  return { ...graph, nodes };
}

/** How far down each node lies. A group that is closed over a task between its own makes a circle: passes are bounded. */
function depths({ nodes, edges }: Graph): Map<string, number> {
  const depth = new Map(nodes.map((node) => [node.id, 0]));
  for (let pass = 0, moved = true; moved && pass < nodes.length; pass += 1) {
    moved = false;
    for (const { from, to } of edges) {
      const below = (depth.get(from) ?? 0) + 1;
      if (below > (depth.get(to) ?? 0) && below < nodes.length) {
        depth.set(to, below);
        moved = true;
      }
    }
  }
  return depth;
}

/** Room of a group's head above its tasks, and around them, in pixels. */
const [HEAD, AROUND] = [26, 10] as const;

/** The box around the tasks of each open group. */
export function boxesAround(graph: Graph, boxes: ReadonlyMap<string, Box>): Map<string, Box> {
  const around = new Map<string, Box>();
  for (const group of groupsOf(graph)) {
    const inside = graph.nodes.filter((node) => node.group === group).flatMap((node) => boxes.get(node.id) ?? []);
    const left = Math.min(...inside.map((box) => box.x)) - AROUND;
    const top = Math.min(...inside.map((box) => box.y)) - HEAD;
    const right = Math.max(...inside.map((box) => box.x + box.width)) + AROUND;
    const bottom = Math.max(...inside.map((box) => box.y + box.height)) + AROUND;
    around.set(group, { x: left, y: top, width: right - left, height: bottom - top });
  }
  return around;
}

/** States, the one that is told for several first. */
const TOLD: TaskState[] = ["failed", "interrupted", "up_for_retry", "running", "cancelling", "deferred", "queued", "scheduled", "paused", "upstream_failed", "cancelled", "none", "skipped", "success"];

/** A group's task runs by state, and the state that is told for all. */
export function summed(tasks: TaskRow[]): { state: TaskState; counts: StateCount[]; whole: number } {
  const sums = new Map<TaskState, number>();
  const add = (state: TaskState, count: number) => sums.set(state, (sums.get(state) ?? 0) + count);
  for (const task of tasks) {
    if (task.counts.length === 0) add(task.state, 1);
    for (const { state, count } of task.counts) add(state, count);
  }
  const counts = TOLD.filter((state) => sums.has(state)).map((state) => ({ state, count: sums.get(state) ?? 0 }));
  return { state: counts[0]?.state ?? "none", counts, whole: counts.reduce((sum, { count }) => sum + count, 0) };
}
