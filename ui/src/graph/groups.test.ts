import { expect, test } from "vitest";

import type { Graph, GraphNode, TaskRow, TaskState } from "@/api/types";
import { boxesAround, folded, groupId, groupsOf, summed } from "./groups";
import { place } from "./place";

const node = (id: string, x: number, y: number, group?: string): GraphNode => ({ id, uses: "noop", mapped: false, role: "task", when: null, trigger: "all_success", x, y, ...(group && { group }) });
const edge = (from: string, to: string) => ({ from, to });
const graph: Graph = {
  key: "k", nodes: [node("a", 0, 0), node("b", -0.5, 1, "mid"), node("c", 0.5, 1, "mid"), node("d", 0, 2, "mid"), node("e", 0, 3)],
  edges: [edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d"), edge("d", "e")],
};

test("a graph with no closed group stays as it is", () => {
  expect(groupsOf(graph)).toEqual(["mid"]);
  expect(folded(graph, new Set(["other"]))).toBe(graph);
});

test("a closed group is one node, with each edge once and rows closed up", () => {
  const shut = folded(graph, new Set(["mid"]));
  expect(shut.nodes.map(({ id, x, y }) => [id, x, y])).toEqual([["a", 0, 0], ["e", 0, 2], [groupId("mid"), 0, 1]]);
  expect(shut.edges).toEqual([edge("a", groupId("mid")), edge(groupId("mid"), "e")]);
  expect(shut.key).not.toBe(graph.key);
});

test("a group closed over a task between its own still ends", () => {
  const odd: Graph = { key: "o", nodes: [node("a", 0, 0, "g"), node("b", 0, 1), node("c", 0, 2, "g")], edges: [edge("a", "b"), edge("b", "c")] };
  expect(folded(odd, new Set(["g"])).nodes).toHaveLength(2);
});

test("the box of an open group holds its tasks and no other in their column", () => {
  const boxes = place(graph, new Map());
  const box = boxesAround(graph, boxes).get("mid")!;
  for (const id of ["b", "c", "d"]) {
    const inner = boxes.get(id)!;
    expect(inner.x >= box.x && inner.y >= box.y && inner.x + inner.width <= box.x + box.width && inner.y + inner.height <= box.y + box.height).toBe(true);
  }
  expect(box.y).toBeGreaterThan(boxes.get("a")!.y + boxes.get("a")!.height);
});

test("a group tells the state that needs looking at first", () => {
  const row = (state: TaskState, counts: TaskRow["counts"] = []) => ({ state, counts }) as TaskRow;
  expect(summed([row("success"), row("running", [{ state: "success", count: 3 }, { state: "failed", count: 1 }]), row("none")])).toEqual({
    state: "failed", whole: 6, counts: [{ state: "failed", count: 1 }, { state: "none", count: 1 }, { state: "success", count: 4 }],
  });
  expect(summed([]).state).toBe("none");
});
