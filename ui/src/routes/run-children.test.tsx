import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";
import { childOf } from "./run-children";

test("only a task that runs a flow has a child run, from its output or its checkpoint", () => {
  expect(childOf({ uses: "flow.run", checkpoint: { run: "r-1", told: false }, output: null })).toBe("r-1");
  expect(childOf({ uses: "flow.run", checkpoint: null, output: { run: "r-2" } })).toBe("r-2");
  expect(childOf({ uses: "flow.run", checkpoint: null, output: null })).toBeUndefined();
  expect(childOf({ uses: "shell", checkpoint: { run: "r-1" }, output: null })).toBeUndefined();
});

test("a child run is shown in its task run, and leads there and back", async () => {
  const router = open("/runs/r-01KAV55M?task=archive");
  const child = await screen.findByTestId("child-run", undefined, patient);
  await waitFor(() => expect(within(child).getAllByRole("listitem")).toHaveLength(5), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(within(child).getByText("verify"));
  await waitFor(() => expect(router.state.location.href).toContain("/runs/r-01KAV56N?task=verify"), patient);
  const stages = await screen.findByRole("list", { name: "Stages" }, patient);
  fireEvent.click(await within(stages).findByText("upload_dataset", undefined, patient));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/r-01KAV55M"), patient);
  fireEvent.click(await screen.findByTestId("tab-children", undefined, patient));
  await waitFor(() => expect(within(screen.getByTestId("child-runs")).getAllByTestId("row")).toHaveLength(1), patient);
}, 20_000);
