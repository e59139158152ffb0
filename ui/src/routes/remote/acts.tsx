import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { read } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, Name } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { type Engine, useEngineWrite } from "./engines";
import { type There, nameThere } from "./run";
import { Said } from "./said";

/** Task runs that are named before the rest becomes a number. */
const NAMED = 8;

interface Props { there: There; engine: Engine; tasks: string[]; failed: boolean; close: () => void }

/** A retry at the engine: what it would touch is asked of the engine first. */
export function RetryThere({ there, engine, tasks, failed, close }: Props) {
  const prefect = engine.kind === "Prefect";
  const [all, setAll] = useState(!failed && !prefect);
  const [downstream, setDownstream] = useState(true);
  const [why, setWhy] = useState("");
  const args = { ...there, tasks, all, downstream };
  const look = useQuery({ ...read("remote.retry_look", args), staleTime: 0, gcTime: 0 });
  const retry = useEngineWrite("remote.retry", there.connection, close);
  const many = look.data?.length ?? 0;
  return (
    <Dialog title={`Retry on ${engine.id}?`} close={close} testid="retry-there">
      <div className="actbox stack gap-3">
        {prefect ? <p className="t2">Prefect runs the flow again; tasks whose results it kept are not done twice.</p> : (
          <fieldset className="bare stack gap-2"><legend className="sr">Which task runs</legend>
            <label className="row"><input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} data-testid="retry-all" />Those too that did not fail</label>
            <label className="row"><input type="checkbox" checked={downstream} onChange={(event) => setDownstream(event.target.checked)} data-testid="retry-downstream" />What comes after them too</label>
          </fieldset>
        )}
        <div data-testid="retry-look"><Shown of={look} rows={3}>{(rows) => (
          <dl className="terms"><dt>Runs again</dt><dd>
            {rows.slice(0, NAMED).map((row) => <div key={row.id} className="row"><Said of={row} only /><Name of={nameThere(row)} most={48} /></div>)}
            {rows.length > NAMED ? <span className="t3">and {plural(rows.length - NAMED, "more task run")}</span> : null}
            {rows.length === 0 ? <span className="t3">nothing</span> : null}
          </dd></dl>
        )}</Shown></div>
        <Reason value={why} change={setWhy} />
        {retry.error ? <FaultView of={retry.error} /> : null}
        <div className="row"><Button kind="primary" disabled={many === 0 || retry.isPending} onClick={() => retry.mutate({ ...args, why: reasonOf(why) })} testid="there-retry-confirm">Retry {plural(many, "task run")}</Button><Button kind="quiet" onClick={close}>Close preview</Button></div>
      </div>
    </Dialog>
  );
}

/** A run there is told to stop. */
export function CancelThere({ there, engine, close }: { there: There; engine: Engine; close: () => void }) {
  const [why, setWhy] = useState("");
  const cancel = useEngineWrite("remote.cancel", there.connection, close);
  return (
    <Dialog title={`Cancel this run on ${engine.id}?`} close={close} testid="cancel-there">
      <div className="actbox stack gap-3">
        <p>{engine.kind === "Airflow" ? "Airflow has no word for cancelled: it stops the run's tasks and shows the run as failed." : "Its tasks are told to stop, and it becomes cancelled when they have."} What Longshore's tasks have confirmed is kept: a retry goes on from there.</p>
        <Reason value={why} change={setWhy} />
        {cancel.error ? <FaultView of={cancel.error} /> : null}
        <div className="row"><Button kind="danger" disabled={cancel.isPending} onClick={() => cancel.mutate({ ...there, why: reasonOf(why) })} testid="cancel-there-confirm">Cancel the run</Button><Button kind="quiet" onClick={close}>Let it run</Button></div>
      </div>
    </Dialog>
  );
}
