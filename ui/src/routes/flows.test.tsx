import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Fault, FlowRow } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

const refused: Fault = {
  code: "flow.wrong", class: "permanent", what: "nightly.yaml is not a flow", why: "tasks[1].uses: there is no kind of task \"shel\"", now: "Write shell, if that is meant.",
  at: "nightly.yaml:12:11 tasks[1].uses", also: ["nightly.yaml:20:5 tasks[2].neds: unknown field; needs is meant"],
};
const row = (rest: Partial<FlowRow>): FlowRow => ({
  id: "nightly", title: "Every night", built_in: false, tasks: 3, active: 0, last_states: [], refused: null, file: "/flows/nightly.yaml", deleted: false, schedules: [], paused: false, next: null, ...rest,
});

/** Opens the flows with these rows before the built-in ones. */
function list(...rows: FlowRow[]) {
  const host = memoryHost();
  open("/flows", false, { ...host, call: async (op, args) => (op === "flow.list" ? [...rows, ...((await host.call(op, args)) as FlowRow[])] as never : host.call(op, args)) });
}

test("a file that never was a flow tells its place, what is wrong and what was meant", async () => {
  list(row({ id: "nightly.yaml", tasks: 0, refused }));
  const fault = await screen.findByTestId("fault", undefined, patient);
  for (const told of ["nightly.yaml:12:11", "there is no kind of task", "Write shell", "1 more of the same kind"]) expect(fault.textContent).toContain(told);
  expect(await violations()).toEqual([]);
}, 20_000);

test("of a flow whose newer text is refused the list says where, its page the rest", async () => {
  const nightly = row({ refused });
  const host = memoryHost();
  const call: typeof host.call = async (op, args) => {
    if (op === "flow.list") return [nightly] as never;
    if (op !== "flow.show") return host.call(op, args);
    return { ...((await host.call("flow.show", { flow: "verify_dataset" })) as object), flow: nightly } as never;
  };
  open("/flows/nightly", false, { ...host, call });
  const said = await screen.findByTestId("flow-refused", undefined, patient);
  expect(said.textContent).toBe("Its file is wrong at 12:11");
  const faults = await screen.findAllByTestId("fault", undefined, patient);
  expect(faults).toHaveLength(1);
  expect(faults[0]!.textContent).toContain("The version below stays in force.");
}, 20_000);

test("a flow tells whether it is the operator's own, deleted, paused, or due", async () => {
  list(row({}), row({ id: "gone", deleted: true, active: 2 }), row({ id: "held", paused: true, schedules: ["every 15m"] }), row({ id: "watch", schedules: ["files *.h5 in /data"] }), row({ id: "due", schedules: ["every 15m"], next: Date.UTC(2031, 4, 6, 12) }));
  await screen.findByTestId("flow-nightly", undefined, patient);
  const told = (id: string) => within(screen.getByTestId(`flow-${id}`)).getByText(/task/).textContent;
  expect(told("nightly")).toBe("your own, 3 tasks");
  expect(told("gone")).toBe("file deleted, 3 tasks, 2 running");
  expect(told("held")).toBe("your own, 3 tasks, schedules paused");
  expect(told("watch")).toBe("your own, 3 tasks, watches a folder");
  expect(told("due")).toContain("next 6 May 2031");
}, 20_000);
