import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";
import { textOfValue, valueOfText } from "./variables";

test("a limit says who holds it, and is changed live with a reason that the audit log keeps", async () => {
  const router = open("/limits");
  fireEvent.click(await screen.findByText("move-datablocks-to-lts", undefined, patient));
  const holders = await screen.findByTestId("limit-holders", undefined, patient);
  expect(within(holders).getByText("pack [9]").getAttribute("href")).toContain("/runs/r-01KAV4Q7?task=pack&index=9");
  const save = screen.getByTestId("limit-save") as HTMLButtonElement;
  expect(save.disabled).toBe(true);
  fireEvent.change(screen.getByTestId("limit-slots"), { target: { value: "1" } });
  expect(screen.getByTestId("limit-pane").textContent).toContain("nothing is taken away");
  fireEvent.change(screen.getByTestId("reason"), { target: { value: "Drive 2 is cleaned" } });
  expect(await violations()).toEqual([]);
  fireEvent.click(save);
  await waitFor(() => expect(screen.getByTestId("limits").textContent).toContain("2 of 1"), patient);
  await router.navigate({ to: "/audit", search: {} });
  const log = await screen.findByTestId("audit", undefined, patient);
  await waitFor(() => expect(within(log).getAllByTestId("row")[0]?.textContent).toContain("Drive 2 is cleaned"), patient);
}, 20_000);

test("a limit is made, and removed only after asking", async () => {
  open("/limits");
  fireEvent.click(await screen.findByTestId("limit-new", undefined, patient));
  fireEvent.change(screen.getByTestId("limit-name"), { target: { value: "glacier" } });
  fireEvent.click(screen.getByTestId("limit-make"));
  await screen.findByTestId("limit-pane", undefined, patient);
  fireEvent.click(screen.getByTestId("limit-remove"));
  fireEvent.click(await screen.findByTestId("limit-remove-confirm", undefined, patient));
  await waitFor(() => expect(screen.queryByText("glacier")).toBeNull(), patient);
}, 20_000);

test.each([["30", "a number"], ["thirty", "text"], ['"30"', "text"], ["[1, 2]", "a list"], ["{}", "an object"], ["null", "none"], ["true", "a boolean"]])("%s is read as %s", (text, type) => expect(valueOfText(text)[1]).toBe(type));

test.each([["30"], ["plain"], ['"quoted"'], ["null"], [42], [null], [{ a: [1] }]])("%j is read again as itself after being shown", (value) => expect(valueOfText(textOfValue(value))[0]).toEqual(value));

test("the value of a variable whose name says that it is a secret is not shown", async () => {
  open("/variables");
  fireEvent.click(await screen.findByText("api_token", undefined, patient));
  const dialog = await screen.findByTestId("variable-dialog", undefined, patient);
  expect([dialog.textContent?.includes("its value is not shown"), (screen.getByTestId("variable-value") as HTMLTextAreaElement).value]).toEqual([true, ""]);
}, 20_000);

test("variables are imported after what would be done was seen", async () => {
  open("/variables");
  fireEvent.click(await screen.findByTestId("variable-import", undefined, patient));
  fireEvent.change(await screen.findByTestId("import-text", undefined, patient), { target: { value: "bucket=landing\ntarget=other" } });
  fireEvent.click(screen.getByTestId("import-go"));
  const lines = await screen.findByTestId("import-lines", undefined, patient);
  expect([...lines.children].map((line) => (line as HTMLElement).dataset["state"])).toEqual(["added", "kept"]);
  fireEvent.click(screen.getByTestId("import-go"));
  await screen.findByText(/1 variable was taken over/, undefined, patient);
  expect(await screen.findByText("bucket", { selector: "[data-testid=variables] *" }, patient)).toBeTruthy();
}, 20_000);

test("a variable is set, and what it is read as is told", async () => {
  open("/variables");
  fireEvent.click(await screen.findByText("datablock_target_bytes", undefined, patient));
  fireEvent.change(await screen.findByTestId("variable-value", undefined, patient), { target: { value: "1073741824" } });
  expect(screen.getByTestId("variable-type").textContent).toContain("a number");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("variable-save"));
  await waitFor(() => expect(screen.getByTestId("variables").textContent).toContain("1073741824"), patient);
}, 20_000);

test("the audit log is filtered, only rows in sight are drawn, and a row tells all of its act", async () => {
  const router = open("/audit");
  const log = await screen.findByTestId("audit", undefined, patient);
  expect(within(log).getAllByTestId("row").length).toBeLessThan(60);
  fireEvent.change(screen.getByTestId("audit-by"), { target: { value: "a.rossi" } });
  fireEvent.change(screen.getByTestId("audit-op"), { target: { value: "run" } });
  await waitFor(() => expect(within(screen.getByTestId("audit")).getAllByTestId("row").every((row) => row.textContent?.includes("run.cancel"))).toBe(true), patient);
  expect(router.state.location.search).toEqual({ by: "a.rossi", op: "run" });
  fireEvent.click(within(screen.getByTestId("audit")).getAllByTestId("row")[0]!);
  expect(screen.getByTestId("audit-pane").textContent).toContain("run.ended");
  expect(await violations()).toEqual([]);
}, 20_000);

test("a column's width is changed with the keyboard, kept, and given back", async () => {
  localStorage.clear();
  open("/audit");
  const grip = await screen.findByRole("separator", { name: "Width of When" }, patient);
  fireEvent.keyDown(grip, { key: "ArrowRight" });
  expect(grip.getAttribute("aria-valuetext")).toMatch(/pixels/);
  expect(JSON.parse(localStorage.getItem("longshore.widths.Audit log") ?? "{}")).toHaveProperty("When");
  fireEvent.keyDown(grip, { key: "ArrowDown" });
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Width of Who");
  fireEvent.doubleClick(grip);
  expect(grip.getAttribute("aria-valuetext")).toBe("as wide as it comes");
}, 20_000);

test("a run leads to what operators did to it", async () => {
  const router = open("/runs/r-01KAUQ08?tab=events");
  fireEvent.click(await screen.findByTestId("run-audit", undefined, patient));
  await waitFor(() => expect(router.state.location.search).toEqual({ object: "run r-01KAUQ08" }), patient);
  await waitFor(() => expect(within(screen.getByTestId("audit")).getAllByTestId("row").every((row) => row.textContent?.includes("run r-01KAUQ08"))).toBe(true), patient);
}, 20_000);
