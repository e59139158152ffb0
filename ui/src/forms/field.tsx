import { TriangleAlert } from "lucide-react";
import { useId } from "react";

import { Control } from "./control";
import type { Field } from "./schema";

interface Props { field: Field; text: string; error: string | undefined; change: (text: string) => void }

/** What is said below a field besides its description. */
const HINTS: Partial<Record<Field["kind"], string>> = {
  list: "One on a line. ", json: "As JSON. ", secret: "Given to the run alone: it is neither kept nor shown. ",
};

/** One parameter as a control: label, hint, and what is wrong with it. */
export function FieldView({ field, text, error, change }: Props) {
  const id = useId();
  const hint = `${id}-hint`;
  const about = { id, "aria-describedby": hint, "aria-invalid": error ? true : undefined, "data-testid": `param-${field.name}` };
  if (field.kind === "boolean") {
    return (
      <div className="field">
        <span className="check"><input type="checkbox" {...about} checked={text === "true"} onChange={(event) => change(String(event.target.checked))} /><label htmlFor={id}>{field.label}</label></span>
        <span className="hint" id={hint}>{field.description}</span>
      </div>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}{field.required ? null : <span className="t3">optional</span>}</label>
      <Control field={field} text={text} change={change} about={about} bad={error !== undefined} />
      <span id={hint}>
        {error ? <span className="err" role="alert"><TriangleAlert size={14} aria-hidden />{error}</span> : <span className="hint">{HINTS[field.kind]}{field.description}</span>}
      </span>
    </div>
  );
}
