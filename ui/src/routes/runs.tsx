import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue } from "react";

import { useRead } from "@/api/client";
import type { RunRow, RunState } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { duration, plural, words } from "@/ui/format";
import { Bar, Empty, Head, Loading, Name, Size, State, When } from "@/ui/parts";
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
const created: Column<RunRow> = { head: "Created", width: "8.5rem", number: true, cell: (row) => <When at={row.created_at} /> };
const took: Column<RunRow> = { head: "Duration", width: "6rem", number: true, cell: tookOf };

const NORMAL = [state, title, flow, bar, bytes, created, took];
const WIDE = [state, title, flow, bar, bytes, note, created, took];
const STATES: RunState[] = ["running", "queued", "paused", "failed", "success", "cancelling", "cancelled"];

/** All runs, newest first. */
export function Runs() {
  const { flow: ofFlow, state: ofState, search } = route.useSearch();
  const navigate = useNavigate();
  const set = (next: { flow?: string | undefined; state?: string | undefined; search?: string | undefined }) => void navigate({ to: "/runs", search: { flow: ofFlow, state: ofState, search, ...next }, replace: true });
  const wanted = useDeferredValue(search?.trim());
  const list = usePaged("run.list", { flow: ofFlow ?? null, dataset: null, states: ofState ? [ofState as RunState] : [], search: wanted || null });
  const flows = useRead("flow.list", {});
  const open = (row: RunRow) => void navigate({ to: "/runs/$run", params: { run: row.id }, search: { tab: undefined, task: undefined, index: undefined } });
  const filtered = Boolean(ofFlow ?? ofState ?? wanted);
  return (
    <>
      <Head title="Runs" />
      <div className="toolbar">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or id" aria-label="Filter runs" value={search ?? ""} onChange={(event) => set({ search: event.target.value || undefined })} data-filter data-testid="run-search" /></label>
        <select className="input w-auto" aria-label="State" value={ofState ?? ""} onChange={(event) => set({ state: event.target.value || undefined })} data-testid="run-state-filter"><option value="">All states</option>{STATES.map((one) => <option key={one} value={one}>{words(one)}</option>)}</select>
        <select className="input w-auto" aria-label="Flow" value={ofFlow ?? ""} onChange={(event) => set({ flow: event.target.value || undefined })}><option value="">All flows</option>{flows.data?.map((one) => <option key={one.id}>{one.id}</option>)}</select>
        <span className="t3 small">{list.total === undefined ? "" : plural(list.total, "run")}</span>
      </div>
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : (
        <Table
          label="Runs" columns={window.innerWidth >= 1600 ? WIDE : NORMAL} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => row.id} onOpen={open} testid="runs"
          empty={filtered ? <Empty title="No run matches">Clear the filters to see all.</Empty> : <Empty title="No runs yet">Drop a folder anywhere on this window, or start a flow.</Empty>}
        />
      )}
    </>
  );
}
