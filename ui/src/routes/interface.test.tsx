import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("Scripts written for Airflow are answered at a port once that was asked for, and no more once it is switched off", async () => {
  open("/settings");
  const state = await screen.findByTestId("interface-state", undefined, patient);
  expect(state.textContent).toContain("off");
  fireEvent.click(screen.getByTestId("interface-on"));
  const port = await screen.findByTestId("interface-port", undefined, patient);
  fireEvent.change(port, { target: { value: "none" } });
  expect(screen.getByTestId("interface-go").hasAttribute("disabled")).toBe(true);
  fireEvent.change(port, { target: { value: "8090" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("interface-go"));
  await waitFor(() => expect(state.textContent).toContain("http://127.0.0.1:8090/api/v1"), patient);
  fireEvent.click(await screen.findByTestId("interface-off", undefined, patient));
  await waitFor(() => expect(screen.getByTestId("interface-state").textContent).toContain("off"), patient);
});

test("A user is made with a password that is long enough, gets another one, and is removed after a second click", async () => {
  open("/settings");
  fireEvent.click(await screen.findByTestId("user-new", undefined, patient));
  fireEvent.change(await screen.findByTestId("user-name", undefined, patient), { target: { value: "ada" } });
  fireEvent.change(screen.getByTestId("user-role"), { target: { value: "viewer" } });
  fireEvent.change(screen.getByTestId("user-password"), { target: { value: "short" } });
  fireEvent.click(screen.getByTestId("user-go"));
  expect(await within(screen.getByTestId("user-dialog")).findByText(/fewer than 8/, undefined, patient)).toBeTruthy();
  fireEvent.change(screen.getByTestId("user-password"), { target: { value: "long enough" } });
  fireEvent.click(screen.getByTestId("user-go"));
  const row = await screen.findByTestId("user-ada", undefined, patient);
  expect(row.textContent).toContain("may look");
  fireEvent.click(screen.getByTestId("user-edit-ada"));
  fireEvent.change(await screen.findByTestId("user-password", undefined, patient), { target: { value: "another one" } });
  fireEvent.click(screen.getByTestId("user-go"));
  await waitFor(() => expect(screen.queryByTestId("user-dialog")).toBeNull(), patient);
  fireEvent.click(screen.getByTestId("user-edit-ada"));
  fireEvent.click(await screen.findByTestId("user-remove", undefined, patient));
  fireEvent.click(screen.getByTestId("user-remove-confirm"));
  await waitFor(() => expect(screen.queryByTestId("user-ada")).toBeNull(), patient);
});
