import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, RotateCcw, UploadCloud } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { DatasetRow, Overview as Facts, RunRow, StorageRow } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { count, leftText, plural, size } from "@/ui/format";
import { Bar, Button, Empty, Head, Name, Size, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { SpaceBar } from "@/ui/space";
import { setDropped } from "./dropped";
import { DatasetLink } from "./links";
import { Asks, useApprovals } from "./overview-answer";
import { Broken, useBroken } from "./overview-broken";
import { ForecastLine } from "./overview-forecast";
import { Next } from "./overview-next";
import { RetryForm } from "./retry";
import { shapeOfDataset, shapeOfRun } from "./shape";
import { Speed } from "./speed";

/** The first page: what needs the operator, what runs, what ended, and the room on the LTS. */
export function Overview() {
  const overview = useRead("overview.show", {});
  const navigate = useNavigate();
  const choose = () => void host().pick("folders", "Folders to archive").then((paths) => {
    if (paths.length === 0) return;
    setDropped(paths);
    void navigate({ to: "/upload" });
  });
  return (
    <>
      <Head title="Overview" end={<Button kind="primary" onClick={choose} testid="archive-choose"><Plus aria-hidden />Archive dataset…</Button>} />
      <Shown of={overview}>{(facts) => (
        <div className="ov">
          <div className="ov-l"><div><Needs rows={facts.needs_you} /><Running rows={facts.running} /><Throughput /></div><Finished rows={facts.finished} /></div>
          <aside className="ov-r"><Room storages={facts.storages} /><Day facts={facts} /><Next /><Touched rows={facts.datasets} /><DropZone choose={choose} /></aside>
        </div>
      )}</Shown>
    </>
  );
}

function Needs({ rows }: { rows: RunRow[] }) {
  const [retries, setRetries] = useState<RunRow>();
  const broken = useBroken();
  const asks = useApprovals();
  const others = rows.filter((row) => row.state === "failed" || !asks.some(({ run }) => run === row.id));
  const many = others.length + broken.length + asks.length;
  if (many === 0) return null;
  return (
    <section aria-label="Needs you">
      <div className="sec-h"><h2>Needs you</h2><span className="n">{many}</span>{rows.some(({ state }) => state === "failed") ? <Link className="end link" to="/transfers" search={{ tab: "failed" }}>Failed by cause</Link> : null}</div>
      {retries ? <Dialog title={`Retry ${retries.title}`} close={() => setRetries(undefined)} testid="retry-dialog"><div className="actbox"><RetryForm run={retries.id} close={() => setRetries(undefined)} /></div></Dialog> : null}
      <ul className="needs">
        {asks.map((one) => <Asks key={`${one.run} ${one.task} ${one.index ?? ""}`} of={one} />)}
        {broken.map((one) => <Broken key={one.connection} of={one} />)}
        {others.map((row) => (
          <li key={row.id} data-testid="needs-row">
            <State of={row.fault ? "failed" : shapeOfRun(row)} word={row.waits ? "waits" : undefined} only />
            <div className="cut">
              <Link to="/runs/$run" params={{ run: row.id }} search={{ tab: undefined, task: row.fault_task ?? undefined, index: undefined }} className="strong"><Name of={row.title} /></Link>
              <span className="sub t3 small">{row.flow}{row.fault_task ? `, ${row.fault_task}` : ""}</span>
              <div className="t2 cut" title={row.fault?.why ?? row.waits ?? ""}>{row.waits ?? row.fault?.what}</div>
            </div>
            <When at={row.ended_at ?? row.started_at ?? row.created_at} />
            {row.state === "failed"
              ? <Button onClick={() => setRetries(row)} testid={`retry-${row.id}`}><RotateCcw aria-hidden />Retry…</Button>
              : <Link className="btn" to="/runs/$run" params={{ run: row.id }} search={{ tab: undefined, task: row.fault_task ?? undefined, index: undefined }}>Open</Link>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Running({ rows }: { rows: RunRow[] }) {
  return (
    <section aria-label="Running">
      <div className="sec-h"><h2>Running</h2><span className="n">{rows.length}</span><Link className="end link" to="/runs">All runs</Link></div>
      {rows.length === 0 ? <p className="t3">Nothing runs. Drop a folder anywhere on the window to archive it.</p> : (
        <table className="fixed">
          <colgroup><col /><col className="o-bar" /><col className="o-size" /><col className="o-rate" /><col className="o-left" /></colgroup>
          <thead><tr><th>Run</th><th>Progress</th><th className="num">Confirmed</th><th className="num">Rate</th><th className="num">Time left</th></tr></thead>
          <tbody>{rows.map((row) => <RunningRow key={row.id} row={row} />)}</tbody>
        </table>
      )}
    </section>
  );
}

/** How fast bytes moved in the last hour. */
function Throughput() {
  return (
    <section aria-label="Throughput" data-testid="throughput">
      <div className="sec-h"><h2>Throughput, last hour</h2><Link className="end link" to="/transfers" search={{}}>Transfers</Link></div>
      <Speed run={null} low />
    </section>
  );
}

function RunningRow({ row }: { row: RunRow }) {
  const { progress } = row;
  return (
    <tr data-testid="running-row">
      <td><span className="row"><State of={shapeOfRun(row)} only /><RunLink row={row} /></span></td>
      <td><Bar done={progress.bytes} total={progress.bytes_total} /></td>
      <td className="num"><Size of={progress.bytes} whole={progress.bytes_total} /></td>
      <td className="num">{progress.rate ? `${size(progress.rate)}/s` : <span className="t3">{row.waits ? "waits" : "–"}</span>}</td>
      <td className="num">{progress.seconds_left === null || progress.seconds_left === undefined ? <span className="t3">not known</span> : leftText(progress.seconds_left)}</td>
    </tr>
  );
}

function Finished({ rows }: { rows: RunRow[] }) {
  return (
    <section aria-label="Finished in the last 24 hours">
      <div className="sec-h"><h2>Finished in the last 24 h</h2><span className="n">{rows.length}</span></div>
      {rows.length === 0 ? <p className="t3">No run ended since this time yesterday.</p> : (
        <table className="fixed">
          <colgroup><col /><col className="o-flow" /><col className="o-rate" /><col className="o-time" /></colgroup>
          <thead><tr><th>Run</th><th>Flow</th><th className="num">Size</th><th className="num">Ended</th></tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.id}>
              <td><span className="row"><State of={shapeOfRun(row)} only /><RunLink row={row} /></span></td>
              <td className="t2">{row.flow}</td>
              <td className="num">{row.progress.bytes > 0 ? <Size of={row.progress.bytes} /> : <span className="t3">–</span>}</td>
              <td className="num"><When at={row.ended_at} /></td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

const RunLink = ({ row }: { row: RunRow }) => (
  <Link to="/runs/$run" params={{ run: row.id }} search={{ tab: undefined, task: undefined, index: undefined }} className="cut"><Name of={row.title} /></Link>
);

function Room({ storages }: { storages: StorageRow[] }) {
  const shown = storages.filter((row) => row.name === "lts" || row.name === "landing");
  return (
    <section aria-label="Space">
      <div className="sec-h"><h2>Space</h2><Link className="end link" to="/storage">Storage</Link></div>
      {shown.map((row) => (
        <div key={row.name} className="lts" data-testid={`space-${row.name}`}>
          <div className="row"><span className="med">{row.name === "lts" ? "LTS" : row.name}</span><span className="t3 grow">{row.kind}</span><span className="med"><Size of={row.free} /></span>{row.free === null ? null : <span className="t2">free</span>}</div>
          <SpaceBar of={row} />
          <span className="small t2">
            {row.health === "ok" || row.health === "full" ? <>{row.to_grant === null ? <b className="med">room not known</b> : <b className="med">{size(row.to_grant)} to grant</b>}, {size(row.reserved)} reserved{row.to_grant === null ? null : <>, floor {row.floor_percent} %</>}</> : row.reason ?? row.health}
          </span>
          {row.name === "lts" ? <ForecastLine of={row} /> : null}
        </div>
      ))}
      <div className="row keys small"><span className="key"><i className="used" />used</span><span className="key"><i className="res" />reserved</span><span className="key"><i className="free" />to grant</span><span className="key"><i className="floor" />floor</span></div>
    </section>
  );
}

function Day({ facts }: { facts: Facts }) {
  return (
    <section aria-label="Last 24 hours">
      <div className="sec-h"><h2>Last 24 h</h2></div>
      <dl className="day">
        <div><dt>Proved</dt><dd className="figure"><Size of={facts.proved.bytes} /></dd><dd className="t3 small">{plural(facts.proved.files, "file")}</dd></div>
        <div><dt>Retrieved</dt><dd className="figure"><Size of={facts.retrieved.bytes} /></dd><dd className="t3 small">{plural(facts.retrieved.files, "file")}</dd></div>
        <div><dt>Running</dt><dd className="figure">{count(facts.running.length)}</dd><dd className="t3 small">{plural(facts.needs_you.length, "run")} need{facts.needs_you.length === 1 ? "s" : ""} you</dd></div>
      </dl>
    </section>
  );
}

function Touched({ rows }: { rows: DatasetRow[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label="Datasets touched last" className="touched">
      <div className="sec-h"><h2>Touched last</h2><Link className="end link" to="/datasets">All datasets</Link></div>
      <ul>{rows.slice(0, 8).map((row) => {
        const [shape, word] = shapeOfDataset(row.state);
        return <li key={row.pid} className="row"><State of={shape} word={word} only /><DatasetLink pid={row.pid} className="grow cut"><Name of={row.name} /></DatasetLink><Size of={row.bytes} /></li>;
      })}</ul>
    </section>
  );
}

function DropZone({ choose }: { choose: () => void }) {
  return (
    <div className="dropzone" data-testid="drop-zone">
      <UploadCloud size={20} strokeWidth={1.5} aria-hidden />
      <div className="grow"><p className="med">Drop files or folders to plan an archive</p><p className="t3 small">Nothing is copied before you see the plan.</p></div>
      <Button kind="quiet" onClick={choose}>Choose…</Button>
    </div>
  );
}

/** For pages without rows. */
export const NoRuns = () => <Empty title="No runs yet">Drop a folder on the window, or start a flow.</Empty>;
