// Text and states keep WCAG AA on every ground, in both themes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const css = readFileSync(join(import.meta.dirname, "tokens.css"), "utf8");
const tokens = new Map([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name as string, [light as string, dark as string] as const]));

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const grounds = ["bg", "surface", "sunken", "raised", "hover", "selected"];
const states = [...tokens.keys()].filter((name) => name.startsWith("st-") && !name.endsWith("-tint"));

describe.each([["light", 0], ["dark", 1]] as const)("theme %s", (_, theme) => {
  const of = (name: string) => (tokens.get(name) ?? ["#000000", "#000000"])[theme];

  test("text of every strength on every ground", () => {
    const low = ["text", "text-2", "text-3", "accent"].flatMap((ink) => grounds.filter((ground) => contrast(of(ink), of(ground)) < 4.5).map((ground) => `${ink} on ${ground}`));
    expect(low).toEqual([]);
  });

  test("every state on the surface and on its own tint", () => {
    expect(states).toHaveLength(16);
    expect(states.filter((state) => contrast(of(state), of("surface")) < 4.5 || contrast(of(state), of(`${state}-tint`)) < 4.5)).toEqual([]);
  });

  test("outlines of controls", () => expect(contrast(of("line-control"), of("surface"))).toBeGreaterThanOrEqual(3));
});
