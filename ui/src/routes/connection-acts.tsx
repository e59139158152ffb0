import { useState } from "react";

import { useReadExact, useWrite } from "@/api/client";
import type { ConnectionRow } from "@/api/types";
import { Button, Name } from "@/ui/parts";
import { reasonOf } from "@/ui/reason";

/** Copies it with its secrets under another name. */
export function CopyConnection({ of, why, close }: { of: ConnectionRow; why: string; close: () => void }) {
  const [to, setTo] = useState<string>();
  const copy = useWrite("connection.duplicate", close);
  if (to === undefined) return <Button kind="quiet" onClick={() => setTo(`${of.id}-copy`)} testid="connection-copy">Duplicate…</Button>;
  return (
    <span className="row">
      <input className="input mono" aria-label="Name of the copy" value={to} onChange={(event) => setTo(event.target.value)} spellCheck={false} autoComplete="off" data-testid="connection-copy-name" />
      <Button disabled={to.trim() === "" || copy.isPending} onClick={() => copy.mutate({ connection: of.id, to: to.trim(), why: reasonOf(why) })} testid="connection-copy-make">Make the copy</Button>
      {copy.error ? <span role="alert" className="err"><Name of={copy.error.why} /></span> : null}
    </span>
  );
}

/** Removing loses its secrets: the button says what names it, and asks once more in its own place. */
export function RemoveConnection({ of, why, close }: { of: ConnectionRow; why: string; close: () => void }) {
  const [asks, setAsks] = useState(false);
  const detail = useReadExact("connection.show", { connection: of.id }, asks);
  const remove = useWrite("connection.remove", close);
  if (remove.error) return <span className="grow" role="alert"><Name of={remove.error.what} /></span>;
  if (!asks) return <><Button kind="quiet" onClick={() => setAsks(true)} testid="connection-remove">Remove…</Button><span className="grow" /></>;
  const { flows = [], storages = [] } = detail.data ?? {};
  const kept = storages.length > 0;
  return (
    <>
      {flows.length > 0 ? <span className="t2" data-testid="connection-used">Named by {flows.join(", ")}</span> : null}
      {kept ? <span className="t2" data-testid="connection-keeps">The storage {storages.join(", ")} lies on it: say first where it lies instead, under Storage.</span> : null}
      <Button kind="danger" disabled={!detail.data || kept || remove.isPending} onClick={() => remove.mutate({ connection: of.id, why: reasonOf(why) })} testid="connection-remove-confirm">Remove <Name of={of.id} most={24} /></Button><span className="grow" />
    </>
  );
}
