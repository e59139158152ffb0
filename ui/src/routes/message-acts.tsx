import { useState } from "react";

import { useWrite } from "@/api/client";
import type { QueueMessageRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";

type Act = "return" | "drop";

const ACTS: Record<Act, { op: "work.return" | "work.drop"; title: string; about: string; keep: string; confirm: string }> = {
  return: {
    op: "work.return", title: "Give this message back to its queue?", keep: "Leave it", confirm: "Give it back",
    about: "It counts as one that has just come: whoever receives from the queue next works on it. Do this once what went wrong is put right.",
  },
  drop: {
    op: "work.drop", title: "Drop this message?", keep: "Keep it", confirm: "Drop the message",
    about: "It is deleted from its queue, and what it asks for is not done. Nobody sends it again.",
  },
};

/** What can be done by hand with a message that came to nothing. */
export function MessageActs({ of, done }: { of: QueueMessageRow; done: () => void }) {
  const [asks, setAsks] = useState<Act>();
  if (of.state === "done") return null;
  return (
    <div className="row padx4">
      <Button onClick={() => setAsks("return")} testid="message-return">Give back…</Button>
      <Button kind="quiet" onClick={() => setAsks("drop")} testid="message-drop">Drop…</Button>
      {asks ? <ActDialog key={asks} act={asks} of={of} close={() => setAsks(undefined)} done={done} /> : null}
    </div>
  );
}

function ActDialog({ act, of, close, done }: { act: Act; of: QueueMessageRow; close: () => void; done: () => void }) {
  const { op, title, about, keep, confirm } = ACTS[act];
  const [why, setWhy] = useState("");
  const write = useWrite(op, () => { close(); done(); });
  return (
    <Dialog title={title} close={close} testid={`message-${act}-dialog`}>
      <div className="stack gap-3">
        <p>{about}</p>
        {of.asks.length > 0 ? <div className="t2 sel">{of.asks.map((ask) => <div key={ask}>{ask}</div>)}</div> : null}
        <Reason value={why} change={setWhy} />
        {write.error ? <FaultView of={write.error} /> : null}
      </div>
      <div className="acts">
        <Button onClick={close}>{keep}</Button>
        <Button kind={act === "drop" ? "danger" : "primary"} disabled={write.isPending} onClick={() => write.mutate({ message: of.message, queue: of.queue, why: reasonOf(why) })} testid={`message-${act}-confirm`}>{confirm}</Button>
      </div>
    </Dialog>
  );
}
