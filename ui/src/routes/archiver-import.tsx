import { FolderOpen } from "lucide-react";
import { useState } from "react";

import { useWrite } from "@/api/client";
import type { ArchiverReport } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, visible } from "@/ui/format";
import { Button, Name } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";
import { BECAME, ImportLines } from "./import";

/** Takes over the configuration of an archiving service that ran on Prefect; what would be done is seen before it is done. */
export function ArchiverImport({ close }: { close: () => void }) {
  const [path, setPath] = useState("");
  const [replace, setReplace] = useState(false);
  const [why, setWhy] = useState("");
  const look = useWrite("archiver.import");
  const take = useWrite("archiver.import");
  const change = (next: string) => {
    setPath(next);
    look.reset();
    take.reset();
  };
  const go = () => (look.data ? take.mutate : look.mutate)({ paths: [path.trim()], replace, dry_run: !look.data, why: reasonOf(why) });
  const pick = () => void host().pick("folder", "Folder of the service's configuration").then(([folder]) => folder !== undefined && change(folder));
  const report = take.data ?? look.data;
  const error = take.error ?? look.error;
  return (
    <Dialog title="Take over an archiving service" close={close} testid="archiver-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); go(); }}>
        <p className="t2">Variables (TOML with sections, .env), concurrency limits and .secrets become variables, limits, connections and storages here. Files for another profile are passed over.</p>
        <div className="field"><label htmlFor="archiver-path">Its folder, or one of its files</label>
          <div className="row"><input id="archiver-path" className="input mono grow" value={path} onChange={(event) => change(event.target.value)} spellCheck={false} autoComplete="off" data-testid="archiver-path" /><button type="button" className="btn" aria-label="Choose a folder" title="Choose a folder" onClick={pick}><FolderOpen aria-hidden /></button></div>
        </div>
        <span className="check"><input id="archiver-replace" type="checkbox" checked={replace} onChange={(event) => { setReplace(event.target.checked); look.reset(); }} /><label htmlFor="archiver-replace">Replace what is there under the same name</label></span>
        {report ? <Report of={report} done={take.data !== undefined} /> : null}
        <Reason value={why} change={setWhy} />
        {error ? <FaultView of={error} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          {take.data ? null : <button type="submit" className="btn primary" disabled={path.trim() === "" || look.isPending || take.isPending} data-testid="archiver-go">{look.data ? "Take it over" : "See what it would do"}</button>}
        </div>
      </form>
    </Dialog>
  );
}

/** What comes of it, what is missing, and then file by file and line by line. */
function Report({ of, done }: { of: ArchiverReport; done: boolean }) {
  return (
    <section className="stack scroll" aria-label="What it does">
      {of.missing.length > 0 ? <ul className="plain" data-testid="archiver-missing">{of.missing.map((text) => <li key={text} className="note-error">Missing: {text}</li>)}</ul> : null}
      <p role="status" data-testid="archiver-told">{plural(of.settings.length, "connection or storage", "connections and storages")} {done ? "came" : "would come"} of {plural(of.files.length, "file")}.</p>
      <ul className="plain" data-testid="archiver-settings">
        {of.settings.map((one) => <li key={one.what} className="row" data-state={one.became}><span className="med">{one.what}</span><span>{BECAME[one.became]}</span><span className="t2 grow">{visible(one.how)}</span></li>)}
      </ul>
      {of.files.map((file) => (
        <details key={file.path} open={file.left === null}>
          <summary className="mono"><Name of={file.path} most={70} /></summary>
          {file.left === null ? <ImportLines of={file.lines} /> : <p className="t2">Not read: {visible(file.left)}</p>}
        </details>
      ))}
    </section>
  );
}
