import { getRouteApi } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useRef } from "react";

import { useReadExact } from "@/api/client";
import type { RunDetail } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { Head, Loading } from "@/ui/parts";
import { Tabs } from "@/ui/tabs";
import { RunLog } from "./log";
import { ChildRuns } from "./run-children";
import { RunHead } from "./run-head";
import { FlowFile, Journal, OtherVersion, Parameters } from "./run-lists";
import { TaskPane } from "./run-pane";
import { TaskRuns } from "./run-tasks";

const route = getRouteApi("/runs/$run");
const Gantt = lazy(() => import("@/gantt/gantt").then((module) => ({ default: module.Gantt })));
const FlowGraph = lazy(() => import("@/graph/graph").then((module) => ({ default: module.FlowGraph })));

/** One run: its graph, live, and all that is known of it. */
export function Run() {
  const { run } = route.useParams();
  const detail = useReadExact("run.show", { run });
  if (detail.data) return <Shown key={run} detail={detail.data} />;
  if (detail.error) return <><Head title="Run" /><div className="padx"><FaultView of={detail.error} retry={() => void detail.refetch()} /></div></>;
  return <Loading />;
}

/** Where in the run the operator is, kept in the address. */
function usePlace() {
  const { tab = "graph", task, index } = route.useSearch();
  const navigate = route.useNavigate();
  return {
    tab, task, index,
    setTab: (next: string) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true }),
    choose: (nextTask: string | undefined, nextIndex: number | undefined) => void navigate({ search: (old) => ({ ...old, task: nextTask, index: nextIndex }), replace: true }),
  };
}

/** An upload goes on as the run that it starts: whoever watches it is taken along. */
function useHandOver(detail: RunDetail, watching: boolean) {
  const navigate = route.useNavigate();
  const before = useRef(detail.children.length);
  const [child] = detail.children;
  useEffect(() => {
    const started = before.current === 0 && child !== undefined;
    before.current = child ? 1 : 0;
    if (started && watching && detail.run.flow === "upload_dataset") void navigate({ to: "/runs/$run", params: { run: child.id }, search: { tab: undefined, task: undefined, index: undefined } });
  }, [child, detail.run.flow, navigate, watching]);
}

function Shown({ detail }: { detail: RunDetail }) {
  const place = usePlace();
  const { tab, task, index } = place;
  useHandOver(detail, tab === "graph" && task === undefined);
  const row = detail.tasks.find((one) => one.id === task);
  const count = detail.tasks.reduce((all, one) => all + (one.expanded ?? 1), 0);
  return (
    <div className={`md runmd${row ? " with" : ""}`}>
      <div className="pane">
        <RunHead detail={detail} onFault={() => place.choose(detail.run.fault_task ?? undefined, undefined)} />
        <Tabs label="Run" value={tab} choose={place.setTab} tabs={[["graph", "Graph"], ["gantt", "Gantt"], ["tasks", "Task runs", count], ["log", "Log"], ["events", "Events"], ...(detail.children.length > 0 ? [["children", "Child runs", detail.children.length] as [string, string, number]] : []), ["parameters", "Parameters"], ["file", "Flow file"]]} />
        {tab === "graph" ? <GraphTab detail={detail} task={task} index={index} choose={place.choose} /> : null}
        {tab === "gantt" ? <Suspense fallback={<Loading />}><Gantt detail={detail} task={task} index={index} choose={place.choose} /></Suspense> : null}
        {tab === "tasks" ? <TaskRuns run={detail.run.id} tasks={detail.tasks} selected={task} index={index} choose={place.choose} filters /> : null}
        {tab === "log" ? <RunLog run={detail.run.id} tasks={detail.tasks.map(({ id }) => id)} /> : null}
        {tab === "events" ? <Journal run={detail.run.id} /> : null}
        {tab === "children" ? <ChildRuns rows={detail.children} /> : null}
        {tab === "parameters" ? <Parameters detail={detail} /> : null}
        {tab === "file" ? <FlowFile source={detail.flow_source} version={detail.flow_version}><OtherVersion flow={detail.run.flow} version={detail.flow_version} /></FlowFile> : null}
      </div>
      {row ? <TaskPane key={`${row.id} ${index}`} detail={detail} task={row} index={index} choose={place.choose} /> : null}
    </div>
  );
}

function GraphTab({ detail, task, index, choose }: { detail: RunDetail; task: string | undefined; index: number | undefined; choose: (task: string | undefined, index: number | undefined) => void }) {
  return (
    <>
      <Suspense fallback={<div className="canvas" />}>
        <FlowGraph graph={detail.graph} tasks={detail.tasks} run={detail.run.id} task={task} index={index} onChoose={choose} />
      </Suspense>
      <section className="dock" aria-label="Task runs">
        <TaskRuns run={detail.run.id} tasks={detail.tasks} only={task} selected={task} index={index} choose={choose} />
      </section>
    </>
  );
}
