import { useEffect, useState } from "react";

import { useWrite } from "@/api/client";
import { newToken } from "@/api/token";
import type { ConnectionSetArgs, TestStep } from "@/api/types";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { visible } from "@/ui/format";
import { Button, State } from "@/ui/parts";
import { HostKey } from "./host-key";

/** What a step tries. */
const STEPS: Record<string, string> = {
  dns: "Name", tcp: "Connection", tls: "Certificate", host_key: "Host key", login: "Login", list: "Listing", write: "Writing", delete: "Removing", time: "Time",
};

interface Tried {
  id: string;
  /** The connection as it stands in its form, where it may differ from the one that is kept. */
  draft?: (() => ConnectionSetArgs) | undefined;
  /** Folder below the connection's top; its top if none is given. */
  path?: string;
  /** Told what came of it; it is then tried with a file in any case. */
  tested?: (ok: boolean) => void;
}

/** Tries a connection as it stands in its form, made or not; each step is shown as it ends. */
export function TestConnection({ id, draft, path, tested }: Tried) {
  const [writes, setWrites] = useState(tested !== undefined);
  const [token, setToken] = useState<string>();
  const [steps, setSteps] = useState<TestStep[]>([]);
  const test = useWrite("connection.test", (reply) => { setSteps(reply.steps); tested?.(reply.ok); });
  useEffect(() => host().onEvent((event) => {
    if (event.event === "tested" && event.token === token) setSteps((before) => [...before, event.step]);
  }), [token]);
  const which = () => ({ connection: id, ...(draft ? { draft: draft() } : {}) });
  const start = () => {
    const next = newToken();
    setToken(next);
    setSteps([]);
    test.mutate({ ...which(), path: path || null, write: writes, token: next });
  };
  return (
    <section className="stack gap-3" aria-label="Test">
      <div className="row">
        <Button onClick={start} disabled={test.isPending} testid="connection-test">{test.isPending ? "Testing…" : "Test it"}</Button>
        {tested ? <span className="hint">A small file is written there too, and removed again.</span> : <span className="check"><input id="connection-test-write" type="checkbox" checked={writes} onChange={(event) => setWrites(event.target.checked)} data-testid="connection-test-write" /><label htmlFor="connection-test-write">Write a small file too, which is removed again</label></span>}
      </div>
      <ul className="plain" aria-live="polite" data-testid="connection-steps">
        {steps.map((step) => (
          <li key={step.name} className="row" data-testid={`step-${step.name}`} data-state={step.ok ? "success" : "failed"}>
            <State of={step.ok ? "success" : "failed"} only /><span className="med">{STEPS[step.name] ?? step.name}</span><span className="t2 grow">{visible(step.text)}</span><span className="t3 nowrap">{step.took} ms</span>
          </li>
        ))}
      </ul>
      {steps.some(({ code }) => code === "ssh.host_key_unknown") && !test.isPending ? <HostKey which={which} accepted={start} /> : null}
      {test.error ? <FaultView of={test.error} /> : null}
    </section>
  );
}
