import { Link } from "@tanstack/react-router";
import { ArrowRight, ChevronRight, Eraser, Pause, Play, RotateCcw } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { RunDetail, RunRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { duration, plural } from "@/ui/format";
import { Amounts, Bar, Button, Name, State, When } from "@/ui/parts";
import { ActForm, type WholeAct, WholeActDialog, theseRuns } from "./acts";
import { DatasetLink, RunLink } from "./links";
import { RetryForm } from "./retry";
import { shapeOfRun } from "./shape";

/** Head of a run: what it works on, its state and amounts, and what may be done with it. */
export function RunHead({ detail, onFault }: { detail: RunDetail; onFault: () => void }) {
  const { run } = detail;
  const failed = detail.tasks.flatMap((task) => task.counts).filter(({ state }) => state === "failed").reduce((all, { count }) => all + count, 0);
  const live = run.ended_at === null;
  return (
    <header className="head runhead">
      <nav className="crumbs" aria-label="Path"><Link to="/runs">Runs</Link><ChevronRight aria-hidden /><Link to="/flows/$flow" params={{ flow: run.flow }}>{run.flow}</Link><ChevronRight aria-hidden /><span className="mono sel">{run.id}</span></nav>
      <div className="row">
        <h1 className="cut grow" data-testid="page-title"><Name of={run.title} most={70} /></h1>
        <RunActs detail={detail} />
      </div>
      <div className="row gap-3 runline">
        <State of={shapeOfRun(run)} chip testid="run-state" />
        {failed > 0 && run.state !== "failed" ? <button type="button" className="bare" onClick={onFault}><State of="failed" word={`${failed} failed`} chip /></button> : null}
        <div className="grow"><Bar done={run.state === "success" ? 1 : run.progress.bytes || run.progress.files} total={run.state === "success" ? 1 : (run.progress.bytes_total ?? run.progress.files_total)} state={shapeOfRun(run)} large /></div>
        {live ? <Amounts of={run.progress} /> : <Ended run={run} />}
      </div>
      {run.waits ? <p className="t2 small cut" title={run.waits} data-testid="run-waits">{run.waits}</p> : null}
      <Stages detail={detail} />
    </header>
  );
}

function Ended({ run }: { run: RunRow }) {
  return (
    <span className="row gap-3 nowrap">
      <Amounts of={{ ...run.progress, rate: null, seconds_left: null }} />
      {run.started_at && run.ended_at ? <span className="t2">{duration((run.ended_at - run.started_at) / 1000)}</span> : null}
      <span className="t2">ended <When at={run.ended_at} /></span>
    </span>
  );
}

/** Child runs that are told beside their parent; all of them stand in a tab of their own. */
const STAGES = 6;

/** Runs that belong together: what started this one, and what it started. */
function Stages({ detail }: { detail: RunDetail }) {
  const parent = useRead("run.show", { run: detail.parent ?? "" }, detail.parent !== null);
  const first = detail.parent ? parent.data : detail;
  if (!first || first.children.length === 0) return null;
  return (
    <ol className="stages" aria-label="Stages">
      {[first.run, ...first.children.slice(0, STAGES)].map((run, at) => (
        <li key={run.id}>
          {at > 0 ? <ArrowRight size={12} aria-hidden /> : null}
          {run.id === detail.run.id
            ? <span aria-current="step" className="med"><State of={shapeOfRun(detail.run)} only />{run.flow}</span>
            : <RunLink run={run.id}><State of={shapeOfRun(run)} only />{run.flow}</RunLink>}
        </li>
      ))}
      {first.children.length > STAGES ? <li className="t3">and {plural(first.children.length - STAGES, "more run")}</li> : null}
    </ol>
  );
}

function RunActs({ detail }: { detail: RunDetail }) {
  const { run, can } = detail;
  const [asks, setAsks] = useState<WholeAct>();
  return (
    <div className="row">
      {run.dataset ? <DatasetLink pid={run.dataset} className="btn">Dataset</DatasetLink> : null}
      {can.pause ? <Button onClick={() => setAsks("pause")} testid="run-pause"><Pause aria-hidden />Pause…</Button> : null}
      {can.resume ? <Button onClick={() => setAsks("resume")} testid="run-resume"><Play aria-hidden />Resume…</Button> : null}
      {can.cancel ? <Button onClick={() => setAsks("cancel")} testid="run-cancel">Cancel…</Button> : null}
      {run.state === "cancelling" ? <Button onClick={() => setAsks("cut")} testid="run-cut">Cut off…</Button> : null}
      {run.ended_at === null ? null : <Button onClick={() => setAsks("clear")} testid="run-clear"><Eraser aria-hidden />Clear…</Button>}
      {can.retry ? <Button kind="primary" onClick={() => setAsks("retry")} testid="run-retry"><RotateCcw aria-hidden />Retry…</Button> : null}
      {asks === "cancel" || asks === "cut" ? <CancelDialog run={run} hard={asks === "cut"} close={() => setAsks(undefined)} /> : null}
      {asks === "pause" || asks === "resume" || asks === "clear" ? <WholeActDialog of={asks} select={theseRuns([run.id])} close={() => setAsks(undefined)} /> : null}
      {asks === "retry" ? <Dialog title="Retry what failed" close={() => setAsks(undefined)} testid="retry-dialog"><div className="actbox"><RetryForm run={run.id} close={() => setAsks(undefined)} /></div></Dialog> : null}
    </div>
  );
}

/** A run is cancelled in two steps: it is told to stop and waited for; if it does not, it can be cut off. */
function CancelDialog({ run, hard, close }: { run: RunRow; hard: boolean; close: () => void }) {
  return (
    <Dialog title={hard ? "Cut this run off?" : "Cancel this run?"} close={close} testid="cancel-dialog">
      <div className="actbox">
        <ActForm select={theseRuns([run.id])} act={{ act: "cancel", hard }} confirm={() => (hard ? "Cut the run off" : "Cancel the run")} close={close} danger testid="cancel-confirm" keep={hard ? "Wait for it" : "Let it run"}>
          <p>{hard ? "What does not stop is no longer waited for, and recorded as cancelled. What such an attempt still does is not known: look before you retry." : "Its bytes stop at once. What is confirmed is kept: a retry goes on from there. Nothing is deleted from the landing zone or the source."}</p>
        </ActForm>
      </div>
    </Dialog>
  );
}
