import { useNavigate } from "@tanstack/react-router";

import { useRead } from "@/api/client";
import type { RunRow, TaskRunDetail } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { duration } from "@/ui/format";
import { Amounts, Bar, Name, State, When } from "@/ui/parts";
import { RunLink } from "./links";
import { shapeOfRun } from "./shape";

const columns: Column<RunRow>[] = [
  { head: "State", width: "8rem", cell: (row) => <State of={shapeOfRun(row)} word={row.waits ? "waits" : undefined} /> },
  { head: "Run of", width: "minmax(8rem, 2fr)", cell: (row) => <span className="med"><Name of={row.title} most={48} /></span> },
  { head: "Flow", width: "minmax(7rem, 1fr)", cell: (row) => <span className="t2">{row.flow}</span> },
  { head: "Note", width: "minmax(6rem, 1fr)", cell: (row) => (row.fault ? <code className="mono t2" title={row.fault.what}>{row.fault.code}</code> : <span className="t2 cut" title={row.waits ?? ""}>{row.waits}</span>) },
  { head: "Started", width: "8.5rem", number: true, cell: (row) => <When at={row.started_at} /> },
  { head: "Duration", width: "6rem", number: true, cell: (row) => (row.started_at ? duration(((row.ended_at ?? Date.now()) - row.started_at) / 1000) : null) },
];

/** Runs that a run started. */
export function ChildRuns({ rows }: { rows: RunRow[] }) {
  const navigate = useNavigate();
  const open = (row: RunRow) => void navigate({ to: "/runs/$run", params: { run: row.id }, search: { tab: undefined, task: undefined, index: undefined } });
  return <Table label="Child runs" columns={columns} total={rows.length} at={(at) => rows[at]} keyOf={(row) => row.id} onOpen={open} testid="child-runs" />;
}

/** The run that a task of the kind `flow.run` started, if it has: kept in its checkpoint, and told in its output. */
export function childOf({ uses, checkpoint, output }: Pick<TaskRunDetail, "uses" | "checkpoint" | "output">): string | undefined {
  if (uses !== "flow.run") return undefined;
  const runs = [output, checkpoint].map((value) => (typeof value === "object" && value !== null && "run" in value ? value.run : undefined));
  return runs.find((run) => typeof run === "string");
}

/** A child run inside the task run that started it: its state, its amounts, and its tasks, each a way into it. */
export function ChildRun({ run }: { run: string }) {
  const child = useRead("run.show", { run });
  if (!child.data) return <p className="sd"><RunLink run={run}>Run {run}</RunLink></p>;
  const { run: row, tasks } = child.data;
  return (
    <section className="childrun" aria-label="Child run" data-testid="child-run">
      <div className="row"><State of={shapeOfRun(row)} chip /><RunLink run={run} className="link cut grow">{row.flow}: {row.title}</RunLink></div>
      {row.progress.bytes_total ? <><Bar done={row.progress.bytes} total={row.progress.bytes_total} state={shapeOfRun(row)} /><Amounts of={row.progress} /></> : null}
      {row.waits ? <p className="t2 small">{row.waits}</p> : null}
      <ul>{tasks.map((task) => <li key={task.id} className="row"><State of={task.state} only /><RunLink run={run} task={task.id}>{task.id}</RunLink>{task.expanded === null ? null : <span className="t3 small">{task.expanded} task runs</span>}{task.fault ? <code className="mono t2">{task.fault.code}</code> : null}</li>)}</ul>
    </section>
  );
}
