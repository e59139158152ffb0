import { TriangleAlert } from "lucide-react";
import { useId } from "react";

import type { Field } from "./schema";

interface Props { field: Field; text: string; error: string | undefined; change: (text: string) => void }

/** One parameter as a control: label, hint, and what is wrong with it. */
export function FieldView({ field, text, error, change }: Props) {
  const id = useId();
  const hint = `${id}-hint`;
  const about = { id, "aria-describedby": field.description || error ? hint : undefined, "aria-invalid": error ? true : undefined, "data-testid": `param-${field.name}` };
  if (field.kind === "boolean") {
    return (
      <div className="field">
        <span className="check"><input type="checkbox" {...about} checked={text === "true"} onChange={(event) => change(String(event.target.checked))} /><label htmlFor={id}>{field.label}</label></span>
        {field.description ? <span className="hint" id={hint}>{field.description}</span> : null}
      </div>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}{field.required ? null : <span className="t3">optional</span>}</label>
      <Control field={field} text={text} change={change} about={about} bad={error !== undefined} />
      <span id={hint}>
        {error ? <span className="err" role="alert"><TriangleAlert size={14} aria-hidden />{error}</span> : <span className="hint">{field.kind === "list" ? "One on a line. " : ""}{field.description}</span>}
      </span>
    </div>
  );
}

function Control({ field, text, change, about, bad }: { field: Field; text: string; change: (text: string) => void; about: Record<string, unknown>; bad: boolean }) {
  const shared = { ...about, className: `input${bad ? " bad" : ""}${field.kind === "json" ? " mono" : ""}`, value: text };
  if (field.kind === "choice") {
    return <select {...shared} onChange={(event) => change(event.target.value)}>{field.required && text ? null : <option value="">not chosen</option>}{field.choices?.map((choice) => <option key={String(choice)}>{String(choice)}</option>)}</select>;
  }
  if (field.kind === "list" || field.kind === "json") return <textarea {...shared} rows={4} onChange={(event) => change(event.target.value)} spellCheck={false} />;
  return <input {...shared} inputMode={field.kind === "text" ? undefined : "numeric"} onChange={(event) => change(event.target.value)} spellCheck={false} autoComplete="off" />;
}
