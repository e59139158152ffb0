import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";

import { newQueryClient } from "@/api/client";
import { useHost } from "@/platform";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";
import { newRouter } from "./router";

const drop = (paths: string[]) => (globalThis as unknown as { longshoreDrop: (paths: string[]) => void }).longshoreDrop(paths);

describe("every page opens and is free of accessibility faults", () => {
  test.each([
    ["/", "Overview"], ["/upload", "Upload"], ["/datasets", "Datasets"], ["/datasets/ds-0", /ribosome/], ["/flows", "Flows"], ["/flows/archive_dataset", "archive_dataset"],
    ["/runs", "Runs"], ["/runs/r-01KAV4Q7", /spliceosome/], ["/runs/r-01KAV4Q7?task=pack&index=6", /spliceosome/], ["/runs?tab=all", "Runs"], ["/flows?at=engines", "Flows on other engines"], ["/transfers", "Transfers"], ["/storage", "Storage"], ["/settings", "Settings"], ["/limits", "Limits"], ["/limits?limit=move-datablocks-to-lts", "Limits"], ["/variables", "Variables"], ["/connections", "Connections"], ["/audit", "Audit log"], ["/schedules", "Schedules"], ["/works", "Works"], ["/works?tab=messages", "Works"], ["/browse?left=lts:", "Browse"], ["/flows/verify_dataset?tab=schedule", "verify_dataset"],
  ])("%s", async (path, title) => {
    open(path);
    await waitFor(() => expect(screen.getAllByRole("heading", { level: 1 }).some((head) => head.textContent?.match(title))).toBe(true), patient);
    await waitFor(() => expect(screen.queryByRole("status", { name: "Loading" })).toBeNull(), patient);
    expect(await violations()).toEqual([]);
  }, 20_000);
});

test("the first run asks where things shall lie, and then lets go on", async () => {
  open("/", true);
  const lts = await screen.findByTestId("place-lts", undefined, patient);
  expect((lts as HTMLInputElement).value).toBe("/mnt/lts/emf");
  fireEvent.change(lts, { target: { value: "/mnt/other" } });
  fireEvent.blur(lts);
  fireEvent.click(screen.getByTestId("first-run-start"));
  await screen.findByTestId("nav-overview", undefined, patient);
});

test("a drop becomes a plan, and the plan a run", async () => {
  const router = open("/datasets");
  await screen.findByTestId("datasets", undefined, patient);
  drop(["/data/grid1"]);
  await screen.findByTestId("plan-listing", undefined, patient);
  expect((await screen.findByTestId("plan-files", undefined, patient)).textContent).toBe("12,806");
  expect(screen.getByTestId("need-lts").textContent).toContain("short, waits");
  drop(["/data/grid2", "/data/grid1"]);
  await screen.findByText("/data/grid1, /data/grid2", undefined, patient);
  const name = screen.getByTestId("plan-name") as HTMLInputElement;
  expect(name.value).toBe("grid1");
  fireEvent.change(name, { target: { value: "" } });
  expect((screen.getByTestId("plan-start") as HTMLButtonElement).disabled).toBe(true);
  fireEvent.change(name, { target: { value: "Grid one" } });
  fireEvent.click(screen.getByTestId("plan-start"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/runs\/r-/), patient);
  await screen.findByTestId("node-land", undefined, patient);
}, 20_000);

test("a failed task run shows what, why and now, and a retry shows what it touches first", async () => {
  open("/runs/r-01KAV4Q7?task=pack&index=6");
  const fault = await screen.findByTestId("fault", undefined, patient);
  expect(fault.dataset["code"]).toBe("space.short");
  expect(fault.textContent).toContain("Now: Free space on the LTS");
  fireEvent.click(screen.getByTestId("task-retry"));
  expect((await screen.findByTestId("retry-confirm", undefined, patient)).textContent).toMatch(/Retry/);
  await waitFor(() => expect(screen.getByTestId("retry-preview").textContent).toContain("is not sent again"), patient);
}, 20_000);

test("chosen files alone are retrieved", async () => {
  open("/datasets/ds-0");
  fireEvent.click(await screen.findByLabelText("Choose README.txt", undefined, patient));
  await waitFor(() => expect(screen.getByTestId("retrieve-start").textContent).toContain("245.0 MiB"), patient);
}, 20_000);

test("datablocks are retrieved for others, with links to copy and a script to save", async () => {
  open("/datasets/ds-0");
  fireEvent.click(await screen.findByTestId("retrieve-to-storage", undefined, patient));
  expect(screen.queryByTestId("retrieve-dest")).toBeNull();
  fireEvent.click(screen.getByTestId("retrieved-show"));
  expect(await screen.findAllByTestId("retrieved-block", undefined, patient)).toHaveLength(2);
  expect(screen.getByLabelText("Copy the link to ds-0_1.tar")).toBeDefined();
  fireEvent.click(screen.getByTestId("retrieved-save"));
  expect((await screen.findByTestId("retrieved-saved", undefined, patient)).textContent).toMatch(/sh .*\/download-.*\.sh$/);
  expect(await violations()).toEqual([]);
}, 20_000);

test.each([["/datasets", "datasets"], ["/runs", "runs"], ["/runs/r-01KAV4Q7?tab=tasks", "task-runs"], ["/runs/r-01KAV4Q7?tab=events", "events"], ["/datasets/ds-0", "files"]])("%s draws the rows in sight, and no more", async (path, table) => {
  open(path);
  await waitFor(() => expect(screen.getAllByTestId("row", {}).length).toBeGreaterThan(5), patient);
  expect(screen.getAllByTestId(table).flatMap((one) => [...one.querySelectorAll('[data-testid="row"]')]).length).toBeLessThan(60);
}, 20_000);

test("J and K go through the rows, Enter opens", async () => {
  const router = open("/datasets");
  await waitFor(() => expect(screen.getAllByTestId("row").length).toBeGreaterThan(5), patient);
  const [first, second] = screen.getAllByTestId("row") as [HTMLElement, HTMLElement];
  fireEvent.keyDown(document.body, { key: "j" });
  expect(document.activeElement).toBe(first);
  fireEvent.keyDown(first, { key: "j" });
  expect(document.activeElement).toBe(second);
  fireEvent.keyDown(second, { key: "Enter" });
  await waitFor(() => expect(router.state.location.pathname).toBe("/datasets/krios-spliceosome-tomo"), patient);
}, 20_000);

test("the palette finds a dataset by a part of its name", async () => {
  const router = open("/");
  await screen.findByTestId("nav-overview", undefined, patient);
  fireEvent.keyDown(window, { key: "k", ctrlKey: true });
  const field = await screen.findByTestId("palette-input", undefined, patient);
  fireEvent.change(field, { target: { value: "spliceosome" } });
  await waitFor(() => expect(screen.getAllByRole("option").length).toBeGreaterThan(1), patient);
  fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/(datasets|runs)\//), patient);
}, 20_000);

test("a workspace that cannot be opened says why, and what to do", async () => {
  const host = memoryHost();
  useHost({ ...host, call: () => Promise.reject({ code: "database.newer", class: "fatal", what: "The workspace was written by a newer Longshore", why: "Its database is of version 9; this one knows 3.", now: "Update Longshore." }) });
  render(<QueryClientProvider client={newQueryClient()}><RouterProvider router={newRouter(createMemoryHistory()) as never} /></QueryClientProvider>);
  const refused = await screen.findByTestId("refused", undefined, patient);
  expect(refused.textContent).toContain("Update Longshore.");
  expect(refused.textContent).toContain("database.newer");
});
