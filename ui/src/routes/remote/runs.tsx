import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { useRead } from "@/api/client";
import type { RemoteRunRow, RunRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { count, duration, plural } from "@/ui/format";
import { Empty, Loading, Name, State, When } from "@/ui/parts";
import { FaultView } from "@/ui/fault";
import { shapeOfRun } from "../shape";
import { type Engine, NEWEST, moves, useAllRuns, useFlowNames } from "./engines";
import { AsOf, Badge, Said } from "./said";

/** A run, wherever it is carried out. */
interface AnyRun { engine: Engine | undefined; id: string; title: string; flow: string | null; named: string; at: number; began: number | null; ended: number | null; active: boolean; failed: boolean; here?: RunRow; there?: RemoteRunRow }

const ofHere = (row: RunRow): AnyRun => ({ engine: undefined, id: row.id, title: row.title, flow: row.flow, named: row.flow, at: row.created_at, began: row.started_at, ended: row.ended_at, active: row.ended_at === null, failed: row.state === "failed", here: row });

const ofThere = (row: RemoteRunRow, engine: Engine, named: string): AnyRun => ({ engine, id: row.id, title: row.title, flow: row.flow, named, at: row.began ?? row.due ?? 0, began: row.began, ended: row.ended, active: moves(row), failed: row.state === "failed", there: row });

const keyOf = ({ engine, flow, id }: AnyRun) => `${engine?.id ?? ""} ${flow ?? ""} ${id}`;

const WIDE: Column<AnyRun>[] = [
  { head: "State", width: "8rem", cell: (row) => (row.there ? <Said of={row.there} /> : row.here ? <State of={shapeOfRun(row.here)} word={row.here.waits ? "waits" : undefined} /> : null) },
  { head: "Engine", width: "9rem", cell: (row) => <Badge of={row.engine} /> },
  { head: "Run of", width: "minmax(12rem, 3fr)", cell: (row) => <span className="med"><Name of={row.title} most={56} /></span> },
  { head: "Flow", width: "minmax(8.5rem, 1fr)", cell: (row) => <span className="t2"><Name of={row.named} most={40} /></span> },
  { head: "Began or due", width: "8.5rem", number: true, cell: (row) => (row.at > 0 ? <When at={row.at} /> : null) },
  { head: "Ended", width: "8.5rem", number: true, cell: (row) => <When at={row.ended} /> },
  { head: "Duration", width: "6rem", number: true, cell: (row) => (row.began && row.ended ? duration((row.ended - row.began) / 1000) : null) },
];

const NORMAL = WIDE.filter(({ head }) => head !== "Ended");

/** Which runs are wanted, by how they stand. */
const ASPECTS = [["active", "on their way"], ["failed", "failed"]] as const;

/** The newest runs of this workspace and of all engines that its connections lead to, in one list. */
export function AllRuns({ engines }: { engines: Engine[] }) {
  const here = useRead("run.list", { limit: NEWEST });
  const there = useAllRuns(engines);
  const nameOf = useFlowNames(engines);
  const [from, setFrom] = useState<string>();
  const [aspect, setAspect] = useState<"active" | "failed">();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const navigate = useNavigate();
  const open = ({ engine, id, flow }: AnyRun) => void (engine
    ? navigate({ to: "/runs/at/$connection/$run", params: { connection: engine.id, run: id }, search: { ...(flow !== null && { flow }) } })
    : navigate({ to: "/runs/$run", params: { run: id }, search: { tab: undefined, task: undefined, index: undefined } }));
  const all = [...(here.data?.rows ?? []).map(ofHere), ...engines.flatMap((engine, at) => (there[at]?.data?.said ?? []).map((row) => ofThere(row, engine, row.flow === null ? "" : nameOf(engine.id, row.flow))))];
  const named = all.filter((row) => (from === undefined || (row.engine?.id ?? "") === from) && (!wanted || `${row.title} ${row.id} ${row.named}`.toLowerCase().includes(wanted)));
  const rows = named.filter((row) => aspect === undefined || row[aspect]).toSorted((a, b) => b.at - a.at);
  const waits = here.data === undefined && here.error === null;
  return (
    <>
      <div className="toolbar wraps">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name, flow or id" aria-label="Filter runs" value={search} onChange={(event) => setSearch(event.target.value)} data-filter data-testid="run-search" /></label>
        <select className="input w-auto" aria-label="Engine" value={from ?? "*"} onChange={(event) => setFrom(event.target.value === "*" ? undefined : event.target.value)} data-testid="run-engine"><option value="*">All engines</option><option value="">This workspace</option>{engines.map(({ id, kind }) => <option key={id} value={id}>{`${id} (${kind})`}</option>)}</select>
        <span className="fchips" role="group" aria-label="State">
          {ASPECTS.map(([one, word]) => <button key={one} type="button" className="fchip" aria-pressed={aspect === one} onClick={() => setAspect(aspect === one ? undefined : one)} data-testid={`runs-${one}`}><State of={one === "failed" ? "failed" : "running"} word={word} /><span className="n">{count(named.filter((row) => row[one]).length)}</span></button>)}
        </span>
        <span className="t3 small">{plural(rows.length, "run")}; of each engine the newest {NEWEST}</span>
      </div>
      <ul className="enginebar" aria-label="Engines">
        {engines.map((engine, at) => <li key={engine.id} data-testid={`engine-${engine.id}`}><Badge of={engine} /><AsOf at={there[at]?.data?.at} fault={there[at]?.error ?? null} again={() => void there[at]?.refetch()} /></li>)}
      </ul>
      {here.error ? <div className="pad"><FaultView of={here.error} retry={() => void here.refetch()} /></div> : null}
      {waits ? <Loading /> : (
        <Table label="Runs on all engines" columns={window.innerWidth >= 1600 ? WIDE : NORMAL} total={rows.length} at={(at) => rows[at]} keyOf={keyOf} onOpen={open} testid="all-runs" empty={<Empty title={all.length === 0 ? "No runs yet" : "No run matches"} />} />
      )}
    </>
  );
}
