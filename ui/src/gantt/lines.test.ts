import { expect, test } from "vitest";

import type { TaskState, TimelineChange } from "@/api/types";
import { ALONE, type Lines, fold, joined, marks, together, wholeSpan } from "./lines";

const change = (at: number, task: string, index: number | null, state: TaskState, count = 1): TimelineChange => ({ at, task, index, count, state });
const foldAll = (...changes: TimelineChange[]): Lines => { const lines: Lines = new Map(); fold(lines, changes); return lines; };

test("a task run is told in the times that it waited and worked, attempt by attempt", () => {
  const lines = foldAll(change(0, "pack", null, "queued"), change(5, "pack", null, "running"), change(9, "pack", null, "up_for_retry"), change(12, "pack", null, "running"), change(20, "pack", null, "success"));
  const line = lines.get("pack")!.get(ALONE)!;
  expect(line.segments.map(({ state, from, to, then, attempt }) => [state, from, to, then, attempt])).toEqual([
    ["queued", 0, 5, "running", 1], ["running", 5, 9, "up_for_retry", 1], ["up_for_retry", 9, 12, "running", 2], ["running", 12, 20, "success", 2],
  ]);
  expect([line.state, line.attempts]).toEqual(["success", 2]);
});

test("a sensor that waits and looks again is one attempt", () => {
  const line = foldAll(change(0, "wait", null, "running"), change(1, "wait", null, "deferred"), change(9, "wait", null, "queued"), change(10, "wait", null, "running")).get("wait")!.get(ALONE)!;
  expect(line.attempts).toBe(1);
  expect(line.segments.at(-1)).toEqual({ state: "running", from: 10, to: null, then: null, attempt: 1 });
});

test("one change moves a span of task runs, and a task that is mapped anew begins anew", () => {
  const lines = foldAll(change(0, "pack", null, "scheduled"), change(1, "pack", 0, "scheduled", 3), change(2, "pack", 1, "running"));
  expect([...lines.get("pack")!.keys()]).toEqual([0, 1, 2]);
  expect(lines.get("pack")!.get(1)!.state).toBe("running");
  fold(lines, [change(3, "pack", null, "none", 0)]);
  expect(lines.has("pack")).toBe(false);
});

test("many task runs are told together in few stretches", () => {
  const lines = foldAll(change(0, "p", 0, "queued", 2), change(5, "p", 0, "running", 2), change(10, "p", 0, "success"), change(12, "p", 1, "failed"));
  expect(together(lines.get("p")!.values(), 99, 0)).toEqual({ work: [{ from: 5, to: 10 }], wait: [{ from: 0, to: 5 }], failed: [{ from: 5, to: 12 }] });
  expect(joined([{ from: 0, to: 1 }, { from: 3, to: 4 }, { from: 9, to: 10 }], 2)).toEqual([{ from: 0, to: 4 }, { from: 9, to: 10 }]);
});

test("marks are round times of the window's zone", () => {
  const hour = 3_600_000;
  expect(marks(0.2 * hour, 24 * hour, 4, 5.5 * hour).map((at) => (at + 5.5 * hour) % (6 * hour))).toEqual([0, 0, 0, 0]);
  expect(marks(0, 10_000, 10, 0)).toHaveLength(11);
});

test("while a run goes on its span grows in steps", () => {
  const at = (seconds: number) => wholeSpan(0, seconds * 1000, true).to;
  expect(at(100)).toBe(at(101));
  expect(at(100)).toBeGreaterThan(100_000);
  expect(wholeSpan(0, 0, false).to).toBeGreaterThan(0);
});
