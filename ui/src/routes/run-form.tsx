import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useWrite } from "@/api/client";
import { FieldView } from "@/forms/field";
import { wrong } from "@/forms/schema";
import { useValues } from "@/forms/values";
import { FaultView } from "@/ui/fault";
import { Button } from "@/ui/parts";
import { Plan } from "./flow-plan";

/** The form that starts a run, made from the flow's parameters. */
export function RunForm({ flow, schema, close }: { flow: string; schema: unknown; close: () => void }) {
  const { fields, text, set, bad, params } = useValues(schema);
  const [key, setKey] = useState("");
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const start = useWrite("flow.run", ({ run }) => void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } }));
  const plan = useWrite("plan.flow");
  const look = () => {
    setTried(true);
    if (!bad) plan.mutate({ flow, source: null, params: params() });
  };
  const submit = () => {
    setTried(true);
    if (!bad) start.mutate({ flow, source: null, params: params(), key: key.trim() || null });
  };
  return (
    <form className="stack gap-3" onSubmit={(event) => { event.preventDefault(); submit(); }} noValidate>
      {fields.length === 0 ? <p className="t2">It takes no parameters.</p> : null}
      {fields.map((field) => (
        <FieldView key={field.name} field={field} text={text(field)} error={tried ? wrong(field, text(field)) : undefined} change={(next) => set(field, next)} />
      ))}
      <details className="more">
        <summary>Key</summary>
        <div className="field"><label htmlFor="run-key">Key<span className="t3">optional</span></label><input id="run-key" className="input mono" value={key} onChange={(event) => setKey(event.target.value)} spellCheck={false} autoComplete="off" data-testid="run-key" /><span className="hint">A run of this flow with the same key is opened instead of starting another one.</span></div>
      </details>
      {plan.error ? <FaultView of={plan.error} /> : null}
      {plan.data ? <Plan of={plan.data} /> : null}
      {start.error ? <FaultView of={start.error} /> : null}
      <div className="acts">
        <Button onClick={close}>Close</Button>
        <Button onClick={look} disabled={plan.isPending} testid="flow-plan-show">Show the plan</Button>
        <button type="submit" className="btn primary" disabled={start.isPending} data-testid="flow-run-start">Start the run</button>
      </div>
    </form>
  );
}
