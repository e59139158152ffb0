import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { OperationName, RemoteTaskRow } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";
import { askAgainIn } from "./engines";
import { graphOf } from "./graph";

const FAILED = "/runs/at/hpc-airflow/manual__2026-11-24T08%3A10%3A00%2B00%3A00?flow=archive_dataset";

/** A host that keeps what was asked of engines, and of which one can be silenced. */
function watched() {
  const host = memoryHost();
  const asked: Array<[OperationName, Record<string, unknown>]> = [];
  const silent = new Set<string>();
  const call: typeof host.call = (op, args) => {
    if (!op.startsWith("remote.")) return host.call(op, args);
    asked.push([op, args as never]);
    const { connection } = args as unknown as { connection: string };
    return silent.has(connection) ? Promise.reject({ code: "http.connect", class: "transient", what: `${connection} does not answer`, why: "connection refused" }) : host.call(op, args);
  };
  const hearers: Array<Parameters<typeof host.onEvent>[0]> = [];
  const onEvent: typeof host.onEvent = (tell) => { hearers.push(tell); return host.onEvent(tell); };
  return { host: { ...host, call, onEvent }, asked, silent, askAnew: () => { for (const hear of hearers) hear({ event: "everything" }); } };
}

const rowWith = (table: string, text: string) => rowsOf(table).find((row) => row.textContent?.includes(text))!;
const rowsOf = (table: string) => within(screen.getByTestId(table)).getAllByTestId("row");

test("runs of this workspace and of all engines stand in one list, the newest first, each with its engine", async () => {
  open("/runs");
  fireEvent.click(await screen.findByTestId("tab-all", undefined, patient));
  await waitFor(() => expect(rowsOf("all-runs").some((row) => row.textContent?.includes("hpc-airflow"))).toBe(true), patient);
  fireEvent.change(screen.getByTestId("run-engine"), { target: { value: "hpc-airflow" } });
  expect(rowsOf("all-runs").map((row) => row.textContent)).toMatchObject([/^running/, /^failed/, /^success/, /^pondering/].map((state) => expect.stringMatching(state)));
  fireEvent.click(screen.getByTestId("runs-failed"));
  expect(rowsOf("all-runs")).toHaveLength(1);
  fireEvent.click(screen.getByTestId("runs-failed"));
  fireEvent.change(screen.getByTestId("run-engine"), { target: { value: "" } });
  expect(rowsOf("all-runs").every((row) => row.textContent?.includes("here"))).toBe(true);
}, 20_000);

test("an engine that is silent keeps what it said, marked with its age, and the others go on", async () => {
  const { host, silent, askAnew } = watched();
  open("/runs?tab=all", false, host);
  const there = await screen.findByTestId("engine-beamline-prefect", undefined, patient);
  await waitFor(() => expect(within(there).getByTestId("as-of").textContent).toMatch(/as of \d\d:\d\d:\d\d/), patient);
  await waitFor(() => expect(rowWith("all-runs", "brave-otter")).toBeDefined(), patient);
  silent.add("beamline-prefect");
  askAnew();
  const told = await within(there).findByTestId("silent", undefined, patient);
  expect(told.textContent).toMatch(/no answer for .*http\.connect/);
  expect(rowWith("all-runs", "brave-otter").textContent).toContain("success");
  expect(within(screen.getByTestId("engine-hpc-airflow")).queryByTestId("silent")).toBeNull();
  expect(await violations()).toEqual([]);
  silent.clear();
  fireEvent.click(within(told).getByText("Ask again"));
  await waitFor(() => expect(within(there).queryByTestId("silent")).toBeNull(), patient);
}, 20_000);

test("a run there shows its graph, a task its state in the engine's own word, its attempts and its log", async () => {
  open(FAILED);
  fireEvent.click(await screen.findByTestId("node-pack", undefined, patient));
  const pane = await screen.findByTestId("task-there", undefined, patient);
  expect(pane.getAttribute("aria-label")).toBe("Task run pack [4]");
  expect(await within(pane).findByText(/space.short/, undefined, patient)).toBeDefined();
  expect(pane.textContent).toContain("<b>Traceback</b> \\u{202e}last line");
  expect(within(pane).getByTestId<HTMLSelectElement>("log-attempt").options).toHaveLength(3);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("tab-tasks"));
  await waitFor(() => expect(rowsOf("tasks-there")).toHaveLength(8), patient);
}, 20_000);

test("a retry shows first what the engine would run again, and says why it was done", async () => {
  const { host, asked } = watched();
  open(FAILED, false, host);
  fireEvent.click(await screen.findByTestId("there-retry", undefined, patient));
  await waitFor(() => expect(screen.getByTestId("retry-look").textContent).toContain("pack [4]"), patient);
  expect(screen.getByTestId("there-retry-confirm").textContent).toBe("Retry 2 task runs");
  expect(asked.some(([op]) => op === "remote.retry")).toBe(false);
  fireEvent.click(screen.getByTestId("retry-all"));
  await waitFor(() => expect(screen.getByTestId("there-retry-confirm").textContent).toBe("Retry 8 task runs"), patient);
  fireEvent.click(screen.getByTestId("retry-all"));
  await waitFor(() => expect(screen.getByTestId("there-retry-confirm").textContent).toBe("Retry 2 task runs"), patient);
  fireEvent.change(screen.getByTestId("reason"), { target: { value: "room was made " } });
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("there-retry-confirm"));
  await waitFor(() => expect(screen.queryByTestId("retry-there")).toBeNull(), patient);
  expect(asked.find(([op]) => op === "remote.retry")?.[1]).toMatchObject({ connection: "hpc-airflow", flow: "archive_dataset", tasks: [], all: false, downstream: true, why: "room was made" });
  await waitFor(() => expect(screen.getByText("Airflow says: queued")).toBeDefined(), patient);
}, 20_000);

test("a run there is cancelled, and shown as the engine then says", async () => {
  open("/runs/at/hpc-airflow/manual__2026-11-24T09%3A00%3A00%2B00%3A00?flow=archive_dataset");
  fireEvent.click(await screen.findByTestId("there-cancel", undefined, patient));
  expect(screen.getByTestId("cancel-there").textContent).toContain("shows the run as failed");
  fireEvent.click(screen.getByTestId("cancel-there-confirm"));
  await waitFor(() => expect(screen.getByText("Airflow says: failed")).toBeDefined(), patient);
  expect(screen.queryByTestId("there-cancel")).toBeNull();
}, 20_000);

test("a flow there is started by the form that its parameters make, once, and leads to its run", async () => {
  const { host, asked } = watched();
  const router = open("/flows?at=engines", false, host);
  await waitFor(() => expect(rowsOf("flows-there")).toHaveLength(4), patient);
  fireEvent.click(rowWith("flows-there", "archive_dataset"));
  const start = await screen.findByTestId("there-start", undefined, patient);
  fireEvent.click(start);
  expect(asked.some(([op]) => op === "remote.trigger")).toBe(false);
  fireEvent.change(screen.getByLabelText(/^Dataset/), { target: { value: "krios-ribosome" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(start);
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/runs\/at\/hpc-airflow\/longshore__/), patient);
  expect(asked.find(([op]) => op === "remote.trigger")?.[1]).toMatchObject({ flow: "archive_dataset", params: { dataset: "krios-ribosome", files: 4 }, key: expect.stringMatching(/^longshore__\d{8}T\d{6}Z_[0-9a-f]{8}$/) });
  await waitFor(() => expect(screen.getByText("Airflow says: queued")).toBeDefined(), patient);
}, 20_000);

test("the schedule of a flow there is stopped and let go on", async () => {
  open("/flows?at=engines");
  await waitFor(() => expect(rowsOf("flows-there")).toHaveLength(4), patient);
  fireEvent.click(rowWith("flows-there", "legacy_sync"));
  fireEvent.click(await screen.findByTestId("there-pause", undefined, patient));
  fireEvent.click(screen.getByTestId("pause-there-confirm"));
  await waitFor(() => expect(screen.getByTestId("there-pause").textContent).toBe("Pause…"), patient);
}, 20_000);

test("what an engine keeps is taken over once it was seen what that does", async () => {
  const { host, asked } = watched();
  open("/flows?at=engines", false, host);
  fireEvent.click(await screen.findByTestId("take-over-open", undefined, patient));
  fireEvent.change(screen.getByTestId("take-from"), { target: { value: "hpc-airflow" } });
  fireEvent.click(screen.getByTestId("take-go"));
  await waitFor(() => expect(screen.getByTestId("take-told").textContent).toBe("2 settings would be taken over, 2 not."), patient);
  expect(screen.getByTestId("take-rows").textContent).toContain("lake\\u{202e}");
  fireEvent.click(screen.getByTestId("take-replace"));
  expect(screen.queryByTestId("take-told")).toBeNull();
  fireEvent.click(screen.getByTestId("take-go"));
  await waitFor(() => expect(screen.getByTestId("take-told").textContent).toContain("3 settings would be"), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("take-go"));
  await waitFor(() => expect(screen.getByTestId("take-told").textContent).toContain("were taken over"), patient);
  expect(asked.filter(([op]) => op === "remote.import").map(([, args]) => [args["dry_run"], args["replace"]])).toEqual([[true, false], [true, true], [false, true]]);
}, 20_000);

test("an engine that answers is asked at the usual pace, a silent one ever more seldom, at most every five minutes", () => {
  const state = { status: "success", dataUpdatedAt: 1_000_000, errorUpdatedAt: 0, errorUpdateCount: 0 };
  expect(askAgainIn(state, 5000)).toBe(5000);
  const after = (silent: number) => askAgainIn({ ...state, status: "error", errorUpdatedAt: 1_000_000 + silent }, 5000);
  expect([1000, 5000, 10_000, 20_000, 4_000_000].map(after)).toEqual([5000, 5000, 10_000, 20_000, 300_000]);
  const never = (count: number) => askAgainIn({ status: "error", dataUpdatedAt: 0, errorUpdatedAt: 5, errorUpdateCount: count }, 5000);
  expect([1, 2, 3, 50].map(never)).toEqual([10_000, 20_000, 40_000, 300_000]);
});

const task = (id: string, name: string, state: string, needs: string[]): RemoteTaskRow => ({ id, task: name, map_index: null, state, said: state, attempt: 1, began: 1, ended: 2, needs });

test("the graph has one node a task, whether needs name tasks or task runs, and shows the worst of its runs", () => {
  const drawn = graphOf([task("1", "list", "success", []), task("2", "pack", "success", ["1"]), task("3", "pack", "failed", ["1"]), task("4", "verify", "pondering", ["2", "3", "gone"])])!;
  expect(drawn.graph.nodes.map(({ id, y }) => [id, y])).toEqual([["list", 0], ["pack", 1], ["verify", 2]]);
  expect(drawn.graph.edges).toEqual([{ from: "list", to: "pack" }, { from: "pack", to: "verify" }]);
  expect(drawn.rows.map(({ id, state, waits }) => [id, state, waits])).toEqual([["list", "success", null], ["pack", "failed", "1 failed, 1 success"], ["verify", "none", null]]);
  expect(graphOf([task("1", "a", "success", ["b"]), task("2", "b", "success", ["a"])])).toBeUndefined();
  expect(graphOf([])).toBeUndefined();
});
