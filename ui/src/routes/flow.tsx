import { Link, getRouteApi } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import { useReadExact } from "@/api/client";
import type { FlowDetail } from "@/api/types";
import { fieldsOf } from "@/forms/schema";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, Empty, Loading } from "@/ui/parts";
import { Tabs } from "@/ui/tabs";
import { FlowCalendar } from "./flow-calendar";
import { FlowDurations } from "./flow-durations";
import { FlowGrid } from "./flow-grid";
import { CopyFlow } from "./flow-copy";
import { FlowSchedule } from "./flow-schedule";
import { FlowVersions } from "./flow-versions";
import { FlowList } from "./flows";
import { FlowFile } from "./run-lists";
import { RunForm } from "./run-form";
import { TryTask } from "./try-task";

const route = getRouteApi("/flows/$flow");
const FlowGraph = lazy(() => import("@/graph/graph").then((module) => ({ default: module.FlowGraph })));

/** Flows, one chosen. */
export function Flow() {
  const { flow } = route.useParams();
  const detail = useReadExact("flow.show", { flow });
  return (
    <div className="md flowmd">
      <div className="pane scroll"><FlowList chosen={flow} /></div>
      <div className="pane">
        {detail.data ? <Chosen key={flow} detail={detail.data} /> : detail.error ? <div className="pad"><FaultView of={detail.error} /></div> : <Loading />}
      </div>
    </div>
  );
}

function Chosen({ detail }: { detail: FlowDetail }) {
  const { flow } = detail;
  const { tab = "graph" } = route.useSearch();
  const navigate = route.useNavigate();
  const setTab = (next: string) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true });
  const [starts, setStarts] = useState(false);
  const [copies, setCopies] = useState(false);
  const [tries, setTries] = useState(false);
  return (
    <>
      <header className="head">
        <div className="row">
          <h1 className="cut grow" data-testid="page-title">{flow.id}</h1>
          <Link className="btn" to="/runs" search={{ flow: flow.id }}>Runs</Link>
          <Button onClick={() => setTries(true)} disabled={flow.deleted} testid="flow-try">Try a task…</Button>
          <Button onClick={() => setCopies(true)} testid="flow-copy">Edit a copy…</Button>
          <Button kind="primary" onClick={() => setStarts(true)} disabled={flow.deleted} testid="flow-run"><Play aria-hidden />Run…</Button>
        </div>
        <p className="t2 break">{flow.title}. <span className="t3">{flow.built_in ? "Built in" : "Your own"}, version <code className="mono sel" title={detail.version}>{detail.version.slice(0, 12)}</code>, {plural(flow.tasks, "task")}</span></p>
        {flow.file ? <p className="t3 small flowdesc">Its file is <code className="mono sel break">{flow.file}</code>; it is read again whenever it is saved.</p> : null}
        {flow.deleted ? <p className="small note-error">Its file was deleted. Runs that are there go on with the version that they started with; no other can be started.</p> : null}
        {detail.description && detail.description !== flow.title ? <p className="t2 small flowdesc">{detail.description}</p> : null}
      </header>
      {flow.refused ? <div className="padx refusedfile"><FaultView of={flow.refused}><span className="t3 small">The version below stays in force.</span></FaultView></div> : null}
      <Tabs label="Flow" value={tab} choose={setTab} tabs={[["graph", "Graph"], ["grid", "Grid"], ["calendar", "Calendar"], ["durations", "Durations"], ["schedule", "Schedule", flow.schedules.length || undefined], ["versions", "Versions"], ["parameters", "Parameters"], ["file", "File"]]} />
      {tab === "graph" ? <Suspense fallback={<div className="canvas" />}><FlowGraph graph={detail.graph} onChoose={() => setTab("file")} /></Suspense> : null}
      {tab === "grid" ? <FlowGrid flow={flow.id} graph={detail.graph} /> : null}
      {tab === "calendar" ? <FlowCalendar flow={flow.id} /> : null}
      {tab === "durations" ? <FlowDurations flow={flow.id} graph={detail.graph} /> : null}
      {tab === "schedule" ? <FlowSchedule flow={flow.id} /> : null}
      {tab === "versions" ? <FlowVersions flow={flow.id} /> : null}
      {tab === "parameters" ? <ParameterList schema={detail.params_schema} /> : null}
      {tab === "file" ? <FlowFile source={detail.source} version={detail.version} /> : null}
      {tries ? <Dialog title={`Try a task of ${flow.id}`} close={() => setTries(false)} testid="try-dialog"><TryTask of={detail} close={() => setTries(false)} /></Dialog> : null}
      {copies ? <CopyFlow flow={flow.id} close={() => setCopies(false)} /> : null}
      {starts ? <Dialog title={`Run ${flow.id}`} close={() => setStarts(false)} testid="run-dialog"><RunForm flow={flow.id} schema={detail.params_schema} close={() => setStarts(false)} /></Dialog> : null}
    </>
  );
}

function ParameterList({ schema }: { schema: unknown }) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return <Empty title="This flow takes no parameters" />;
  return (
    <div className="body">
      <table data-testid="flow-parameters">
        <thead><tr><th>Name</th><th>Type</th><th>Default</th><th>What it is</th></tr></thead>
        <tbody>{fields.map((field) => (
          <tr key={field.name}>
            <td className="med">{field.name}{field.required ? <span className="t3"> required</span> : null}</td>
            <td className="t2">{field.choices ? field.choices.map(String).join(", ") : field.kind}</td>
            <td className="mono">{field.initial === undefined ? "" : JSON.stringify(field.initial)}</td>
            <td className="wrap">{field.description}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}
