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
  ["share", "much", "It must be a number."], ["more", "[]", "It must be an object: { … }."], ["note", "", undefined],
])("%s given %j", (name, text, told) => expect(wrong(field(name), text)).toBe(told));

const formats = {
  type: "object", required: ["day", "key", "maybe"],
  properties: {
    day: { type: "string", format: "date" }, at: { type: "string", format: "date-time", default: "2026-11-24T10:00:00Z" }, hour: { type: "string", format: "time" },
    folder: { type: "string", format: "path" }, to: { type: "string", format: "connection" }, of: { type: "string", format: "dataset" },
    key: { type: "string", format: "secret", minLength: 4 }, text: { type: "string", format: "multiline" }, code: { type: "string", pattern: "^[a-z]+$", maxLength: 3 },
    maybe: { type: ["string", "null"] }, items: { type: "array", items: { type: "object" } },
  },
};
const formatted = (name: string): Field => fieldsOf(formats).find((one) => one.name === name) as Field;

test("formats have fields of their own", () => {
  expect(Object.fromEntries(fieldsOf(formats).map(({ name, kind }) => [name, kind]))).toEqual({
    day: "date", at: "moment", hour: "time", folder: "path", to: "connection", of: "dataset", key: "secret", text: "lines", code: "text", maybe: "text", items: "json",
  });
});

test.each([
  ["day", "24.11.2026", "It must be a day, as in 2026-11-24."], ["day", "2026-13-01", "It must be a day, as in 2026-11-24."], ["day", "2026-11-24", undefined],
  ["at", "soon", "It must be a day and a time, as in 2026-11-24T14:30."], ["hour", "noon", "It must be a time, as in 14:30:00."], ["key", "abc", "It must have at least 4 characters."],
  ["code", "A1", "It must match ^[a-z]+$."], ["code", "abcd", "It must have at most 3 characters."], ["items", "{}", "It must be a list: [ … ]."], ["maybe", "", undefined],
])("format of %s given %j", (name, text, told) => expect(wrong(formatted(name), text)).toBe(told));

test("a time is shown in this zone and sent with its offset, and is the same time", () => {
  const sent = valueOf(formatted("at"), startText(formatted("at"))) as string;
  expect(sent).toMatch(/T\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  expect(new Date(sent).getTime()).toBe(Date.parse("2026-11-24T10:00:00Z"));
  expect([valueOf(formatted("hour"), "14:30"), valueOf(formatted("hour"), "14:30:05"), valueOf(formatted("hour"), "14:30:05+01:00")]).toEqual(["14:30:00Z", "14:30:05Z", "14:30:05+01:00"]);
  expect(valueOf(formatted("maybe"), "")).toBeNull();
});

test("values have the type that the schema asks for", () => {
  expect(valueOf(field("threads"), "4")).toBe(4);
  expect(valueOf(field("dry"), "false")).toBe(false);
  expect(valueOf(field("paths"), " a \n\nb")).toEqual(["a", "b"]);
  expect(valueOf(field("more"), '{"a":1}')).toEqual({ a: 1 });
  expect(valueOf(field("note"), "")).toBeUndefined();
  expect(startText(field("dry"))).toBe("true");
});
