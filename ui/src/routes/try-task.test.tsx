import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Operations } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("a task is tried by itself with parameters, an item and outputs, and tells what became of it", async () => {
  const host = memoryHost();
  const tried: Array<Operations["task.test"]["args"]> = [];
  open("/flows/archive_dataset", false, { ...host, call: (op, args) => { if (op === "task.test") tried.push(args as never); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("flow-try", undefined, patient));
  const enter = (id: string, value: string) => fireEvent.change(screen.getByTestId(id), { target: { value } });
  const start = screen.getByTestId("try-start") as HTMLButtonElement;
  expect(start.disabled).toBe(true);
  enter("param-dataset", "ds-0");
  enter("try-task", "pack");
  enter("try-item", "{");
  expect(start.disabled).toBe(true);
  enter("try-item", '{"block": 3}');
  enter("try-outputs", '{"manifest": {"blocks": 4}}');
  expect(await violations()).toEqual([]);
  fireEvent.click(start);
  await waitFor(() => expect(screen.getByTestId("tried").dataset["state"]).toBe("success"), patient);
  expect(tried).toMatchObject([{ flow: "archive_dataset", task: "pack", params: { dataset: "ds-0" }, item: { block: 3 }, outputs: { manifest: { blocks: 4 } } }]);
}, 20_000);
