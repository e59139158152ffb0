import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { read, useWrite } from "@/api/client";
import type { RunAct, RunRefused, RunSelect, RunTouched, RunsDone, RunsPreview } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, Name, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { shapeOfRun } from "./shape";

/** Just these runs. */
export const theseRuns = (runs: string[]): RunSelect => ({ runs, since: null, until: null });

/** Runs or refusals that are named before the rest becomes a number. */
const NAMED = 6;

interface Props {
  select: RunSelect;
  act: RunAct;
  /** The word on the button, from what the preview found. */
  confirm: (preview: RunsPreview | undefined) => string;
  close: () => void;
  /** Something is lost by it. */
  danger?: boolean;
  /** The way out that loses nothing. */
  keep?: string;
  /** Choices that belong to the act, above its preview. */
  children?: ReactNode;
  /** In place of the preview's own words. */
  shown?: ReactNode;
  /** Mark of the button for tests. */
  testid?: string;
}

/** An act, seen before it is done: what it touches, what it leaves out and why, a reason, and then just that. */
export function ActForm({ select, act, confirm, close, danger, keep = "Close preview", children, shown, testid = "act-confirm" }: Props) {
  const [why, setWhy] = useState("");
  const preview = useQuery({ ...read("runs.preview", { select, act }), staleTime: 0, gcTime: 0 });
  const [left, setLeft] = useState<RunsDone>();
  const { data } = preview;
  // What the preview left out was seen; only what was refused beyond it is news.
  const write = useWrite("runs.act", (reply) => (reply.refused.length > (data?.refused ?? 0) ? setLeft(reply) : close()));
  const go = () => write.mutate({ select, act, token: data?.token ?? null, why: reasonOf(why) }, { onError: () => void preview.refetch() });
  if (left) return <Left of={left} close={close} />;
  return (
    <div className="stack gap-3" data-testid="act-form">
      {children}
      {shown ?? <Shown of={preview} rows={3}>{(of) => <Touched of={of} one={(select.runs ?? []).length === 1} />}</Shown>}
      <Reason value={why} change={setWhy} />
      {write.error ? <FaultView of={write.error} /> : null}
      <div className="row">
        <Button kind={danger ? "danger" : "primary"} onClick={go} disabled={write.isPending || !data?.runs} testid={testid}>{confirm(data)}</Button>
        <Button kind="quiet" onClick={close}>{keep}</Button>
      </div>
    </div>
  );
}

/** What an act touches; `one`: of one run, whose name is told already. */
function Touched({ of, one }: { of: RunsPreview; one: boolean }) {
  return (
    <dl className="terms" data-testid="act-preview">
      <dt>Changes</dt>
      <dd>
        {of.runs > 0 ? <p>{one ? plural(of.task_runs, "task run") : `${plural(of.runs, "run")}, ${plural(of.task_runs, "task run")} in them`}</p> : <p className="t3">nothing</p>}
        {one ? null : <TouchedRuns rows={of.rows} all={of.runs} />}
      </dd>
      {of.refused > 0 ? <><dt>Leaves out</dt><dd><Refused rows={of.refusals} all={of.refused} one={one} /></dd></> : null}
    </dl>
  );
}

function TouchedRuns({ rows, all }: { rows: RunTouched[]; all: number }) {
  return (
    <>
      {rows.slice(0, NAMED).map(({ run, task_runs }) => <div key={run.id} className="row"><State of={shapeOfRun(run)} only /><Name of={run.title} most={40} /><span className="t3 small nowrap">{run.flow}, {plural(task_runs, "task run")}</span></div>)}
      {all > NAMED ? <p className="t3 small">and {plural(all - NAMED, "more run")}</p> : null}
    </>
  );
}

/** Runs to which it cannot be done, by the reason. */
function Refused({ rows, all, one }: { rows: RunRefused[]; all: number; one: boolean }) {
  const whys = new Map<string, RunRefused[]>();
  for (const row of rows) whys.set(`${row.fault.what}: ${row.fault.why}`, [...(whys.get(`${row.fault.what}: ${row.fault.why}`) ?? []), row]);
  return (
    <>
      {one ? null : <p>{plural(all, "run")}</p>}
      {[...whys].slice(0, NAMED).map(([why, runs]) => <p key={why} className="t2 small" title={runs.map(({ run }) => run).join("\n")}>{one ? "" : `${runs.length} × `}{why}</p>)}
    </>
  );
}

/** It was done, but not to all. */
function Left({ of, close }: { of: RunsDone; close: () => void }) {
  return (
    <div className="stack gap-3" role="status" data-testid="act-left">
      <p>Done to {plural(of.done, "run")}, and not to {plural(of.refused.length, "other")}: runs go on while their preview is looked at.</p>
      <Refused rows={of.refused} all={of.refused.length} one={false} />
      <div className="row"><Button onClick={close}>Close</Button></div>
    </div>
  );
}

/** What can be done with a run as a whole. */
export type WholeAct = "retry" | "clear" | "cancel" | "cut" | "pause" | "resume";

const WHOLE: Record<WholeAct, { act: RunAct; title: string; verb: string; about: string; danger?: true }> = {
  retry: { act: { act: "retry", downstream: false }, title: "Retry what failed", verb: "Retry", about: "Task runs that failed, and those that never started because of them, go on from their last checkpoint." },
  clear: { act: { act: "clear" }, title: "Clear the whole run", verb: "Clear", about: "Every task runs again, as if the run had never begun, also where it succeeded. Copies that the ledger proves stay proved; nothing is deleted." },
  cancel: { act: { act: "cancel", hard: false }, title: "Cancel", verb: "Cancel", about: "Their bytes stop at once. What is confirmed is kept: a retry goes on from there. Nothing is deleted from the landing zone or the source.", danger: true },
  cut: { act: { act: "cancel", hard: true }, title: "Cut off", verb: "Cut off", about: "Attempts that do not stop are no longer waited for, and recorded as cancelled. What such an attempt still does is not known: look before you retry.", danger: true },
  pause: { act: { act: "pause" }, title: "Pause", verb: "Pause", about: "Nothing new starts. A copy stops and goes on later where it was; what else runs now finishes." },
  resume: { act: { act: "resume" }, title: "Resume", verb: "Resume", about: "What was held back starts again." },
};

/** An act on whole runs, in a dialog. */
export function WholeActDialog({ of, select, close }: { of: WholeAct; select: RunSelect; close: () => void }) {
  const { act, title, verb, about, danger } = WHOLE[of];
  const confirm = (preview: RunsPreview | undefined) => (preview ? `${verb} ${plural(preview.runs, "run")}` : verb);
  return (
    <Dialog title={title} close={close} testid="act-dialog">
      <div className="actbox"><ActForm select={select} act={act} confirm={confirm} close={close} {...(danger && { danger })}><p className="t2">{about}</p></ActForm></div>
    </Dialog>
  );
}
