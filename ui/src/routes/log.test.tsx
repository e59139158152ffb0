import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { LogSaveArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

const count = (text: string | RegExp) => waitFor(() => expect(screen.getByTestId("log-count").textContent).toMatch(text), patient);

test("the log of a run is filtered by task, level and text", async () => {
  open("/runs/r-01KAV4Q7?tab=log");
  await count(/^\d+ lines$/);
  fireEvent.change(screen.getByTestId("log-task"), { target: { value: "manifest" } });
  await count(/^1?\d\d lines$/);
  fireEvent.change(screen.getByTestId("log-level"), { target: { value: "warning" } });
  await count(/^1\d lines found$/);
  fireEvent.change(screen.getByTestId("log-search"), { target: { value: "SLOWER than" } });
  await waitFor(() => expect(screen.getByTestId("log").querySelector("mark")?.textContent).toBe("slower than"), patient);
  expect(await violations()).toEqual([]);
  fireEvent.change(screen.getByTestId("log-search"), { target: { value: "nowhere" } });
  await waitFor(() => expect(screen.getByTestId("log").textContent).toContain("No line matches."), patient);
}, 20_000);

test("an attempt shows its own part of the log", async () => {
  open("/runs/r-01KAV4Q7?task=pack&index=6");
  await count(/^183 lines$/);
  fireEvent.click(screen.getByTestId("attempt-1"));
  await count(/^0 lines$/);
  expect(screen.getByTestId("attempt-1").getAttribute("aria-pressed")).toBe("true");
  fireEvent.click(screen.getByTestId("attempt-1"));
  await count(/^183 lines$/);
}, 20_000);

test("a log is saved whole into a folder that is chosen, under a name that says what it is of", async () => {
  const host = memoryHost();
  const saved: LogSaveArgs[] = [];
  open("/runs/r-01KAV4Q7?task=pack&index=6", false, { ...host, call: (op, args) => { if (op === "log.save") saved.push(args as LogSaveArgs); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("log-save", undefined, patient));
  expect((await screen.findByTestId("log-saved", undefined, patient)).textContent).toContain("47.1 KiB");
  expect(saved[0]).toMatchObject({ run: "r-01KAV4Q7", task: "pack", index: 6 });
  expect(saved[0]?.path).toMatch(/\/r-01KAV4Q7-pack-6-\d{8}T\d{6}\.log$/);
}, 20_000);

test("the logs of all runs are searched call by call, and a line leads to its run", async () => {
  const router = open("/logs");
  fireEvent.change(await screen.findByTestId("logs-text", undefined, patient), { target: { value: "slower than" } });
  await waitFor(() => expect(screen.getByTestId("logs-told").textContent).toBe("300 lines, and older runs are not searched yet"), patient);
  expect(screen.getAllByTestId("row").length).toBeLessThan(60);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("logs-more"));
  await waitFor(() => expect(screen.getByTestId("logs-told").textContent).toMatch(/^4\d\d lines in all runs$|^400 lines/), patient);
  fireEvent.change(screen.getByTestId("logs-level"), { target: { value: "error" } });
  await waitFor(() => expect(screen.getByTestId("empty").textContent).toContain("were searched"), patient);
  fireEvent.change(screen.getByTestId("logs-text"), { target: { value: "mismatch" } });
  await waitFor(() => expect(screen.getAllByTestId("row").length).toBeGreaterThan(0), patient);
  fireEvent.click(screen.getAllByTestId("row")[0]!);
  await waitFor(() => expect(router.state.location.href).toContain("/runs/r-01KAUQ08?tab=log&task=verify"), patient);
}, 30_000);
