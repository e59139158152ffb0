import { useNavigate } from "@tanstack/react-router";
import { Copy as CopyIcon } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { RunRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { leftText, plural, size } from "@/ui/format";
import { Bar, Button, Empty, Head, Loading, Name, Size, State, When } from "@/ui/parts";
import { FaultView } from "@/ui/fault";
import { Shown } from "@/ui/query";
import { NewCopy } from "./new-copy";
import { Rates } from "./rates";
import { shapeOfRun } from "./shape";

/** From where to where the built-in flows carry bytes. */
const WAYS: Record<string, string> = {
  upload_dataset: "source → landing", archive_dataset: "landing → lts", retrieve_dataset: "lts → destination", verify_dataset: "lts, read back",
  copy: "place → place",
};

const average = (row: RunRow) => (row.started_at && row.ended_at && row.ended_at > row.started_at ? (row.progress.bytes / (row.ended_at - row.started_at)) * 1000 : null);

const common: Column<RunRow>[] = [
  { head: "State", width: "8rem", cell: (row) => <State of={shapeOfRun(row)} word={row.waits ? "waits" : undefined} /> },
  { head: "What", width: "minmax(12rem, 3fr)", cell: (row) => <span className="med"><Name of={row.title} most={56} /></span> },
  { head: "From, to", width: "minmax(9rem, 1fr)", cell: (row) => <span className="t2">{WAYS[row.flow] ?? row.flow}</span> },
  { head: "Progress", width: "minmax(4rem, 1fr)", cell: (row) => <Bar done={row.progress.bytes} total={row.progress.bytes_total} state={shapeOfRun(row)} /> },
  { head: "Confirmed", width: "9.5rem", number: true, cell: (row) => <Size of={row.progress.bytes} whole={row.progress.bytes_total} /> },
];

const ACTIVE: Column<RunRow>[] = [
  ...common,
  { head: "Rate", width: "6.5rem", number: true, cell: (row) => (row.progress.rate ? `${size(row.progress.rate)}/s` : <span className="t3">none</span>) },
  { head: "Left", width: "8.5rem", number: true, cell: (row) => (row.waits ? <span className="t2" title={row.waits}>{row.waits}</span> : row.progress.seconds_left === null ? <span className="t3">not known</span> : leftText(row.progress.seconds_left)) },
];

const ENDED: Column<RunRow>[] = [
  ...common,
  { head: "On average", width: "6.5rem", number: true, cell: (row) => { const rate = average(row); return rate ? `${size(rate)}/s` : null; } },
  { head: "Ended", width: "8.5rem", number: true, cell: (row) => <When at={row.ended_at} /> },
];

const open = (navigate: ReturnType<typeof useNavigate>) => (row: RunRow) => void navigate({ to: "/runs/$run", params: { run: row.id }, search: { tab: undefined, task: undefined, index: undefined } });
const moves = (row: RunRow) => row.progress.bytes_total !== null && row.progress.bytes_total > 0;

/** Bytes that move, and bytes that moved. */
export function Transfers() {
  const navigate = useNavigate();
  const active = useRead("run.list", { states: ["queued", "running", "paused", "cancelling"], limit: 200 });
  const [copies, setCopies] = useState(false);
  const rate = active.data?.rows.reduce((all, row) => all + (row.progress.rate ?? 0), 0) ?? 0;
  return (
    <>
      <Head title="Transfers" end={<>{rate > 0 ? <span className="t2" data-testid="transfer-rate">{size(rate)}/s in all</span> : null}<Rates /><Button kind="primary" onClick={() => setCopies(true)} testid="copy-new"><CopyIcon aria-hidden />Copy…</Button></>} />
      {copies ? <NewCopy close={() => setCopies(false)} /> : null}
      <div className="transfers">
        <Shown of={active} rows={3}>{({ rows }) => {
          const moving = rows.filter((row) => moves(row));
          return (
            <section className="moving" aria-label="Moving">
              <div className="sec-h padx"><h2>Now</h2><span className="n">{moving.length}</span></div>
              <Table label="Transfers under way" columns={ACTIVE} total={moving.length} at={(index) => moving[index]} keyOf={(row) => row.id} onOpen={open(navigate)} fit testid="transfers" empty={<Empty title="No bytes move">What is archived, retrieved or verified is shown here while it runs.</Empty>} />
            </section>
          );
        }}</Shown>
        <Ended />
      </div>
    </>
  );
}

function Ended() {
  const navigate = useNavigate();
  const list = usePaged("run.list", { states: ["success", "failed", "cancelled"] });
  return (
    <section className="ended" aria-label="Ended">
      <div className="sec-h padx"><h2>Ended</h2><span className="n">{list.total === undefined ? "" : plural(list.total, "run")}</span></div>
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : <Table label="Transfers that ended" columns={ENDED} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => row.id} onOpen={open(navigate)} testid="transfers-ended" empty={<Empty title="Nothing has moved yet" />} />}
    </section>
  );
}
