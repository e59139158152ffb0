import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { DatasetReportArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("a fixity report is written in the form that was chosen, into a folder that was chosen", async () => {
  const host = memoryHost();
  const asked: DatasetReportArgs[] = [];
  open("/datasets/ds-0", false, { ...host, pick: () => Promise.resolve(["/reports"]), call: (op, args) => { if (op === "dataset.save_report") asked.push(args as DatasetReportArgs); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("report-open", undefined, patient));
  fireEvent.click(await screen.findByTestId("report-manifest", undefined, patient));
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("report-write"));
  expect((await screen.findByTestId("report-saved", undefined, patient)).textContent).toContain("47.1 KiB");
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ dataset: "ds-0", form: "manifest" });
  expect(asked[0]?.path).toMatch(/^\/reports\/ds-0-fixity-\d{8}T\d{6}-manifest-sha256\.txt$/);
}, 30_000);
