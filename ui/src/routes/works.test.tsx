import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { memoryHost } from "@/platform/memory";
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

test("a message that came to nothing is given back or dropped, with the reason", async () => {
  const host = memoryHost();
  const asked: unknown[] = [];
  open("/works?tab=messages", false, { ...host, call: (op, args) => { if (op === "work.return" || op === "work.drop") asked.push([op, args]); return host.call(op, args); } });
  await screen.findByTestId("messages", undefined, patient);
  const rows = () => within(screen.getByTestId("messages")).getAllByTestId("row");
  fireEvent.click(rows()[2]!);
  fireEvent.click(await screen.findByTestId("message-return", undefined, patient));
  fireEvent.change(screen.getByTestId("reason"), { target: { value: " the script is mended " } });
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("message-return-confirm"));
  await waitFor(() => expect(screen.queryByTestId("message-pane")).toBeNull(), patient);
  await waitFor(() => expect(rows()[2]!.textContent).toContain("given back"), patient);
  fireEvent.click(rows()[2]!);
  fireEvent.click(await screen.findByTestId("message-drop", undefined, patient));
  fireEvent.click(screen.getByTestId("message-drop-confirm"));
  await waitFor(() => expect(rows()).toHaveLength(2), patient);
  expect(asked).toMatchObject([["work.return", { queue: "https://queues-1.example.org/000000000000/restored", why: "the script is mended" }], ["work.drop", { why: null }]]);
}, 20_000);

test("what a run works on is left to it, and what is done has no acts", async () => {
  open("/works?tab=messages");
  await screen.findByTestId("messages", undefined, patient);
  fireEvent.click(screen.getByTestId("messages-all"));
  const rows = () => within(screen.getByTestId("messages")).getAllByTestId("row");
  await waitFor(() => expect(rows()).toHaveLength(4), patient);
  fireEvent.click(rows()[0]!);
  fireEvent.click(await screen.findByTestId("message-drop", undefined, patient));
  fireEvent.click(screen.getByTestId("message-drop-confirm"));
  await waitFor(() => expect(screen.getByTestId("message-drop-dialog").textContent).toContain("works on what it asks for"), patient);
  fireEvent.click(rows()[3]!);
  await waitFor(() => expect(screen.getByTestId("message-pane").textContent).toContain("In the queuedeleted"), patient);
  expect(screen.queryByTestId("message-drop")).toBeNull();
}, 20_000);
