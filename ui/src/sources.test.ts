// Rules that the sources of the UI keep.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname);
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.(tsx?|css)$/.test(name));
const text = (name: string) => readFileSync(join(root, name), "utf8");
const made = join("api", "types.ts");

test("only the platform talks to the shell", () => {
  const talk = files.filter((name) => /from "@tauri-apps|import\("@tauri-apps|__TAURI/.test(text(name)) && !name.startsWith("platform") && name !== "sources.test.ts");
  expect(talk).toEqual([]);
});

test("no file is beyond 400 lines, but for the one that is made", () => {
  expect(files.filter((name) => name !== made && text(name).split("\n").length > 400)).toEqual([]);
});

test("colours come from the tokens alone", () => {
  const coloured = files.filter((name) => name.endsWith(".css") && !name.endsWith("tokens.css") && /#[0-9a-f]{3,8}\b|\brgb\(/i.test(text(name)));
  expect(coloured).toEqual([]);
});

test("nothing is loaded from elsewhere", () => {
  expect(files.filter((name) => /\b(https?:)?\/\/(?!www\.w3\.org|ipc\.)[a-z]+\.[a-z]/.test(text(name).replaceAll(/^\s*(\/\/|\*).*$/gm, "")))).toEqual([]);
});
