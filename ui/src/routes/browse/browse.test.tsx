import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { OperationName } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

/** The window on two places, and what was asked of the workspace that changes something. */
function watched(path: string) {
  const host = memoryHost();
  const asked: Array<[OperationName, unknown]> = [];
  const router = open(path, false, {
    ...host,
    call: (op, args) => {
      if (op === "flow.run" || op === "place.rename" || op === "place.make") asked.push([op, args]);
      return op === "flow.run" ? Promise.resolve({ run: "r-01KAV4Q7" } as never) : host.call(op, args);
    },
  });
  return { asked, router };
}

const row = async (side: string, key: string) => {
  const table = await screen.findByTestId(`rows-${side}`, undefined, patient);
  return within(table).findByText((_, element) => element?.classList.contains("trow") === true && element.getAttribute("data-key") === key, undefined, patient);
};
const choose = async (side: string, key: string) => fireEvent.click(within(await row(side, key)).getByRole("checkbox"));

test("a click goes into a folder, the crumbs go out again, and the address keeps both places", async () => {
  const { router } = watched("/browse?left=lts:");
  fireEvent.click(await row("left", "folder 2026 <b>scans<b>"));
  await expect.poll(() => router.state.location.search, patient).toMatchObject({ left: "lts:2026 <b>scans<b>" });
  await screen.findByText("Nothing lies here", undefined, patient);
  fireEvent.click(screen.getByTestId("up-left"));
  await row("left", "file readme.txt");
  fireEvent.change(screen.getByTestId("location-right"), { target: { value: "nowhere:x" } });
  fireEvent.blur(screen.getByTestId("location-right"));
  expect((await screen.findByTestId("fault", undefined, patient)).dataset["code"]).toBe("storage.unknown");
}, 30_000);

test("what is chosen is copied to the other side, once it was seen what that does", async () => {
  const { asked } = watched("/browse?left=landing:&right=lts:");
  await choose("left", "file session.mrcz");
  await choose("left", "folder grid1");
  fireEvent.click(screen.getByTestId("copy-left"));
  const dialog = await screen.findByTestId("browse-copy", undefined, patient);
  expect(within(dialog).queryByTestId("browse-planned")).toBeNull();
  fireEvent.click(screen.getByTestId("browse-go"));
  expect((await screen.findByTestId("browse-planned", undefined, patient)).textContent).toContain("2,408 files");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("browse-go"));
  await expect.poll(() => asked.length, patient).toBe(2);
  expect(asked.map(([, args]) => (args as { params: unknown }).params)).toEqual([
    { from: "landing:grid1", to: "lts:grid1", if_exists: "fail" }, { from: "landing:session.mrcz", to: "lts:session.mrcz", if_exists: "fail" },
  ]);
  await screen.findByTestId("browse-runs", undefined, patient);
}, 30_000);

test("what the ledger has no proof of is deleted only if it is said again", async () => {
  const { asked } = watched("/browse?left=landing:");
  await choose("left", "folder grid1");
  fireEvent.click(screen.getByTestId("delete-left"));
  expect((await screen.findByTestId("fault", undefined, patient)).dataset["code"]).toBe("delete.unproved");
  expect(screen.getByTestId("delete-go")).toHaveProperty("disabled", true);
  fireEvent.click(screen.getByTestId("delete-without"));
  expect((await screen.findByTestId("delete-takes", undefined, patient)).textContent).toContain("12 files");
  await expect.poll(() => (screen.getByTestId("delete-go") as HTMLButtonElement).disabled, patient).toBe(false);
  fireEvent.click(screen.getByTestId("delete-go"));
  await expect.poll(() => asked, patient).toEqual([["flow.run", { flow: "delete", params: { paths: ["landing:grid1"], without_proof: true } }]]);
}, 30_000);

test("a name is given, a folder made, and a link to an object had", async () => {
  const { asked } = watched("/browse?left=landing:");
  await choose("left", "file session.mrcz");
  fireEvent.click(screen.getByTestId("rename-left"));
  const name = await screen.findByTestId("new-name", undefined, patient);
  fireEvent.change(name, { target: { value: "a/b" } });
  expect(screen.getByTestId("name-go")).toHaveProperty("disabled", true);
  fireEvent.change(name, { target: { value: "whole.mrcz" } });
  fireEvent.click(screen.getByTestId("name-go"));
  await expect.poll(() => asked[0], patient).toEqual(["place.rename", { location: "landing:session.mrcz", name: "whole.mrcz", why: null }]);
  await expect.poll(() => screen.queryByTestId("browse-name"), patient).toBeNull();
  fireEvent.click(screen.getByTestId("folder-left"));
  fireEvent.change(await screen.findByTestId("new-name", undefined, patient), { target: { value: "new" } });
  fireEvent.click(screen.getByTestId("name-go"));
  await expect.poll(() => asked[1], patient).toEqual(["place.make", { location: "landing:new", why: null }]);
  await expect.poll(() => screen.queryByTestId("browse-name"), patient).toBeNull();
  fireEvent.click(await row("left", "file session.mrcz"));
  expect((await screen.findByTestId("checksum", undefined, patient)).textContent).toMatch(/^sha256:9f86/);
  fireEvent.click(screen.getByTestId("link-make"));
  expect((await screen.findByTestId("link-url", undefined, patient)).textContent).toContain("X-Amz-Expires=3600");
}, 30_000);

test("what is dragged over the other side and let go is copied there", async () => {
  watched("/browse?left=landing:&right=lts:");
  const from = (await row("left", "folder grid1")).querySelector(".grabs") as HTMLElement;
  const target = screen.getByTestId("browse-right");
  document.elementFromPoint = () => target;
  // jsdom's pointer events have no place.
  const pointer = (type: string, clientX: number) => new MouseEvent(type, { bubbles: true, cancelable: true, button: 0, clientX, clientY: 40 });
  fireEvent(from, pointer("pointerdown", 10));
  fireEvent(window, pointer("pointermove", 400));
  await expect.poll(() => target.classList.contains("target"), patient).toBe(true);
  fireEvent(window, pointer("pointerup", 400));
  const dialog = await screen.findByTestId("browse-copy", undefined, patient);
  expect(dialog.textContent).toContain("grid1/");
  expect(screen.getByRole("heading", { name: "Copy to lts:" })).toBeTruthy();
}, 30_000);
