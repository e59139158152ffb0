import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { RateSetArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("the limit in force is shown with its end, and changed while bytes move", async () => {
  const host = memoryHost();
  const asked: RateSetArgs[] = [];
  open("/transfers", false, { ...host, call: (op, args) => { if (op === "rate.set") asked.push(args as RateSetArgs); return host.call(op, args); } });
  const button = await screen.findByTestId("rates", undefined, patient);
  await expect.poll(() => button.textContent, patient).toContain("no limit");
  fireEvent.click(button);
  const text = await screen.findByTestId("rate-text", undefined, patient);
  expect(screen.queryByTestId("rate-zone")).toBeNull();
  fireEvent.change(text, { target: { value: "08:00 10 MiB/s, 19:00 off" } });
  fireEvent.change(screen.getByTestId("rate-zone"), { target: { value: "Europe/Zurich" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("rate-save"));
  await screen.findByTestId("rate-done", undefined, patient);
  expect(asked[0]).toMatchObject({ connection: null, rates: "08:00 10 MiB/s, 19:00 off", timezone: "Europe/Zurich" });
  await expect.poll(() => button.textContent, patient).toMatch(/10\.0 MiB\/s until/);
  fireEvent.click(screen.getByTestId("rate-off"));
  await expect.poll(() => button.textContent, patient).toContain("no limit");
}, 60_000);

test("a limit that is not understood is told where it was written", async () => {
  const host = memoryHost();
  const refused = { code: "rate.wrong", class: "permanent", what: "The limit of bytes a second is not understood", why: "\"slow\"", now: "Write off, or a rate", also: [] };
  open("/transfers", false, { ...host, call: (op, args) => (op === "rate.set" ? Promise.reject(refused) : host.call(op, args)) });
  fireEvent.click(await screen.findByTestId("rates", undefined, patient));
  fireEvent.change(await screen.findByTestId("rate-text", undefined, patient), { target: { value: "slow" } });
  fireEvent.click(screen.getByTestId("rate-save"));
  expect((await screen.findByTestId("fault", undefined, patient)).textContent).toContain("not understood");
}, 60_000);
