import { expect, test } from "vitest";

import { above, below, steps, tidy } from "./paths";

test("a place is gone into and out of again", () => {
  expect(below("lts:", "a")).toBe("lts:a");
  expect(below("lts:a", "b c")).toBe("lts:a/b c");
  expect(below("/", "data")).toBe("/data");
  expect(above("lts:a/b")).toBe("lts:a");
  expect(above("lts:a")).toBe("lts:");
  expect(above("lts:")).toBeUndefined();
  expect(above("/data")).toBe("/");
  expect(above("/")).toBeUndefined();
});

test("each step of a place leads somewhere", () => {
  expect(steps("lab:bucket/in")).toEqual([{ word: "lab:", to: "lab:" }, { word: "bucket", to: "lab:bucket" }, { word: "in", to: "lab:bucket/in" }]);
  expect(steps("/data/raw").map(({ to }) => to)).toEqual(["/", "/data", "/data/raw"]);
});

test("what is written by hand is understood", () => {
  expect(tidy(" lts ", ["lts"])).toBe("lts:");
  expect(tidy("/data/", ["lts"])).toBe("/data");
  expect(tidy("/", [])).toBe("/");
});
