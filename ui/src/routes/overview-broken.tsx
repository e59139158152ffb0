import { Link } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { ConnectionHealth } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { visible } from "@/ui/format";
import { Button, Name, State, When } from "@/ui/parts";

/** Connections whose last test failed. */
export function useBroken(): ConnectionHealth[] {
  return useRead("connection.health", {}).data?.filter(({ ok }) => !ok) ?? [];
}

/** A connection that is broken as far as its last test knows, with another test at hand. */
export function Broken({ of }: { of: ConnectionHealth }) {
  const [well, setWell] = useState(false);
  const test = useWrite("connection.test", (reply) => setWell(reply.ok));
  return (
    <li data-testid={`broken-${of.connection}`}>
      <State of="failed" word="connection broken" only />
      <div className="cut">
        <Link to="/connections" className="strong"><Name of={of.connection} /></Link>
        <span className="sub t3 small">connection, {of.step}{of.code ? <>, <code className="mono">{of.code}</code></> : null}</span>
        <div className="t2 cut" title={visible(of.text)}><Name of={of.text} /></div>
        {test.error ? <FaultView of={test.error} /> : null}
      </div>
      <When at={of.at} />
      <Button onClick={() => test.mutate({ connection: of.connection, write: false })} disabled={test.isPending || well} aria-label={`Test again: ${of.connection}`} testid={`test-again-${of.connection}`}><RefreshCw aria-hidden />{test.isPending ? "Testing…" : "Test again"}</Button>
    </li>
  );
}
