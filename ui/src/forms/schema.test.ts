import { expect, test } from "vitest";

import { type Field, fieldsOf, startText, valueOf, wrong } from "./schema";

const schema = {
  type: "object", required: ["dataset", "threads"],
  properties: {
    note: { type: ["string", "null"], default: "x" },
    dataset: { type: "string", minLength: 3, description: "PID" },
    threads: { type: "integer", minimum: 1, maximum: 16, default: 2 },
    share: { type: "number" }, dry: { type: "boolean", default: true }, order: { type: "string", enum: ["name", "block"] },
    paths: { type: "array", items: { type: "string" } }, more: { type: "object" },
  },
};
const field = (name: string): Field => fieldsOf(schema).find((one) => one.name === name) as Field;

test("required fields come first, each as its kind", () => {
  expect(fieldsOf(schema).map(({ name, kind }) => [name, kind])).toEqual([
    ["dataset", "text"], ["threads", "integer"], ["note", "text"], ["share", "number"], ["dry", "boolean"], ["order", "choice"], ["paths", "list"], ["more", "json"],
  ]);
});

test("what is no object schema has no fields", () => {
  expect(fieldsOf(null)).toEqual([]);
  expect(fieldsOf({ type: "object" })).toEqual([]);
});

test.each([
  ["dataset", "", "It is required."], ["dataset", "ab", "It must have at least 3 characters."], ["dataset", "abc", undefined],
  ["threads", "1.5", "It must be a whole number."], ["threads", "0", "It must be at least 1."], ["threads", "17", "It must be at most 16."], ["threads", "16", undefined],
  ["share", "much", "It must be a number."], ["more", "{", "It must be JSON."], ["note", "", undefined],
])("%s given %j", (name, text, told) => expect(wrong(field(name), text)).toBe(told));

test("values have the type that the schema asks for", () => {
  expect(valueOf(field("threads"), "4")).toBe(4);
  expect(valueOf(field("dry"), "false")).toBe(false);
  expect(valueOf(field("paths"), " a \n\nb")).toEqual(["a", "b"]);
  expect(valueOf(field("more"), '{"a":1}')).toEqual({ a: 1 });
  expect(valueOf(field("note"), "")).toBeUndefined();
  expect(startText(field("dry"))).toBe("true");
});
