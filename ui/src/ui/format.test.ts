import { describe, expect, test } from "vitest";

import { cutMiddle, dayAfter, dayStart, duration, exactBytes, leftText, moment, ofWhole, percent, size, visible } from "./format";

describe("sizes", () => {
  test.each([
    [0, "0 B"], [1, "1 B"], [1023, "1,023 B"], [1024, "1.00 KiB"], [2150, "2.10 KiB"], [1024 ** 2 - 1, "1.00 MiB"], [480 * 1024 ** 4, "480.0 TiB"],
  ])("%d bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text));

  test("a part is told in the unit of its whole", () => {
    expect(ofWhole(15.78 * 1024 ** 4, 21.4 * 1024 ** 4)).toEqual({ part: "15.8", whole: "21.4", unit: "TiB" });
    expect(ofWhole(3, 900)).toEqual({ part: "3", whole: "900", unit: "B" });
  });

  test("exact bytes have separators", () => {
    expect(exactBytes(1)).toBe("1 byte");
    expect(exactBytes(1_234_567)).toBe("1,234,567 bytes");
  });

  test("a share is never whole before it is", () => {
    expect(percent(999_999, 1_000_000)).toBe("99.9 %");
    expect(percent(5, 5)).toBe("100 %");
    expect(percent(0, 0)).toBe("0 %");
  });
});

describe("times", () => {
  test.each([[0.42, "0.4 s"], [31, "31 s"], [95, "1 min 35 s"], [27 * 60, "27 min"], [4200, "1 h 10 min"], [200_000, "2 d 7 h"]])("%d seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  test("time left is coarse", () => {
    expect(leftText(0.2)).toBe("1 s");
    expect(leftText(119)).toBe("2 min");
  });

  test("a moment is as short as it can be, with its exact time in UTC", () => {
    const at = Date.UTC(2026, 10, 24, 13, 32, 7);
    expect(moment(at, at + 1000).text).toMatch(/^\d\d:32$/);
    expect(moment(at, at + 10 * 86_400_000).text).toMatch(/^2[45] Nov \d\d:32$/);
    expect(moment(at, at + 400 * 86_400_000).text).toMatch(/2026/);
    expect(moment(at).exact).toBe("2026-11-24 13:32:07 UTC");
  });
});

describe("names", () => {
  test("a long name keeps its ends", () => {
    const cut = cutMiddle("FoilHole_30211876_Data_30209342_15002_fractions.tiff", 24);
    expect([...cut]).toHaveLength(24);
    expect(cut.startsWith("FoilHole")).toBe(true);
    expect(cut.endsWith("ons.tiff")).toBe(true);
  });

  test("what turns a name round or cannot be seen is written out", () => expect(visible("a\u202Etxt.exe\n")).toBe("a\\u{202e}txt.exe\\u{a}"));
});

test("a day begins and ends in this window's zone", () => {
  expect(new Date(dayStart("2026-11-24") ?? 0).toString()).toContain("Nov 24 2026 00:00:00");
  expect(new Date(dayAfter("2026-11-30") ?? 0).toString()).toContain("Dec 01 2026 00:00:00");
  expect([dayStart("soon"), dayStart(undefined), dayAfter("")]).toEqual([null, null, null]);
});
