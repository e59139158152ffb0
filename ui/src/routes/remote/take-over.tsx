import { useState } from "react";

import { useWrite } from "@/api/client";
import type { RemoteImportRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, visible } from "@/ui/format";
import { Button, Name } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";
import { BECAME } from "../import";
import type { Engine } from "./engines";

/** Takes over what an engine keeps beside its flows; what would be done is seen before it is done. */
export function TakeOver({ engines, close }: { engines: Engine[]; close: () => void }) {
  const [connection, setConnection] = useState(engines[0]?.id ?? "");
  const [replace, setReplace] = useState(false);
  const [why, setWhy] = useState("");
  const look = useWrite("remote.import");
  const take = useWrite("remote.import");
  const fault = take.error ?? look.error;
  const rows = take.data ?? look.data;
  const submit = () => (look.data ? take : look).mutate({ connection, replace, dry_run: look.data === undefined, why: reasonOf(why) });
  return (
    <Dialog title="Take over from an engine" close={close} testid="take-over">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <p className="t2">Its variables, connections and numbers of slots. Secrets that it hides are named, to be given by hand. Nothing that is there is changed unless you say so.</p>
        <div className="field"><label htmlFor="take-from">Engine</label><select id="take-from" className="input" value={connection} onChange={(event) => { setConnection(event.target.value); look.reset(); take.reset(); }} data-testid="take-from">{engines.map(({ id, kind }) => <option key={id} value={id}>{`${id} (${kind})`}</option>)}</select></div>
        <span className="check"><input id="take-replace" type="checkbox" checked={replace} onChange={(event) => { setReplace(event.target.checked); look.reset(); take.reset(); }} data-testid="take-replace" /><label htmlFor="take-replace">Replace those that are there under the same name</label></span>
        {rows ? <Told of={rows} done={take.data !== undefined} /> : null}
        <Reason value={why} change={setWhy} />
        {fault ? <FaultView of={fault} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          {take.data ? null : <button type="submit" className="btn primary" disabled={connection === "" || look.isPending || take.isPending} data-testid="take-go">{look.data ? "Take them over" : "See what it would do"}</button>}
        </div>
      </form>
    </Dialog>
  );
}

/** One by one: what was taken, and what was not and why. */
function Told({ of, done }: { of: RemoteImportRow[]; done: boolean }) {
  const taken = of.filter(({ became }) => became === "added" || became === "replaced").length;
  return (
    <section className="stack" aria-label="What it does">
      <p role="status" data-testid="take-told">{plural(taken, "setting")} {done ? (taken === 1 ? "was taken over" : "were taken over") : "would be taken over"}, {of.length - taken} not.</p>
      <ul className="plain scroll" data-testid="take-rows">
        {of.map((row) => <li key={`${row.what} ${row.name}`} className="row" data-state={row.became}><span className="t3 nowrap">{row.what}</span><span className="mono"><Name of={row.name} most={40} /></span><span className="nowrap">{BECAME[row.became]}</span><span className="t2 grow">{row.why === null ? null : visible(row.why)}</span></li>)}
      </ul>
    </section>
  );
}
