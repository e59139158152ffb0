import { expect, test } from "vitest";

import { branchOf, rowsIn, spotAt } from "./branch";

const totals = new Map([["", 3], ["a", 2], ["a/x", 1_000_000], ["b", 0]]);

test("a closed tree has the rows of its top", () => {
  const tree = branchOf("", new Map([["", 0]]), totals);
  expect(rowsIn(tree)).toBe(3);
  expect(spotAt(tree, 2)).toEqual({ folder: "", index: 2, depth: 0 });
  expect(spotAt(tree, 3)).toBeUndefined();
});

test("open folders stand below their own row, at any depth", () => {
  const tree = branchOf("", new Map([["", 0], ["a", 0], ["a/x", 1], ["b", 2]]), totals);
  expect(rowsIn(tree)).toBe(3 + 2 + 1_000_000);
  expect(spotAt(tree, 0)).toEqual({ folder: "", index: 0, depth: 0 });
  expect(spotAt(tree, 2)).toEqual({ folder: "a", index: 1, depth: 1 });
  expect(spotAt(tree, 3)).toEqual({ folder: "a/x", index: 0, depth: 2 });
  expect(spotAt(tree, 1_000_002)).toEqual({ folder: "a/x", index: 999_999, depth: 2 });
  expect(spotAt(tree, 1_000_003)).toEqual({ folder: "", index: 1, depth: 0 });
  expect(spotAt(tree, 1_000_004)).toEqual({ folder: "", index: 2, depth: 0 });
});

test("an open folder of unknown length takes no rows", () => {
  const tree = branchOf("", new Map([["", 0], ["c", 1]]), totals);
  expect(rowsIn(tree)).toBe(3);
  expect(spotAt(tree, 2)).toEqual({ folder: "", index: 2, depth: 0 });
});
