import { useState } from "react";

import { useReadExact, useWrite } from "@/api/client";
import type { RetryPreview, TaskRunRow } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, State } from "@/ui/parts";
import { Shown } from "@/ui/query";

/** How a task run is named: `pack [9]`. */
export const nameOf = (row: Pick<TaskRunRow, "task" | "index">) => (row.index === null ? row.task : `${row.task} [${row.index}]`);

/** A retry, shown before it is done: what it touches, from where it resumes, what it leaves alone. */
export function RetryForm({ run, task, index, close }: { run: string; task?: string | undefined; index?: number | undefined; close: () => void }) {
  const [downstream, setDownstream] = useState(false);
  const args = { run, task: task ?? null, index: index ?? null, downstream };
  const preview = useReadExact("run.retry_preview", args);
  const retry = useWrite("run.retry", close);
  return (
    <div className="stack gap-3" data-testid="retry-preview">
      <Shown of={preview} rows={3}>{(shown) => <Touches of={shown} />}</Shown>
      {task ? <label className="check"><input type="checkbox" checked={downstream} onChange={(event) => setDownstream(event.target.checked)} />Also what lies downstream, even if it succeeded</label> : null}
      {retry.error ? <FaultView of={retry.error} /> : null}
      <div className="row">
        <Button kind="primary" onClick={() => retry.mutate(args)} disabled={retry.isPending || !preview.data?.count} testid="retry-confirm">Retry {plural(preview.data?.count ?? 0, "task run")}</Button>
        <Button kind="quiet" onClick={close}>Close preview</Button>
      </div>
    </div>
  );
}

function Touches({ of }: { of: RetryPreview }) {
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
