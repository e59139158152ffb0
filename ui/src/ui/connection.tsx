import { useEffect, useState } from "react";

import { host } from "@/platform";

/** Whether the owner of the workspace answers; told by the host. */
export function useConnected(): boolean {
  const [up, setUp] = useState(true);
  useEffect(() => host().onEvent((event) => { if (event.event === "connection") setUp(event.up); }), []);
  return up;
}

/** Stands above a page while nobody answers. */
export function ConnectionLost() {
  return (
    <section className="error s-interrupted lost" role="status" data-testid="connection-lost">
      <h3>The owner of the workspace went away</h3>
      <p>Shown is the last state that the journal held. Runs go on from their checkpoints once an owner is back; this window looks for one.</p>
    </section>
  );
}
