import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("the grid shows task runs by runs, arrows move in it, Enter opens the run at the task", async () => {
  const router = open("/flows/archive_dataset?tab=grid");
  const grid = await screen.findByTestId("flow-grid", undefined, patient);
  expect(within(grid).getAllByRole("row")).toHaveLength(5);
  await waitFor(() => expect(screen.getByTestId("grid-pack-r-01KAV4Q7").dataset["state"]).toBe("running"), patient);
  expect(screen.getByTestId("grid-pack-r-01KAV4Q7").title).toContain("1 failed");
  expect(await violations()).toEqual([]);
  const newest = screen.getByTestId("grid-manifest-r-01KAV7TT");
  expect(newest.tabIndex).toBe(0);
  fireEvent.keyDown(newest, { key: "ArrowLeft" });
  fireEvent.keyDown(document.activeElement!, { key: "ArrowLeft" });
  fireEvent.keyDown(document.activeElement!, { key: "ArrowDown" });
  expect(document.activeElement).toBe(screen.getByTestId("grid-pack-r-01KAV4Q7"));
  expect(screen.getByTestId("grid-chosen").textContent).toContain("1 failed");
  fireEvent.keyDown(document.activeElement!, { key: "Enter" });
  await waitFor(() => expect(router.state.location.href).toContain("/runs/r-01KAV4Q7?task=pack"), patient);
}, 20_000);
