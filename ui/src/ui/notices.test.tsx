import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Event } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("notices are counted at the bell, told, and lead to their run", async () => {
  const host = memoryHost();
  const hearers: Array<(event: Event) => void> = [];
  const router = open("/storage", false, { ...host, onEvent: (tell) => { hearers.push(tell); return host.onEvent(tell); } });
  const bell = await screen.findByTestId("notices-open", undefined, patient);
  const tell = (title: string) => act(() => { for (const hear of hearers) hear({ event: "notice", run: "r-01KAV4Q7", title, text: "12 datablocks are proved" }); });
  tell("Archive done");
  tell("Report sent");
  await waitFor(() => expect(bell.getAttribute("aria-label")).toBe("Notices, 2 new"), patient);
  fireEvent.click(bell);
  expect(screen.getAllByTestId("notice").map((one) => one.textContent?.slice(0, 11))).toEqual(["Report sent", "Archive don"]);
  expect(bell.getAttribute("aria-label")).toBe("Notices");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByText("Archive done"));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/r-01KAV4Q7"), patient);
  expect(screen.queryByTestId("notices")).toBeNull();
}, 20_000);
