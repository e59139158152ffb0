import "@/styles/gantt.css";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, Maximize, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import type { RunDetail, TaskRow } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { count, zone } from "@/ui/format";
import { Button, Empty, Loading, State } from "@/ui/parts";
import { ALONE, type Line, type Stretch, extent, marks, stepOf, wholeSpan } from "./lines";
import { useSpan } from "./span";
import { useTimeline } from "./timeline";
import { lineText, markText } from "./told";
import { Track, type Tell } from "./track";

const HEIGHT = 26;

type Choose = (task: string | undefined, index: number | undefined) => void;

interface Props { detail: RunDetail; task: string | undefined; index: number | undefined; choose: Choose }

/** A row: a task, or a task run of a mapped task that is open. */
interface Row { key: string; task: TaskRow; index: number | undefined; lines: ReadonlyMap<number, Line>; open: boolean | undefined }

/** The time, again each second while something goes on. */
function useNow(live: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [live]);
  return now;
}

const none: ReadonlyMap<number, Line> = new Map();

function rowsOf(tasks: TaskRow[], lines: ReadonlyMap<string, Map<number, Line>>, open: ReadonlySet<string>): Row[] {
  return tasks.flatMap((task) => {
    const of = lines.get(task.id) ?? none;
    const shown = open.has(task.id);
    const row: Row = { key: task.id, task, index: undefined, lines: of, open: task.mapped && !of.has(ALONE) && of.size > 0 ? shown : undefined };
    if (!row.open) return [row];
    return [row, ...[...of.keys()].toSorted((a, b) => a - b).map((index): Row => ({ key: `${task.id} [${index}]`, task, index, lines: of, open: undefined }))];
  });
}

/** The whole time of a run: from its creation to its end, or to what came after that. */
function wholeOf({ run }: RunDetail, lines: ReadonlyMap<string, Map<number, Line>>, now: number): Stretch {
  let last = run.ended_at ?? now;
  if (run.ended_at !== null) for (const of of lines.values()) for (const { segments } of of.values()) last = Math.max(last, segments.at(-1)?.to ?? 0);
  return wholeSpan(run.created_at, last, run.ended_at === null);
}

/** When each task run waited and worked. Mapped ones are one row until they are opened. */
export function Gantt({ detail, task, index, choose }: Props) {
  const timeline = useTimeline(detail.run.id);
  const live = detail.run.ended_at === null;
  const now = useNow(live);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(index === undefined || !task ? [] : [task]));
  const [told, setTold] = useState("");
  const toggle = (id: string) => setOpen((old) => (old.has(id) ? new Set([...old].filter((one) => one !== id)) : new Set([...old, id])));
  // What is told under the pointer draws this again: thousands of rows are not made anew for it.
  const rows = useMemo(() => rowsOf(detail.tasks, timeline.lines, open), [detail.tasks, timeline, open]);
  const whole = useMemo(() => wholeOf(detail, timeline.lines, now), [detail, timeline, now]);
  if (timeline.fault && !timeline.ready) return <div className="pad"><FaultView of={timeline.fault} /></div>;
  if (!timeline.ready) return <Loading />;
  if (timeline.changes === 0) return <Empty title="Nothing has started yet">When each task waited and worked is shown here.</Empty>;
  return (
    <>
      {timeline.fault ? <div className="padx"><FaultView of={timeline.fault} /></div> : null}
      <Chart rows={rows} whole={whole} now={now} live={live} chosen={task === undefined ? undefined : index === undefined ? task : `${task} [${index}]`} choose={choose} toggle={toggle} tell={setTold} />
      <p className="gtold small" data-testid="gantt-told" aria-live="polite">{told ? <span className="cut">{told}</span> : <span className="t3 row"><span className="grow">{timeline.cut ? `Only the first ${count(timeline.changes)} changes of state are shown` : "Draw on the time axis to look closer"}</span><kbd>+</kbd><kbd>−</kbd>zoom<kbd>0</kbd>all<kbd>Shift ←</kbd><kbd>→</kbd>earlier, later<kbd>Enter</kbd>choose</span>}</p>
    </>
  );
}

interface ChartProps { rows: Row[]; whole: Stretch; now: number; live: boolean; chosen: string | undefined; choose: Choose; toggle: (task: string) => void; tell: Tell }

function Chart({ rows, whole, now, live, chosen, choose, toggle, tell }: ChartProps) {
  const body = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLSpanElement>(null);
  const view = useSpan(whole, axis, body, true);
  const { span } = view;
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => body.current, estimateSize: () => HEIGHT, overscan: 10, initialRect: { width: 1000, height: 640 } });
  const [at, setAt] = useState(0);
  const go = (next: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, next));
    setAt(to);
    list.scrollToIndex(to);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus());
  };
  const keys = (event: KeyboardEvent, row: Row, here: number) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (view.keys(event.key, event.shiftKey)) { /* the span was changed */ }
    else if (step !== undefined) go(here + step);
    else if (event.key === "Home" || event.key === "End") go(event.key === "Home" ? 0 : rows.length - 1);
    else if (event.key === "Enter" || event.key === " ") choose(row.task.id, row.index);
    else if (event.key === "ArrowRight" && row.open === false) toggle(row.task.id);
    else if (event.key === "ArrowLeft" && row.open) toggle(row.task.id);
    else if (event.key === "ArrowLeft" && row.index !== undefined) go(rows.findIndex(({ key }) => key === row.task.id));
    else return;
    event.preventDefault();
  };
  const share = (time: number) => ((time - span.from) / (span.to - span.from)) * 100;
  const step = stepOf(span.to - span.from, 8);
  const lines = marks(span.from, span.to, 8, -new Date(span.from).getTimezoneOffset() * 60_000);
  return (
    <div className="ganttbox">
    <div className="gantt" role="treegrid" aria-label="Task runs over time" aria-rowcount={rows.length + 1} data-testid="gantt">
      <div className="gantth" role="row" aria-rowindex={1}>
        <span role="columnheader" className="t3">Task</span>
        <span role="columnheader" className="gaxis" ref={axis} {...view.draw} aria-label={`Time, ${zone()}`} data-testid="gantt-axis">
          {lines.map((mark) => <i key={mark} style={{ left: `${share(mark)}%` }}>{markText(mark, step)}</i>)}
          {view.drawn ? <b style={{ left: `${Math.min(view.drawn.from, view.drawn.to) * 100}%`, width: `${Math.abs(view.drawn.to - view.drawn.from) * 100}%` }} /> : null}
        </span>
      </div>
      <div className="gbody" role="rowgroup" ref={body}>
        <div role="presentation" className="gall" style={{ height: list.getTotalSize() }}>
          <div className="glines" aria-hidden>{lines.map((mark) => <i key={mark} style={{ left: `${share(mark)}%` }} />)}{live && now < span.to && now > span.from ? <i className="gnow" style={{ left: `${share(now)}%` }} /> : null}</div>
          {list.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <GanttRow key={row.key} row={row} at={index} top={start} span={span} now={now} here={Math.min(at, rows.length - 1) === index} chosen={chosen === row.key} tell={tell}
                choose={() => { setAt(index); choose(row.task.id, row.index); }} toggle={() => toggle(row.task.id)} focused={() => setAt(index)} keys={(event) => keys(event, row, index)} />
            );
          })}
        </div>
      </div>
    </div>
    <Tools part={view.part} closer={view.closer} farther={view.farther} all={view.all} />
    </div>
  );
}

interface RowProps { row: Row; at: number; top: number; span: Stretch; now: number; here: boolean; chosen: boolean; tell: Tell; choose: () => void; toggle: () => void; focused: () => void; keys: (event: KeyboardEvent) => void }

/** What a row tells, in words. */
function rowText({ task, index, lines, open, key }: Row, now: number): string {
  if (open === undefined) return `${key}: ${lineText(lines.get(index ?? ALONE), now)}`;
  const { from, to } = extent(lines.values());
  const whole: Line = { state: task.state, attempts: 1, segments: from === undefined ? [] : [{ state: "running", from, to, then: null, attempt: 1 }] };
  return `${key}: ${count(lines.size)} task runs, ${lineText(whole, now).replace("worked", "together")}`;
}

function GanttRow({ row, at, top, span, now, here, chosen, tell, choose, toggle, focused, keys }: RowProps) {
  const { task, index, lines, open } = row;
  const line = index === undefined ? lines.get(ALONE) : lines.get(index);
  const state = open === undefined && line ? line.state : task.state;
  const text = useMemo(() => rowText(row, now), [row, now]);
  return (
    <div
      role="row" className="gantr" style={{ top }} data-index={at} data-testid="gantt-row" data-key={row.key} aria-rowindex={at + 2} aria-level={index === undefined ? 1 : 2} aria-expanded={open} aria-selected={chosen} tabIndex={here ? 0 : -1}
      onClick={choose} onKeyDown={keys} onFocus={() => { focused(); tell(text); }} onBlur={() => tell("")} onPointerEnter={() => tell(text)} onPointerLeave={() => tell("")}
    >
      <span role="rowheader" className={index === undefined ? "gname" : "gname sub"}>
        {open === undefined ? <span className="gopen" /> : <button type="button" className="gopen" tabIndex={-1} aria-label={`Task runs of ${task.id}`} aria-expanded={open} onClick={(event) => { event.stopPropagation(); toggle(); }} data-testid={`gantt-open-${task.id}`}>{open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}</button>}
        <State of={state} only />
        <span className="cut" title={row.key}>{index === undefined ? task.id : `[${index}]`}{open === undefined ? null : <span className="t3"> {count(lines.size)}</span>}</span>
      </span>
      <span role="gridcell" className="gtrack" aria-label={text}><Track line={open === undefined ? line : undefined} of={row} lines={lines} span={span} now={now} text={text} tell={tell} /></span>
    </div>
  );
}

/** What the marks mean, and the ways to look closer. */
function Tools({ part, closer, farther, all }: { part: boolean; closer: () => void; farther: () => void; all: () => void }) {
  return (
    <div className="gtools">
      <span className="key"><i className="gbit work s-success" />worked</span><span className="key"><i className="gbit work s-running" />works</span><span className="key"><i className="gbit work s-failed" />failed</span>
      <span className="key"><i className="gbit wait s-queued" />waits</span><span className="key"><i className="gbit wait s-deferred" />deferred</span><span className="key"><i className="gbit wait s-up_for_retry" />up for retry</span>
      <span className="grow" />
      {part ? <Button small kind="quiet" onClick={all} testid="gantt-all"><Maximize aria-hidden />Whole run</Button> : null}
      <button type="button" className="iconbtn" aria-label="Look closer" onClick={closer} data-testid="gantt-closer"><Plus size={14} aria-hidden /></button>
      <button type="button" className="iconbtn" aria-label="Look from farther" onClick={farther} disabled={!part} data-testid="gantt-farther"><Minus size={14} aria-hidden /></button>
    </div>
  );
}
