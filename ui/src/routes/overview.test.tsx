import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { ConnectionHealth, StorageHistory, TaskAnswerArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("what waits for approval is answered, and a broken connection tested again, from the first page", async () => {
  const host = memoryHost();
  const answered: TaskAnswerArgs[] = [];
  let health: ConnectionHealth[] = [{ connection: "hpc", at: Date.now(), ok: false, step: "login", text: "<b>refused</b>", code: "ssh.login" }];
  const tested: unknown[] = [];
  const call: typeof host.call = (op, args) => {
    if (op === "task.approvals") return Promise.resolve((answered.length > 0 ? [] : [{ run: "r-01KAV4Q7", title: "grid3", task: "may_it", index: null, message: "Release it?", since: Date.now() }]) as never);
    if (op === "task.answer") { answered.push(args as TaskAnswerArgs); return Promise.resolve({} as never); }
    if (op === "connection.health") return Promise.resolve(health as never);
    if (op === "connection.test") { tested.push(args); health = []; return Promise.resolve({ ok: true, steps: [] } as never); }
    return host.call(op, args);
  };
  open("/", false, { ...host, call });
  await waitFor(() => expect(screen.getByTestId("throughput").textContent).toMatch(/on average, .* at most/), patient);
  const broken = await screen.findByTestId("broken-hpc", undefined, patient);
  expect(broken.textContent).toContain("<b>refused</b>");
  fireEvent.click(await screen.findByTestId("answer-r-01KAV4Q7", undefined, patient));
  expect((await screen.findByTestId("answer-dialog", undefined, patient)).textContent).toContain("Release it?");
  fireEvent.change(screen.getByTestId("reason"), { target: { value: "it is proved" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("overview-approve"));
  await waitFor(() => expect(screen.queryByTestId("asks-r-01KAV4Q7")).toBeNull(), patient);
  expect(answered).toMatchObject([{ run: "r-01KAV4Q7", task: "may_it", approve: true, why: "it is proved" }]);
  fireEvent.click(screen.getByTestId("test-again-hpc"));
  await waitFor(() => expect(screen.queryByTestId("broken-hpc")).toBeNull(), patient);
  expect(tested).toEqual([{ connection: "hpc", write: false }]);
}, 20_000);

test("when the long-term storage will be down to its floor is told beside its room", async () => {
  const host = memoryHost();
  const days = (n: number) => Date.now() + n * 86_400_000;
  let forecast: StorageHistory["forecast"] = { days: 30, per_day: 1024 ** 4, per_day_low: 1, per_day_high: 2 * 1024 ** 4, floor_at: days(90), floor_earliest: days(20), floor_latest: null };
  const call: typeof host.call = (op, args) => (op === "storage.history" ? Promise.resolve({ points: [], forecast, datasets: [], groups: [] } as never) : host.call(op, args));
  const show = () => open("/", false, { ...host, call });
  show();
  const told = await screen.findByTestId("forecast-lts", undefined, patient);
  expect(told.textContent).toMatch(/^Down to its floor about /);
  expect(told.querySelector('[data-state="up_for_retry"]')).not.toBeNull();
  expect(told.getAttribute("title")).toMatch(/^At 1\.00 TiB a day; on .* at the earliest$/);
  cleanup();
  forecast = { ...forecast, per_day: -1024, floor_at: null, floor_earliest: null };
  show();
  expect((await screen.findByTestId("forecast-lts", undefined, patient)).textContent).toBe("1.00 KiB are freed a day");
}, 20_000);
