import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";

import { ask } from "@/api/client";
import { useFollowed } from "@/api/followed";
import type { Event, LogRow } from "@/api/types";
import { FaultView } from "@/ui/fault";
import { clockText, count, utc } from "@/ui/format";

const PAGE = 1000;
const LINE = 18;

function useLog(run: string, task: string, index: number | undefined) {
  const args = { run, task, index: index ?? null, attempt: null, limit: PAGE };
  const mine = (line: LogRow) => line.task === task && (index === undefined || line.index === index);
  const grew = (event: Event) => (event.event === "log" && event.run === run && event.lines.some(mine));
  return useFollowed(`${run} ${task} ${index}`, PAGE, (after) => ask("run.logs", { ...args, after }), grew);
}

/** The log of a task run, followed live until the operator scrolls up. */
export function LogOf({ run, task, index }: { run: string; task: string; index: number | undefined }) {
  const { rows, ready, fault } = useLog(run, task, index);
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const lines = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => LINE, overscan: 20, initialRect: { width: 400, height: 300 } });
  useEffect(() => {
    if (follows && rows.length > 0) lines.scrollToIndex(rows.length - 1, { align: "end" });
  }, [follows, lines, rows.length]);
  const scrolled = () => {
    const el = box.current;
    if (el) setFollows(el.scrollHeight - el.scrollTop - el.clientHeight < LINE * 2);
  };
  return (
    <section className="logbox" aria-label="Log">
      <div className="row sd2"><h3 className="sec">Log</h3><span className="t3 small grow">{ready ? `${count(rows.length)} lines` : ""}</span>{follows || rows.length === 0 ? null : <button type="button" className="btn quiet sm" onClick={() => setFollows(true)}>Follow</button>}</div>
      {fault ? <FaultView of={fault} /> : null}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the keyboard */}
      <div className="log" ref={box} onScroll={scrolled} data-testid="log" role="log" aria-live="off" aria-label="Lines" tabIndex={0}>
        {ready && rows.length === 0 ? <span className="t3">Nothing was written yet.</span> : null}
        <div className="lines" style={{ height: lines.getTotalSize() }}>
          {lines.getVirtualItems().map(({ index: at, start }) => <Line key={rows[at]?.seq} row={rows[at]} top={start} />)}
        </div>
      </div>
    </section>
  );
}

function Line({ row, top }: { row: LogRow | undefined; top: number }) {
  if (!row) return null;
  return (
    <div className={row.level === "error" ? "bad" : row.level === "warning" ? "warn" : undefined} style={{ top }} title={row.text}>
      <span className="ts" title={utc(row.at)}>{clockText(row.at)}</span> <span className="lv">{row.level === "warning" ? "warn" : row.level}</span> {row.text}
    </div>
  );
}
