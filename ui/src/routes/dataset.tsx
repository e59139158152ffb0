import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Copy, ShieldCheck } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { DatasetDetail } from "@/api/types";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { count, plural } from "@/ui/format";
import { Button, Head, Name, Size, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Tabs } from "@/ui/tabs";
import { Files } from "./dataset-files";
import { Said } from "./dataset-said";
import { Blocks, History, Lately, RunsOf } from "./dataset-lists";
import { FixityReport } from "./dataset-report";
import { Retrieve } from "./dataset-retrieve";
import { shapeOfBlock, shapeOfDataset } from "./shape";

/** One dataset: where its copies lie, its files, datablocks and history, and the way back. */
export function Dataset() {
  const { pid } = useParams({ from: "/datasets/$pid" });
  const detail = useRead("dataset.show", { dataset: pid });
  if (detail.error && !detail.data) return <><Head title="Dataset" crumbs={<Link to="/datasets">Datasets</Link>} /><div className="padx"><FaultView of={detail.error} retry={() => void detail.refetch()} /></div></>;
  return <Shown of={detail}>{(value) => <Page key={value.dataset.pid} of={value} />}</Shown>;
}

function Page({ of }: { of: DatasetDetail }) {
  const { tab = "files" } = useSearch({ from: "/datasets/$pid" });
  const navigate = useNavigate({ from: "/datasets/$pid" });
  const [chosen, setChosen] = useState<string[]>([]);
  const { dataset } = of;
  return (
    <div className="md dataset">
      <div className="pane">
        <DatasetHead of={of} />
        <Copies of={of} />
        {of.metadata ? <Said of={of.metadata} pid={of.scicat} /> : null}
        <Tabs
          label="Parts of the dataset" value={tab} choose={(next) => void navigate({ search: { tab: next } })}
          tabs={[["files", "Files", dataset.files], ["blocks", "Datablocks", dataset.blocks], ["history", "History"], ["runs", "Runs", of.runs.length]]}
        />
        {tab === "files" ? <Files pid={dataset.pid} chosen={chosen} choose={setChosen} /> : null}
        {tab === "blocks" ? <Blocks rows={of.blocks} /> : null}
        {tab === "history" ? <History pid={dataset.pid} /> : null}
        {tab === "runs" ? <RunsOf rows={of.runs} /> : null}
      </div>
      <aside className="pane side" aria-label="Retrieve and history"><Retrieve of={dataset} chosen={chosen} clear={() => setChosen([])} /><Lately pid={dataset.pid} all={() => void navigate({ search: { tab: "history" } })} /></aside>
    </div>
  );
}

function DatasetHead({ of }: { of: DatasetDetail }) {
  const { dataset } = of;
  const [shape, word] = shapeOfDataset(dataset.state);
  const navigate = useNavigate();
  const verify = useWrite("dataset.verify", ({ run }) => void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } }));
  return (
    <>
      <Head
        title={<Name of={dataset.name} most={64} />}
        crumbs={<Link to="/datasets">Datasets</Link>}
        end={<><FixityReport of={dataset} /><Button onClick={() => verify.mutate({ dataset: dataset.pid })} disabled={dataset.blocks === 0 || verify.isPending} testid="verify-now"><ShieldCheck aria-hidden />Verify now</Button></>}
      >
        <div className="row gap-4 meta">
          <State of={shape} word={word} chip testid="dataset-state" />
          <Name of={dataset.pid} mono most={40} /><button type="button" className="iconbtn sm" aria-label="Copy the identifier" onClick={() => copy(dataset.pid)}><Copy size={14} aria-hidden /></button>
          <Size of={dataset.bytes} /><span>{plural(dataset.files, "file")}</span><span>{plural(dataset.blocks, "datablock")}</span>
        </div>
      </Head>
      {verify.error ? <div className="padx"><FaultView of={verify.error} /></div> : null}
    </>
  );
}

function Copies({ of }: { of: DatasetDetail }) {
  const { dataset, blocks } = of;
  const proved = dataset.files > 0 && dataset.proved_files === dataset.files;
  const proof = proved ? <State of="proved" word="proved" /> : dataset.blocks > 0 ? <State of="unverified" word="not all proved" /> : <State of="none" word="not there yet" />;
  return (
    <section className="padx" aria-label="Where each copy lies">
      <div className="sec-h"><h2>Where each copy lies</h2></div>
      <table className="fixed">
        <colgroup><col className="c-copy" /><col className="c-proof" /><col /><col className="o-size" /><col className="c-at" /></colgroup>
        <thead><tr><th>Copy</th><th>Proof</th><th>Datablocks</th><th className="num">Bytes proved</th><th className="num">Proved at</th></tr></thead>
        <tbody>
          <tr><td className="med">LTS</td><td>{proof}</td><td><BlockCells of={blocks} /></td><td className="num"><Size of={dataset.proved_bytes} whole={dataset.bytes} /></td><td className="num"><When at={dataset.archived_at} /></td></tr>
          <tr><td className="med">Landing zone</td>
            <td>{dataset.landing_files > 0 ? <State of="queued" word="waits for the proof" /> : proved ? <State of="none" word="released" /> : <State of="none" word="empty" />}</td>
            <td colSpan={3} className="t2" data-testid="landing-files">{dataset.landing_files > 0 ? `${plural(dataset.landing_files, "file")} here until proved on the LTS` : "Nothing left here"}</td></tr>
        </tbody>
      </table>
    </section>
  );
}

function BlockCells({ of }: { of: DatasetDetail["blocks"] }) {
  if (of.length > 60) {
    const proved = of.filter((block) => block.state === "proved").length;
    return <span>{count(proved)} of {count(of.length)} proved</span>;
  }
  return (
    <div className="segs" role="img" aria-label={`${of.filter((block) => block.state === "proved").length} of ${of.length} datablocks proved`}>
      {of.map((block) => <i key={block.number} className={`s-${shapeOfBlock(block.state)[0]}`} title={`${block.name}: ${shapeOfBlock(block.state)[1]}`} />)}
    </div>
  );
}
