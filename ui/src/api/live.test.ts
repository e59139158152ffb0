import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useHost } from "@/platform";
import type { Host } from "@/platform";
import { follow } from "./live";
import type { Event, ProgressRow, RunDetail, RunRow } from "./types";

const progress = (bytes: number): ProgressRow => ({ bytes, bytes_total: 100, files: 0, files_total: null, rate: 5, seconds_left: 1, now: "" });
const row = (id: string): RunRow => ({ id, flow: "f", state: "running", dataset: null, title: id, waits: null, fault: null, fault_task: null, created_at: 0, started_at: 0, ended_at: null, progress: progress(0) });

let tell: (event: Event) => void = () => undefined;
let client: QueryClient;
let asked: string[] = [];

function watch(key: [string, unknown]): void {
  const observer = new QueryObserver(client, { queryKey: key, staleTime: Infinity, queryFn: () => { asked.push(key[0]); return Promise.resolve({}); } });
  observer.subscribe(() => undefined);
}

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  asked = [];
  useHost({ onEvent: (hear) => { tell = hear; return () => undefined; } } as Host);
  follow(client);
});
afterEach(() => { vi.useRealTimers(); });

test("a change asks again only for replies that rest on it, and once for many", async () => {
  watch(["run.show", { run: "a" }]);
  watch(["run.show", { run: "b" }]);
  watch(["storage.list", {}]);
  await vi.advanceTimersByTimeAsync(1);
  asked = [];
  for (let times = 0; times < 10; times += 1) tell({ event: "changed", tags: [{ of: "run", key: "a" }, { of: "runs" }] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual(["run.show"]);
});

test("everything stale asks again for all", async () => {
  watch(["run.show", { run: "a" }]);
  watch(["storage.list", {}]);
  await vi.advanceTimersByTimeAsync(1);
  asked = [];
  tell({ event: "everything" });
  await vi.advanceTimersByTimeAsync(1);
  expect(asked.toSorted()).toEqual(["run.show", "storage.list"]);
});

test("progress goes into what is held, without asking, and leaves the rest as it is", () => {
  const page = { rows: [row("a"), row("b")], total: 2 };
  const task = { id: "pack", uses: "u", state: "running" as const, mapped: true, counts: [], expanded: 2, waits: null, started_at: 0, ended_at: null, progress: progress(0), fault: null };
  const detail = { run: row("a"), tasks: [task, { ...task, id: "verify" }], children: [] } as unknown as RunDetail;
  client.setQueryData(["run.list", {}], page);
  client.setQueryData(["run.show", { run: "a" }], detail);
  tell({ event: "progress", run: "a", progress: progress(42), tasks: [{ task: "pack", state: "running", counts: [{ state: "success", count: 1 }], progress: progress(40) }] });
  const list = client.getQueryData<typeof page>(["run.list", {}]);
  expect(list?.rows.map((one) => one.progress.bytes)).toEqual([42, 0]);
  expect(list?.rows[1]).toBe(page.rows[1]);
  const held = client.getQueryData<RunDetail>(["run.show", { run: "a" }]);
  expect(held?.run.progress.bytes).toBe(42);
  expect(held?.tasks.map((one) => one.progress.bytes)).toEqual([40, 0]);
  expect(held?.tasks[1]).toBe(detail.tasks[1]);
  expect(asked).toEqual([]);
});
