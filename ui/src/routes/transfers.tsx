import "@/styles/lists.css";
import "@/styles/filters.css";
import "@/styles/storage.css";
import "@/styles/transfers.css";
import { getRouteApi } from "@tanstack/react-router";
import { Copy as CopyIcon } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { RunRow, RunState } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { leftText, size } from "@/ui/format";
import { Bar, Button, Empty, Head, Loading, Name, Size, State, When } from "@/ui/parts";
import { FaultView } from "@/ui/fault";
import { Tabs } from "@/ui/tabs";
import { NewCopy } from "./new-copy";
import { Rates } from "./rates";
import { shapeOfRun } from "./shape";
import { Speed } from "./speed";
import { Causes } from "./transfer-causes";
import { TransferPane } from "./transfer-pane";

const route = getRouteApi("/transfers");

/** From where to where the built-in flows carry bytes. */
const WAYS: Record<string, string> = {
  upload_dataset: "source → landing", archive_dataset: "landing → lts", retrieve_dataset: "lts → destination", verify_dataset: "lts, read back",
  copy: "place → place",
};

const ACTIVE_STATES: RunState[] = ["queued", "running", "paused", "cancelling"];
const ENDED_STATES: RunState[] = ["success", "failed", "cancelled"];

const average = (row: RunRow) => (row.started_at && row.ended_at && row.ended_at > row.started_at ? (row.progress.bytes / (row.ended_at - row.started_at)) * 1000 : null);

const state: Column<RunRow> = { head: "State", width: "8rem", cell: (row) => <State of={shapeOfRun(row)} word={row.waits ? "waits" : undefined} /> };
const what: Column<RunRow> = { head: "What", width: "minmax(10rem, 3fr)", cell: (row) => <span className="med"><Name of={row.title} most={56} /></span> };
const way: Column<RunRow> = { head: "From, to", width: "minmax(9rem, 1fr)", cell: (row) => <span className="t2">{WAYS[row.flow] ?? row.flow}</span> };
const bar: Column<RunRow> = { head: "Progress", width: "minmax(4rem, 1fr)", cell: (row) => <Bar done={row.progress.bytes} total={row.progress.bytes_total} state={shapeOfRun(row)} /> };
const confirmed: Column<RunRow> = { head: "Confirmed", width: "9.5rem", number: true, cell: (row) => <Size of={row.progress.bytes} whole={row.progress.bytes_total} /> };
const rate: Column<RunRow> = { head: "Rate", width: "6.5rem", number: true, cell: (row) => (row.progress.rate ? `${size(row.progress.rate)}/s` : <span className="t3">none</span>) };
const left: Column<RunRow> = { head: "Left", width: "8.5rem", number: true, cell: (row) => (row.waits ? <span className="t2" title={row.waits}>{row.waits}</span> : row.progress.seconds_left === null ? <span className="t3">not known</span> : leftText(row.progress.seconds_left)) };
const mean: Column<RunRow> = { head: "On average", width: "6.5rem", number: true, cell: (row) => { const of = average(row); return of ? `${size(of)}/s` : null; } };
const ended: Column<RunRow> = { head: "Ended", width: "8.5rem", number: true, cell: (row) => <When at={row.ended_at} /> };

const ACTIVE = [state, what, way, bar, confirmed, rate, left];
const ENDED = [state, what, way, bar, confirmed, mean, ended];
/** Beside an open pane: what there is room for. */
const beside = (wide: Column<RunRow>[]) => (window.innerWidth >= 1760 ? wide.filter((column) => column !== way) : [state, what, confirmed]);

/** Bytes that move, bytes that moved, and why some did not. */
export function Transfers() {
  const { tab = "queue", run } = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: { tab?: string | undefined; run?: string | undefined }) => void navigate({ search: { tab, run, ...next }, replace: true });
  const active = usePaged("run.list", { states: ACTIVE_STATES });
  const past = usePaged("run.list", { states: ENDED_STATES });
  const causes = useRead("transfer.causes", {});
  const [copies, setCopies] = useState(false);
  const open = (row: RunRow) => go({ run: row.id });
  return (
    <div className={`md listmd transferpage${run ? " with" : ""}`}>
      <div className="pane">
        <Head title="Transfers" end={<><TotalRate /><Rates /><Button kind="primary" onClick={() => setCopies(true)} testid="copy-new"><CopyIcon aria-hidden />Copy…</Button></>} />
        {copies ? <NewCopy close={() => setCopies(false)} /> : null}
        <section className="padx allspeed" aria-label="Speed of all transfers, last hour"><Speed run={null} low /></section>
        <Tabs label="Transfers" value={tab} choose={(next) => go({ tab: next })} tabs={[["queue", "Queue", active.total], ["history", "History", past.total], ["failed", "Failed by cause", causes.data?.causes.length]]} />
        {tab === "failed" ? <Causes /> : tab === "history"
          ? <List of={past} columns={run ? beside(ENDED) : ENDED} label="Transfers that ended" testid="transfers-ended" open={open} selected={run} none={<Empty title="Nothing has moved yet">What is copied, archived, retrieved and verified stays here.</Empty>} />
          : <List of={active} columns={run ? beside(ACTIVE) : ACTIVE} label="Transfers under way" testid="transfers" open={open} selected={run} none={<Empty title="No bytes move">What runs or waits is shown here: what is copied, archived, retrieved or verified.</Empty>} />}
      </div>
      {run ? <TransferPane key={run} run={run} close={() => go({ run: undefined })} /> : null}
    </div>
  );
}

/** How fast all runs together move bytes now. */
function TotalRate() {
  const active = useRead("run.list", { states: ["running"], limit: 200 });
  const all = active.data?.rows.reduce((sum, row) => sum + (row.progress.rate ?? 0), 0) ?? 0;
  return all > 0 ? <span className="t2" data-testid="transfer-rate">{size(all)}/s in all</span> : null;
}

interface ListProps { of: ReturnType<typeof usePaged<"run.list">>; columns: Column<RunRow>[]; label: string; testid: string; open: (row: RunRow) => void; selected: string | undefined; none: React.ReactNode }

function List({ of, columns, label, testid, open, selected, none }: ListProps) {
  if (of.fault) return <div className="pad"><FaultView of={of.fault} /></div>;
  if (of.total === undefined) return <Loading />;
  return <Table label={label} columns={columns} total={of.total} at={of.at} onRange={of.onRange} keyOf={(row) => row.id} onOpen={open} testid={testid} empty={none} {...(selected && { selected })} />;
}
