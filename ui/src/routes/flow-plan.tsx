import type { FlowPlan, PlannedTask } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { count, duration, plural, size } from "@/ui/format";
import { Size, State } from "@/ui/parts";
import { NeedBar } from "@/ui/space";
import { RunLink } from "./links";

/** What a run would do, before it is started: task runs, bytes, room in each place, time from past runs. */
export function Plan({ of }: { of: FlowPlan }) {
  return (
    <section className="stack gap-3" aria-label="Plan" data-testid="flow-plan">
      <p><b className="med">{of.bytes > 0 ? size(of.bytes) : "No bytes known beforehand"}</b>{of.unknown.length > 0 ? <span className="t2">; {of.unknown.join(", ")} need{of.unknown.length === 1 ? "s" : ""} what is known only in the run</span> : null}</p>
      {of.held_by ? <p>Another run holds the same guard: <RunLink run={of.held_by}>{of.held_by}</RunLink></p> : null}
      {of.refused.map((fault) => <FaultView key={fault.code + fault.what} of={fault} />)}
      <table className="dense" aria-label="Tasks of the plan">
        <thead><tr><th>Task</th><th className="num">Task runs</th><th className="num">Bytes</th><th className="num">One takes</th></tr></thead>
        <tbody>{of.tasks.map((task) => <Row key={task.id} of={task} />)}</tbody>
      </table>
      {of.space.map((need) => (
        <div key={need.storage} className="field">
          <div className="row"><span className="grow">{need.storage} needs <Size of={need.needs} /></span><span className="t2"><Size of={need.free_unreserved} /> free minus reserved</span></div>
          <NeedBar of={need} />
          {need.short > 0 ? <State of="queued" word={`${size(need.short)} short, waits`} /> : null}
        </div>
      ))}
    </section>
  );
}

function Row({ of }: { of: PlannedTask }) {
  return (
    <tr className={of.skipped ? "t3" : undefined} title={of.skipped ?? of.problem?.why}>
      <td>{of.id}{of.role === "task" ? "" : ` (${of.role.replaceAll("_", " ")})`}{of.skipped ? ", skipped" : ""}</td>
      <td className="num">{of.runs === null ? of.expects : count(of.runs)}</td>
      <td className="num"><Size of={of.bytes} /></td>
      <td className="num">{of.seconds === null ? <span className="t3">not known</span> : <span title={`median of ${plural(of.past, "task run")}`}>{duration(of.seconds)}</span>}</td>
    </tr>
  );
}
