import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";

import { open, patient, violations } from "@/test.window";
import { savedFilters } from "@/ui/saved";

beforeEach(() => localStorage.clear());

test("what is kept under a name is read back, and what is no filter is left out", () => {
  expect(savedFilters("datasets")).toEqual([]);
  localStorage.setItem("longshore.filters.datasets", JSON.stringify([{ name: "mine", state: "damaged", search: 7 }, { search: "x" }, 3, null]));
  expect(savedFilters("datasets")).toEqual([{ name: "mine", state: "damaged", search: undefined }]);
  localStorage.setItem("longshore.filters.datasets", "{");
  expect(savedFilters("datasets")).toEqual([]);
});

test("datasets are filtered by state, the address keeps the filter, and a filter can have a name", async () => {
  const router = open("/datasets");
  await screen.findByTestId("datasets", undefined, patient);
  fireEvent.click(screen.getByTestId("dataset-state-damaged"));
  await waitFor(() => expect(router.state.location.href).toContain("state=damaged"), patient);
  fireEvent.change(screen.getByTestId("dataset-search"), { target: { value: "talos" } });
  await waitFor(() => expect(router.state.location.href).toContain("search=talos"), patient);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("filter-save"));
  fireEvent.change(screen.getByTestId("filter-name"), { target: { value: "Damaged at Talos" } });
  fireEvent.click(screen.getByTestId("filter-keep"));
  expect(screen.queryByTestId("filter-save")).toBeNull();
  fireEvent.click(screen.getByTestId("filter-clear"));
  await waitFor(() => expect(router.state.location.href).toBe("/datasets"), patient);
  fireEvent.click(screen.getByTestId("filter-saved"));
  await waitFor(() => expect(router.state.location.href).toContain("state=damaged"), patient);
  expect((screen.getByTestId("dataset-search") as HTMLInputElement).value).toBe("talos");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByLabelText("Forget the filter Damaged at Talos"));
  expect(savedFilters("datasets")).toEqual([]);
}, 20_000);

test("an address with a filter opens with it, and one with no such state with all", async () => {
  open("/datasets?state=archived");
  await waitFor(() => expect(screen.getByTestId("dataset-state-archived").getAttribute("aria-pressed")).toBe("true"), patient);
  open("/datasets?state=lost");
  await waitFor(() => expect(screen.getAllByTestId("dataset-state-archived").at(-1)!.getAttribute("aria-pressed")).toBe("false"), patient);
}, 20_000);
