import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";

test("a task that waits for an answer is approved, or rejected", async () => {
  open("/runs/r-01KAV5BQ?task=ask");
  expect((await screen.findByTestId("answer", undefined, patient)).textContent).toContain("Release the landing zone");
  expect(await violations()).toEqual([]);
  fireEvent.change(screen.getByTestId("reason"), { target: { value: "Two copies are proved" } });
  fireEvent.click(screen.getByTestId("answer-approve"));
  await waitFor(() => expect(screen.queryByTestId("answer")).toBeNull(), patient);
}, 20_000);
