import { Link, getRouteApi } from "@tanstack/react-router";
import { ChevronRight, RotateCcw } from "lucide-react";
import { Suspense, lazy, useMemo, useState } from "react";

import type { Fault, RemoteRunDetail, RemoteTaskRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { duration } from "@/ui/format";
import { Button, Empty, Facts, Head, Loading, Name, When } from "@/ui/parts";
import { Tabs } from "@/ui/tabs";
import { CancelThere, RetryThere } from "./acts";
import { type Engine, moves, useAsked, useEngines, useFlowNames } from "./engines";
import { graphOf } from "./graph";
import { ThereTaskPane } from "./run-pane";
import { AsOf, Badge, Said } from "./said";

const route = getRouteApi("/runs/at/$connection/$run");
const FlowGraph = lazy(() => import("@/graph/graph").then((module) => ({ default: module.FlowGraph })));

/** Which run, of which engine. */
export interface There { connection: string; flow: string; run: string }

/** A run of another engine: its graph, its tasks and their logs, as the engine says. */
export function RunThere() {
  const { connection, run } = route.useParams();
  const { flow = "" } = route.useSearch();
  const there: There = { connection, flow, run };
  const engines = useEngines();
  const detail = useAsked("remote.run", there, ({ said }) => moves(said.run) || said.tasks.some(moves));
  const engine = engines?.find(({ id }) => id === connection) ?? { id: connection, kind: "Engine" };
  if (detail.data) return <Shown key={run} there={there} engine={engine} said={detail.data.said} at={detail.data.at} fault={detail.error} again={() => void detail.refetch()} />;
  if (detail.error) return <><Head title="Run" crumbs={<Path engine={engine} flow={flow} run={run} />} /><div className="padx"><FaultView of={detail.error} retry={() => void detail.refetch()} /></div></>;
  return <Loading />;
}

function Path({ engine, flow, run }: { engine: Engine; flow: string; run: string }) {
  const nameOf = useFlowNames([engine]);
  return <><Link to="/runs" search={{ tab: "all" }}>Runs</Link><ChevronRight aria-hidden /><Badge of={engine} />{flow ? <><ChevronRight aria-hidden /><Name of={nameOf(engine.id, flow)} most={40} /></> : null}<ChevronRight aria-hidden /><span className="mono sel">{run}</span></>;
}

interface Props { there: There; engine: Engine; said: RemoteRunDetail; at: number; fault: Fault | null; again: () => void }

function Shown({ there, engine, said, at, fault, again }: Props) {
  const { tab = "graph", task } = route.useSearch();
  const navigate = route.useNavigate();
  const drawn = useMemo(() => graphOf(said.tasks), [said.tasks]);
  const choose = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, task: id }), replace: true });
  const chosen = said.tasks.find(({ id }) => id === task);
  const shown = drawn ? tab : tab === "graph" ? "tasks" : tab;
  return (
    <div className={`md runmd${chosen ? " with" : ""}`}>
      <div className="pane">
        <header className="head runhead">
          <nav className="crumbs" aria-label="Path"><Path engine={engine} flow={there.flow} run={there.run} /></nav>
          <div className="row"><h1 className="cut grow" data-testid="page-title"><Name of={said.run.title} most={70} /></h1><Acts there={there} said={said} engine={engine} /></div>
          <div className="row gap-3"><Said of={said.run} chip /><span className="t2 grow" data-testid="there-said">{engine.kind} says: {said.run.said}</span><AsOf at={at} fault={fault} again={again} /></div>
          <Times of={said} />
        </header>
        <Tabs label="Run" value={shown} choose={(next) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })} tabs={[...(drawn ? [["graph", "Graph"] as [string, string]] : []), ["tasks", "Task runs", said.tasks.length], ["parameters", "Parameters"]]} />
        {shown === "graph" && drawn ? <Suspense fallback={<div className="canvas" />}><FlowGraph graph={drawn.graph} tasks={drawn.rows} task={chosen?.task} onChoose={(node) => choose(worstOf(said.tasks, node)?.id)} /></Suspense> : null}
        {shown === "tasks" ? <Tasks of={said.tasks} chosen={task} choose={choose} /> : null}
        {shown === "parameters" ? <div className="vals open"><pre className="mono sel" data-testid="params">{JSON.stringify(said.run.params, null, 2)}</pre></div> : null}
      </div>
      {chosen ? <ThereTaskPane key={chosen.id} there={there} of={chosen} others={said.tasks.filter((row) => row.task === chosen.task)} choose={choose} /> : null}
    </div>
  );
}

/** Of several runs of a task the one to look at: the first that failed, else the first. */
function worstOf(tasks: RemoteTaskRow[], task: string): RemoteTaskRow | undefined {
  const mine = tasks.filter((row) => row.task === task);
  return mine.find(({ state }) => state === "failed") ?? mine[0];
}

function Times({ of: { run } }: { of: RemoteRunDetail }) {
  const facts: Array<[string, React.ReactNode]> = [];
  if (run.due !== null) facts.push(["Due", <When key="due" at={run.due} />]);
  if (run.began !== null) facts.push(["Began", <When key="began" at={run.began} />]);
  if (run.ended !== null) facts.push(["Ended", <When key="ended" at={run.ended} />]);
  if (run.began !== null && run.ended !== null) facts.push(["Took", duration((run.ended - run.began) / 1000)]);
  return facts.length > 0 ? <Facts of={facts} /> : null;
}

function Acts({ there, said, engine }: { there: There; said: RemoteRunDetail; engine: Engine }) {
  const [asks, setAsks] = useState<"retry" | "cancel">();
  const close = () => setAsks(undefined);
  return (
    <div className="row">
      {moves(said.run) || said.run.state === "scheduled" ? <Button onClick={() => setAsks("cancel")} testid="there-cancel">Cancel…</Button> : null}
      {said.run.ended === null ? null : <Button kind={said.run.state === "failed" ? "primary" : "quiet"} onClick={() => setAsks("retry")} testid="there-retry"><RotateCcw aria-hidden />Retry…</Button>}
      {asks === "cancel" ? <CancelThere there={there} engine={engine} close={close} /> : null}
      {asks === "retry" ? <RetryThere there={there} engine={engine} tasks={[]} failed={said.tasks.some(({ state }) => state === "failed" || state === "upstream_failed")} close={close} /> : null}
    </div>
  );
}

/** How a task run there is named. */
export const nameThere = ({ task, map_index: index }: RemoteTaskRow) => (index === null ? task : `${task} [${index}]`);

const columns: Column<RemoteTaskRow>[] = [
  { head: "State", width: "8rem", cell: (row) => <Said of={row} /> },
  { head: "Task run", width: "minmax(10rem, 3fr)", cell: (row) => <span className="med"><Name of={nameThere(row)} most={56} /></span> },
  { head: "Attempt", width: "5rem", number: true, cell: (row) => row.attempt },
  { head: "Began", width: "8rem", number: true, cell: (row) => <When at={row.began} /> },
  { head: "Ended", width: "8rem", number: true, cell: (row) => <When at={row.ended} /> },
  { head: "Duration", width: "6rem", number: true, cell: (row) => (row.began && row.ended ? duration((row.ended - row.began) / 1000) : null) },
];

function Tasks({ of, chosen, choose }: { of: RemoteTaskRow[]; chosen: string | undefined; choose: (id: string) => void }) {
  return <Table label="Task runs" columns={chosen ? columns.slice(0, 3) : columns} total={of.length} at={(at) => of[at]} keyOf={({ id }) => id} onOpen={({ id }) => choose(id)} testid="tasks-there" {...(chosen && { selected: chosen })} empty={<Empty title="The engine names no task runs yet" />} />;
}
