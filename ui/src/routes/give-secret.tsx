import { useState } from "react";

import { useReadExact, useWrite } from "@/api/client";
import { type Field, fieldsOf } from "@/forms/schema";
import { FaultView } from "@/ui/fault";
import { Empty } from "@/ui/parts";
import { Shown } from "@/ui/query";

/** A task run that cannot go on without a secret which only a process that has ended knew. */
export const lacksSecret = (code: string | undefined): boolean => code === "param.secret_gone";

/** The secret parameters of a run, to be given again. They go to the owner of the workspace, which keeps them in memory alone. */
export function GiveSecret({ run, flow }: { run: string; flow: string }) {
  const detail = useReadExact("flow.show", { flow });
  return (
    <Shown of={detail} rows={2}>{({ params_schema }) => {
      const secrets = fieldsOf(params_schema).filter(({ kind }) => kind === "secret");
      return secrets.length === 0 ? <Empty title="The flow in force has no secret parameter">The run started with another version of it.</Empty> : <>{secrets.map((field) => <Give key={field.name} run={run} field={field} />)}</>;
    }}</Shown>
  );
}

function Give({ run, field }: { run: string; field: Field }) {
  const [value, setValue] = useState("");
  const give = useWrite("run.secret", () => setValue(""));
  return (
    <form className="sideform" onSubmit={(event) => { event.preventDefault(); give.mutate({ run, name: field.name, value }); }}>
      <div className="field">
        <label htmlFor={`secret-${field.name}`}>{field.label}, given again</label>
        <div className="row">
          <input id={`secret-${field.name}`} className="input wide" type="password" value={value} onChange={(event) => setValue(event.target.value)} autoComplete="new-password" data-testid={`secret-${field.name}`} />
          <button type="submit" className="btn" disabled={value === "" || give.isPending} data-testid={`secret-give-${field.name}`}>Give it</button>
        </div>
        <span className="hint" role="status">{give.isSuccess ? "It is there. Retry the task run: what was confirmed is kept." : "It is kept in memory alone, until the process that owns the workspace ends."}</span>
      </div>
      {give.error ? <FaultView of={give.error} /> : null}
    </form>
  );
}
