import { useNavigate } from "@tanstack/react-router";
import { Pause, Play, X } from "lucide-react";
import { useState } from "react";

import { useReadExact } from "@/api/client";
import { FieldView } from "@/forms/field";
import { wrong } from "@/forms/schema";
import { useValues } from "@/forms/values";
import { FaultView } from "@/ui/fault";
import { Dialog } from "@/ui/dialog";
import { Button, Name, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { useEngineWrite, useKey } from "./engines";
import type { FlowThere } from "./flows";
import { Badge } from "./said";

/** One flow of an engine: what the engine says of it, the form that starts it, and the switch of its schedule. */
export function FlowTherePane({ of, close }: { of: FlowThere; close: () => void }) {
  const { engine, flow } = of;
  const [asks, setAsks] = useState(false);
  const params = useReadExact("remote.params", { connection: engine.id, flow: flow.id });
  return (
    <aside className="pane side" aria-label={`Flow ${flow.title}`} data-testid="flow-there">
      <header className="pane-h"><h2 className="sec cut grow"><Name of={flow.title} /></h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={close}><X size={16} aria-hidden /></button></header>
      <dl className="sideterms">
        <dt>Engine</dt><dd><Badge of={engine} /> <span className="t2">{engine.kind}</span></dd>
        <dt>Schedule</dt><dd className="row">{flow.paused ? <State of="paused" /> : null}<span>{flow.schedule ?? "by hand"}</span><span className="grow" /><Button small onClick={() => setAsks(true)} testid="there-pause">{flow.paused ? <><Play aria-hidden />Resume…</> : <><Pause aria-hidden />Pause…</>}</Button></dd>
        {flow.description ? <><dt>About</dt><dd>{flow.description}</dd></> : null}
        {flow.tags.length > 0 ? <><dt>Labels</dt><dd>{flow.tags.join(", ")}</dd></> : null}
      </dl>
      <section className="padx4 stack gap-3 startbox" aria-label="Start">
        <h3 className="sec">Start a run</h3>
        <Shown of={params} rows={3}>{({ schema }) => <Start of={of} schema={schema} />}</Shown>
      </section>
      {asks ? <PauseThere of={of} close={() => setAsks(false)} /> : null}
    </aside>
  );
}

/** The form that starts a run there, made from what the engine says of the flow's parameters. */
function Start({ of: { engine, flow }, schema }: { of: FlowThere; schema: unknown }) {
  const { fields, text, set, bad, params } = useValues(schema);
  const [tried, setTried] = useState(false);
  const [why, setWhy] = useState("");
  const key = useKey();
  const navigate = useNavigate();
  const start = useEngineWrite("remote.trigger", engine.id, (run) => void navigate({ to: "/runs/at/$connection/$run", params: { connection: engine.id, run: run.id }, search: { flow: run.flow ?? flow.id } }));
  const submit = () => {
    setTried(true);
    if (!bad) start.mutate({ connection: engine.id, flow: flow.id, params: params(), key, why: reasonOf(why) });
  };
  return (
    <form className="stack gap-3" onSubmit={(event) => { event.preventDefault(); submit(); }} noValidate>
      {fields.length === 0 ? <p className="t2">It takes no parameters.</p> : null}
      {fields.map((field) => <FieldView key={field.name} field={field} text={text(field)} error={tried ? wrong(field, text(field)) : undefined} change={(next) => set(field, next)} />)}
      {flow.paused ? <p className="t2 small">It is paused there: Airflow holds a run of a paused flow until it is resumed.</p> : null}
      <Reason value={why} change={setWhy} />
      {start.error ? <FaultView of={start.error} /> : null}
      <div className="acts"><button type="submit" className="btn primary" disabled={start.isPending} data-testid="there-start">Start the run</button></div>
    </form>
  );
}

function PauseThere({ of: { engine, flow }, close }: { of: FlowThere; close: () => void }) {
  const [why, setWhy] = useState("");
  const pause = useEngineWrite("remote.pause", engine.id, close);
  const verb = flow.paused ? "Resume" : "Pause";
  return (
    <Dialog title={`${verb} ${flow.title} on ${engine.id}?`} close={close} testid="pause-there">
      <div className="actbox stack gap-3">
        <p>{flow.paused ? "Its schedule starts runs again." : "Its schedule starts no more runs. Runs that are on their way go on."}</p>
        <Reason value={why} change={setWhy} />
        {pause.error ? <FaultView of={pause.error} /> : null}
        <div className="row"><Button kind="primary" disabled={pause.isPending} onClick={() => pause.mutate({ connection: engine.id, flow: flow.id, paused: !flow.paused, why: reasonOf(why) })} testid="pause-there-confirm">{verb}</Button><Button kind="quiet" onClick={close}>Close</Button></div>
      </div>
    </Dialog>
  );
}
