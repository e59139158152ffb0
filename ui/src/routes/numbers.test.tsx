import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("the numbers of the workspace: runs by state over all flows, and how long attempts took", async () => {
  open("/settings");
  expect((await screen.findByTestId("numbers-runs", undefined, patient)).textContent).toBe("99,200 success30 failed");
  const [, success, failed] = within(screen.getByTestId("numbers-attempts")).getAllByRole("row");
  expect([...success!.children].map((cell) => cell.textContent)).toEqual(["success", "100", "2.5 s", "1.0 s"]);
  expect([...failed!.children].map((cell) => cell.textContent)).toEqual(["failed", "4", "1 min 40 s", "more than 1 min 0 s"]);
  expect(await violations()).toEqual([]);
}, 20_000);

test("where nothing ended yet the numbers say so", async () => {
  const host = memoryHost();
  open("/settings", false, { ...host, call: (op, args) => (op === "metrics.show" ? Promise.resolve({ runs: [], attempts: [], moved_bytes: 0, events: 0, lag_seconds: 0, log_bytes: 0 } as never) : host.call(op, args)) });
  expect((await screen.findByTestId("numbers-runs", undefined, patient)).textContent).toBe("none yet");
  expect(screen.getByTestId("numbers").textContent).toContain("No attempt has ended yet");
}, 20_000);
