import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("a work shows each step that it made, and why it came to nothing", async () => {
  open("/works");
  const table = await screen.findByTestId("works", undefined, patient);
  const failed = within(table).getAllByTestId("row").find((row) => row.textContent?.includes("W1PD95872"))!;
  expect(failed.textContent).toContain("failed");
  fireEvent.click(failed);
  const pane = await screen.findByTestId("work-pane", undefined, patient);
  expect(pane.textContent).toContain("The bag is not valid");
  expect(within(pane).getAllByRole("term").map((term) => term.textContent)).toEqual(["Why not", "Requested", "Restored", "Readable until", "Place", "Run", "Told"]);
  expect(within(pane).getByText("run r-01KAV4Q7").getAttribute("href")).toContain("/runs/r-01KAV4Q7");
  expect(await violations()).toEqual([]);
}, 20_000);

test("messages that are done are shown when asked for, and poison says why", async () => {
  open("/works?tab=messages");
  const rows = () => within(screen.getByTestId("messages")).getAllByTestId("row");
  await screen.findByTestId("messages", undefined, patient);
  expect(rows()).toHaveLength(3);
  fireEvent.click(screen.getByTestId("messages-all"));
  await waitFor(() => expect(rows()).toHaveLength(4), patient);
  fireEvent.click(rows()[2]!);
  const pane = await screen.findByTestId("message-pane", undefined, patient);
  expect(pane.textContent).toContain("It is no message of S3");
  expect(pane.textContent).toContain("restore W1PD95858 please");
  expect(await violations()).toEqual([]);
}, 20_000);
