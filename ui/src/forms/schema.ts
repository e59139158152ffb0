// The JSON Schema of a flow's parameters, read as fields of a form. The backend judges the values; the form only helps.

/** How a field is entered. */
export type Kind = "text" | "integer" | "number" | "boolean" | "choice" | "list" | "json";

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
  pattern: string | undefined;
}

type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const string = (value: unknown) => (typeof value === "string" ? value : undefined);

function typeOf(schema: Schema): string | undefined {
  const type = Array.isArray(schema["type"]) ? schema["type"].find((one) => one !== "null") : schema["type"];
  return string(type);
}

function kindOf(schema: Schema): Kind {
  if (Array.isArray(schema["enum"])) return "choice";
  const type = typeOf(schema);
  if (type === "integer" || type === "number" || type === "boolean") return type;
  if (type === "array" && isObject(schema["items"]) && typeOf(schema["items"]) === "string") return "list";
  return type === undefined || type === "string" ? "text" : "json";
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  return {
    name, required, label: string(schema["title"]) ?? name, description: string(schema["description"]) ?? "", kind: kindOf(schema),
    initial: schema["default"], choices: Array.isArray(schema["enum"]) ? schema["enum"] : undefined,
    minimum: number(schema["minimum"]), maximum: number(schema["maximum"]), minLength: number(schema["minLength"]), pattern: string(schema["pattern"]),
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

/** What stands in a field before anything is entered. */
export function startText(field: Field): string {
  if (field.initial === undefined || field.initial === null) return field.kind === "boolean" ? "false" : "";
  if (field.kind === "list" && Array.isArray(field.initial)) return field.initial.join("\n");
  return field.kind === "json" ? JSON.stringify(field.initial, null, 2) : String(field.initial);
}

/** Why what was entered will not do, if so. */
export function wrong(field: Field, text: string): string | undefined {
  const empty = text.trim() === "";
  if (empty) return field.required && field.kind !== "boolean" && (field.minLength ?? 1) > 0 ? "It is required." : undefined;
  if (field.kind === "integer" && !/^[+-]?\d+$/.test(text.trim())) return "It must be a whole number.";
  if (field.kind === "integer" || field.kind === "number") return wrongNumber(field, Number(text));
  if (field.kind === "json") return wrongJson(text);
  if (field.minLength !== undefined && [...text].length < field.minLength) return `It must have at least ${field.minLength} characters.`;
  return undefined;
}

function wrongNumber({ minimum, maximum }: Field, value: number): string | undefined {
  if (!Number.isFinite(value)) return "It must be a number.";
  if (minimum !== undefined && value < minimum) return `It must be at least ${minimum}.`;
  if (maximum !== undefined && value > maximum) return `It must be at most ${maximum}.`;
  return undefined;
}

function wrongJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return "It must be JSON.";
  }
}

/** The value of what was entered; `undefined` leaves the parameter out. */
export function valueOf(field: Field, text: string): unknown {
  if (field.kind === "boolean") return text === "true";
  if (text.trim() === "") return undefined;
  if (field.kind === "integer" || field.kind === "number") return Number(text);
  if (field.kind === "list") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (field.kind === "json") return JSON.parse(text);
  if (field.kind === "choice") return field.choices?.find((choice) => String(choice) === text);
  return text;
}
