import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useRef, useState } from "react";

import { useRead } from "@/api/client";
import type { Graph, GridRun, GridTask, RunRow } from "@/api/types";
import { count, duration, moment, plural, words } from "@/ui/format";
import { Empty, Facts, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { DatasetLink, RunLink } from "./links";
import { shapeOfRun } from "./shape";

/** Runs that are shown, the newest at the right. */
const RUNS = 24;

interface Spot { run: number; task: number }

const secondsOf = (row: RunRow) => (row.started_at ? ((row.ended_at ?? Date.now()) - row.started_at) / 1000 : 0);

/** Task runs by runs: what happened to each task in the last runs of a flow, oldest first. */
export function FlowGrid({ flow, graph }: { flow: string; graph: Graph }) {
  const grid = useRead("run.grid", { flow, limit: RUNS });
  return <Shown of={grid}>{({ rows, total }) => rows.length === 0 ? <Empty title="No runs yet">What became of each task in the last runs is shown here.</Empty> : <Grid runs={rows.toReversed()} total={total} tasks={graph.nodes.map((node) => node.id)} />}</Shown>;
}

function Grid({ runs, total, tasks }: { runs: GridRun[]; total: number; tasks: string[] }) {
  const [at, setAt] = useState<Spot>();
  const spot = at ?? { run: runs.length - 1, task: 0 };
  const chosen = runs[spot.run];
  return (
    <div className="body gridtab">
      <Durations rows={runs.map(({ run }) => run)} chosen={spot.run} />
      <Cells runs={runs} tasks={tasks} spot={spot} choose={setAt} />
      <p className="t3 small row"><span className="grow">{total > runs.length ? `${count(runs.length)} of ${plural(total, "run")}, newest right` : `${plural(runs.length, "run")}, newest right`}</span><kbd>←</kbd><kbd>→</kbd>run<kbd>↑</kbd><kbd>↓</kbd>task<kbd>Enter</kbd>open</p>
      {chosen ? <Chosen row={chosen.run} task={tasks[spot.task]} of={chosen.tasks.find(({ id }) => id === tasks[spot.task])} /> : null}
    </div>
  );
}

/** How long each run took, as bars over its column. */
function Durations({ rows, chosen }: { rows: RunRow[]; chosen: number }) {
  const longest = Math.max(1, ...rows.map((row) => secondsOf(row)));
  return (
    <div className="gridrow durations" aria-hidden>
      <span className="t3 small num">{duration(longest)}</span>
      {rows.map((row, run) => <span key={row.id} className={run === chosen ? "on" : undefined} title={`${duration(secondsOf(row))}, ${words(row.state)}`}><i className={`s-${shapeOfRun(row)}`} style={{ height: `${Math.max(4, (secondsOf(row) / longest) * 100)}%` }} /></span>)}
    </div>
  );
}

interface CellsProps { runs: GridRun[]; tasks: string[]; spot: Spot; choose: (spot: Spot) => void }

const STEPS: Record<string, Spot> = { ArrowLeft: { run: -1, task: 0 }, ArrowRight: { run: 1, task: 0 }, ArrowUp: { run: 0, task: -1 }, ArrowDown: { run: 0, task: 1 } };

function Cells({ runs, tasks, spot, choose }: CellsProps) {
  const box = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const states = runs.map((run) => new Map(run.tasks.map((task) => [task.id, task])));
  const open = ({ run, task }: Spot) => {
    const id = runs[run]?.run.id;
    if (id) void navigate({ to: "/runs/$run", params: { run: id }, search: { tab: undefined, task: tasks[task], index: undefined } });
  };
  const keys = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Enter") open(spot);
    else if (step) {
      const next = { run: Math.max(0, Math.min(runs.length - 1, spot.run + step.run)), task: Math.max(0, Math.min(tasks.length - 1, spot.task + step.task)) };
      choose(next);
      box.current?.querySelector<HTMLElement>(`[data-spot="${next.run} ${next.task}"]`)?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div className="taskgrid" role="grid" aria-label="Task runs by runs" ref={box} onKeyDown={keys} tabIndex={-1} data-testid="flow-grid">
      {tasks.map((task, at) => (
        <div key={task} role="row" className="gridrow">
          <span role="rowheader" className="cut" title={task}>{task}</span>
          {runs.map(({ run: row }, run) => (
            <GridCell key={row.id} row={row} name={task} of={states[run]?.get(task)} here={spot.run === run && spot.task === at} column={spot.run === run} spot={`${run} ${at}`} choose={() => choose({ run, task: at })} open={() => open({ run, task: at })} />
          ))}
        </div>
      ))}
    </div>
  );
}

interface CellProps { row: RunRow; name: string; of: GridTask | undefined; here: boolean; column: boolean; spot: string; choose: () => void; open: () => void }

function GridCell({ row, name, of, here, column, spot, choose, open }: CellProps) {
  const told = of ? countsOf(of) : "not in this run";
  return (
    // Keys are heard by the grid, which moves among its cells.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <span role="gridcell" className={`gcell${here ? " sel" : column ? " on" : ""}`} tabIndex={here ? 0 : -1} aria-selected={here} data-spot={spot} onClick={choose} onFocus={choose} onDoubleClick={open} data-testid={`grid-${name}-${row.id}`} data-state={of?.state} title={`${name}, ${moment(row.created_at).text}: ${told}`}>
      {of ? <State of={of.state} word={told} only /> : <span className="t3">·</span>}
    </span>
  );
}

const countsOf = (task: GridTask): string => (task.mapped && task.counts.length > 0 ? task.counts.map(({ state, count: many }) => `${count(many)} ${words(state)}`).join(", ") : words(task.state));

function Chosen({ row, task, of }: { row: RunRow; task: string | undefined; of: GridTask | undefined }) {
  const facts: Array<[string, React.ReactNode]> = [["Created", <When key="at" at={row.created_at} />], [row.ended_at ? "Took" : "Running for", duration(secondsOf(row))]];
  if (row.dataset) facts.unshift(["Dataset", <DatasetLink key="of" pid={row.dataset}>{row.title}</DatasetLink>]);
  if (task) facts.push([task, of ? countsOf(of) : "not in this run"]);
  return (
    <section className="chosenrun" aria-label="Chosen run" data-testid="grid-chosen">
      <div className="row gap-3"><h2 className="sec">Run of {moment(row.created_at).text}</h2><State of={shapeOfRun(row)} chip /><span className="grow" /><RunLink run={row.id} task={task ?? null}>Open run</RunLink></div>
      <Facts of={facts} />
      {row.fault ? <p className="t2 small"><code className="mono">{row.fault.code}</code> {row.fault.what}</p> : null}
    </section>
  );
}
