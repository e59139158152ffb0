import { Link } from "@tanstack/react-router";

import { useRead } from "@/api/client";
import type { BlockRow, RunRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { count } from "@/ui/format";
import { Empty, Loading, Name, Size, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { shapeOfBlock, shapeOfRun } from "./shape";

const blockColumns: Column<BlockRow>[] = [
  { head: "#", width: "3rem", number: true, cell: (row) => count(row.number) },
  { head: "Name", width: "minmax(10rem, 2fr)", cell: (row) => <span title={row.path ?? row.name}><Name of={row.name} mono most={44} /></span> },
  { head: "State", width: "minmax(9rem, 1fr)", cell: (row) => { const [shape, word] = shapeOfBlock(row.state); return <State of={shape} word={word} />; } },
  { head: "Files", width: "5rem", number: true, cell: (row) => count(row.files) },
  { head: "Size", width: "6rem", number: true, cell: (row) => <Size of={row.size} /> },
  { head: "SHA-256", width: "minmax(6rem, 1fr)", cell: (row) => (row.sha256 ? <span className="mono t2" title={row.sha256}>{row.sha256.slice(0, 8)}…{row.sha256.slice(-6)}</span> : null) },
  { head: "Read back", width: "9rem", number: true, cell: (row) => <span title={row.method === "medium" ? "from the medium" : row.method === "cache" ? "this file system offers no way past its cache" : row.method === "server" ? "through the server that keeps it" : undefined}><When at={row.verified_at} /></span> },
];

/** The datablocks of a dataset. */
export function Blocks({ rows }: { rows: BlockRow[] }) {
  return <Table label="Datablocks" columns={blockColumns} total={rows.length} at={(index) => rows[index]} keyOf={(row) => String(row.number)} testid="blocks" empty={<Empty title="No datablocks yet">They are planned once the dataset is whole in the landing zone.</Empty>} />;
}

/** What happened to a dataset, newest first. */
export function History({ pid }: { pid: string }) {
  const list = usePaged("dataset.history", { dataset: pid });
  if (list.total === undefined) return <Loading />;
  return (
    <Table
      label="History" total={list.total} at={list.at} onRange={list.onRange} keyOf={(row) => `${row.at}-${row.event}-${row.text}`} testid="history" empty={<Empty title="Nothing happened yet" />}
      columns={[
        { head: "When", width: "9rem", cell: (row) => <When at={row.at} /> },
        { head: "What", width: "9rem", cell: (row) => <span className="med">{row.event.replaceAll("_", " ")}</span> },
        { head: "In words", width: "minmax(12rem, 1fr)", cell: (row) => <span className="cut" title={row.text}>{row.text}</span> },
        { head: "Run", width: "8rem", cell: (row) => (row.run ? <Link className="link mono" to="/runs/$run" params={{ run: row.run }} search={{ tab: undefined, task: undefined, index: undefined }}>{row.run.slice(0, 14)}</Link> : null) },
      ]}
    />
  );
}

/** The last of the history, for beside. */
export function Lately({ pid, all }: { pid: string; all: () => void }) {
  const list = useRead("dataset.history", { dataset: pid, offset: 0, limit: 8 });
  if (!list.data || list.data.rows.length === 0) return null;
  return (
    <section className="lately" aria-label="Lately">
      <div className="sec-h"><h2>History</h2><button type="button" className="link bare end" onClick={all}>All {count(list.data.total)}</button></div>
      <ol>{list.data.rows.map((row) => <li key={`${row.at}-${row.event}-${row.text}`}><p>{row.text}</p><p className="t3 small"><When at={row.at} /></p></li>)}</ol>
    </section>
  );
}

/** The runs that worked on a dataset. */
export function RunsOf({ rows }: { rows: RunRow[] }) {
  const fresh = useRead("run.list", { dataset: rows[0]?.dataset ?? undefined, states: [], limit: 50, offset: 0 }, rows.length > 0);
  if (rows.length === 0) return <Empty title="No runs yet" />;
  return (
    <Shown of={fresh}>{({ rows: runs }) => (
      <Table
        label="Runs" total={runs.length} at={(index) => runs[index]} keyOf={(row) => row.id} testid="dataset-runs"
        columns={[
          { head: "State", width: "9rem", cell: (row) => <State of={shapeOfRun(row)} word={row.waits ? "waits" : undefined} /> },
          { head: "Flow", width: "minmax(10rem, 1fr)", cell: (row) => <Link className="link" to="/runs/$run" params={{ run: row.id }} search={{ tab: undefined, task: undefined, index: undefined }}>{row.flow}</Link> },
          { head: "Started", width: "10rem", number: true, cell: (row) => <When at={row.started_at} /> },
          { head: "Ended", width: "10rem", number: true, cell: (row) => <When at={row.ended_at} /> },
        ]}
      />
    )}</Shown>
  );
}
