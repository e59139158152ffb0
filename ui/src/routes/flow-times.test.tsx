import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { FlowDuration } from "@/api/types";
import { open, patient, violations } from "@/test.window";
import { dayName, stateCounts, weeksOf, worst } from "./days";
import { quantile, tookOf, tookText } from "./durations";

test("a year is laid out in weeks from Monday, each day once", () => {
  for (const months of [[0, 5], [6, 11]] as const) {
    const weeks = weeksOf(2026, months);
    expect(weeks.length).toBeLessThanOrEqual(28);
    expect(weeks.every((week) => week.every((day, at) => !day || (day.getDay() + 6) % 7 === at))).toBe(true);
  }
  const days = [...weeksOf(2028, [0, 5]), ...weeksOf(2028, [6, 11])].flat().filter((day) => day !== undefined).map((day) => dayName(day));
  expect(new Set(days).size).toBe(366);
  expect(days.toSorted()).toEqual(days);
});

test("a day tells its worst state, and all of them in words", () => {
  const runs = [{ state: "success" as const, count: 1200 }, { state: "failed" as const, count: 1 }];
  expect(worst(runs)).toBe("failed");
  expect(stateCounts(runs)).toBe("1 failed, 1,200 success");
  expect(worst([])).toBeUndefined();
});

test("what is usual is found by the nearest rank; what goes on is measured up to now", () => {
  expect(quantile([], 0.5)).toBeUndefined();
  expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.95), quantile([1, 2, 3, 4], 0.5)]).toEqual([2, 3, 2]);
  const row: FlowDuration = { run: "r", run_state: "running", task_state: null, task_runs: 0, created_at: 0, started_at: 4000, ended_at: null };
  expect(tookText(tookOf(row, 10_000), "running")).toBe("running, waited 4.0 s, so far 6.0 s");
  expect(tookOf({ ...row, started_at: null }, 10_000)).toMatchObject({ waited: 10, ran: 0 });
  expect(tookOf({ ...row, task_state: "none", started_at: null }, 10_000)).toMatchObject({ waited: 0, ran: 0 });
});

test("the calendar shows days by their worst state, and leads to the runs of a day", async () => {
  const router = open("/flows/archive_dataset?tab=calendar");
  const calendar = await screen.findByTestId("calendar", undefined, patient);
  expect(await violations()).toEqual([]);
  const day = calendar.querySelector<HTMLElement>('[data-state="failed"]')!;
  fireEvent.focus(day);
  expect(screen.getByTestId("calendar-chosen").textContent).toContain("failed");
  const next = new Date(`${day.dataset["day"]}T12:00:00`);
  next.setDate(next.getDate() + (day.nextElementSibling ? 7 : -7));
  fireEvent.keyDown(day, { key: day.nextElementSibling ? "ArrowRight" : "ArrowLeft" });
  await waitFor(() => expect((document.activeElement as HTMLElement).dataset["day"]).toBe(dayName(next)), patient);
  fireEvent.click(day);
  await waitFor(() => expect(router.state.location.href).toContain(`since=${day.dataset["day"]}&until=${day.dataset["day"]}`), patient);
  expect(router.state.location.href).toContain("flow=archive_dataset");
}, 20_000);

test("durations show each run as a bar, what is usual, and one task if asked", async () => {
  const router = open("/flows/archive_dataset?tab=durations");
  const chart = await screen.findByTestId("durations", undefined, patient);
  expect(within(chart).getAllByRole("link")).toHaveLength(50);
  expect(screen.getByTestId("durations-usual").textContent).toMatch(/half took at most .* 95 % at most/);
  expect(await violations()).toEqual([]);
  const links = within(chart).getAllByRole("link");
  links.at(-1)!.focus();
  fireEvent.keyDown(links.at(-1)!, { key: "ArrowLeft" });
  expect(document.activeElement).toBe(links.at(-2));
  fireEvent.change(screen.getByTestId("durations-task"), { target: { value: "pack" } });
  await waitFor(() => expect(screen.getByTestId("durations-chosen").textContent).toContain("pack in the run"), patient);
  expect(screen.queryByTestId("durations-waiting")).toBeNull();
  fireEvent.click(await screen.findByTestId("duration-r-01KAV4Q7"));
  await waitFor(() => expect(router.state.location.href).toContain("/runs/r-01KAV4Q7?task=pack"), patient);
}, 20_000);
