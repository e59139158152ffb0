import { RotateCcw, Search, X } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { useRead, useReadExact } from "@/api/client";
import type { FileCauseRow, RunRow, TransferFileRow, TransferFiles } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { count, leftText, plural, rateText, visible } from "@/ui/format";
import { Bar, Button, Empty, Loading, Name, Size, State, When } from "@/ui/parts";
import { DatasetLink, RunLink } from "./links";
import { proofColumns } from "./transfer-proof";
import { RetryForm } from "./retry";
import { shapeOfRun } from "./shape";
import { Speed } from "./speed";
import { useFailedFiles } from "./transfer-files";

/** One transfer, beside the list: how far and how fast, its files, and what of them failed. */
export function TransferPane({ run, close }: { run: string; close: () => void }) {
  const detail = useReadExact("run.show", { run });
  const [retries, setRetries] = useState(false);
  const row = detail.data?.run;
  return (
    <aside className="pane side transfer" aria-label={`Transfer ${row?.title ?? run}`} data-testid="transfer-pane">
      <header className="pane-h">{row ? <State of={shapeOfRun(row)} only /> : null}<h2 className="sec cut grow"><Name of={row?.title ?? run} /></h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={close}><X size={16} aria-hidden /></button></header>
      {detail.error && !row ? <div className="pad"><FaultView of={detail.error} retry={() => void detail.refetch()} /></div> : null}
      {row ? <Standing of={row} retry={() => setRetries(true)} /> : null}
      <section className="padx4 speedbox" aria-label="Speed"><Speed run={run} /></section>
      {row ? <Files of={row} /> : null}
      {retries && row ? <Dialog title={`Retry ${row.title}`} close={() => setRetries(false)} testid="retry-dialog"><div className="actbox"><RetryForm run={run} close={() => setRetries(false)} /></div></Dialog> : null}
    </aside>
  );
}

function Standing({ of, retry }: { of: RunRow; retry: () => void }) {
  const { progress } = of;
  return (
    <div className="stack gap-2 transferhead">
      <div className="row"><State of={shapeOfRun(of)} word={of.waits ? "waits" : undefined} chip /><span className="t2 grow cut">{of.waits ?? (progress.rate ? `${rateText(progress.rate)}${progress.seconds_left === null ? "" : `, ${leftText(progress.seconds_left)} left`}` : of.ended_at ? <>ended <When at={of.ended_at} /></> : "")}</span>{of.state === "failed" ? <Button small onClick={retry} testid="transfer-retry"><RotateCcw aria-hidden />Retry failed…</Button> : null}</div>
      <div className="row"><Bar done={progress.bytes} total={progress.bytes_total} state={shapeOfRun(of)} /><span className="nowrap"><Size of={progress.bytes} whole={progress.bytes_total} /></span></div>
      <div className="row small"><RunLink run={of.id} task={of.fault_task}>Open the run</RunLink>{of.dataset ? <DatasetLink pid={of.dataset}>Open the dataset</DatasetLink> : null}<span className="grow" /><span className="t3">{of.flow}</span></div>
      {of.fault && of.state !== "success" ? <p className="t2 small"><code className="mono">{of.fault.code}</code> {visible(of.fault.what)}{of.fault.now ? <>. <b className="med">Now:</b> {of.fault.now}</> : null}</p> : null}
    </div>
  );
}

/** The files: of a dataset, as its ledger has them; of a copy, as its checkpoint does. */
function Files({ of }: { of: RunRow }) {
  return of.dataset ? <OfDataset pid={of.dataset} /> : <OfCopy run={of.id} />;
}

function Find({ value, change, label }: { value: string; change: (value: string) => void; label: string }) {
  return <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name" aria-label={label} value={value} onChange={(event) => change(event.target.value)} data-filter data-testid="transfer-search" /></label>;
}

function OfDataset({ pid }: { pid: string }) {
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const list = usePaged("dataset.entries", { dataset: pid, folder: null, search: wanted });
  return (
    <section className="files" aria-label="Files">
      <div className="toolbar"><Find value={search} change={setSearch} label="Find files" /><span className="t3 small">{list.total === undefined ? "" : plural(list.total, "entry", "entries")}</span></div>
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading rows={4} /> : <Table label="Files of the transfer" dense columns={proofColumns()} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => String(row.id)} testid="transfer-files" empty={<Empty title={wanted ? "No file matches" : "Nothing is listed yet"} />} />}
    </section>
  );
}

const failed: Column<TransferFileRow>[] = [
  { head: "State", width: "5.5rem", cell: () => <State of="failed" /> },
  { head: "File", width: "minmax(8rem, 2fr)", cell: (row) => <Name of={row.path} mono /> },
  { head: "Why", width: "minmax(8rem, 2fr)", cell: (row) => <span className="t2 cut" title={`${visible(row.why)}${row.now ? `\nNow: ${row.now}` : ""}`}><code className="mono">{row.code}</code> {visible(row.why)}</span> },
];

function OfCopy({ run }: { run: string }) {
  const [search, setSearch] = useState("");
  const [code, setCode] = useState<string>();
  const wanted = useDeferredValue(search.trim());
  const told = useRead("transfer.files", { run, code: null, search: null, limit: 1 });
  const list = useFailedFiles(run, code, wanted);
  if (told.error && !told.data) return <div className="pad"><FaultView of={told.error} retry={() => void told.refetch()} /></div>;
  if (!told.data) return <Loading rows={4} />;
  const of = told.data;
  return (
    <section className="files" aria-label="Files">
      <Counted of={of} />
      {of.failed === 0 ? null : (
        <>
          <ul className="fchips padx4" aria-label="Causes">{of.causes.map((cause) => <li key={cause.code}><CauseChip of={cause} chosen={cause.code === code} choose={() => setCode(cause.code === code ? undefined : cause.code)} /></li>)}</ul>
          {code ? <About of={of.causes.find((cause) => cause.code === code)} /> : null}
          <div className="toolbar"><Find value={search} change={setSearch} label="Find failed files" /><span className="t3 small">{plural(list.total ?? of.failed, "file")} not copied{of.more_failed ? ", and more that are not named" : ""}</span></div>
          {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : <Table label="Files that were not copied" dense columns={failed} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => `${row.task} ${row.index ?? ""} ${row.path}`} testid="transfer-failed" empty={<Empty title="No file matches" />} />}
        </>
      )}
    </section>
  );
}

function CauseChip({ of, chosen, choose }: { of: FileCauseRow; chosen: boolean; choose: () => void }) {
  return <button type="button" className="fchip" aria-pressed={chosen} onClick={choose} data-testid={`file-cause-${of.code}`}><State of="failed" word={of.code || "cause not kept"} /><span className="n">{count(of.files)}</span></button>;
}

function About({ of }: { of: FileCauseRow | undefined }) {
  return of ? <p className="padx4 small t2">Such as {visible(of.example.why)}{of.example.now ? <>. <b className="med">Now:</b> {of.example.now}</> : null}</p> : null;
}

/** How many files lie at the target, and how they were proved. */
function Counted({ of }: { of: TransferFiles }) {
  const parts: Array<[number, string]> = [[of.read_back, "read back"], [of.by_server, "proved by the storage's checksum"], [of.already, "lay there already, the same"]];
  const unproved = Math.max(0, of.done - of.read_back - of.by_server - of.already);
  return (
    <dl className="sideterms" data-testid="transfer-counts">
      <dt>Copied</dt><dd>{plural(of.done, "file")}{parts.filter(([many]) => many > 0).map(([many, words]) => <div key={words} className="t2">{count(many)} {words}</div>)}{unproved > 0 ? <div className="t2"><State of="unverified" word={`${count(unproved)} not proved`} /></div> : null}</dd>
      {of.left > 0 ? <><dt>Left out</dt><dd>{plural(of.left, "file")}: something else lies there</dd></> : null}
      <dt>Not copied</dt><dd>{of.failed === 0 ? <span className="t3">none</span> : <State of="failed" word={plural(of.failed, "file")} />}</dd>
    </dl>
  );
}
