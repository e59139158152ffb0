import { useState } from "react";

import type { TaskRow, TaskRunRow, TaskState } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { count, duration, leftText, size, words } from "@/ui/format";
import { Bar, Empty, Loading, Name, Size, State, When } from "@/ui/parts";
import { nameOf } from "./retry";

type C = Column<TaskRunRow>;

const state: C = { head: "State", width: "8rem", cell: (row) => <State of={row.state} /> };
const name: C = { head: "Task run", width: "minmax(8rem, 2fr)", cell: (row) => <Named row={row} /> };
const item: C = { head: "Item", width: "minmax(8rem, 2fr)", cell: (row) => (row.label ? <Name of={row.label} most={40} /> : null) };
const tries: C = { head: "Attempts", width: "4.5rem", number: true, cell: (row) => row.attempts };
const bar: C = { head: "Progress", width: "minmax(4rem, 2fr)", cell: (row) => (row.progress.bytes_total ? <Bar done={row.progress.bytes} total={row.progress.bytes_total} state={row.state} /> : null) };
const confirmed: C = { head: "Confirmed", width: "9.5rem", number: true, cell: (row) => (row.progress.bytes_total ? <Size of={row.progress.bytes} whole={row.progress.bytes_total} /> : row.progress.files_total ? `${count(row.progress.files)} files` : null) };
const rate: C = { head: "Rate", width: "6rem", number: true, cell: (row) => (row.progress.rate ? `${size(row.progress.rate)}/s` : null) };
const left: C = { head: "Left", width: "minmax(5.5rem, 1fr)", number: true, cell: leftOf };
const began: C = { head: "Started", width: "8rem", number: true, cell: (row) => <When at={row.started_at} /> };
const took: C = { head: "Duration", width: "6rem", number: true, cell: (row) => (row.started_at && row.ended_at ? duration((row.ended_at - row.started_at) / 1000) : null) };

/** The task may be cut, the index never: the task runs of a mapped task differ in nothing else. Of one task alone, the index and the item. */
function Named({ row, alone = false }: { row: TaskRunRow; alone?: boolean }) {
  const whole = row.label ? `${nameOf(row)}, ${row.label}` : nameOf(row);
  if (row.index === null) return <span className="med cut" title={whole}>{row.task}</span>;
  return <span className="taskname" title={whole}>{alone ? null : <span className="med cut">{row.task}&nbsp;</span>}<span className="med">[{row.index}]</span>{alone && row.label ? <span className="t2 cut">{row.label}</span> : null}</span>;
}

function leftOf(row: TaskRunRow) {
  if (row.next_at) return <span title={row.waits ?? undefined}>{row.state === "deferred" ? "until" : "again"} <When at={row.next_at} /></span>;
  if (row.waits) return <span className="t2" title={row.waits}>{row.waits}</span>;
  if (row.fault) return <code className="mono">{row.fault.code}</code>;
  return row.progress.seconds_left ? leftText(row.progress.seconds_left) : null;
}

const NARROW: C[] = [{ ...state, width: "6.5rem" }, { ...name, width: "minmax(6rem, 3fr)" }, { ...bar, width: "minmax(2rem, 1fr)" }, { ...confirmed, width: "8.25rem" }];
const WIDE: C[] = [state, name, item, tries, bar, confirmed, rate, left, began, took];
const MIDDLE: C[] = [state, name, bar, confirmed, rate, left, took];

/** The same columns where all rows are of one task. */
const aloneIn = (columns: C[]): C[] => columns.map((column) => (column.head === name.head ? { ...column, cell: (row) => <Named row={row} alone /> } : column));
const [NARROW_ALONE, MIDDLE_ALONE] = [aloneIn(NARROW), aloneIn(MIDDLE)];

const STATES: TaskState[] = ["running", "queued", "deferred", "up_for_retry", "failed", "upstream_failed", "interrupted", "success", "cancelled", "skipped", "none"];

interface Props {
  run: string;
  tasks: TaskRow[];
  /** Task runs of this task alone. */
  only?: string | undefined;
  selected?: string | undefined;
  index?: number | undefined;
  choose: (task: string, index: number | undefined) => void;
  narrow?: boolean;
  filters?: boolean;
}

/** Task runs of a run, any number of them. */
export function TaskRuns({ run, tasks, only, selected, index, choose, narrow, filters }: Props) {
  const [wanted, setWanted] = useState<TaskState | "">("");
  const [task, setTask] = useState("");
  const list = usePaged("run.task_runs", { run, task: only ?? (task || null), states: wanted ? [wanted] : [] });
  const wide = window.innerWidth >= 1600;
  const columns = narrow ? (only ? NARROW_ALONE : NARROW) : wide ? WIDE : only ? MIDDLE_ALONE : MIDDLE;
  return (
    <>
      {filters ? (
        <div className="toolbar">
          <select className="input w-auto" aria-label="Task" value={task} onChange={(event) => setTask(event.target.value)}><option value="">All tasks</option>{tasks.map((row) => <option key={row.id}>{row.id}</option>)}</select>
          <select className="input w-auto" aria-label="State" value={wanted} onChange={(event) => setWanted(event.target.value as TaskState | "")}><option value="">All states</option>{STATES.map((one) => <option key={one} value={one}>{words(one)}</option>)}</select>
          <span className="t3 small">{list.total === undefined ? "" : `${count(list.total)} task runs`}</span>
        </div>
      ) : null}
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : (
        <Table
          label={only ? `Task runs of ${only}` : "Task runs"} columns={columns} total={list.total ?? 0} at={list.at} onRange={list.onRange} testid="task-runs"
          keyOf={nameOf} onOpen={(row) => choose(row.task, row.index ?? undefined)} empty={<Empty title="No task run matches" />}
          {...(selected && { selected: nameOf({ task: selected, index: index ?? null }) })}
        />
      )}
    </>
  );
}
