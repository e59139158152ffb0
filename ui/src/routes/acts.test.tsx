import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { RunsActArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

/** Opens a page and tells which acts are asked for. */
function watched(path: string) {
  const host = memoryHost();
  const acts: RunsActArgs[] = [];
  const router = open(path, false, { ...host, call: (op, args) => { if (op === "runs.act") acts.push(args as RunsActArgs); return host.call(op, args); } });
  return { acts, router };
}

const click = async (id: string) => fireEvent.click(await screen.findByTestId(id, undefined, patient));
const why = (text: string) => fireEvent.change(screen.getByTestId("reason"), { target: { value: text } });
const confirmText = (id = "act-confirm") => waitFor(() => { const button = screen.getByTestId(id) as HTMLButtonElement; expect(button.disabled).toBe(false); return button.textContent; }, patient);

test("a task run is cleared with what lies downstream, after its preview, with a reason", async () => {
  const { acts } = watched("/runs/r-01KAV4Q7?task=pack&index=0");
  await click("task-clear");
  expect(await confirmText()).toBe("Clear 5 task runs");
  fireEvent.click(screen.getByTestId("act-downstream"));
  await waitFor(() => expect(screen.getByTestId("act-confirm").textContent).toBe("Clear 1 task run"), patient);
  expect(await violations()).toEqual([]);
  why("The tape was changed");
  await click("act-confirm");
  await waitFor(() => expect(screen.queryByTestId("act-form")).toBeNull(), patient);
  expect(acts).toMatchObject([{ select: { runs: ["r-01KAV4Q7"] }, act: { act: "clear", task: "pack", index: 0, downstream: false, upstream: false, only_failed: false }, why: "The tape was changed" }]);
}, 20_000);

test("a whole run is cleared after its preview, with a reason", async () => {
  const { acts } = watched("/runs/r-01KAV56N");
  await click("run-clear");
  expect(await confirmText()).toBe("Clear 1 run");
  expect(screen.getByTestId("act-preview").textContent).toMatch(/\d+ task runs/);
  why("The source was corrected");
  await click("act-confirm");
  await waitFor(() => expect(screen.queryByTestId("act-dialog")).toBeNull(), patient);
  expect(acts).toMatchObject([{ act: { act: "clear" }, why: "The source was corrected" }]);
}, 20_000);

test("a task that waits looks at once, after its preview", async () => {
  const { acts } = watched("/runs/r-01KAV5BQ?task=ask");
  await click("task-wake");
  expect(await confirmText()).toBe("Wake 1 task run");
  expect(await violations()).toEqual([]);
  await click("act-confirm");
  await waitFor(() => expect(screen.queryByTestId("act-form")).toBeNull(), patient);
  expect(acts).toMatchObject([{ select: { runs: ["r-01KAV5BQ"] }, act: { act: "wake", task: "ask", index: null } }]);
}, 20_000);

test("a failed task run is marked as success, and is shown as that", async () => {
  const { acts } = watched("/runs/r-01KAV4Q7?task=pack&index=6");
  await click("task-mark");
  expect(await confirmText()).toBe("Mark 1 task run as success");
  await click("mark-skipped");
  await waitFor(() => expect(screen.getByTestId("act-confirm").textContent).toBe("Mark 1 task run as skipped"), patient);
  await click("mark-success");
  await confirmText();
  await click("act-confirm");
  await waitFor(() => expect(screen.queryByTestId("act-form")).toBeNull(), patient);
  expect(acts).toHaveLength(1);
  await waitFor(() => expect(within(screen.getByTestId("task-pane")).queryByTestId("fault")).toBeNull(), patient);
}, 20_000);

test("what cannot be done says why, and cannot be confirmed", async () => {
  open("/runs/r-01KAV4Q7?task=pack&index=6");
  await click("task-mark");
  await click("mark-failed");
  await waitFor(() => expect(screen.getByTestId("act-preview").textContent).toContain("already"), patient);
  expect((screen.getByTestId("act-confirm") as HTMLButtonElement).disabled).toBe(true);
}, 20_000);

test("chosen runs are cancelled together: the preview says how many it leaves out", async () => {
  const { acts } = watched("/runs");
  await waitFor(() => expect(screen.getAllByTestId("row").length).toBeGreaterThan(5), patient);
  for (const box of screen.getAllByRole("checkbox").slice(0, 5)) fireEvent.click(box);
  expect(screen.getByTestId("runs-bar").textContent).toContain("5 runs chosen");
  await click("runs-cancel");
  expect(await confirmText()).toBe("Cancel 4 runs");
  expect(screen.getByTestId("act-preview").textContent).toContain("The run cannot be cancelled: it is success");
  expect(await violations()).toEqual([]);
  why("Power cut at noon");
  await click("act-confirm");
  await waitFor(() => expect(screen.queryByTestId("act-dialog")).toBeNull(), patient);
  expect(acts[0]?.select.runs).toHaveLength(5);
  expect(acts[0]?.why).toBe("Power cut at noon");
}, 20_000);

test("a run is paused after its preview, and resumed", async () => {
  const { acts } = watched("/runs/r-01KAV6M2");
  await click("run-pause");
  expect(await confirmText()).toBe("Pause 1 run");
  why("The beamline needs the network");
  await click("act-confirm");
  await click("run-resume");
  expect(await confirmText()).toBe("Resume 1 run");
  await click("act-confirm");
  await screen.findByTestId("run-pause", undefined, patient);
  expect(acts.map(({ act, why: reason }) => [act.act, reason])).toEqual([["pause", "The beamline needs the network"], ["resume", null]]);
}, 20_000);

test("what was refused beyond the preview is told after the act", async () => {
  const host = memoryHost();
  const late = { run: "r-01KAV71X", fault: { code: "run.state", class: "permanent" as const, what: "The run cannot be paused", why: "it is success" } };
  open("/runs?state=running", false, { ...host, call: (op, args) => (op === "runs.act" ? Promise.resolve({ done: 1, refused: [late] } as never) : host.call(op, args)) });
  await waitFor(() => expect(screen.getAllByRole("checkbox").length).toBeGreaterThan(1), patient);
  for (const box of screen.getAllByRole("checkbox").slice(0, 2)) fireEvent.click(box);
  await click("runs-pause");
  await confirmText();
  await click("act-confirm");
  expect((await screen.findByTestId("act-left", undefined, patient)).textContent).toContain("Done to 1 run, and not to 1 other");
}, 20_000);

test("all that match are acted on with the preview's token, by the filter and not by their ids", async () => {
  const { acts } = watched("/runs?state=running");
  await waitFor(() => expect(screen.getAllByTestId("row").length).toBeGreaterThan(1), patient);
  fireEvent.click(screen.getAllByRole("checkbox")[0]!);
  await click("runs-all");
  await click("runs-pause");
  expect(await confirmText()).toMatch(/^Pause \d+ runs$/);
  await click("act-confirm");
  await waitFor(() => expect(acts).toHaveLength(1), patient);
  expect(acts[0]).toMatchObject({ select: { states: ["running"] }, act: { act: "pause" } });
  expect(acts[0]?.select.runs).toBeUndefined();
  expect(acts[0]?.token).toBeTruthy();
}, 20_000);

test("an act on what is no longer as it was seen is refused, and the preview is looked at again", async () => {
  const host = memoryHost();
  let previews = 0;
  const changed = { code: "acts.changed", class: "permanent" as const, what: "Nothing was done", why: "The runs are no longer those of the preview" };
  open("/runs?state=running", false, { ...host, call: (op, args) => { if (op === "runs.preview") previews += 1; return op === "runs.act" ? Promise.reject(changed) : host.call(op, args); } });
  await waitFor(() => expect(screen.getAllByRole("checkbox").length).toBeGreaterThan(1), patient);
  fireEvent.click(screen.getAllByRole("checkbox")[0]!);
  await click("runs-all");
  await click("runs-pause");
  await confirmText();
  const before = previews;
  await click("act-confirm");
  expect((await screen.findByTestId("fault", undefined, patient)).dataset["code"]).toBe("acts.changed");
  await waitFor(() => expect(previews).toBe(before + 1), patient);
}, 20_000);

test("runs are sorted where the backend sorts, and the address keeps it", async () => {
  const { router } = watched("/runs");
  await click("sort-duration");
  await waitFor(() => expect(router.state.location.search).toMatchObject({ sort: "duration" }), patient);
  expect(screen.getByRole("columnheader", { name: /Duration/ }).getAttribute("aria-sort")).toBe("descending");
  await click("sort-duration");
  await waitFor(() => expect(router.state.location.search).toMatchObject({ sort: "duration", up: true }), patient);
  expect(screen.getByRole("columnheader", { name: /Duration/ }).getAttribute("aria-sort")).toBe("ascending");
}, 20_000);
