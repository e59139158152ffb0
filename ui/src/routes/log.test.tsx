import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { LogRow } from "@/api/types";
import { open, patient, violations } from "@/test.window";
import { passing } from "./log";

const line = (seq: number, level: string, text: string): LogRow => ({ seq, at: seq, task: "pack", index: seq, attempt: 1, level, text });
const rows = [line(1, "debug", "opened"), line(2, "info", "Sent 4 files"), line(3, "warning", "slow"), line(4, "error", "space.short")];

test.each([["debug", "", [1, 2, 3, 4]], ["info", "", [2, 3, 4]], ["warning", "", [3, 4]], ["error", "", [4]], ["debug", "SENT", [2]], ["debug", "pack [3]", [3]], ["error", "sent", []]])("from %s with %j", (least, text, left) => {
  expect(passing(rows, { least, text }).map(({ seq }) => seq)).toEqual(left);
});

test("the log of a run is filtered by task, level and text", async () => {
  open("/runs/r-01KAV4Q7?tab=log");
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toMatch(/^\d+ lines$/), patient);
  fireEvent.change(screen.getByTestId("log-task"), { target: { value: "manifest" } });
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toMatch(/^1?\d\d lines$/), patient);
  fireEvent.change(screen.getByTestId("log-level"), { target: { value: "warning" } });
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toMatch(/^\d+ of \d+ lines$/), patient);
  fireEvent.change(screen.getByTestId("log-search"), { target: { value: "slower than" } });
  await waitFor(() => expect(screen.getByTestId("log").querySelector("mark")?.textContent).toBe("slower than"), patient);
  expect(await violations()).toEqual([]);
}, 20_000);

test("an attempt shows its own part of the log", async () => {
  open("/runs/r-01KAV4Q7?task=pack&index=6");
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toBe("183 lines"), patient);
  fireEvent.click(screen.getByTestId("attempt-1"));
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toBe("0 lines"), patient);
  expect(screen.getByTestId("attempt-1").getAttribute("aria-pressed")).toBe("true");
  fireEvent.click(screen.getByTestId("attempt-1"));
  await waitFor(() => expect(screen.getByTestId("log-count").textContent).toBe("183 lines"), patient);
}, 20_000);
