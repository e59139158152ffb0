import { useVirtualizer } from "@tanstack/react-virtual";
import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";

import { ask } from "@/api/client";
import { useFollowed } from "@/api/followed";
import type { Event, LogRow } from "@/api/types";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { clockText, count, plural, utc } from "@/ui/format";
import { nameOf } from "./retry";

const PAGE = 1000;
const LINE = 18;

/** Which lines: of a run, of one task of it, of one task run, of one attempt. */
export interface LogScope { run: string; task?: string | undefined; index?: number | undefined; attempt?: number | undefined }

function useLog({ run, task, index, attempt }: LogScope) {
  const args = { run, task: task ?? null, index: index ?? null, attempt: attempt ?? null, limit: PAGE };
  const mine = (line: LogRow) => (task === undefined || line.task === task) && (index === undefined || line.index === index);
  const grew = (event: Event) => (event.event === "log" && event.run === run && event.lines.some(mine));
  return useFollowed(`${run} ${task} ${index} ${attempt}`, PAGE, (after) => ask("run.logs", { ...args, after }), grew);
}

/** Levels, the least first; a choice shows it and what is worse. */
const LEVELS = ["debug", "info", "warning", "error"];
const FROM: Array<[least: string, word: string]> = [["debug", "All levels"], ["info", "From info"], ["warning", "From warning"], ["error", "Errors"]];

interface Filter { least: string; text: string }

/** The lines that pass; all of them, untouched, if nothing is filtered. */
export function passing(rows: LogRow[], { least, text }: Filter): LogRow[] {
  const from = LEVELS.indexOf(least);
  const low = text.trim().toLowerCase();
  if (from <= 0 && !low) return rows;
  return rows.filter((row) => LEVELS.indexOf(row.level) >= from && (!low || row.text.toLowerCase().includes(low) || nameOf(row).toLowerCase().includes(low)));
}

/** One line as text, as it is copied. */
const lineText = (row: LogRow) => `${utc(row.at)} ${nameOf(row)} attempt ${row.attempt} ${row.level} ${row.text}`;

/** A log, followed live until the operator scrolls up; searched in what was read. */
export function LogView({ scope, head, named = false }: { scope: LogScope; head?: React.ReactNode; named?: boolean }) {
  const { rows, ready, fault } = useLog(scope);
  const [filter, setFilter] = useState<Filter>({ least: "debug", text: "" });
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => passing(rows, wanted), [rows, wanted]);
  const [follows, setFollows] = useState(true);
  const told = shown.length === rows.length ? plural(rows.length, "line") : `${count(shown.length)} of ${plural(rows.length, "line")}`;
  return (
    <section className="logbox" aria-label="Log">
      <div className="row sd2 logbar">
        {head ?? <h3 className="sec">Log</h3>}
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Find" aria-label="Find in the log" value={filter.text} onChange={(event) => setFilter({ ...filter, text: event.target.value })} data-testid="log-search" /></label>
        <select className="input w-auto" aria-label="Level" value={filter.least} onChange={(event) => setFilter({ ...filter, least: event.target.value })} data-testid="log-level">{FROM.map(([least, word]) => <option key={least} value={least}>{word}</option>)}</select>
        <span className="t3 small grow nowrap" data-testid="log-count">{ready ? told : ""}</span>
        {follows || shown.length === 0 ? null : <button type="button" className="btn quiet sm" onClick={() => setFollows(true)}>Follow</button>}
        {shown.length > 0 ? <button type="button" className="btn quiet sm" onClick={() => copy(shown.map(lineText).join("\n"))}>Copy</button> : null}
      </div>
      {fault ? <FaultView of={fault} /> : null}
      <Lines rows={shown} text={wanted.text.trim()} named={named} follows={follows} setFollows={setFollows} empty={ready ? (rows.length > 0 ? "No line matches." : "Nothing was written yet.") : undefined} />
    </section>
  );
}

interface LinesProps { rows: LogRow[]; text: string; named: boolean; follows: boolean; setFollows: (follows: boolean) => void; empty: string | undefined }

function Lines({ rows, text, named, follows, setFollows, empty }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => LINE, overscan: 20, initialRect: { width: 400, height: 300 } });
  useEffect(() => {
    if (follows && rows.length > 0) lines.scrollToIndex(rows.length - 1, { align: "end" });
  }, [follows, lines, rows.length]);
  const scrolled = () => {
    const el = box.current;
    if (el) setFollows(el.scrollHeight - el.scrollTop - el.clientHeight < LINE * 2);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the keyboard
    <div className="log" ref={box} onScroll={scrolled} data-testid="log" role="log" aria-live="off" aria-label="Lines" tabIndex={0}>
      {rows.length === 0 && empty ? <span className="t3">{empty}</span> : null}
      <div className="lines" style={{ height: lines.getTotalSize() }}>
        {lines.getVirtualItems().map(({ index: at, start }) => <Line key={rows[at]?.seq} row={rows[at]} top={start} text={text} named={named} />)}
      </div>
    </div>
  );
}

function Line({ row, top, text, named }: { row: LogRow | undefined; top: number; text: string; named: boolean }) {
  if (!row) return null;
  return (
    <div className={row.level === "error" ? "bad" : row.level === "warning" ? "warn" : undefined} style={{ transform: `translateY(${top}px)` }} title={row.text}>
      <span className="ts" title={utc(row.at)}>{clockText(row.at)}</span> <span className="lv">{row.level === "warning" ? "warn" : row.level}</span> {named ? <span className="t3">{nameOf(row)} </span> : null}<Marked text={row.text} found={text} />
    </div>
  );
}

/** A text with what was searched for marked in it. */
function Marked({ text, found }: { text: string; found: string }) {
  const at = found ? text.toLowerCase().indexOf(found.toLowerCase()) : -1;
  if (at < 0) return text;
  return <>{text.slice(0, at)}<mark>{text.slice(at, at + found.length)}</mark>{text.slice(at + found.length)}</>;
}

/** The log of a whole run, or of one task of it. */
export function RunLog({ run, tasks }: { run: string; tasks: string[] }) {
  const [task, setTask] = useState("");
  const select = <select className="input w-auto" aria-label="Task" value={task} onChange={(event) => setTask(event.target.value)} data-testid="log-task"><option value="">All tasks</option>{tasks.map((one) => <option key={one}>{one}</option>)}</select>;
  return <LogView key={task} scope={{ run, task: task || undefined }} head={select} named />;
}
