import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Operations, TaskRunDetail } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

test("a secret that went with its process is given again, and then the task run can be retried", async () => {
  const host = memoryHost();
  const given: Array<Operations["run.secret"]["args"]> = [];
  const fault = { code: "param.secret_gone", class: "fatal" as const, what: "The task cannot go on without a secret", why: "It was kept in memory only" };
  open("/runs/r-01KAUQ08?task=verify&index=3", false, {
    ...host,
    call: async (op, args) => {
      if (op === "run.secret") given.push(args as never);
      const reply = await host.call(op, args);
      if (op !== "run.task_run") return reply;
      const detail = reply as TaskRunDetail;
      return { ...detail, row: { ...detail.row, fault } } as never;
    },
  });
  const field = await screen.findByTestId("secret-token", undefined, patient) as HTMLInputElement;
  expect(field.type).toBe("password");
  expect(await violations()).toEqual([]);
  fireEvent.change(field, { target: { value: "s3cret" } });
  fireEvent.click(screen.getByTestId("secret-give-token"));
  await screen.findByText(/It is there/, undefined, patient);
  expect(given).toEqual([{ run: "r-01KAUQ08", name: "token", value: "s3cret" }]);
  await waitFor(() => expect(field.value).toBe(""), patient);
  expect(screen.getByTestId("task-retry")).toBeTruthy();
}, 20_000);
