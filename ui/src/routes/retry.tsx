import { useReadExact } from "@/api/client";
import type { RetryPreview, TaskRunRow } from "@/api/types";
import { plural } from "@/ui/format";
import { State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { ActForm, theseRuns } from "./acts";

/** How a task run is named: `pack [9]`. */
export const nameOf = (row: Pick<TaskRunRow, "task" | "index">) => (row.index === null ? row.task : `${row.task} [${row.index}]`);

/** A retry of all that failed in a run, shown before it is done: what it touches, from where it resumes, what it leaves alone. */
export function RetryForm({ run, close }: { run: string; close: () => void }) {
  const preview = useReadExact("run.retry_preview", { run, task: null, index: null, downstream: false });
  const confirm = () => `Retry ${plural(preview.data?.count ?? 0, "task run")}`;
  return <ActForm select={theseRuns([run])} act={{ act: "retry", downstream: false }} confirm={confirm} close={close} testid="retry-confirm" shown={<div data-testid="retry-preview"><Shown of={preview} rows={3}>{(shown) => <Touches of={shown} />}</Shown></div>} />;
}

/** What a retry touches, task run by task run. */
export function Touches({ of }: { of: RetryPreview }) {
  const shown = of.touches.slice(0, 6);
  return (
    <dl className="terms">
      <dt>Changes</dt>
      <dd>
        {shown.map((row) => <div key={nameOf(row)} className="row"><State of={row.state} only /><span className="none nowrap">{nameOf(row)}</span>{row.label ? <span className="t3 cut">{row.label}</span> : null}</div>)}
        {of.count > shown.length ? <span className="t3">and {plural(of.count - shown.length, "more task run")}</span> : null}
        {of.count === 0 ? <span className="t3">nothing: no task run failed</span> : null}
      </dd>
      {of.resumes.length > 0 ? <><dt>Resumes</dt><dd>{of.resumes.slice(0, 6).map((line) => <div key={line}>{line}</div>)}</dd></> : null}
      <dt>Leaves alone</dt><dd>{plural(of.leaves, "task run")}</dd>
    </dl>
  );
}
