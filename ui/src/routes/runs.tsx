import "@/styles/filters.css";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { useRead } from "@/api/client";
import type { RunRow, RunSelect, RunSort, RunState } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { count, dayAfter, dayStart, duration, plural } from "@/ui/format";
import { Bar, Empty, Head, Loading, Name, Size, State, When } from "@/ui/parts";
import { Tabs } from "@/ui/tabs";
import { useEngines } from "./remote/engines";
import { AllRuns } from "./remote/runs";
import { RunsBar } from "./runs-bar";
import { shapeOfRun } from "./shape";

const route = getRouteApi("/runs");

/** How long a run has taken, or took. */
const tookOf = (row: RunRow) => (row.started_at ? duration(((row.ended_at ?? Date.now()) - row.started_at) / 1000) : null);

const state: Column<RunRow> = { head: "State", width: "8rem", cell: (row) => <State of={shapeOfRun(row)} word={row.waits ? "waits" : undefined} /> };
const title: Column<RunRow> = { head: "Run of", width: "minmax(12rem, 3fr)", cell: (row) => <span className="med"><Name of={row.title} most={56} /></span> };
const flow: Column<RunRow> = { head: "Flow", width: "minmax(8.5rem, 1fr)", cell: (row) => <span className="t2">{row.flow}</span> };
const bar: Column<RunRow> = { head: "Progress", width: "minmax(4rem, 1fr)", cell: (row) => (row.progress.bytes_total ? <Bar done={row.progress.bytes} total={row.progress.bytes_total} state={shapeOfRun(row)} /> : null) };
const bytes: Column<RunRow> = { head: "Confirmed", width: "9.5rem", number: true, cell: (row) => (row.progress.bytes_total ? <Size of={row.progress.bytes} whole={row.progress.bytes_total} /> : null) };
const note: Column<RunRow> = { head: "Note", width: "minmax(8rem, 2fr)", cell: (row) => (row.fault ? <code className="mono t2" title={row.fault.what}>{row.fault.code}</code> : <span className="t2 cut" title={row.waits ?? ""}>{row.waits}</span>) };
const created: Column<RunRow> = { head: "Created", width: "8.5rem", number: true, sort: "created", cell: (row) => <When at={row.created_at} /> };
const started: Column<RunRow> = { head: "Started", width: "8.5rem", number: true, sort: "started", cell: (row) => <When at={row.started_at} /> };
const ended: Column<RunRow> = { head: "Ended", width: "8.5rem", number: true, sort: "ended", cell: (row) => <When at={row.ended_at} /> };
const took: Column<RunRow> = { head: "Duration", width: "6rem", number: true, sort: "duration", cell: tookOf };

const NORMAL = [state, title, flow, bar, bytes, created, took];
const WIDE = [state, title, flow, bar, bytes, note, created, started, ended, took];
const STATES: RunState[] = ["running", "queued", "paused", "failed", "success", "cancelling", "cancelled"];
/** States that have a chip only while runs are in them. */
const RARE: RunState[] = ["cancelling", "paused"];
const SORTS: RunSort[] = ["created", "started", "ended", "duration"];

/** The filter in the address, as the backend takes it. */
function useFilter() {
  const search = route.useSearch();
  const wanted = useDeferredValue(search.search?.trim());
  const until = dayAfter(search.until);
  const filter = { flow: search.flow ?? null, states: search.state ? [search.state as RunState] : [], search: wanted || null, since: dayStart(search.since), until };
  const sort = SORTS.find((one) => one === search.sort) ?? "created";
  return { search, filter, sort, ascending: search.up === true, filtered: Boolean(search.flow ?? search.state ?? search.since ?? search.until ?? wanted) };
}

/** What an act on all that match is done to. With no filter that is every run, which must be said. */
const selectOf = (filter: Omit<RunSelect, "runs">): RunSelect => ({ ...filter, states: filter.states?.length ? filter.states : STATES });

/** Runs of this workspace, and, where connections lead to other engines, theirs beside them. */
export function Runs() {
  const { tab = "here" } = route.useSearch();
  const navigate = useNavigate();
  const engines = useEngines() ?? [];
  const choose = (next: string) => void navigate({ to: "/runs", search: next === "all" ? { tab: next } : {}, replace: true });
  return (
    <>
      <Head title="Runs" end={<Link className="btn" to="/logs" search={{}} data-testid="logs-link">Search all logs</Link>} />
      {engines.length > 0 || tab === "all" ? <Tabs label="Runs" value={tab} choose={choose} tabs={[["here", "This workspace"], ["all", "All engines"]]} /> : null}
      {tab === "all" ? <AllRuns engines={engines} /> : <RunsHere />}
    </>
  );
}

/** All runs of this workspace, newest first unless another order is asked for; chosen ones can be acted on together. */
function RunsHere() {
  const { search, filter, sort, ascending, filtered } = useFilter();
  const navigate = useNavigate();
  const set = (next: Partial<typeof search>) => void navigate({ to: "/runs", search: { ...search, ...next }, replace: true });
  const list = usePaged("run.list", { ...filter, dataset: null, sort, ascending });
  const [chosen, setChosen] = useState<string[] | "all">([]);
  const open = (row: RunRow) => void navigate({ to: "/runs/$run", params: { run: row.id }, search: { tab: undefined, task: undefined, index: undefined } });
  const toggle = (id: string) => setChosen(chosen === "all" ? [] : chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const check: Column<RunRow> = { head: "Chosen", hidden: true, width: "1rem", cell: (row) => <input type="checkbox" aria-label={`Choose ${row.title}`} checked={chosen === "all" || chosen.includes(row.id)} onChange={() => toggle(row.id)} onClick={(event) => event.stopPropagation()} /> };
  return (
    <>
      {chosen.length > 0
        ? <RunsBar chosen={chosen} total={list.total ?? 0} all={selectOf(filter)} choose={setChosen} />
        : <Filters search={search} filter={filter} set={(next) => { setChosen([]); set(next); }} total={list.total} />}
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : (
        <Table
          label="Runs" columns={[check, ...(window.innerWidth >= 1600 ? WIDE : NORMAL)]} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => row.id} onOpen={open} testid="runs"
          order={{ by: sort, ascending }} onOrder={(order) => set({ sort: order.by, up: order.ascending || undefined })}
          empty={filtered ? <Empty title="No run matches">Clear the filters to see all.</Empty> : <Empty title="No runs yet">Drop a folder anywhere on this window, or start a flow.</Empty>}
        />
      )}
    </>
  );
}

type Search = ReturnType<typeof route.useSearch>;

type Filter = ReturnType<typeof useFilter>["filter"];

function Filters({ search, filter, set, total }: { search: Search; filter: Filter; set: (next: Partial<Search>) => void; total: number | undefined }) {
  const flows = useRead("flow.list", {});
  return (
    <div className="toolbar wraps">
      <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or id" aria-label="Filter runs" value={search.search ?? ""} onChange={(event) => set({ search: event.target.value || undefined })} data-filter data-testid="run-search" /></label>
      <select className="input w-auto" aria-label="Flow" value={search.flow ?? ""} onChange={(event) => set({ flow: event.target.value || undefined })} data-testid="run-flow-filter"><option value="">All flows</option>{flows.data?.map((one) => <option key={one.id}>{one.id}</option>)}</select>
      <input className="input w-auto" type="date" placeholder="2026-11-24" aria-label="Created from this day" value={search.since ?? ""} onChange={(event) => set({ since: event.target.value || undefined })} data-testid="run-since" />
      <input className="input w-auto" type="date" placeholder="2026-11-24" aria-label="Created to this day" value={search.until ?? ""} onChange={(event) => set({ until: event.target.value || undefined })} data-testid="run-until" />
      <span className="t3 small">{total === undefined ? "" : plural(total, "run")}</span>
      <StateChips filter={filter} chosen={search.state} choose={(state) => set({ state })} />
    </div>
  );
}

/** The states, each with how many of the runs that the rest of the filter finds are in it. */
function StateChips({ filter, chosen, choose }: { filter: Filter; chosen: string | undefined; choose: (state: string | undefined) => void }) {
  const counts = useRead("run.counts", { ...filter, states: [], dataset: null });
  const many = (state: RunState) => counts.data?.find((one) => one.state === state)?.count ?? 0;
  return (
    <span className="fchips" role="group" aria-label="State">
      {STATES.filter((one) => one === chosen || !RARE.includes(one) || many(one) > 0).map((one) => (
        <button key={one} type="button" className="fchip" aria-pressed={one === chosen} onClick={() => choose(one === chosen ? undefined : one)} data-testid={`run-state-${one}`}><State of={one} />{counts.data ? <span className="n">{count(many(one))}</span> : null}</button>
      ))}
    </span>
  );
}
