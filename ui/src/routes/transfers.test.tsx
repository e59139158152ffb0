import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { RunsActArgs, TransferSpeed } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";
import { plainRate, stopOf } from "./rate-slider";
import { niceTop, stretches } from "./speed";

test("speeds are drawn as they were measured, with gaps where nobody measured", () => {
  const of: TransferSpeed = { since: 0, span: 1000, points: [{ at: 1000, bytes: 5 }, { at: 2000, bytes: 0 }, { at: 7000, bytes: 9 }] };
  expect(stretches(of).map((part) => part.map(({ at }) => at))).toEqual([[1000, 2000], [7000]]);
  expect(stretches({ ...of, points: [] })).toEqual([]);
  expect([0, 3, 900, 1024, 3 * 1024 ** 2, 130 * 1024 ** 2].map((rate) => niceTop(rate))).toEqual([1, 5, 1000, 1024, 5 * 1024 ** 2, 200 * 1024 ** 2]);
});

test("the slider gives plain rates and leaves times to their text", () => {
  expect([plainRate("10 MiB/s"), plainRate("off"), plainRate("08:00 10 MiB/s, 19:00 off")]).toEqual([10 * 1024 ** 2, Infinity, undefined]);
  expect(stopOf(Infinity)).toBeGreaterThan(stopOf(5 * 1024 ** 3));
  expect(stopOf(11 * 1024 ** 2)).toBe(stopOf(10 * 1024 ** 2));
});

test("the queue has a chart of all, and a transfer opens beside it with its speed and its files", async () => {
  open("/transfers");
  const table = await screen.findByTestId("transfers", undefined, patient);
  expect((await screen.findByTestId("speed", undefined, patient)).querySelectorAll("polyline")).toHaveLength(2);
  expect(screen.getByTestId("speed").querySelector("svg")?.getAttribute("aria-label")).toMatch(/Speed of all transfers .* on average while it was measured, .* at most/);
  fireEvent.click(within(table).getAllByTestId("row")[0]!);
  const pane = await screen.findByTestId("transfer-pane", undefined, patient);
  await within(pane).findByTestId("transfer-files", undefined, patient);
  await waitFor(() => expect(within(pane).getAllByTestId("row")[0]?.textContent).toMatch(/proved|landed|written|listed|folder/), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(within(pane).getByLabelText("Close"));
  await waitFor(() => expect(screen.queryByTestId("transfer-pane")).toBeNull(), patient);
}, 20_000);

test("causes are told with an example, and those of one are retried after their preview", async () => {
  const host = memoryHost();
  const asked: RunsActArgs[] = [];
  open("/transfers?tab=failed", false, { ...host, call: (op, args) => { if (op === "runs.act") asked.push(args as RunsActArgs); return host.call(op, args); } });
  const causes = await screen.findByTestId("causes", undefined, patient);
  const first = within(causes).getAllByTestId(/^cause-/)[0]!;
  const code = first.dataset["testid"]!.slice("cause-".length);
  expect(first.textContent).toMatch(/Such as/);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId(`retry-cause-${code}`));
  await screen.findByTestId("retry-failed-dialog", undefined, patient);
  await waitFor(() => expect(screen.getByTestId("act-preview").textContent).toMatch(/\d+ runs?, \d+ task runs? in them/), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("retry-failed-confirm"));
  await waitFor(() => expect(screen.queryByTestId("retry-failed-dialog")).toBeNull(), patient);
  expect(asked[0]).toMatchObject({ select: { states: ["failed"], fault: code }, act: { act: "retry" } });
  expect(asked[0]?.token).toBeTruthy();
  await waitFor(() => expect(screen.queryByTestId(`cause-${code}`)).toBeNull(), patient);
}, 20_000);

test("files that were not copied are found by cause and by name, and hostile names do no harm", async () => {
  const host = memoryHost();
  const { rows } = await host.call("run.list", { states: ["failed"], since: null, until: null });
  const run = rows[0]!.id;
  // As a copy, which has no dataset.
  open(`/transfers?tab=history&run=${run}`, false, { ...host, call: async (op, args) => {
    const reply = await host.call(op, args);
    return op === "run.show" ? { ...(reply as object), run: { ...(reply as { run: object }).run, dataset: null } } as never : reply;
  } });
  const pane = await screen.findByTestId("transfer-pane", undefined, patient);
  expect((await within(pane).findByTestId("transfer-counts", undefined, patient)).textContent).toMatch(/31,640 files.*20,436 read back/);
  await waitFor(() => expect(within(pane).getAllByTestId("row").length).toBeGreaterThan(3), patient);
  fireEvent.click(within(pane).getByTestId("file-cause-file.missing"));
  await waitFor(() => expect(within(pane).getAllByTestId("row")[0]?.textContent).toContain("file.missing"), patient);
  fireEvent.change(within(pane).getByTestId("transfer-search"), { target: { value: "<img" } });
  await waitFor(() => expect(within(pane).getAllByTestId("row")[0]?.textContent).toContain("<img src=x>"), patient);
  expect(pane.querySelector("img")).toBeNull();
  expect(pane.textContent).not.toContain("\u202e");
  expect(await violations()).toEqual([]);
}, 20_000);
