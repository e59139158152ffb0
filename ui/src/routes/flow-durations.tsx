import "@/styles/times.css";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useRef, useState } from "react";

import { useRead } from "@/api/client";
import type { FlowDuration, Graph } from "@/api/types";
import { stepOf } from "@/gantt/lines";
import { duration, moment, plural, words } from "@/ui/format";
import { Empty, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { type Took, quantile, tookOf, tookText, wentWell } from "./durations";

const COUNTS = [50, 100, 200];

/** How long the last runs of a flow took, or one task in them. */
export function FlowDurations({ flow, graph }: { flow: string; graph: Graph }) {
  const [task, setTask] = useState("");
  const [limit, setLimit] = useState(50);
  const [waiting, setWaiting] = useState(true);
  const rows = useRead("flow.durations", { flow, task: task || null, limit });
  return (
    <div className="body durtab">
      <div className="row">
        <select className="input w-auto" aria-label="Task" value={task} onChange={(event) => setTask(event.target.value)} data-testid="durations-task"><option value="">Whole runs</option>{graph.nodes.map(({ id }) => <option key={id}>{id}</option>)}</select>
        <select className="input w-auto" aria-label="Runs" value={limit} onChange={(event) => setLimit(Number(event.target.value))} data-testid="durations-count">{COUNTS.map((many) => <option key={many} value={many}>{`Last ${many} runs`}</option>)}</select>
        {task ? null : <label className="check"><input type="checkbox" checked={waiting} onChange={(event) => setWaiting(event.target.checked)} data-testid="durations-waiting" />With the wait before the start</label>}
      </div>
      <Shown of={rows}>{(of) => of.length === 0 ? <Empty title="No runs yet">How long the last runs took is shown here.</Empty> : <Bars key={`${task} ${limit}`} rows={of} task={task} waiting={waiting && !task} />}</Shown>
    </div>
  );
}

function Bars({ rows, task, waiting }: { rows: FlowDuration[]; task: string; waiting: boolean }) {
  const [now] = useState(Date.now);
  const took = rows.toReversed().map((row) => tookOf(row, now));
  const heights = took.map(({ waited, ran }) => ran + (waiting ? waited : 0));
  const most = Math.max(1, ...heights);
  const step = stepOf(most * 1000, 5) / 1000;
  const top = Math.ceil(most / step) * step;
  const good = took.filter(({ of, done }) => done && wentWell(of)).map(({ ran, waited }) => ran + (waiting ? waited : 0));
  const [median, p95] = [quantile(good, 0.5), quantile(good, 0.95)];
  const [at, setAt] = useState(took.length - 1);
  const chosen = took[Math.min(at, took.length - 1)];
  return (
    <>
      <p className="t2 small" data-testid="durations-usual">{median === undefined || p95 === undefined ? "None of these has ended well yet." : <>Of {plural(good.length, "run")} that {task ? "it" : ""} succeeded{task ? " in" : ""}, half took at most <b className="med">{duration(median)}</b>, 95 % at most <b className="med">{duration(p95)}</b>.</>}</p>
      <div className="durchart" data-testid="durations">
        <div className="durscale" aria-hidden>{Array.from({ length: Math.round(top / step) + 1 }, (_, mark) => <i key={mark} style={{ bottom: `${(mark * step / top) * 100}%` }}><span>{mark === 0 ? "0" : duration(mark * step).replace(/ 0 (s|min|h)$/, "").replace(/\.0 s$/, " s")}</span></i>)}</div>
        <Columns took={took} top={top} waiting={waiting} task={task} at={at} setAt={setAt} />
        <Usual of={median} top={top} word="median" /><Usual of={p95 === median ? undefined : p95} top={top} word="95 %" />
      </div>
      <p className="duraxis t3 tiny row"><When at={took[0]?.of.created_at} /><span className="grow" /><When at={took.at(-1)?.of.created_at} /></p>
      {chosen ? <Chosen of={chosen} task={task} /> : null}
    </>
  );
}

/** A line across the chart at what is usual. */
function Usual({ of, top, word }: { of: number | undefined; top: number; word: string }) {
  return of === undefined ? null : <div className="usual" style={{ bottom: `${(of / top) * 100}%` }} aria-hidden><span>{word}</span></div>;
}

interface ColumnsProps { took: Took[]; top: number; waiting: boolean; task: string; at: number; setAt: (at: number) => void }

const stateOf = ({ of }: Took) => of.task_state ?? of.run_state;
const searchOf = (task: string) => ({ tab: undefined, task: task || undefined, index: undefined });

function Columns({ took, top, waiting, task, at, setAt }: ColumnsProps) {
  const box = useRef<HTMLDivElement>(null);
  const keys = (event: KeyboardEvent) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: took.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(took.length - 1, next));
    setAt(to);
    box.current?.querySelectorAll<HTMLElement>("a")[to]?.focus();
  };
  return (
    // The links are what takes the keyboard; the arrows move among them.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="durbars" ref={box} onKeyDown={keys}>
      {took.map((one, index) => (
        <Link key={one.of.run} to="/runs/$run" params={{ run: one.of.run }} search={searchOf(task)} className={index === at ? "on" : undefined} tabIndex={index === at ? 0 : -1} onFocus={() => setAt(index)} onPointerEnter={() => setAt(index)} aria-label={`${moment(one.of.created_at).text}: ${tookText(one, words(stateOf(one)))}`} data-state={stateOf(one)} data-testid={`duration-${one.of.run}`}>
          <i className={`s-${stateOf(one)}`} style={{ height: `${(one.ran / top) * 100}%` }} />
          {waiting ? <i className="s-queued waited" style={{ height: `${(one.waited / top) * 100}%` }} /> : null}
        </Link>
      ))}
    </div>
  );
}

function Chosen({ of, task }: { of: Took; task: string }) {
  const state = stateOf(of);
  return (
    <section className="chosenrun" aria-label="Chosen run" data-testid="durations-chosen">
      <div className="row gap-3">
        <h2 className="sec">{task ? `${task} in the run` : "Run"} of {moment(of.of.created_at).text}</h2><State of={state} chip />
        <span className="t2 grow cut">{tookText(of, "").replace(/^, /, "")}</span>
        <Link className="link" to="/runs/$run" params={{ run: of.of.run }} search={searchOf(task)}>Open run</Link>
      </div>
    </section>
  );
}
