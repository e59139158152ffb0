// The JSON Schema of a flow's parameters, read as fields of a form. The backend judges the values; the form only helps.

/** How a field is entered. */
export type Kind =
  | "text" | "lines" | "date" | "time" | "moment" | "path" | "connection" | "dataset" | "secret" | "integer" | "number" | "boolean" | "choice" | "list" | "json";

/** One parameter. */
export interface Field {
  name: string;
  label: string;
  description: string;
  kind: Kind;
  required: boolean;
  initial: unknown;
  choices: unknown[] | undefined;
  minimum: number | undefined;
  maximum: number | undefined;
  minLength: number | undefined;
  maxLength: number | undefined;
  pattern: string | undefined;
  /** It may be null, which is what an empty field of a required parameter then says. */
  nullable: boolean;
  /** What JSON must be: `array`, `object`, or any of it. */
  shape: string | undefined;
}

type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const string = (value: unknown) => (typeof value === "string" ? value : undefined);

function typeOf(schema: Schema): string | undefined {
  const type = Array.isArray(schema["type"]) ? schema["type"].find((one) => one !== "null") : schema["type"];
  return string(type);
}

/** Kinds by the formats that the engine knows. */
const FORMATS: Record<string, Kind> = {
  date: "date", time: "time", "date-time": "moment", path: "path", connection: "connection", dataset: "dataset", secret: "secret", multiline: "lines",
};

function kindOf(schema: Schema): Kind {
  if (Array.isArray(schema["enum"])) return "choice";
  const type = typeOf(schema);
  if (type === undefined || type === "string") return FORMATS[string(schema["format"]) ?? ""] ?? "text";
  if (type === "integer" || type === "number" || type === "boolean") return type;
  if (type === "array" && isObject(schema["items"]) && typeOf(schema["items"]) === "string") return "list";
  return "json";
}

const nullable = ({ type }: Schema) => type === "null" || (Array.isArray(type) && type.includes("null"));

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  return {
    name, required, label: string(schema["title"]) ?? name, description: string(schema["description"]) ?? "", kind: kindOf(schema),
    initial: schema["default"], choices: Array.isArray(schema["enum"]) ? schema["enum"] : undefined,
    minimum: number(schema["minimum"]), maximum: number(schema["maximum"]), minLength: number(schema["minLength"]), maxLength: number(schema["maxLength"]),
    pattern: string(schema["pattern"]), nullable: nullable(schema), shape: typeOf(schema),
  };
}

/** The fields of an object schema, required ones first, else in its order. */
export function fieldsOf(schema: unknown): Field[] {
  if (!isObject(schema) || !isObject(schema["properties"])) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(schema["properties"])
    .filter((pair): pair is [string, Schema] => isObject(pair[1]))
    .map(([name, property]) => fieldOf(name, property, required.includes(name)))
    .toSorted((a, b) => Number(b.required) - Number(a.required));
}

const two = (n: number) => String(n).padStart(2, "0");

/** A time as a field for date and time takes it: in this window's zone, without one; what is no time stays as it is. */
function localText(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A time of this window's zone with its offset, as JSON Schema's `date-time` wants it. */
function withOffset(text: string): string {
  if (/(Z|[+-]\d\d:\d\d)$/i.test(text)) return text;
  const at = new Date(text);
  const east = -at.getTimezoneOffset();
  const offset = `${east < 0 ? "-" : "+"}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  return `${localText(text)}${offset}`;
}

/** A time of day as JSON Schema's `time` wants it: with seconds and, if no other zone is said, in UTC. */
function withZone(text: string): string {
  const [, time, seconds] = /^(\d\d:\d\d)(:\d\d)?$/.exec(text) ?? [];
  return time === undefined ? text : `${time}${seconds ?? ":00"}Z`;
}

/** What stands in a field before anything is entered. */
export function startText(field: Field): string {
  if (field.initial === undefined || field.initial === null) return field.kind === "boolean" ? "false" : "";
  if (field.kind === "moment") return localText(String(field.initial));
  if (field.kind === "list" && Array.isArray(field.initial)) return field.initial.join("\n");
  if (field.kind === "time") return String(field.initial).replace(/Z$/, "");
  return field.kind === "json" ? JSON.stringify(field.initial, null, 2) : String(field.initial);
}

/** Why what was entered will not do, if so. */
export function wrong(field: Field, text: string): string | undefined {
  if (text.trim() === "") return field.required && !field.nullable && field.kind !== "boolean" && (field.minLength ?? 1) > 0 ? "It is required." : undefined;
  switch (field.kind) {
    case "integer": return /^[+-]?\d+$/.test(text.trim()) ? wrongNumber(field, Number(text)) : "It must be a whole number.";
    case "number": return wrongNumber(field, Number(text));
    case "json": return wrongJson(field, text);
    case "date": return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : "It must be a day, as in 2026-11-24.";
    case "time": return /^\d\d:\d\d/.test(text) ? undefined : "It must be a time, as in 14:30:00.";
    case "moment": return Number.isNaN(new Date(text).getTime()) ? "It must be a day and a time, as in 2026-11-24T14:30." : undefined;
    case "boolean": case "choice": case "list": return undefined;
    default: return wrongText(field, text);
  }
}

function wrongText({ minLength, maxLength, pattern }: Field, text: string): string | undefined {
  const length = [...text].length;
  if (minLength !== undefined && length < minLength) return `It must have at least ${minLength} characters.`;
  if (maxLength !== undefined && length > maxLength) return `It must have at most ${maxLength} characters.`;
  return pattern !== undefined && !matches(pattern, text) ? `It must match ${pattern}.` : undefined;
}

/** A pattern that this window cannot read is left to the backend. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function wrongNumber({ minimum, maximum }: Field, value: number): string | undefined {
  if (!Number.isFinite(value)) return "It must be a number.";
  if (minimum !== undefined && value < minimum) return `It must be at least ${minimum}.`;
  if (maximum !== undefined && value > maximum) return `It must be at most ${maximum}.`;
  return undefined;
}

function wrongJson({ shape }: Field, text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (shape === "array" && !Array.isArray(value)) return "It must be a list: [ … ].";
    if (shape === "object" && !isObject(value)) return "It must be an object: { … }.";
    return undefined;
  } catch (error) {
    return `It must be JSON${error instanceof SyntaxError ? ` (${error.message})` : ""}.`;
  }
}

/** The value of what was entered; `undefined` leaves the parameter out. */
export function valueOf(field: Field, text: string): unknown {
  if (field.kind === "boolean") return text === "true";
  if (text.trim() === "") return field.required && field.nullable ? null : undefined;
  if (field.kind === "integer" || field.kind === "number") return Number(text);
  if (field.kind === "list") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (field.kind === "json") return JSON.parse(text);
  if (field.kind === "moment") return withOffset(text);
  if (field.kind === "time") return withZone(text);
  if (field.kind === "choice") return field.choices?.find((choice) => String(choice) === text);
  return text;
}
