import { useMemo, useState } from "react";

import { type Field, fieldsOf, startText, valueOf, wrong } from "./schema";

/** What is entered in the fields of a schema: texts, whether they will do, and the values that they stand for. */
export function useValues(schema: unknown) {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [texts, setTexts] = useState(() => new Map(fields.map((field) => [field.name, startText(field)])));
  const text = (field: Field) => texts.get(field.name) ?? "";
  return {
    fields, text,
    set: (field: Field, next: string) => setTexts(new Map(texts).set(field.name, next)),
    bad: fields.some((field) => wrong(field, text(field))),
    /** The parameters; those that were left empty are left out. */
    params: () => Object.fromEntries(fields.filter((field) => !wrong(field, text(field))).map((field) => [field.name, valueOf(field, text(field))]).filter(([, value]) => value !== undefined)) as Record<string, unknown>,
  };
}
