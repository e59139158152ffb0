import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("room that nobody knows is told as such", async () => {
  open("/storage");
  const place = await screen.findByTestId("storage-staging", undefined, patient);
  expect(place.textContent).toContain("archive-s3:emf/staging");
  expect(screen.getByTestId("unknown-staging").textContent).toContain("no quota");
  expect(place.textContent).not.toMatch(/0 B of/);
}, 20_000);

test("a place behind a connection is taken once it was tried as it stands", async () => {
  const host = memoryHost();
  const asked: unknown[] = [];
  open("/storage", false, { ...host, call: (op, args) => { if (op === "storage.set" || op === "connection.test") asked.push([op, args]); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("change-landing", undefined, patient));
  fireEvent.click(await screen.findByTestId("storage-beyond", undefined, patient));
  await screen.findByRole("option", { name: "archive-s3 (s3)" }, patient);
  fireEvent.change(screen.getByTestId("storage-connection"), { target: { value: "archive-s3" } });
  fireEvent.change(screen.getByTestId("storage-folder"), { target: { value: "bucket/landing" } });
  const save = () => screen.getByTestId("storage-save") as HTMLButtonElement;
  expect(save().disabled).toBe(true);
  fireEvent.click(screen.getByTestId("connection-test"));
  await waitFor(() => expect(save().disabled).toBe(false), patient);
  expect(asked[0]).toMatchObject(["connection.test", { connection: "archive-s3", path: "bucket/landing", write: true }]);
  fireEvent.change(screen.getByTestId("storage-folder"), { target: { value: "bucket/other" } });
  expect(save().disabled).toBe(true);
  fireEvent.click(screen.getByTestId("connection-test"));
  await waitFor(() => expect(save().disabled).toBe(false), patient);
  fireEvent.change(screen.getByTestId("storage-quota"), { target: { value: "2" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(save());
  await waitFor(() => expect(asked.at(-1)).toMatchObject(["storage.set", { name: "landing", path: null, connection: "archive-s3", folder: "bucket/other", quota: 2 * 1024 ** 3 }]), patient);
}, 20_000);

test("the room over time is drawn with its forecast, and who takes it is told", async () => {
  open("/storage");
  const history = await screen.findByTestId("history-lts", undefined, patient);
  expect((await screen.findByTestId("forecast", undefined, patient)).textContent).toMatch(/are taken up a day.*nine of ten.*only the floor is left/s);
  expect(history.querySelectorAll("polygon.band")).toHaveLength(1);
  expect(history.textContent).toContain("bio <i>lab</i>");
  fireEvent.click(screen.getByTestId("span-lts-7"));
  await waitFor(() => expect(screen.getByTestId("span-lts-7").getAttribute("aria-pressed")).toBe("true"), patient);
  fireEvent.click(screen.getByTestId("more-scratch"));
  const scratch = await screen.findByTestId("history-scratch", undefined, patient);
  await waitFor(() => expect(scratch.textContent).toContain("from the second look on"), patient);
  expect(await violations()).toEqual([]);
}, 20_000);
