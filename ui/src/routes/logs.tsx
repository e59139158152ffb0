import "@/styles/lists.css";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";

import { ask } from "@/api/client";
import { asFault } from "@/api/fault";
import type { Fault, LogHit, LogPlaceRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, Empty, Head, Name, When } from "@/ui/parts";
import { Marked } from "./log";
import { nameOf } from "./retry";

const route = getRouteApi("/logs");
/** Lines found before the search waits to be told to go on. */
const ENOUGH = 300;
/** Lines of one call. */
const PAGE = 100;
/** Characters from which on a search is worth it. */
const SHORTEST = 2;

interface Found { key: string; hits: LogHit[]; next: LogPlaceRow | null; busy: boolean; fault?: Fault }

/** Searches call by call, newest run first, until enough is found or all was searched. `more` goes on from there. */
function useSearch(text: string, level: string) {
  const key = `${level} ${text}`;
  const [found, setFound] = useState<Found>({ key: "", hits: [], next: null, busy: false });
  const [round, setRound] = useState({ key, from: null as LogPlaceRow | null, hits: [] as LogHit[] });
  if (round.key !== key) setRound({ key, from: null, hits: [] });
  useEffect(() => {
    let gone = false;
    const search = async () => {
      let { from, hits } = round;
      const most = hits.length + ENOUGH;
      try {
        do {
          // Each call goes on where the last one stopped.
          // oxlint-disable-next-line no-await-in-loop
          const reply = await ask("log.search", { text, level: level || null, from, limit: PAGE });
          if (gone) return;
          hits = [...hits, ...reply.hits];
          from = reply.next;
          setFound({ key, hits, next: from, busy: from !== null && hits.length < most });
        } while (from !== null && hits.length < most);
      } catch (thrown) {
        if (!gone) setFound({ key, hits, next: null, busy: false, fault: asFault(thrown) });
      }
    };
    if (text.length >= SHORTEST) void search();
    return () => { gone = true; };
  }, [key, level, round, text]);
  const shown = found.key === key ? found : { key, hits: [], next: null, busy: text.length >= SHORTEST };
  return { ...shown, more: () => setRound({ key, from: shown.next, hits: shown.hits }) };
}

const columnsOf = (text: string): Column<LogHit>[] => [
  { head: "When", width: "9rem", cell: ({ line }) => <When at={line.at} /> },
  { head: "Run", width: "minmax(7rem, 1fr)", cell: ({ run }) => <Name of={run} mono /> },
  { head: "Task run", width: "minmax(6rem, 1fr)", cell: ({ line }) => nameOf(line) },
  { head: "Level", width: "5rem", cell: ({ line }) => <span className="t2">{line.level}</span> },
  { head: "Line", width: "minmax(12rem, 5fr)", cell: ({ line }) => <span className="mono cut" title={line.text}><Marked text={line.text} found={text} /></span> },
];

/** One search through the logs of all runs. */
export function Logs() {
  const { text = "", level = "" } = route.useSearch();
  const navigate = useNavigate();
  const set = (next: { text?: string | undefined; level?: string | undefined }) => void navigate({ to: "/logs", search: { text: text || undefined, level: level || undefined, ...next }, replace: true });
  const wanted = useDeferredValue(text.trim());
  const { hits, next, busy, fault, more } = useSearch(wanted, level);
  const open = ({ run, line }: LogHit) => void navigate({ to: "/runs/$run", params: { run }, search: { tab: "log", task: line.task, index: line.index ?? undefined } });
  const told = busy ? `searching, ${plural(hits.length, "line")} so far` : `${plural(hits.length, "line")}${next ? ", and older runs are not searched yet" : " in all runs"}`;
  return (
    <>
      <Head title="Search all logs" />
      <div className="toolbar">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Text in a line" aria-label="Text in a line" value={text} onChange={(event) => set({ text: event.target.value || undefined })} data-filter data-testid="logs-text" /></label>
        <select className="input w-auto" aria-label="Level" value={level} onChange={(event) => set({ level: event.target.value || undefined })} data-testid="logs-level"><option value="">All levels</option><option value="warning">From warning</option><option value="error">Errors</option></select>
        <span className="t3 small" role="status" data-testid="logs-told">{wanted.length >= SHORTEST ? told : ""}</span>
        {next && !busy ? <Button small onClick={more} testid="logs-more">Search on</Button> : null}
      </div>
      {fault ? <div className="pad"><FaultView of={fault} /></div> : null}
      {wanted.length < SHORTEST ? <Empty title="What do you look for?">Two characters or more; the newest runs are searched first.</Empty> : (
        <Table label="Lines found" dense columns={columnsOf(wanted)} total={hits.length} at={(at) => hits[at]} keyOf={({ run, line }) => `${run} ${line.seq}`} onOpen={open} testid="logs" {...(!busy && !fault && { empty: <Empty title="No line matches">{next ? "Older runs are not searched yet." : "The logs of all runs were searched."}</Empty> })} />
      )}
    </>
  );
}
