import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useWrite } from "@/api/client";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";

/** Copies a flow into the operator's folder under another id, to be changed there. */
export function CopyFlow({ flow, close }: { flow: string; close: () => void }) {
  const [name, setName] = useState(`my_${flow}`);
  const [why, setWhy] = useState("");
  const navigate = useNavigate();
  const make = useWrite("flow.copy");
  if (make.data) {
    const { file, flow: made } = make.data;
    const open = () => { close(); void navigate({ to: "/flows/$flow", params: { flow: made }, search: { tab: "file" } }); };
    return (
      <Dialog title={`${made} is yours`} close={close} testid="copy-dialog">
        <div className="actbox stack gap-3">
          <p>Its file is <code className="mono sel break">{file}</code>. Change it with any editor: it is read again whenever it is saved, and what is wrong with it is told here.</p>
          <div className="row"><Button kind="primary" onClick={open} testid="copy-open">Open {made}</Button><Button onClick={() => copy(file)}>Copy the path</Button></div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Copy ${flow} to change it`} close={close} testid="copy-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); make.mutate({ flow, name: name.trim(), why: reasonOf(why) }); }}>
        <div className="field"><label htmlFor="copy-name">Id of the copy</label><input id="copy-name" className="input mono" value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} autoComplete="off" data-testid="copy-name" /><span className="hint">{flow} stays as it is.</span></div>
        <Reason value={why} change={setWhy} />
        {make.error ? <FaultView of={make.error} /> : null}
        <div className="acts"><Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={name.trim() === "" || make.isPending} data-testid="copy-make">Make the copy</button></div>
      </form>
    </Dialog>
  );
}
