import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, Download, Search } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";

import { ask, useWrite } from "@/api/client";
import { useFollowed } from "@/api/followed";
import type { Event, LogRow } from "@/api/types";
import { host } from "@/platform";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { clockText, plural, utc } from "@/ui/format";
import { Name, Size } from "@/ui/parts";
import { nameOf } from "./retry";

const PAGE = 1000;
const LINE = 18;

/** Which lines: of a run, of one task of it, of one task run, of one attempt. */
export interface LogScope { run: string; task?: string | undefined; index?: number | undefined; attempt?: number | undefined }

interface Filter { least: string; text: string }

function useLog({ run, task, index, attempt }: LogScope, { least, text }: Filter) {
  const wanted = text.trim();
  const args = { run, task: task ?? null, index: index ?? null, attempt: attempt ?? null, level: least || null, text: wanted || null, limit: PAGE };
  const mine = (line: LogRow) => (task === undefined || line.task === task) && (index === undefined || line.index === index);
  const grew = (event: Event) => (event.event === "log" && event.run === run && event.lines.some(mine));
  return useFollowed([run, task, index, attempt, least, wanted].join(" "), PAGE, (after) => ask("run.logs", { ...args, after }), grew);
}

/** Levels by the least that is shown. */
const FROM: Array<[least: string, word: string]> = [["", "All levels"], ["info", "From info"], ["warning", "From warning"], ["error", "Errors"]];

/** One line as text, as it is copied. */
const lineText = (row: LogRow) => `${utc(row.at)} ${nameOf(row)} attempt ${row.attempt} ${row.level} ${row.text}`;

/** A log, followed live until the operator scrolls up; searched and filtered where it lies, however long it is. */
export function LogView({ scope, head, named = false }: { scope: LogScope; head?: React.ReactNode; named?: boolean }) {
  const [filter, setFilter] = useState<Filter>({ least: "", text: "" });
  const wanted = useDeferredValue(filter);
  const { rows, ready, fault } = useLog(scope, wanted);
  const [follows, setFollows] = useState(true);
  const filtered = wanted.least !== "" || wanted.text.trim() !== "";
  return (
    <section className="logbox" aria-label="Log">
      <div className="row sd2 logbar">
        {head ?? <h3 className="sec">Log</h3>}
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Find" aria-label="Find in the log" value={filter.text} onChange={(event) => setFilter({ ...filter, text: event.target.value })} data-testid="log-search" /></label>
        <select className="input w-auto" aria-label="Level" value={filter.least} onChange={(event) => setFilter({ ...filter, least: event.target.value })} data-testid="log-level">{FROM.map(([least, word]) => <option key={least} value={least}>{word}</option>)}</select>
        <span className="t3 small grow nowrap" data-testid="log-count">{ready ? `${plural(rows.length, "line")}${filtered ? " found" : ""}` : ""}</span>
        {follows || rows.length === 0 ? null : <button type="button" className="btn quiet sm" onClick={() => setFollows(true)}>Follow</button>}
        {rows.length > 0 ? <button type="button" className="iconbtn sm" aria-label="Copy the lines shown" title="Copy the lines shown" onClick={() => copy(rows.map(lineText).join("\n"))}><Copy size={14} aria-hidden /></button> : null}
        <SaveLog scope={scope} />
      </div>
      {fault ? <FaultView of={fault} /> : null}
      <Lines rows={rows} text={wanted.text.trim()} named={named} follows={follows} setFollows={setFollows} empty={ready ? (filtered ? "No line matches." : "Nothing was written yet.") : undefined} />
    </section>
  );
}

/** Under which name a log is saved: what it is of, and when. */
const fileOf = ({ run, task, index, attempt }: LogScope) => `${[run, task, index, attempt === undefined ? undefined : `attempt${attempt}`].filter((part) => part !== undefined).join("-")}-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}.log`;

/** Writes the whole log to a file in a folder that the operator chooses. */
function SaveLog({ scope }: { scope: LogScope }) {
  const save = useWrite("log.save");
  const pick = () => void host().pick("folder", "Save the log in").then(([folder]) => folder !== undefined && save.mutate({ ...scope, path: `${folder}/${fileOf(scope)}` }));
  return (
    <>
      <button type="button" className="iconbtn sm" aria-label="Save the whole log to a file" title="Save the whole log to a file" onClick={pick} disabled={save.isPending} data-testid="log-save"><Download size={14} aria-hidden /></button>
      {save.data ? <span className="small t2 saved" role="status" data-testid="log-saved">saved: <Name of={save.data.path} mono most={60} />, <Size of={save.data.bytes} /></span> : null}
      {save.error ? <FaultView of={save.error} /> : null}
    </>
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
export function Marked({ text, found }: { text: string; found: string }) {
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
