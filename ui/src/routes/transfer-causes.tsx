import { RotateCcw } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { FaultCauseRow, RunSelect } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { count, plural, visible } from "@/ui/format";
import { Button, Empty, Name, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { ActForm } from "./acts";
import { RunLink } from "./links";

/** Failed runs: all, or those of one cause. */
export const failedRuns = (fault?: string): RunSelect => ({ states: ["failed"], since: null, until: null, fault: fault ?? null });

/** Why runs failed, by stable code: how many, an example, what to do now, and a retry of just these. */
export function Causes() {
  const causes = useRead("transfer.causes", {});
  const [retries, setRetries] = useState<FaultCauseRow | "all">();
  return (
    <Shown of={causes} rows={4}>{({ causes: rows, failed }) => (
      <div className="body causes" data-testid="causes">
        {rows.length === 0 ? <Empty title="No run has failed">What fails is shown here by its cause, with what to do now.</Empty> : (
          <>
            <div className="row"><p className="t2 grow">{plural(failed, "run")} failed, of {plural(rows.length, "cause")}. A run that failed of two is told with both.</p><Button onClick={() => setRetries("all")} testid="retry-all-failed"><RotateCcw aria-hidden />Retry all failed…</Button></div>
            <ul className="plain">{rows.map((row) => <Cause key={row.code} of={row} retry={() => setRetries(row)} />)}</ul>
          </>
        )}
        {retries ? <RetryFailed of={retries} close={() => setRetries(undefined)} /> : null}
      </div>
    )}</Shown>
  );
}

function Cause({ of, retry }: { of: FaultCauseRow; retry: () => void }) {
  const { fault } = of;
  return (
    <li className="cause" data-testid={`cause-${of.code}`}>
      <State of="failed" only />
      <div className="stack gap-1 told">
        <div className="row"><h2 className="sec"><code className="mono">{of.code}</code></h2><span className="t2 nowrap">{count(of.runs)} {of.runs === 1 ? "run" : "runs"}{of.task_runs > of.runs ? `, ${plural(of.task_runs, "task run")}` : ""}</span></div>
        <p><span className="t3">Such as </span>{visible(fault.what)}: <span className="t2">{visible(fault.why)}</span></p>
        {fault.file ? <p className="t2 cut"><span className="t3">File </span><Name of={fault.file} mono /></p> : null}
        {fault.now ? <p><b className="med">Now:</b> {fault.now}</p> : null}
        {fault.also && fault.also.length > 0 ? <details><summary>{plural(fault.also.length, "more", "more")} of the same kind in it</summary><ul className="mono also">{fault.also.map((line) => <li key={line}>{visible(line)}</li>)}</ul></details> : null}
        <p className="small"><RunLink run={of.run} task={of.task}>The newest of them, {of.task}</RunLink></p>
      </div>
      <Button onClick={retry} aria-label={`Retry these…: what failed of ${of.code}`} testid={`retry-cause-${of.code}`}><RotateCcw aria-hidden />Retry these…</Button>
    </li>
  );
}

/** A retry of failed runs, with a preview of what it touches. */
function RetryFailed({ of, close }: { of: FaultCauseRow | "all"; close: () => void }) {
  const all = of === "all";
  return (
    <Dialog title={all ? "Retry all that failed" : `Retry what failed of ${of.code}`} close={close} testid="retry-failed-dialog">
      <div className="actbox">
        <ActForm select={failedRuns(all ? undefined : of.code)} act={{ act: "retry", downstream: false }} confirm={(preview) => (preview ? `Retry ${plural(preview.runs, "run")}` : "Retry")} close={close} testid="retry-failed-confirm">
          <p className="t2">Only what failed is done again, from its last checkpoint. {all ? "" : "What else failed in these runs is tried with it. "}Copied files are not copied again.</p>
        </ActForm>
      </div>
    </Dialog>
  );
}
