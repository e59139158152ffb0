import { useState } from "react";

import { useWrite } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button } from "@/ui/parts";

/** Asks for the passphrase of the encrypted file, or for the first one. It goes to the owner of the workspace, which keeps it in memory. */
export function Unlock({ chosen, close }: { chosen: boolean; close: () => void }) {
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const unlock = useWrite("secrets.unlock", close);
  const differs = !chosen && again !== passphrase;
  return (
    <Dialog title={chosen ? "Unlock the secrets" : "Choose a passphrase"} close={close} testid="unlock-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); unlock.mutate({ passphrase }); }}>
        <p className="t2">{chosen ? "They are in an encrypted file of the workspace, and stay open until the process that owns the workspace ends." : "Secrets will be kept in a file of the workspace, encrypted with it. Nobody can bring them back without it."}</p>
        <div className="field"><label htmlFor="unlock-passphrase">Passphrase</label><input id="unlock-passphrase" className="input" type="password" value={passphrase} onChange={(event) => setPassphrase(event.target.value)} autoComplete={chosen ? "current-password" : "new-password"} data-testid="unlock-passphrase" /></div>
        {chosen ? null : <div className="field"><label htmlFor="unlock-again">The same again</label><input id="unlock-again" className="input" type="password" value={again} onChange={(event) => setAgain(event.target.value)} autoComplete="new-password" data-testid="unlock-again" /><span className="hint">At least 8 characters.</span></div>}
        {unlock.error ? <FaultView of={unlock.error} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          <button type="submit" className="btn primary" disabled={passphrase === "" || differs || unlock.isPending} data-testid="unlock-confirm">{chosen ? "Unlock" : "Use it"}</button>
        </div>
      </form>
    </Dialog>
  );
}
