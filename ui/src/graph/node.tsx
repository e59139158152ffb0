import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { ChevronDown, ChevronUp } from "lucide-react";
import { memo, use } from "react";

import { useRead } from "@/api/client";
import type { GraphNode, StateCount, TaskRow } from "@/api/types";
import { count, duration, leftText, moment, ofWhole, plural, words } from "@/ui/format";
import { State } from "@/ui/parts";
import { GraphActs } from "./acts";
import { Child } from "./child";
import { MOST_CELLS } from "./place";

/** What a node shows. `row` is absent in the graph of a flow that does not run. */
export type TaskNode = Node<{ node: GraphNode; row: TaskRow | undefined; run: string | undefined; opened: boolean; chosen: boolean; index: number | undefined }, "task">;

function amount(row: TaskRow): string {
  const { bytes, bytes_total: total, files, files_total } = row.progress;
  if (total) {
    const { part, whole, unit } = ofWhole(bytes, total);
    return row.state === "success" ? `${whole} ${unit}` : `${part} of ${whole} ${unit}`;
  }
  if (files_total) return row.state === "success" ? plural(files_total, "file") : `${count(files)} of ${count(files_total)} files`;
  return "";
}

/** What is told of a task below its name, in few words. */
export function told(row: TaskRow | undefined, node: GraphNode): string {
  if (!row) return node.when ? `when ${node.when}` : node.uses;
  if (row.state === "none") return node.uses;
  if (row.state === "upstream_failed" || row.state === "skipped") return words(row.state);
  if (row.state === "deferred" && row.next_at) return `${row.waits ?? "waits"}, until ${moment(row.next_at).text}`;
  if (row.waits && row.state !== "running") return row.waits;
  const parts = [amount(row)];
  if (row.state === "running" && row.progress.seconds_left) parts.push(`${leftText(row.progress.seconds_left)} left`);
  if (row.state === "success" && row.started_at && row.ended_at) parts.push(duration((row.ended_at - row.started_at) / 1000));
  if (row.fault) return row.fault.code;
  const text = parts.filter(Boolean).join(", ");
  return text || row.waits || words(row.state);
}

const done = (row: TaskRow) => row.counts.find(({ state }) => state === "success")?.count ?? 0;

/** Task runs by state, as shares of one bar. */
export function CountsBar({ counts, whole }: { counts: StateCount[]; whole: number }) {
  return <div className="gbar">{counts.filter(({ state }) => state !== "none").map(({ state, count }) => <i key={state} className={`s-${state}`} style={{ width: `${(count / whole) * 100}%` }} />)}</div>;
}

/** Task runs of an opened node, one cell each. */
function Cells({ run, task, expanded, index }: { run: string; task: string; expanded: number; index: number | undefined }) {
  const acts = use(GraphActs);
  const rows = useRead("run.task_runs", { run, task, limit: MOST_CELLS });
  return (
    <>
      <div className="cells">
        {rows.data?.rows.map((row) => (
          <button key={row.index} type="button" className={`cell${row.index === index ? " sel" : ""}`} onClick={() => acts.choose(task, row.index ?? undefined)} title={`${row.label ?? `${task} [${row.index}]`}: ${words(row.state)}`} data-testid={`cell-${task}-${row.index}`}>
            <State of={row.state} only /><em>{row.index}</em>
          </button>
        ))}
      </div>
      {expanded > MOST_CELLS ? <div className="sb">and {plural(expanded - MOST_CELLS, "more task run")}</div> : null}
    </>
  );
}

function Mapped({ node, row, run, opened, index }: TaskNode["data"]) {
  const whole = row?.expanded ?? 0;
  const counts = row?.counts.map(({ state, count }) => `${count} ${words(state)}`).join(", ");
  return (
    <>
      {row && whole > 0 ? <CountsBar counts={row.counts} whole={whole} /> : <div className="gbar" />}
      {opened && run ? <Cells run={run} task={node.id} expanded={whole} index={index} /> : null}
      <div className="sb cut" title={counts}>{row?.fault ? counts : row ? told(row, node) : `${node.uses}, one task run for each item`}</div>
    </>
  );
}

const PARTS: Record<string, string> = { setup: "Makes ready what the tasks below it need", teardown: "Takes away what was made ready, however the tasks ended" };

/** One task: its state, name and amounts; a mapped one opens to its task runs. */
export const TaskView = memo(function TaskView({ data, width, height }: NodeProps<TaskNode>) {
  const acts = use(GraphActs);
  const { node, row, run, opened, chosen } = data;
  const state = row?.state ?? "none";
  const whole = row?.expanded;
  const runs = node.uses === "flow.run" && !node.mapped && row !== undefined && row.started_at !== null;
  return (
    <div className={`node nopan s-${state}${node.mapped || (runs && opened) ? " grp" : ""}${chosen ? " chosen" : ""}${node.role === "task" ? "" : " fin"}`} style={{ width, height }} data-state={state}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <div className="gh">
        <button type="button" className="node-b" onClick={() => acts.choose(node.id, undefined)} onKeyDown={(event) => acts.move(event, node.id)} data-testid={`node-${node.id}`} data-state={state} aria-pressed={chosen}>
          {row ? <State of={state} only /> : null}
          <span className="grow">
            <span className="nm cut">{node.id}{whole ? <span className="t2"> [{row ? done(row) : 0}/{whole}]</span> : null}</span>
            {node.mapped ? null : <span className="sb cut" title={told(row, node)}>{told(row, node)}</span>}
          </span>
        </button>
        {node.part ? <span className="part" title={PARTS[node.part]} data-testid={`part-${node.id}`}>{node.part}</span> : null}
        {(node.mapped && whole) || (runs && run) ? (
          <button type="button" className="iconbtn sm" onClick={() => acts.toggle(node.id)} aria-expanded={opened} aria-label={runs ? `Run that ${node.id} started` : `Task runs of ${node.id}`} data-testid={`open-${node.id}`}>{opened ? <ChevronUp size={14} aria-hidden /> : <ChevronDown size={14} aria-hidden />}</button>
        ) : null}
      </div>
      {node.mapped ? <Mapped {...data} /> : null}
      {runs && opened && run && row ? <Child run={run} task={row} /> : null}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});
