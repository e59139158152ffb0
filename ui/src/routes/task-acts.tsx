import { AlarmClock, Eraser, RotateCcw, SquareCheck } from "lucide-react";
import { useState } from "react";

import { useReadExact } from "@/api/client";
import type { MarkState, RunAct, RunsPreview, TaskState } from "@/api/types";
import { plural, words } from "@/ui/format";
import { Button, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { ActForm, theseRuns } from "./acts";
import { Touches } from "./retry";

/** One task run, or all task runs of a task. */
interface Target { run: string; task: string; index: number | undefined }
type Choice = "retry" | "clear" | "mark" | "wake";

const SETTLED: TaskState[] = ["success", "failed", "upstream_failed", "skipped", "cancelled"];
const WAITING: TaskState[] = ["deferred", "up_for_retry"];
const MARKS: MarkState[] = ["success", "failed", "skipped"];

const nameOfTarget = ({ task, index }: Target) => (index === undefined ? task : `${task} [${index}]`);

/** What may be done with a task run, or all those of a task, each with its preview in the same place. */
export function TaskActs({ states, attempts, ...target }: Target & { states: TaskState[]; attempts?: number }) {
  const [choice, setChoice] = useState<Choice>();
  const close = () => setChoice(undefined);
  const failed = states.includes("failed");
  const settled = states.some((state) => SETTLED.includes(state));
  const waits = states.some((state) => WAITING.includes(state));
  const name = nameOfTarget(target);
  if (choice === "retry") return <footer className="preview"><h3 className="sec">Retry {name}{attempts === undefined ? "" : ` as attempt ${attempts + 1}`}</h3><RetryTask {...target} close={close} /></footer>;
  if (choice === "clear") return <footer className="preview"><h3 className="sec">Clear {name}</h3><ClearTask {...target} close={close} /></footer>;
  if (choice === "mark") return <footer className="preview"><h3 className="sec">Mark {name}</h3><MarkTask {...target} states={states} close={close} /></footer>;
  if (choice === "wake") return <footer className="preview"><h3 className="sec">Look now: {name}</h3><WakeTask {...target} close={close} /></footer>;
  return (
    <footer className="preview">
      <div className="row">
        {waits ? <Button onClick={() => setChoice("wake")} testid="task-wake"><AlarmClock aria-hidden />Look now…</Button> : null}
        {failed ? <Button onClick={() => setChoice("retry")} testid="task-retry"><RotateCcw aria-hidden />Retry…</Button> : null}
        {settled ? <Button onClick={() => setChoice("clear")} testid="task-clear"><Eraser aria-hidden />Clear…</Button> : null}
        <Button onClick={() => setChoice("mark")} testid="task-mark"><SquareCheck aria-hidden />Mark as…</Button>
      </div>
    </footer>
  );
}

function Check({ label, on, change, testid }: { label: string; on: boolean; change: (on: boolean) => void; testid: string }) {
  return <label className="check"><input type="checkbox" checked={on} onChange={(event) => change(event.target.checked)} data-testid={testid} />{label}</label>;
}

const taskRuns = (verb: string) => (preview: RunsPreview | undefined) => (preview ? `${verb} ${plural(preview.task_runs, "task run")}` : verb);

function RetryTask({ run, task, index, close }: Target & { close: () => void }) {
  const [downstream, setDownstream] = useState(false);
  const what = { task, index: index ?? null, downstream };
  const preview = useReadExact("run.retry_preview", { run, ...what });
  return (
    <ActForm select={theseRuns([run])} act={{ act: "retry", ...what }} confirm={taskRuns("Retry")} close={close} testid="retry-confirm" shown={<div data-testid="retry-preview"><Shown of={preview} rows={3}>{(shown) => <Touches of={shown} />}</Shown></div>}>
      <Check label="Also what lies downstream, even if it succeeded" on={downstream} change={setDownstream} testid="act-downstream" />
    </ActForm>
  );
}

/** A cleared task run starts again as if it had never run, also if it succeeded. */
function ClearTask({ run, task, index, close }: Target & { close: () => void }) {
  const [downstream, setDownstream] = useState(true);
  const [upstream, setUpstream] = useState(false);
  const [onlyFailed, setOnlyFailed] = useState(false);
  const act: RunAct = { act: "clear", task, index: index ?? null, downstream, upstream, only_failed: onlyFailed };
  return (
    <ActForm select={theseRuns([run])} act={act} confirm={taskRuns("Clear")} close={close}>
      <p className="t2 small">It runs again, also where it succeeded. Copies that the ledger proves stay proved; nothing is deleted.</p>
      <Check label="Also what lies downstream" on={downstream} change={setDownstream} testid="act-downstream" />
      <Check label="Also what lies upstream" on={upstream} change={setUpstream} testid="act-upstream" />
      <Check label="Of all these only what failed or was stopped" on={onlyFailed} change={setOnlyFailed} testid="act-only-failed" />
    </ActForm>
  );
}

/** What waits for a time looks at once. */
function WakeTask({ run, task, index, close }: Target & { close: () => void }) {
  return (
    <ActForm select={theseRuns([run])} act={{ act: "wake", task, index: index ?? null }} confirm={taskRuns("Wake")} close={close}>
      <p className="t2 small">What is deferred, or waits for its next try, looks at once; the waiting after that is as before.</p>
    </ActForm>
  );
}

function MarkTask({ run, task, index, states, close }: Target & { states: TaskState[]; close: () => void }) {
  const [state, setState] = useState<MarkState>(states.every((one) => one === "success") ? "skipped" : "success");
  return (
    <ActForm select={theseRuns([run])} act={{ act: "mark", task, index: index ?? null, state, output: null }} confirm={(preview) => `${taskRuns("Mark")(preview)} as ${words(state)}`} close={close} danger={state === "failed"}>
      <div className="seg" role="group" aria-label="State">
        {MARKS.map((one) => <button key={one} type="button" aria-pressed={one === state} onClick={() => setState(one)} data-testid={`mark-${one}`}><State of={one} /></button>)}
      </div>
      <p className="t2 small">What runs is stopped first. {state === "failed" ? "What needs it does not start." : "What waits for it goes on, as its trigger rule says."} A mark proves nothing: bytes count as proved only once they were read back.</p>
    </ActForm>
  );
}
