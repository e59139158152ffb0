import "@/styles/lists.css";
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { useState } from "react";

import { useReadExact } from "@/api/client";
import type { AttemptRow, RunDetail, TaskRow, TaskRunDetail } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { duration, percent, plural } from "@/ui/format";
import { Amounts, Bar, Name, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Answer, waitsForAnswer } from "./approve";
import { GiveSecret, lacksSecret } from "./give-secret";
import { LogView } from "./log";
import { ChildRun, childOf } from "./run-children";
import { TaskRuns } from "./run-tasks";
import { TaskActs } from "./task-acts";

type Choose = (task: string | undefined, index: number | undefined) => void;

/** What is known of a task: of its one task run, or of the chosen one of a mapped task. */
export function TaskPane({ detail, task, index, choose }: { detail: RunDetail; task: TaskRow; index: number | undefined; choose: Choose }) {
  const run = detail.run.id;
  const mapped = task.mapped && index === undefined;
  return (
    <aside className="pane side" aria-label={`Task ${task.id}`} data-testid="task-pane">
      <PaneHead task={task} index={index} choose={choose} />
      {mapped ? <MappedTask run={run} task={task} tasks={detail.tasks} choose={choose} /> : <OneTaskRun run={run} flow={detail.run.flow} task={task.id} index={index} />}
    </aside>
  );
}

function PaneHead({ task, index, choose }: { task: TaskRow; index: number | undefined; choose: Choose }) {
  const last = (task.expanded ?? 1) - 1;
  return (
    <header className="pane-h">
      <State of={task.state} only />
      <h2 className="sec cut grow">{task.id}{index === undefined ? "" : ` [${index}]`} <span className="t3 small">{task.uses}</span></h2>
      {index === undefined ? null : (
        <>
          <button type="button" className="iconbtn" aria-label="Previous task run" disabled={index === 0} onClick={() => choose(task.id, index - 1)}><ChevronLeft size={16} aria-hidden /></button>
          <button type="button" className="iconbtn" aria-label="Next task run" disabled={index >= last} onClick={() => choose(task.id, index + 1)}><ChevronRight size={16} aria-hidden /></button>
        </>
      )}
      <button type="button" className="iconbtn" aria-label="Close" data-close onClick={() => choose(undefined, undefined)}><X size={16} aria-hidden /></button>
    </header>
  );
}

function MappedTask({ run, task, tasks, choose }: { run: string; task: TaskRow; tasks: TaskRow[]; choose: Choose }) {
  return (
    <>
      {task.fault ? <FaultView of={task.fault} /> : null}
      <Progress of={task} />
      {task.expanded === null ? <p className="pad t3">How many task runs it has is known once what it needs has ended.</p> : <TaskRuns run={run} tasks={tasks} only={task.id} selected={task.id} choose={choose} narrow />}
      {task.expanded === null ? null : <TaskActs run={run} task={task.id} index={undefined} states={task.counts.map(({ state }) => state)} />}
    </>
  );
}

function Progress({ of }: { of: Pick<TaskRow, "progress" | "state" | "waits"> }) {
  const { progress, state } = of;
  const moves = progress.bytes_total ?? progress.files_total;
  if (!moves) return of.waits ? <p className="sd t2">{of.waits}</p> : null;
  const done = progress.bytes_total ? progress.bytes : progress.files;
  return (
    <div className="sd">
      <div className="amounts"><Amounts of={progress} /><span className="t3">{percent(done, moves)}</span></div>
      <Bar done={done} total={moves} state={state} />
      {progress.now ? <span className="small t3 row"><Name of={progress.now} most={56} mono /></span> : null}
      {of.waits ? <p className="t2 small">{of.waits}</p> : null}
    </div>
  );
}

function OneTaskRun({ run, flow, task, index }: { run: string; flow: string; task: string; index: number | undefined }) {
  const detail = useReadExact("run.task_run", { run, task, index: index ?? null });
  const [attempt, setAttempt] = useState<number>();
  return (
    <Shown of={detail}>{(shown) => (
      <>
        {waitsForAnswer(shown) ? <Answer run={run} of={shown} /> : null}
        <div className="paneb">
          {shown.row.fault ? <FaultView of={shown.row.fault} /> : null}
          {lacksSecret(shown.row.fault?.code) ? <GiveSecret run={run} flow={flow} /> : null}
          {childOf(shown) === undefined ? null : <ChildRun run={childOf(shown) ?? ""} />}
          <Progress of={shown.row} />
          {shown.row.next_at && !waitsForAnswer(shown) ? <p className="sd t2 small" data-testid="task-next">{shown.row.state === "deferred" ? "waits, and looks again at the latest" : "tries again"} <When at={shown.row.next_at} /></p> : null}
          <Attempts rows={shown.attempts} chosen={attempt} choose={setAttempt} />
          <Values of={shown} />
        </div>
        <LogView key={attempt} scope={{ run, task, index, attempt }} />
        <TaskActs run={run} task={task} index={index} states={[shown.row.state]} attempts={shown.row.attempts} />
      </>
    )}</Shown>
  );
}

/** Attempts, newest first. One that is chosen shows its own part of the log. */
function Attempts({ rows, chosen, choose }: { rows: AttemptRow[]; chosen: number | undefined; choose: (attempt: number | undefined) => void }) {
  if (rows.length === 0) return <p className="sd t3 small">Not started yet.</p>;
  return (
    <table className="att dense" aria-label={plural(rows.length, "attempt")}>
      <thead><tr><th className="num">#</th><th>State</th><th className="num">Started</th><th className="num">Ran for</th><th>Code</th></tr></thead>
      <tbody>{rows.map((row) => (
        <tr key={row.number} aria-selected={row.number === chosen || undefined}>
          <td className="num"><button type="button" className="bare link" aria-pressed={row.number === chosen} aria-label={`Log of attempt ${row.number}`} onClick={() => choose(row.number === chosen ? undefined : row.number)} data-testid={`attempt-${row.number}`}>{row.number}</button></td>
          <td><State of={row.state} /></td><td className="num"><When at={row.started_at} /></td>
          <td className="num">{row.ended_at ? duration((row.ended_at - row.started_at) / 1000) : ""}</td><td className="mono">{row.fault?.code}</td>
        </tr>
      ))}</tbody>
    </table>
  );
}

/** What it was given, what it gave, and where it would go on. */
function Values({ of }: { of: TaskRunDetail }) {
  const parts: Array<[string, unknown]> = [["Parameters", of.with], ["Output", of.output], ["Checkpoint", of.checkpoint]];
  return (
    <div className="vals">
      {parts.filter(([, value]) => value !== null && value !== undefined).map(([title, value]) => (
        <details key={title}><summary>{title}</summary><pre className="mono sel">{JSON.stringify(value, null, 2)}</pre></details>
      ))}
    </div>
  );
}
