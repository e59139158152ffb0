import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

const click = async (id: string) => fireEvent.click(await screen.findByTestId(id, undefined, patient));
const enter = (id: string, value: string) => fireEvent.change(screen.getByTestId(id), { target: { value } });

test("schedules tell rule, state and the next time; the next 20 runs lie by day", async () => {
  open("/schedules");
  const table = await screen.findByTestId("schedules", undefined, patient);
  expect(within(table).getAllByTestId("row")).toHaveLength(3);
  expect(table.textContent).toContain("schedule.folder");
  fireEvent.click(screen.getByTestId("tab-next"));
  await waitFor(() => expect(screen.getAllByTestId("due")).toHaveLength(20), patient);
  expect(screen.getAllByRole("heading", { level: 2 }).length).toBeGreaterThan(3);
  expect(await violations()).toEqual([]);
}, 20_000);

test("a flow's schedules are paused with a reason, and resumed", async () => {
  open("/flows/verify_dataset?tab=schedule");
  await click("schedule-pause");
  expect(screen.getByTestId("schedule-dialog").textContent).toContain("0 2 * * *");
  enter("reason", "Tape library moves");
  expect(await violations()).toEqual([]);
  await click("schedule-confirm");
  await click("schedule-resume");
  expect(screen.getByTestId("schedule-dialog").textContent).toContain("Tape library moves");
  await waitFor(() => expect(screen.getAllByTestId("due").every((row) => row.className === "t3")).toBe(true), patient);
  await click("schedule-confirm");
  await screen.findByTestId("schedule-pause", undefined, patient);
}, 20_000);

test("a backfill is shown before it is started, and leaves alone what has its run", async () => {
  open("/flows/verify_dataset?tab=schedule");
  await click("backfill");
  expect((screen.getByTestId("backfill-start") as HTMLButtonElement).disabled).toBe(true);
  enter("backfill-from", "2026-11-01");
  enter("backfill-to", "2026-11-10");
  await waitFor(() => expect(screen.getByTestId("backfill-start").textContent).toBe("Start 9 runs"), patient);
  expect(screen.getByTestId("backfill-preview").textContent).toContain("1 time that has its run already");
  enter("backfill-schedule", "1");
  await waitFor(() => expect(screen.getByTestId("backfill-start").textContent).toBe("Start 39 runs"), patient);
  expect(await violations()).toEqual([]);
  enter("backfill-most", "0");
  expect((screen.getByTestId("backfill-start") as HTMLButtonElement).disabled).toBe(true);
  enter("backfill-most", "2");
  await waitFor(() => expect((screen.getByTestId("backfill-start") as HTMLButtonElement).disabled).toBe(false), patient);
  await click("backfill-start");
  await waitFor(() => expect(screen.queryByTestId("backfill-dialog")).toBeNull(), patient);
}, 20_000);

test("two versions differ line by line, with their numbers; another older one can be chosen", async () => {
  const router = open("/flows/archive_dataset?tab=versions");
  const diff = await screen.findByTestId("diff", undefined, patient);
  expect([...diff.querySelectorAll('[data-kind="add"]')].map((line) => line.textContent)).toEqual(["7+added:     retries: {max: 5, delay: 60s}", "8+added:     timeout: 6h"]);
  expect(diff.querySelector('[data-kind="del"]')?.textContent).toBe("7−removed:     retries: {max: 3}");
  expect(diff.textContent).not.toContain("@9f2c");
  expect(await violations()).toEqual([]);
  enter("version-older", "0b77e2d4a3f8");
  await waitFor(() => expect(router.state.location.search).toMatchObject({ a: "0b77e2d4a3f8" }), patient);
  fireEvent.click(screen.getByText("51aa07cc1e90"));
  await waitFor(() => expect(router.state.location.search).toMatchObject({ b: "51aa07cc1e90" }), patient);
}, 20_000);

test("a run of an older version leads to what has changed since", async () => {
  const router = open("/runs/r-01KAUQ08?tab=file");
  await click("other-version");
  await waitFor(() => expect(router.state.location.search).toMatchObject({ tab: "versions", a: "51aa07cc1e90", b: "9f2c41d07be3" }), patient);
  await screen.findByTestId("diff", undefined, patient);
}, 20_000);

test("a flow is copied to be changed, and the copy's file is told", async () => {
  const router = open("/flows/archive_dataset");
  await click("flow-copy");
  enter("copy-name", "archive_slowly");
  await click("copy-make");
  expect((await screen.findByText(/flows\/archive_slowly.yaml/, undefined, patient)).textContent).toContain(".yaml");
  await click("copy-open");
  await waitFor(() => expect(router.state.location.pathname).toBe("/flows/archive_slowly"), patient);
}, 20_000);
