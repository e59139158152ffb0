import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Graph, GraphNode } from "@/api/types";
import { open, patient, violations } from "@/test.window";
import { found } from "./find";
// Loaded before the first test, which else would wait for it.
import "./graph";
import { folded } from "./groups";

const node = (id: string, y: number, group?: string): GraphNode => ({ id, uses: "noop", mapped: false, role: "task", when: null, trigger: "all_success", x: 0, y, ...(group && { group }) });
const graph: Graph = { key: "k", nodes: [node("pack", 1), node("list", 0), node("repack", 2, "late"), node("note", 3, "late")], edges: [] };

test("tasks are found by a part of their name, from top to bottom, those of a closed group under it", () => {
  expect(found(graph, graph, "PACK")).toEqual(["pack", "repack"]);
  expect(found(graph, graph, "  ")).toEqual([]);
  expect(found(graph, folded(graph, new Set(["late"])), "note")).toEqual(["group late"]);
});

test("what is looked for stands out, Enter goes from one to the next, and the arrow goes to its node", async () => {
  open("/runs/r-01KAV4Q7");
  const canvas = await screen.findByTestId("graph", undefined, patient);
  const find = screen.getByTestId("graph-find");
  fireEvent.change(find, { target: { value: "re" } });
  expect(screen.getByTestId("graph-found").textContent).toBe("1 of 2");
  expect([...canvas.querySelectorAll(".react-flow__node.found")].map((one) => (one as HTMLElement).dataset["id"])).toEqual(["release", "report"]);
  fireEvent.keyDown(find, { key: "Enter" });
  expect(screen.getByTestId("graph-found").textContent).toBe("2 of 2");
  fireEvent.keyDown(find, { key: "ArrowDown" });
  expect(document.activeElement).toBe(screen.getByTestId("node-report"));
  expect(await violations()).toEqual([]);
  fireEvent.keyDown(find, { key: "Escape" });
  expect(canvas.querySelectorAll(".faded")).toHaveLength(0);
}, 20_000);

test("arrows follow edges, and the map and the view have keys and buttons", async () => {
  open("/runs/r-01KAV4Q7");
  const first = await screen.findByTestId("node-manifest", undefined, patient);
  first.focus();
  fireEvent.keyDown(first, { key: "ArrowDown" });
  expect(document.activeElement).toBe(screen.getByTestId("node-pack"));
  fireEvent.keyDown(document.activeElement!, { key: "+" });
  fireEvent.keyDown(document.activeElement!, { key: "0" });
  expect(screen.queryByTestId("rf__minimap")).toBeNull();
  fireEvent.click(screen.getByTestId("graph-map-show"));
  expect(await screen.findByTestId("rf__minimap", undefined, patient)).toBeTruthy();
  expect(await violations()).toEqual([]);
}, 20_000);

test("a task that runs a flow opens to its run, and leads into it", async () => {
  const router = open("/runs/r-01KAV55M");
  fireEvent.click(await screen.findByTestId("open-archive", undefined, patient));
  const child = await screen.findByTestId("node-child", undefined, patient);
  await waitFor(() => expect(within(child).getAllByRole("listitem")).toHaveLength(5), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(within(child).getByText("verify"));
  await waitFor(() => expect(router.state.location.href).toContain("/runs/r-01KAV56N?task=verify"), patient);
}, 20_000);
