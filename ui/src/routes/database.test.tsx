import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { DatabaseBackupArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("the database is checked, and copied into a folder that is chosen", async () => {
  const host = memoryHost();
  const copies: DatabaseBackupArgs[] = [];
  open("/settings", false, { ...host, call: (op, args) => { if (op === "db.backup") copies.push(args as DatabaseBackupArgs); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("db-check", undefined, patient));
  expect((await screen.findByTestId("db-checked", undefined, patient)).textContent).toContain("425 runs");
  fireEvent.click(screen.getByTestId("db-backup"));
  expect((await screen.findByTestId("db-copied", undefined, patient)).textContent).toContain("205.0 MiB");
  expect(copies[0]?.path).toMatch(/^\/data\/krios.*\/longshore-\d{8}T\d{6}\.db$/);
  expect(await violations()).toEqual([]);
}, 20_000);

test("what is wrong in the database is told line by line", async () => {
  const host = memoryHost();
  open("/settings", false, { ...host, call: (op, args) => (op === "db.check" ? Promise.resolve({ problems: ["run r-1: its state is failed, its journal says success"], runs: 3 } as never) : host.call(op, args)) });
  fireEvent.click(await screen.findByTestId("db-check", undefined, patient));
  expect((await screen.findByTestId("db-checked", undefined, patient)).textContent).toContain("its journal says success");
}, 20_000);

test("diagnostics are saved into a folder that is chosen", async () => {
  const host = memoryHost();
  const asked: DatabaseBackupArgs[] = [];
  open("/settings", false, { ...host, call: (op, args) => { if (op === "diagnostics.save") asked.push(args as DatabaseBackupArgs); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("diagnostics-save", undefined, patient));
  expect((await screen.findByTestId("diagnostics-saved", undefined, patient)).textContent).toContain("Saved to");
  expect(asked[0]?.path).toMatch(/^\/data\/krios.*\/longshore-diagnostics-\d{8}T\d{6}\.zip$/);
}, 20_000);
