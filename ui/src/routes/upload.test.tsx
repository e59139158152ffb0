import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { UploadArgs } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";
import { setDropped } from "./dropped";

const type = (id: string, value: string) => fireEvent.change(screen.getByTestId(id), { target: { value } });
const value = (id: string) => (screen.getByTestId(id) as HTMLInputElement).value;

afterEach(() => act(() => setDropped([])));

/** The form of what was dropped, and what it starts. */
async function dropped(started: UploadArgs[], said = true) {
  const host = memoryHost();
  open("/upload", false, {
    ...host,
    call: async (op, args) => {
      if (op === "upload.start") started.push(args as UploadArgs);
      const reply = await host.call(op, args);
      return op === "upload.form" ? ({ ...(reply as object), said } as never) : reply;
    },
  });
  act(() => setDropped(["/data/krios/grid3"]));
  await screen.findByTestId("plan-start", undefined, patient);
}

test("the last values stand in the form, and what is wrong is told at its field", async () => {
  const started: UploadArgs[] = [];
  await dropped(started);
  expect([value("param-owner"), value("param-pid")]).toEqual(["M. Keller", ""]);
  expect(value("param-scientific")).toContain("\"kV\"");
  expect(screen.queryByTestId("param-usedSoftware")).toBeNull();
  expect(await violations()).toEqual([]);
  type("param-contactEmail", "nobody");
  fireEvent.click(screen.getByTestId("plan-start"));
  expect((await screen.findByText(/is no e-mail address/, undefined, patient)).closest("[role=alert]")).not.toBeNull();
  expect(screen.getByTestId("param-contactEmail").getAttribute("aria-invalid")).toBe("true");
  expect(started).toEqual([]);
  type("param-contactEmail", "a@b.example");
  expect(screen.queryByText(/is no e-mail address/)).toBeNull();
  type("param-keywords", "cryo\ngrid");
  type("plan-name", "Grid 3");
  type("upload-to", "central");
  fireEvent.click(screen.getByTestId("upload-archived"));
  fireEvent.click(screen.getByTestId("plan-start"));
  await expect.poll(() => started.length, patient).toBe(1);
  expect(started[0]).toMatchObject({ paths: ["/data/krios/grid3"], archive: false, archiver: "central", metadata: { datasetName: "Grid 3", contactEmail: "a@b.example", keywords: ["cryo", "grid"], pid: null } });
  expect(JSON.parse(started[0]!.scientific!)).toEqual({ voltage: { value: 300, unit: "kV" } });
}, 30_000);

test("a derived dataset says what it was made from, and nothing need be said", async () => {
  const started: UploadArgs[] = [];
  await dropped(started, false);
  expect(screen.queryByTestId("param-owner")).toBeNull();
  fireEvent.click(screen.getByTestId("upload-described"));
  type("param-type", "derived");
  type("param-usedSoftware", "RELION 5.0");
  fireEvent.click(screen.getByTestId("plan-start"));
  await expect.poll(() => started.length, patient).toBe(1);
  expect(started[0]!.metadata).toMatchObject({ type: "derived", usedSoftware: ["RELION 5.0"], inputDatasets: [] });
}, 30_000);
