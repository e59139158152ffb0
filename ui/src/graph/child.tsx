import { useRead } from "@/api/client";
import type { TaskRow } from "@/api/types";
import { RunLink } from "@/routes/links";
import { childOf } from "@/routes/run-children";
import { shapeOfRun } from "@/routes/shape";
import { State } from "@/ui/parts";

/** The run that a task has started, in its node: how it stands, and its tasks, each a way into it. */
export function Child({ run, task }: { run: string; task: TaskRow }) {
  const detail = useRead("run.task_run", { run, task: task.id, index: null });
  const child = detail.data ? childOf(detail.data) : undefined;
  if (child !== undefined) return <ChildTasks run={child} />;
  return <div className="child sb">{detail.error ? detail.error.what : detail.data ? "It has not started a run yet" : null}</div>;
}

function ChildTasks({ run }: { run: string }) {
  const child = useRead("run.show", { run });
  return (
    <div className="child nowheel nodrag" data-testid="node-child">
      {child.data ? <div className="row"><State of={shapeOfRun(child.data.run)} only /><RunLink run={run} className="link cut grow">{child.data.run.flow}</RunLink></div> : <RunLink run={run}>Run {run}</RunLink>}
      <ul>{child.data?.tasks.map((task) => <li key={task.id} className="row"><State of={task.state} only /><RunLink run={run} task={task.id} className="cut">{task.id}</RunLink>{task.expanded === null ? null : <span className="t3">{task.expanded}</span>}</li>)}</ul>
    </div>
  );
}
