import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Operations } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

/** Opens the form of a flow and tells what it starts. */
async function form(flow: string) {
  const host = memoryHost();
  const started: Array<Operations["flow.run"]["args"]> = [];
  open(`/flows/${flow}`, false, { ...host, call: (op, args) => { if (op === "flow.run") started.push(args as never); return host.call(op, args); } });
  fireEvent.click(await screen.findByTestId("flow-run", undefined, patient));
  return started;
}

const enter = (name: string, value: string) => fireEvent.change(screen.getByTestId(`param-${name}`), { target: { value } });

test("each format has its control, and values go out as the schema wants them", async () => {
  const started = await form("verify_dataset");
  expect((screen.getByTestId("param-token") as HTMLInputElement).type).toBe("password");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("flow-run-start"));
  expect((await screen.findByRole("alert")).textContent).toBe("It is required.");
  enter("dataset", "ds-0");
  enter("since", "2026-11-01");
  enter("not_before", "2026-11-24T10:00:00");
  enter("token", "s3cret");
  enter("blocks", "a.tar\nb.tar");
  fireEvent.change(screen.getByTestId("run-key"), { target: { value: "weekly" } });
  fireEvent.click(screen.getByTestId("flow-run-start"));
  await waitFor(() => expect(started).toHaveLength(1), patient);
  const [{ params, key }] = started as [Operations["flow.run"]["args"]];
  expect(key).toBe("weekly");
  expect(params).toMatchObject({ dataset: "ds-0", since: "2026-11-01", token: "s3cret", blocks: ["a.tar", "b.tar"] });
  expect(new Date(String(params["not_before"])).getTime()).toBe(new Date("2026-11-24T10:00:00").getTime());
}, 20_000);

test("a path is chosen in the platform's dialog, a dataset among those that match", async () => {
  await form("retrieve_dataset");
  fireEvent.click(screen.getByTestId("param-dest-folder"));
  await waitFor(() => expect((screen.getByTestId("param-dest") as HTMLInputElement).value).toMatch(/^\/data/), patient);
  enter("dataset", "spliceosome");
  await waitFor(() => expect(document.querySelector('datalist option[value="krios-spliceosome-tomo"]')).not.toBeNull(), patient);
}, 20_000);

test("the plan of a run is shown before it is started", async () => {
  const started = await form("archive_dataset");
  enter("dataset", "ds-0");
  fireEvent.click(screen.getByTestId("flow-plan-show"));
  const plan = await screen.findByTestId("flow-plan", undefined, patient);
  for (const told of ["3.00 TiB", "as many as manifest gives", "1 min 23 s", "pack, verify need what is known only in the run"]) expect(plan.textContent).toContain(told);
  expect(await violations()).toEqual([]);
  expect(started).toEqual([]);
}, 20_000);
