import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, RotateCcw, Search, X } from "lucide-react";
import { useDeferredValue, useRef, useState } from "react";

import type { RemoteLogLine, RemoteTaskRow } from "@/api/types";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { clockText, plural, utc, visible } from "@/ui/format";
import { Button, Name, When } from "@/ui/parts";
import { Marked } from "../log";
import { RetryThere } from "./acts";
import { moves, useAsked, useEngines } from "./engines";
import { type There, nameThere } from "./run";
import { AsOf, Said } from "./said";

interface Props { there: There; of: RemoteTaskRow; others: RemoteTaskRow[]; choose: (id: string | undefined) => void }

/** One task run there: what the engine says of it, and its log. */
export function ThereTaskPane({ there, of, others, choose }: Props) {
  const engine = useEngines()?.find(({ id }) => id === there.connection);
  const [retries, setRetries] = useState(false);
  const single = engine?.kind === "Airflow" && of.ended !== null;
  return (
    <aside className="pane side" aria-label={`Task run ${nameThere(of)}`} data-testid="task-there">
      <header className="pane-h"><Said of={of} only /><h2 className="sec cut grow"><Name of={nameThere(of)} /></h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={() => choose(undefined)}><X size={16} aria-hidden /></button></header>
      <dl className="sideterms">
        {others.length > 1 ? <><dt>Task runs</dt><dd><select className="input" aria-label="Task run" value={of.id} onChange={(event) => choose(event.target.value)}>{others.map((row) => <option key={row.id} value={row.id}>{`${nameThere(row)}: ${row.said}`}</option>)}</select></dd></> : null}
        <dt>State</dt><dd><Said of={of} />{of.said === of.state ? null : <span className="t2"> said: {visible(of.said)}</span>}</dd>
        <dt>Attempt</dt><dd>{of.attempt}</dd>
        {of.began === null ? null : <><dt>Began</dt><dd><When at={of.began} /></dd></>}
        {of.ended === null ? null : <><dt>Ended</dt><dd><When at={of.ended} /></dd></>}
      </dl>
      {single ? <div className="row padx4"><Button small onClick={() => setRetries(true)} testid="task-there-retry"><RotateCcw aria-hidden />Retry this task…</Button></div> : null}
      <LogThere key={of.id} there={there} of={of} />
      {retries && engine ? <RetryThere there={there} engine={engine} tasks={[of.task]} failed={of.state === "failed"} close={() => setRetries(false)} /> : null}
    </aside>
  );
}

const LINE = 18;

/** Attempts that can be asked for: Airflow keeps each apart. */
const attempts = (most: number) => Array.from({ length: most }, (_, at) => at + 1);

/** The log that the engine kept of a task run, searched in the window. */
function LogThere({ there, of }: { there: There; of: RemoteTaskRow }) {
  const airflow = useEngines()?.find(({ id }) => id === there.connection)?.kind === "Airflow";
  const [attempt, setAttempt] = useState<number>();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const log = useAsked("remote.log", { ...there, task: of.id, attempt: attempt ?? null }, () => moves(of), of.attempt > 0);
  const lines = (log.data?.said ?? []).filter(({ text }) => !wanted || text.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <section className="logbox" aria-label="Log">
      <div className="row sd2 logbar">
        <h3 className="sec">Log</h3>
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Find" aria-label="Find in the log" value={search} onChange={(event) => setSearch(event.target.value)} data-testid="log-search" /></label>
        {airflow && of.attempt > 1 ? <select className="input w-auto" aria-label="Attempt" value={attempt ?? of.attempt} onChange={(event) => setAttempt(Number(event.target.value))} data-testid="log-attempt">{attempts(of.attempt).map((one) => <option key={one} value={one}>attempt {one}</option>)}</select> : null}
        <span className="t3 small grow nowrap">{log.data ? plural(lines.length, "line") : ""}</span>
        {lines.length > 0 ? <button type="button" className="iconbtn sm" aria-label="Copy the lines shown" title="Copy the lines shown" onClick={() => copy(lines.map(lineText).join("\n"))}><Copy size={14} aria-hidden /></button> : null}
      </div>
      {log.data ? <div className="row padx4"><AsOf at={log.data.at} fault={log.error} again={() => void log.refetch()} /></div> : null}
      {log.error && !log.data ? <div className="pad"><FaultView of={log.error} retry={() => void log.refetch()} /></div> : null}
      <Lines rows={lines} text={wanted} empty={of.attempt === 0 ? "It has not begun." : log.data ? (wanted ? "No line matches." : "The engine has no lines of it.") : undefined} />
    </section>
  );
}

const lineText = ({ at, level, text }: RemoteLogLine) => [at === null ? "" : utc(at), level ?? "", text].filter(Boolean).join(" ");

function Lines({ rows, text, empty }: { rows: RemoteLogLine[]; text: string; empty: string | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => LINE, overscan: 20, initialRect: { width: 400, height: 300 } });
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the keyboard
    <div className="log" ref={box} data-testid="log-there" role="log" aria-live="off" aria-label="Lines" tabIndex={0}>
      {rows.length === 0 && empty ? <span className="t3">{empty}</span> : null}
      <div className="lines" style={{ height: lines.getTotalSize() }}>
        {lines.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return <div key={index} className={row.level === "error" ? "bad" : row.level === "warning" ? "warn" : undefined} style={{ transform: `translateY(${start}px)` }} title={visible(row.text)}>{row.at === null ? null : <><span className="ts" title={utc(row.at)}>{clockText(row.at)}</span> </>}{row.level ? <span className="lv">{row.level === "warning" ? "warn" : row.level} </span> : null}<Marked text={visible(row.text)} found={text} /></div>;
        })}
      </div>
    </div>
  );
}
