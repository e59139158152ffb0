import { useWrite } from "@/api/client";
import type { HostKeyArgs } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { Button, Name } from "@/ui/parts";

/** A server's key that is not known yet: asked for, compared by the operator, and accepted if it is still the same. */
export function HostKey({ which, accepted }: { which: () => HostKeyArgs; accepted: () => void }) {
  const ask = useWrite("connection.host_key");
  const accept = useWrite("connection.host_key.accept", accepted);
  const key = ask.data?.key;
  const fault = ask.error ?? accept.error;
  return (
    <div className="stack" data-testid="host-key">
      {key ? (
        <>
          <p><Name of={key.host} mono /> shows a key of the type <Name of={key.kind} mono />:</p>
          <p className="mono" data-testid="host-key-fingerprint">{key.fingerprint}</p>
          <p className="t2">Compare it with what the server's operator says. If it is another, somebody is in between: do not accept it.</p>
          <div className="row"><Button kind="primary" disabled={accept.isPending} onClick={() => accept.mutate({ ...which(), fingerprint: key.fingerprint })} testid="host-key-accept">It is the same: accept this key</Button></div>
        </>
      ) : (
        <div className="row"><Button disabled={ask.isPending} onClick={() => ask.mutate(which())} testid="host-key-show">Show the key…</Button><span className="t2">{ask.data ? "All keys on the way are known by now." : "The server is not known yet."}</span></div>
      )}
      {fault ? <FaultView of={fault} /> : null}
    </div>
  );
}
