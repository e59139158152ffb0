import "@/styles/flows.css";
import { Link, getRouteApi } from "@tanstack/react-router";

import { useRead } from "@/api/client";
import type { Fault, FlowRow } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { moment, plural, words } from "@/ui/format";
import { Empty, Head } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { useEngines } from "./remote/engines";
import { FlowsThere } from "./remote/flows";

const route = getRouteApi("/flows");

/** The last runs of a flow, one bar each, newest at the right. */
function LastRuns({ states }: { states: string[] }) {
  const told = states.length === 0 ? "no runs yet" : `last ${plural(states.length, "run")}: ${[...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${words(state)}`).join(", ")}`;
  // A place in the row is all that tells one run from the next: states repeat.
  // oxlint-disable-next-line react/no-array-index-key
  return <div className="rb" role="img" aria-label={told} title={told}>{states.map((state, at) => <i key={at} className={`s-${state}`} />)}</div>;
}

/** The list of flows; the chosen one is in the address. */
export function FlowList({ chosen }: { chosen?: string }) {
  const flows = useRead("flow.list", {});
  const workspace = useRead("workspace.show", {});
  const engines = useEngines();
  return (
    <>
      <Head title="Flows" end={engines?.length ? <Link className="btn" to="/flows" search={{ at: "engines" }} data-testid="flows-there-link">Other engines</Link> : null} />
      <Shown of={flows}>{(rows) => rows.length === 0 ? <Empty title="No flows" /> : (
        <ul className="flowlist" data-testid="flows">
          {rows.map((row) => <FlowItem key={row.id} row={row} chosen={row.id === chosen} />)}
        </ul>
      )}</Shown>
      {workspace.data ? <p className="t3 small padx flowhint">Your own flow files go into <code className="mono sel break">{workspace.data.flows_folder}</code>; they are read again whenever they change.</p> : null}
    </>
  );
}

/** Where a flow comes from, what of it runs, and when it runs next, in few words. */
function toldOf(row: FlowRow): string {
  const parts = [row.deleted ? "file deleted" : row.built_in ? "built in" : "your own", plural(row.tasks, "task")];
  if (row.active > 0) parts.push(`${row.active} running`);
  if (row.paused) parts.push("schedules paused");
  else if (row.next !== null) parts.push(`next ${moment(row.next).text}`);
  else if (row.schedules.length > 0) parts.push("watches a folder");
  return parts.join(", ");
}

/** A file that never was a flow: there is no page to open, so all is said here. */
function NeverGood({ row, fault }: { row: FlowRow; fault: Fault }) {
  return (
    <li data-testid={`flow-${row.id}`}>
      <p className="nevergood"><span className="med cut" title={row.file ?? undefined}>{row.id}</span><span className="t3 small">not a flow yet</span></p>
      <FaultView of={fault} />
    </li>
  );
}

/** That a newer text is refused, and where; the flow's page says the rest. */
function Refused({ fault }: { fault: Fault }) {
  const place = fault.at?.split(" ")[0]?.split(":").slice(-2).join(":");
  return <span className="note-error small cut" data-testid="flow-refused" title={`${fault.what}: ${fault.why}`}>{place ? `Its file is wrong at ${place}` : fault.what}</span>;
}

function FlowItem({ row, chosen }: { row: FlowRow; chosen: boolean }) {
  if (row.refused && row.tasks === 0) return <NeverGood row={row} fault={row.refused} />;
  return (
    <li>
      <Link to="/flows/$flow" params={{ flow: row.id }} aria-current={chosen ? "true" : undefined} data-testid={`flow-${row.id}`}>
        <span className="grow"><span className="med cut">{row.id}</span><span className="t3 small cut" title={row.schedules.join("\n")}>{toldOf(row)}</span>{row.refused ? <Refused fault={row.refused} /> : null}</span>
        <LastRuns states={row.last_states} />
      </Link>
    </li>
  );
}

/** Flows, none chosen yet; or those of other engines. */
export function Flows() {
  const { at } = route.useSearch();
  if (at !== undefined) return <FlowsThere />;
  return (
    <div className="md flowmd">
      <div className="pane scroll"><FlowList /></div>
      <div className="pane"><Empty title="Choose a flow">Its graph, its parameters and its file are shown here, and it can be started.</Empty></div>
    </div>
  );
}
