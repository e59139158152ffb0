import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("The profile that is open stands in the top bar in its colour, and another is switched to only after what that means was said", async () => {
  open("/settings");
  const chip = await screen.findByTestId("profile-chip", undefined, patient);
  expect([chip.textContent, chip.dataset.colour, document.querySelector<HTMLElement>("header.top")?.dataset.colour]).toEqual(["development", "green", "green"]);
  fireEvent.click(await screen.findByTestId("profile-use-production", undefined, patient));
  const dialog = await screen.findByTestId("profile-switch", undefined, patient);
  expect(dialog.textContent).toContain("stop at a checkpoint");
  expect(within(dialog).getByTestId("profile-switch-go").className).toContain("danger");
  expect(await violations()).toEqual([]);
  fireEvent.change(within(dialog).getByTestId("reason"), { target: { value: "we go live" } });
  fireEvent.click(within(dialog).getByTestId("profile-switch-go"));
  await waitFor(() => expect(screen.getByTestId("profile-chip").textContent).toBe("production"), patient);
  expect(document.querySelector<HTMLElement>("header.top")?.dataset.colour).toBe("red");
});

test("A profile is made with a colour of its own, and is not switched to", async () => {
  open("/settings");
  fireEvent.click(await screen.findByTestId("profile-new", undefined, patient));
  fireEvent.change(await screen.findByTestId("profile-name", undefined, patient), { target: { value: "qa" } });
  fireEvent.change(screen.getByTestId("profile-colour"), { target: { value: "amber" } });
  fireEvent.click(screen.getByTestId("profile-go"));
  const row = await screen.findByTestId("profile-qa", undefined, patient);
  expect(row.querySelector<HTMLElement>(".profile")?.dataset.colour).toBe("amber");
  expect(screen.getByTestId("profile-chip").textContent).toBe("development");
});

test("An archiving service is looked at before it is taken over: what is missing first, then file by file", async () => {
  open("/variables");
  fireEvent.click(await screen.findByTestId("archiver-import", undefined, patient));
  fireEvent.change(await screen.findByTestId("archiver-path", undefined, patient), { target: { value: "/srv/archiver" } });
  const go = screen.getByTestId("archiver-go");
  expect(go.textContent).toBe("See what it would do");
  fireEvent.click(go);
  expect((await screen.findByTestId("archiver-told", undefined, patient)).textContent).toContain("would come");
  expect(screen.getByTestId("archiver-missing").textContent).toContain("SCICAT_PASSWORD");
  expect(screen.getByTestId("archiver-settings").textContent).toContain("archiver-s3:landingzone");
  expect(screen.getByText("it is not understood")).toBeTruthy();
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("archiver-go"));
  await waitFor(() => expect(screen.getByTestId("archiver-told").textContent).toContain("came of"), patient);
  expect(screen.queryByTestId("archiver-go")).toBeNull();
});
