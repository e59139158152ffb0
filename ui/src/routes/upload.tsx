import { useNavigate } from "@tanstack/react-router";
import { CircleAlert, Info, TriangleAlert, UploadCloud } from "lucide-react";
import { useEffect, useState } from "react";

import { ask, useRead, useWrite } from "@/api/client";
import { newToken } from "@/api/token";
import type { ArchivePlan, Fault, PlanNote, UploadForm } from "@/api/types";
import { asFault, host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { count, plural, size } from "@/ui/format";
import { Bar, Button, Head, Name, Size, State } from "@/ui/parts";
import { NeedBar } from "@/ui/space";
import { setDropped, useDropped } from "./dropped";
import { MetadataFields, useMetadata } from "./upload-metadata";

/** From what was dropped to a run: list, show the plan, take a name, start. */
export function Upload() {
  const paths = useDropped();
  if (paths.length === 0) return <Choose />;
  return <Planned key={paths.join("\0")} paths={paths} />;
}

function Choose() {
  const pick = (what: "folders" | "files") => () => void host().pick(what, `Choose ${what} to archive`).then((chosen) => chosen.length > 0 && setDropped(chosen));
  return (
    <>
      <Head title="Upload" />
      <div className="body">
        <div className="dropzone tall-zone" data-testid="upload-zone">
          <UploadCloud size={32} strokeWidth={1.4} aria-hidden />
          <div className="grow">
            <p className="strong">Drop folders or files anywhere on this window</p>
            <p className="t2">You see what will happen first: files, bytes, datablocks, and the room each place needs. Nothing is copied before you confirm, and your files stay where they are.</p>
          </div>
          <Button onClick={pick("files")}>Choose files…</Button>
          <Button kind="primary" onClick={pick("folders")}>Choose folders…</Button>
        </div>
      </div>
    </>
  );
}

/** A listing under way, its result, or why there is none. */
function usePlan(paths: string[]) {
  const [token, setToken] = useState(newToken);
  const [plan, setPlan] = useState<ArchivePlan>();
  const [fault, setFault] = useState<Fault>();
  const [seen, setSeen] = useState({ files: 0, bytes: 0 });
  useEffect(() => {
    let gone = false;
    const stop = host().onEvent((event) => event.event === "plan" && event.token === token && setSeen(event));
    ask("plan.archive", { paths, token }).then((reply) => !gone && setPlan(reply), (thrown: unknown) => !gone && setFault(asFault(thrown)));
    return () => {
      gone = true;
      stop();
      void ask("plan.cancel", { token }).catch(() => undefined);
    };
  }, [paths, token]);
  const again = () => {
    setFault(undefined);
    setToken(newToken());
  };
  return { plan, fault, seen, again };
}

function Planned({ paths }: { paths: string[] }) {
  const { plan, fault: unplanned, seen, again } = usePlan(paths);
  const form = useRead("upload.form", {});
  const fault = unplanned ?? form.error;
  const discard = () => setDropped([]);
  if (fault) return <><Head title="Upload" /><div className="body"><FaultView of={fault} retry={again}><Button small onClick={discard}>Discard</Button></FaultView></div></>;
  if (!plan || !form.data) {
    return (
      <>
        <Head title="Looking at what was dropped" end={<Button onClick={discard}>Cancel</Button>} />
        <div className="body listingnow" role="status" data-testid="plan-listing">
          <div className="row"><span className="med">{plural(seen.files, "file")}, {size(seen.bytes)}</span><span className="t3">so far; the total is not known yet</span></div>
          <Bar done={0} total={null} large />
          <ul className="mono t2">{paths.slice(0, 12).map((path) => <li key={path}><Name of={path} mono /></li>)}</ul>
          {paths.length > 12 ? <p className="t3 small">and {plural(paths.length - 12, "more path")}</p> : null}
        </div>
      </>
    );
  }
  return <Plan plan={plan} form={form.data} discard={discard} />;
}

/** The run that was started takes the place of what was dropped. */
function useStart(op: "archive.start" | "upload.start") {
  const navigate = useNavigate();
  return useWrite(op, ({ run }) => {
    setDropped([]);
    void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } });
  });
}

function Plan({ plan, form, discard }: { plan: ArchivePlan; form: UploadForm; discard: () => void }) {
  const [name, setName] = useState(plan.name);
  const [described, setDescribed] = useState(form.said || form.scicat !== null);
  const [archived, setArchived] = useState(true);
  const [archiver, setArchiver] = useState("");
  const said = useMetadata(form);
  const [archive, upload] = [useStart("archive.start"), useStart("upload.start")];
  const waits = plan.space.some((need) => need.short > 0);
  const pending = archive.isPending || upload.isPending;
  const submit = async () => {
    const [paths, datasetName] = [plan.paths, name.trim()];
    if (!described) return archive.mutate({ paths, name: datasetName, pid: null, land_only: !archived });
    const entered = await said.checked(datasetName);
    if (entered) upload.mutate({ paths, ...entered, archive: archived, job: false, archiver: archiver || null });
  };
  const unnamed = described ? said.wrongOf("datasetName") : undefined;
  const fault = archive.error ?? upload.error;
  return (
    <form className="planpage" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <Head title={<>Upload <Name of={name || plan.name} most={48} /></>} crumbs={<span className="mono cut" title={plan.paths.join("\n")}>{plan.paths.join(", ")}</span>} />
      <div className="body">
        <Totals plan={plan} />
        <div className="row gap-4">
          <label className="check"><input type="checkbox" checked={described} onChange={(event) => setDescribed(event.target.checked)} data-testid="upload-described" />with metadata for SciCat</label>
          <label className="check"><input type="checkbox" checked={archived} onChange={(event) => setArchived(event.target.checked)} data-testid="upload-archived" />archive it once it has landed</label>
          {described && form.archivers.length > 0 ? (
            <label className="row">to <select className="input" value={archiver} onChange={(event) => setArchiver(event.target.value)} data-testid="upload-to">
              <option value="">the landing zone here</option>{form.archivers.map((id) => <option key={id} value={id}>the archiver {id}</option>)}
            </select></label>
          ) : null}
        </div>
        {described ? <MetadataFields of={said} scicat={form.scicat} /> : null}
        <SpaceTable plan={plan} />
        <div className="plan-two"><Blocks plan={plan} /><Notes notes={plan.notes} /></div>
        {fault ? <FaultView of={fault} /> : null}
      </div>
      <footer className="planfoot">
        <div className="field grow">
          <label htmlFor="plan-name">Name of the dataset</label>
          <input id="plan-name" className="input" value={name} onChange={(event) => { said.clear("datasetName"); setName(event.target.value); }} data-testid="plan-name" maxLength={200} spellCheck={false} />
          {unnamed ? <span className="err" role="alert">{unnamed}</span> : null}
        </div>
        <span className="t2 small">{waits ? "What does not fit waits until there is room. " : ""}The source is not touched.</span>
        <Button onClick={discard}>Discard</Button>
        <button type="submit" className="btn primary" disabled={!plan.can_start || name.trim() === "" || pending} data-testid="plan-start">{archived ? "Archive" : "Upload"} {size(plan.bytes)}</button>
      </footer>
    </form>
  );
}

function Totals({ plan }: { plan: ArchivePlan }) {
  const larger = plan.block_target > 0 ? `of up to ${size(plan.block_target)}` : "";
  return (
    <dl className="totals">
      <div><dt>Files</dt><dd data-testid="plan-files">{count(plan.files)}</dd></div>
      <div><dt>Bytes</dt><dd data-testid="plan-bytes"><Size of={plan.bytes} /></dd></div>
      <div><dt>Datablocks</dt><dd><span data-testid="plan-blocks">{count(plan.block_count)}</span> <span className="u">{larger}</span></dd></div>
      <div><dt>Folders</dt><dd>{count(plan.folders)}</dd></div>
      <div><dt>Links</dt><dd>{count(plan.links)}</dd></div>
    </dl>
  );
}

function SpaceTable({ plan }: { plan: ArchivePlan }) {
  return (
    <section aria-label="Space it needs">
      <div className="sec-h"><h2>Space it needs</h2><span className="end row gap-4"><span className="key"><i className="need" />this upload</span><span className="key"><i className="short" />does not fit</span></span></div>
      <table className="fixed">
        <thead><tr><th>Storage</th><th>Need against room above the floor</th><th className="num">Needs</th><th className="num">Free minus reserved</th><th className="num">Floor</th><th>Result</th></tr></thead>
        <tbody>{plan.space.map((need) => (
          <tr key={need.storage} data-testid={`need-${need.storage}`}>
            <td title={need.path} className="med">{need.storage}</td>
            <td><NeedBar of={need} /></td>
            <td className="num"><Size of={need.needs} /></td>
            <td className="num"><Size of={need.free_unreserved} /></td>
            <td className="num"><Size of={need.floor} /></td>
            <td>{need.problem ? <State of="failed" word={need.problem} /> : need.short > 0 ? <State of="queued" word={`${size(need.short)} short, waits`} /> : need.free_unreserved === null ? <span className="t2">room not known</span> : <State of="success" word="fits" />}</td>
          </tr>
        ))}</tbody>
      </table>
    </section>
  );
}

function Blocks({ plan }: { plan: ArchivePlan }) {
  return (
    <section aria-label="Datablocks">
      <div className="sec-h"><h2>Datablocks</h2><span className="n">{count(plan.block_count)}</span><span className="end">tar, target size {size(plan.block_target)}</span></div>
      <table className="fixed dense">
        <colgroup><col className="w-no" /><col /><col className="w-rate" /><col className="w-rate" /></colgroup>
        <thead><tr><th>#</th><th>From, to</th><th className="num">Files</th><th className="num">Size</th></tr></thead>
        <tbody>{plan.blocks.slice(0, 50).map((block) => (
          <tr key={block.number}><td>{block.number}</td><td title={`${block.first} to ${block.last}`}><Name of={block.first} most={28} />, <Name of={block.last} most={28} /></td><td className="num">{count(block.files)}</td><td className="num"><Size of={block.size} /></td></tr>
        ))}</tbody>
      </table>
      {plan.block_count > 50 ? <p className="t3 small">and {plural(plan.block_count - 50, "more datablock")}</p> : null}
    </section>
  );
}

const noteIcons = { error: CircleAlert, warning: TriangleAlert, info: Info } as const;

function Notes({ notes }: { notes: PlanNote[] }) {
  return (
    <section aria-label="What the plan found">
      <div className="sec-h"><h2>What the plan found</h2></div>
      <ul className="notes">
        {notes.length === 0 ? <li className="t3">Nothing out of the ordinary.</li> : null}
        {notes.map((note) => {
          const Icon = noteIcons[note.level as keyof typeof noteIcons] ?? Info;
          return (
            <li key={note.code + note.text} className={`note-${note.level}`} data-testid={`note-${note.code}`}>
              <Icon size={14} aria-label={note.level} />
              <div className="grow"><p>{note.text}</p>{note.details.slice(0, 5).map((line) => <p key={line} className="mono t2 cut" title={line}>{line}</p>)}</div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
