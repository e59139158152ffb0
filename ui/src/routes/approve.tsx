import { Check, X } from "lucide-react";
import { useState } from "react";

import { useWrite } from "@/api/client";
import type { TaskRunDetail } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { Button } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";

/** Whether a task run waits for an operator's answer. */
export const waitsForAnswer = ({ uses, row }: Pick<TaskRunDetail, "uses" | "row">): boolean => uses === "approve" && row.state === "deferred";

/** What the operator is asked, as the task was given it. */
function questionOf({ with: given }: TaskRunDetail): string {
  const message = typeof given === "object" && given !== null && "message" in given ? given.message : undefined;
  return typeof message === "string" ? message : "It waits for an operator's answer.";
}

/** The answer to a task that waits for one: approve, or reject and so fail it. */
export function Answer({ run, of }: { run: string; of: TaskRunDetail }) {
  const [why, setWhy] = useState("");
  const answer = useWrite("task.answer");
  const give = (approve: boolean) => () => answer.mutate({ run, task: of.row.task, index: of.row.index, approve, why: reasonOf(why) });
  return (
    <section className="preview answer" aria-label="Answer" data-testid="answer">
      <h3 className="sec">{questionOf(of)}</h3>
      <Reason value={why} change={setWhy} />
      {answer.error ? <FaultView of={answer.error} /> : null}
      <div className="row">
        <Button kind="primary" disabled={answer.isPending} onClick={give(true)} testid="answer-approve"><Check aria-hidden />Approve</Button>
        <Button disabled={answer.isPending} onClick={give(false)} testid="answer-reject"><X aria-hidden />Reject</Button>
        <span className="t3 small grow">Rejected, the task fails.</span>
      </div>
    </section>
  );
}
