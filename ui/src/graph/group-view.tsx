import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { ChevronsDownUp, ChevronsUpDown } from "lucide-react";
import { memo, use } from "react";

import type { TaskRow } from "@/api/types";
import { count, plural, words } from "@/ui/format";
import { State } from "@/ui/parts";
import { GraphActs } from "./acts";
import { summed } from "./groups";
import { CountsBar } from "./node";

/** A group that is closed to one node. `rows` is absent in the graph of a flow that does not run. */
export type GroupNode = Node<{ group: string; tasks: number; rows: TaskRow[] | undefined }, "closed">;
/** The box around an open group. */
export type BoxNode = Node<{ group: string }, "box">;

/** A closed group: how its task runs stand, all together. */
export const GroupView = memo(function GroupView({ data, width, height, id }: NodeProps<GroupNode>) {
  const acts = use(GraphActs);
  const { group, tasks, rows } = data;
  const sum = rows ? summed(rows) : undefined;
  const told = sum ? sum.counts.map(({ state, count: many }) => `${count(many)} ${words(state)}`).join(", ") : plural(tasks, "task");
  return (
    <div className={`node nopan tgroup s-${sum?.state ?? "none"}`} style={{ width, height }} data-state={sum?.state}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button type="button" className="node-b" onClick={() => acts.fold(group)} onKeyDown={(event) => acts.move(event, id)} aria-expanded={false} data-testid={`node-${id}`} title={`Open the group ${group}`}>
        {sum ? <State of={sum.state} only /> : null}
        <span className="grow">
          <span className="nm cut">{group} <span className="t2">{plural(tasks, "task")}</span></span>
          {sum ? <CountsBar counts={sum.counts} whole={sum.whole} /> : null}
          <span className="sb cut" title={told}>{told}</span>
        </span>
        <ChevronsUpDown size={14} aria-hidden />
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});

/** The box around the tasks of an open group, with its name and the way to close it. */
export const BoxView = memo(function BoxView({ data, width, height }: NodeProps<BoxNode>) {
  const acts = use(GraphActs);
  return (
    <div className="groupbox" style={{ width, height }}>
      <button type="button" className="nopan" onClick={() => acts.fold(data.group)} aria-expanded data-testid={`close-${data.group}`} title={`Close the group ${data.group}`}>{data.group}<ChevronsDownUp size={12} aria-hidden /></button>
    </div>
  );
});
