import { expect, test } from "vitest";

import { yamlLines } from "./yaml";

const told = (line: string) => yamlLines(line)[0]!.filter(({ kind }) => kind).map(({ kind, text }) => [kind, text]);

test("keys, strings, numbers, words and comments are told apart", () => {
  expect(told("max_active_runs: 4   # at most")).toEqual([["key", "max_active_runs"], ["number", "4"], ["comment", "# at most"]]);
  expect(told("  - id: pack")).toEqual([["mark", "- "], ["key", "id"]]);
  expect(told("retries: {max: 5, delay: 60s, jitter: true}")).toEqual([["key", "retries"], ["mark", "{"], ["key", "max"], ["number", "5"], ["mark", ","], ["key", "delay"], ["number", "60s"], ["mark", ","], ["key", "jitter"], ["word", "true"], ["mark", "}"]]);
  expect(told("at: 'it''s # no comment'")).toEqual([["key", "at"], ["string", "'it''s # no comment'"]]);
  expect(told("url: a#b:c")).toEqual([["key", "url"]]);
});

test("expressions stand out, in quotes too", () => {
  expect(told('for_each: "{{ tasks.x.output }} more"')).toEqual([["key", "for_each"], ["string", '"'], ["expression", "{{ tasks.x.output }}"], ["string", ' more"']]);
  expect(told("when: {{ open")).toEqual([["key", "when"], ["expression", "{{ open"]]);
});

test("a block of text is text, up to the next line that is not below it", () => {
  const lines = yamlLines("run: |\n  key: 1 # text\n\n  echo {{ item }}\nnext: 2\n");
  expect(lines.map((pieces) => pieces.map(({ kind }) => kind ?? "-").join(" "))).toEqual(["key - mark", "string", "", "string expression", "key - number"]);
});

test("whatever a file holds, its lines come back as they were", () => {
  const source = 'a: "unclosed\n\t}} {{ {% %} | > - -\n"\\\n\'\n🦀: ü # é\n- [1, {x: y}]:\n: :\n';
  expect(yamlLines(source).map((pieces) => pieces.map(({ text }) => text).join("")).join("\n")).toBe(source.slice(0, -1));
});
