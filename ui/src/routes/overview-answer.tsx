import { useState } from "react";
import { Check } from "lucide-react";

import { useRead, useWrite } from "@/api/client";
import type { ApprovalRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button, Name, State, When } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";
import { RunLink } from "./links";

/** What waits for an answer. */
export const useApprovals = (): ApprovalRow[] => useRead("task.approvals", {}).data ?? [];

/** A task run that asks the operator, with the answer at hand. */
export function Asks({ of }: { of: ApprovalRow }) {
  const [answers, setAnswers] = useState(false);
  return (
    <li data-testid={`asks-${of.run}`}>
      <State of="deferred" word="waits for approval" only />
      <div className="cut">
        <RunLink run={of.run} task={of.task} index={of.index} className="strong"><Name of={of.title} /></RunLink>
        <span className="sub t3 small">waits for approval, {of.task}{of.index === null ? "" : ` [${of.index}]`}</span>
        <div className="t2 cut"><Name of={of.message} /></div>
      </div>
      <When at={of.since} />
      <Button onClick={() => setAnswers(true)} aria-label={`Answer ${of.title}`} testid={`answer-${of.run}`}><Check aria-hidden />Answer…</Button>
      {answers ? <AnswerIt of={of} close={() => setAnswers(false)} /> : null}
    </li>
  );
}

function AnswerIt({ of, close }: { of: ApprovalRow; close: () => void }) {
  const [why, setWhy] = useState("");
  const answer = useWrite("task.answer", close);
  const give = (approve: boolean) => () => answer.mutate({ run: of.run, task: of.task, index: of.index, approve, why: reasonOf(why) });
  return (
    <Dialog title={of.title} close={close} testid="answer-dialog">
      <div className="stack gap-3">
        <p><Name of={of.message || "It waits for an operator's answer."} /></p>
        <Reason value={why} change={setWhy} />
        <p className="t3 small">Rejected, the task {of.task} fails.</p>
        {answer.error ? <FaultView of={answer.error} /> : null}
      </div>
      <div className="acts"><Button kind="quiet" onClick={close}>Not now</Button><Button disabled={answer.isPending} onClick={give(false)} testid="overview-reject">Reject</Button><Button kind="primary" disabled={answer.isPending} onClick={give(true)} testid="overview-approve">Approve</Button></div>
    </Dialog>
  );
}
