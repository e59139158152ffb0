import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { FlowRunArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

const type = (id: string, value: string) => fireEvent.change(screen.getByTestId(id), { target: { value } });

test("a copy is planned before it starts, and a change asks for a new plan", async () => {
  const host = memoryHost();
  const started: FlowRunArgs[] = [];
  open("/transfers", false, { ...host, call: (op, args) => { if (op === "flow.run") { started.push(args as FlowRunArgs); return Promise.resolve({ run: "r-01KAV4Q7" } as never); } return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("copy-new", undefined, patient));
  const go = await screen.findByTestId("copy-go", undefined, patient);
  expect(go).toHaveProperty("disabled", true);
  type("copy-from", "lts:");
  fireEvent.click(screen.getByTestId("copy-from-look"));
  fireEvent.click(await screen.findByText(/2026 <b>scans<b>\//, undefined, patient));
  expect(screen.getByTestId("copy-from")).toHaveProperty("value", "lts:2026 <b>scans<b>");
  type("copy-to", "/restore/scans");
  type("copy-only", "*.tif, raw/**/*.mrc");
  fireEvent.click(go);
  expect((await screen.findByTestId("copy-planned", undefined, patient)).textContent).toContain("1,204 files");
  expect(await violations()).toEqual([]);
  type("copy-to", "/restore/other");
  type("copy-weight", "10");
  expect(screen.queryByTestId("copy-planned")).toBeNull();
  fireEvent.click(go);
  await screen.findByTestId("copy-planned", undefined, patient);
  fireEvent.click(go);
  await expect.poll(() => started.length, patient).toBe(1);
  expect(started[0]).toMatchObject({ flow: "copy", params: { from: "lts:2026 <b>scans<b>", to: "/restore/other", if_exists: "fail", include: ["*.tif", "raw/**/*.mrc"], exclude: [] }, priority: 10 });
}, 30_000);

test("what cannot be copied is told in the dialog", async () => {
  const host = memoryHost();
  const refused = { code: "storage.unknown", class: "permanent", what: "There is no storage \"nowhere\"", why: "The workspace does not know it", now: "See the storages", also: [] };
  open("/transfers", false, { ...host, call: (op, args) => (op === "copy.plan" ? Promise.reject(refused) : host.call(op, args)) });
  fireEvent.click(await screen.findByTestId("copy-new", undefined, patient));
  await screen.findByTestId("copy-go", undefined, patient);
  type("copy-from", "nowhere:x");
  type("copy-to", "/restore");
  fireEvent.click(screen.getByTestId("copy-go"));
  expect((await screen.findByText(/There is no storage/, undefined, patient)).textContent).toContain("nowhere");
}, 30_000);
