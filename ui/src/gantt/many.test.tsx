import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { RunTimeline, TimelineChange } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient } from "@/test.window";

/** Waiting, working and ending of so many task runs of `pack`. */
function changes(many: number): TimelineChange[] {
  const from = Date.now() - 3_600_000;
  return Array.from({ length: many }, (_, index) => index).flatMap((index) => (["queued", "running", "success"] as const).map((state, step) => ({ at: from + index * 500 + step * 200, task: "pack", index, count: 1, state })));
}

function show(many: number) {
  const host = memoryHost();
  const all: RunTimeline = { changes: changes(many), upto: 1, more: false };
  open("/runs/r-01KAV4Q7?tab=gantt", false, { ...host, call: (op, args) => (op === "run.timeline" ? Promise.resolve((args as { after: number }).after > 0 ? { changes: [], upto: 1, more: false } : all) as never : host.call(op, args)) });
}

test("five thousand task runs: only rows in sight are drawn, and the keyboard comes to the last", async () => {
  show(5000);
  const chart = await screen.findByTestId("gantt", undefined, patient);
  fireEvent.click(screen.getByTestId("gantt-open-pack"));
  const rows = () => within(chart).getAllByTestId("gantt-row");
  expect(Number(chart.getAttribute("aria-rowcount"))).toBeGreaterThan(5000);
  expect(rows().length).toBeLessThan(60);
  for (let at = 0; at < 20; at += 1) fireEvent.focus(rows()[at]!);
  expect(screen.getByTestId("gantt-told").textContent).toMatch(/pack \[\d+\]: .* worked/);
}, 20_000);

test("a hundred thousand task runs of one task are one row until they are opened", async () => {
  show(100_000);
  const chart = await screen.findByTestId("gantt", undefined, patient);
  const pack = within(chart).getAllByTestId("gantt-row").find((row) => row.dataset["key"] === "pack")!;
  expect(within(pack).getByRole("gridcell").getAttribute("aria-label")).toContain("100,000 task runs");
}, 20_000);
