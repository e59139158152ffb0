import { expect, test } from "vitest";

import type { Graph, GraphNode } from "@/api/types";
import { neighbour, place } from "./place";

const node = (id: string, x: number, y: number, mapped = false): GraphNode => ({ id, uses: "noop", mapped, role: "task", when: null, trigger: "all_success", x, y });
const graph: Graph = {
  key: "k", nodes: [node("list", 0, 0), node("pack", 0, 1, true), node("note", 1, 1), node("done", 0, 2)],
  edges: [{ from: "list", to: "pack" }, { from: "list", to: "note" }, { from: "pack", to: "done" }],
};

test("nodes never overlap, closed or open", () => {
  for (const opened of [new Map<string, number>(), new Map([["pack", 500]])]) {
    const boxes = [...place(graph, opened).values()];
    for (const a of boxes) {
      for (const b of boxes) {
        const apart = a === b || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
  }
});

test("opening a node moves only what lies below it", () => {
  const closed = place(graph, new Map());
  const open = place(graph, new Map([["pack", 24]]));
  expect(open.get("list")).toEqual(closed.get("list"));
  expect(open.get("pack")?.y).toBe(closed.get("pack")?.y);
  expect(open.get("done")?.y).toBeGreaterThan(closed.get("done")?.y ?? 0);
});

test("arrows follow edges and rows", () => {
  expect(neighbour(graph, "list", "ArrowDown")).toBe("pack");
  expect(neighbour(graph, "done", "ArrowUp")).toBe("pack");
  expect(neighbour(graph, "pack", "ArrowRight")).toBe("note");
  expect(neighbour(graph, "pack", "ArrowLeft")).toBeUndefined();
});
