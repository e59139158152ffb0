import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("a run over time: waiting apart from working, attempts apart, mapped tasks open, a click chooses", async () => {
  const router = open("/runs/r-01KAV4Q7?tab=gantt");
  const chart = await screen.findByTestId("gantt", undefined, patient);
  const rows = within(chart).getAllByTestId("gantt-row");
  expect(rows.map((row) => row.dataset["key"])).toEqual(["manifest", "pack", "verify", "release", "report"]);
  expect(await violations()).toEqual([]);
  expect(within(rows[0]!).getByRole("gridcell").getAttribute("aria-label")).toMatch(/^manifest: .* to .*, worked /);
  fireEvent.click(screen.getByTestId("gantt-open-pack"));
  const part = within(chart).getAllByTestId("gantt-row").find((row) => row.dataset["key"] === "pack [6]")!;
  expect(part.querySelectorAll(".gbit.work.s-up_for_retry")).toHaveLength(2);
  expect(part.querySelectorAll(".gbit.work.s-failed")).toHaveLength(1);
  expect(part.querySelectorAll(".gbit.wait").length).toBeGreaterThan(0);
  fireEvent.focus(part);
  expect(screen.getByTestId("gantt-told").textContent).toContain("3 attempts");
  expect(await violations()).toEqual([]);
  fireEvent.click(part);
  await waitFor(() => expect(router.state.location.href).toContain("task=pack&index=6"), patient);
  expect(await screen.findByTestId("task-pane", undefined, patient)).toBeTruthy();
}, 20_000);

test("the chart is moved in by keys: rows, mapped tasks, and the time in sight", async () => {
  const router = open("/runs/r-01KAV4Q7?tab=gantt");
  const chart = await screen.findByTestId("gantt", undefined, patient);
  const row = (key: string) => within(chart).getAllByTestId("gantt-row").find((one) => one.dataset["key"] === key)!;
  fireEvent.keyDown(row("manifest"), { key: "ArrowDown" });
  await waitFor(() => expect(document.activeElement).toBe(row("pack")), patient);
  fireEvent.keyDown(row("pack"), { key: "ArrowRight" });
  expect(row("pack [0]")).toBeTruthy();
  fireEvent.keyDown(row("pack [0]"), { key: "ArrowLeft" });
  await waitFor(() => expect(document.activeElement).toBe(row("pack")), patient);
  fireEvent.keyDown(row("pack"), { key: "ArrowLeft" });
  expect(within(chart).getAllByTestId("gantt-row")).toHaveLength(5);
  expect(screen.queryByTestId("gantt-all")).toBeNull();
  fireEvent.keyDown(row("pack"), { key: "+" });
  fireEvent.keyDown(row("pack"), { key: "ArrowLeft", shiftKey: true });
  expect(screen.getByTestId("gantt-all")).toBeTruthy();
  fireEvent.keyDown(row("pack"), { key: "0" });
  expect(screen.queryByTestId("gantt-all")).toBeNull();
  fireEvent.keyDown(row("pack"), { key: "Enter" });
  await waitFor(() => expect(router.state.location.href).toContain("task=pack"), patient);
}, 20_000);
