import { useNavigate } from "@tanstack/react-router";
import { FolderOpen } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { DatasetRow, RetrievePlan } from "@/api/types";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { plural, size } from "@/ui/format";
import { Button, Loading, Size, State } from "@/ui/parts";
import { NeedBar } from "@/ui/space";

import { RetrievedLinks } from "./retrieved-links";

/** The way back: what, where to, what it needs, and go. */
export function Retrieve({ of, chosen, clear }: { of: DatasetRow; chosen: string[]; clear: () => void }) {
  const storages = useRead("storage.list", {});
  const usual = storages.data?.find((row) => row.name === "retrieval" && row.connection === null)?.path;
  const [typed, setTyped] = useState<string>();
  const [whole, setWhole] = useState(false);
  const folder = typed ?? (usual ? `${usual}/${of.pid}` : "");
  const dest = whole ? null : folder;
  const files = chosen.length > 0 && !whole ? chosen : null;
  const can = of.blocks > 0 && (whole || folder.startsWith("/"));
  const plan = useRead("plan.retrieve", { dataset: of.pid, dest, files }, can);
  const navigate = useNavigate();
  const start = useWrite("retrieve.start", ({ run }) => void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } }));
  const pick = () => void host().pick("folder", "Retrieve into").then(([folder]) => folder !== undefined && setTyped(folder));
  return (
    <div className="pad retrieve">
      <h2 className="sec">Retrieve</h2>
      <div className="field"><span className="label">What</span>
        <div className="row"><span className="grow">{files ? `${plural(files.length, "path")} chosen` : `All ${plural(of.files, "file")}`}</span>{files ? <Button small kind="quiet" onClick={clear}>All instead</Button> : null}</div>
        {files ? null : <span className="hint">Tick files or folders in the list to bring back only those.</span>}
      </div>
      <div className="field" role="radiogroup" aria-label="To">
        <label className="check"><input type="radio" name="retrieve-to" checked={!whole} onChange={() => setWhole(false)} data-testid="retrieve-to-folder" />its files, into a folder</label>
        <label className="check"><input type="radio" name="retrieve-to" checked={whole} onChange={() => setWhole(true)} data-testid="retrieve-to-storage" />its datablocks, to the storage retrieval, for others to fetch</label>
      </div>
      {whole ? null : <div className="field"><label htmlFor="retrieve-dest">Folder</label>
        <div className="row"><input id="retrieve-dest" className="input mono" value={folder} onChange={(event) => setTyped(event.target.value)} spellCheck={false} data-testid="retrieve-dest" /><Button onClick={pick} aria-label="Choose a folder"><FolderOpen aria-hidden /></Button></div>
      </div>}
      {of.blocks === 0 ? <p className="t2">Nothing lies on the LTS yet.</p> : <Needs plan={plan.data} error={plan.error ? <FaultView of={plan.error} /> : null} />}
      {start.error ? <FaultView of={start.error} /> : null}
      <Button kind="primary" disabled={!can || !plan.data?.can_start || plan.isPlaceholderData || start.isPending} onClick={() => start.mutate({ dataset: of.pid, dest, files })} testid="retrieve-start">
        Retrieve {plan.data ? size(plan.data.bytes) : ""}
      </Button>
      {whole ? <RetrievedLinks of={of} /> : null}
    </div>
  );
}

function Needs({ plan, error }: { plan: RetrievePlan | undefined; error: React.ReactNode }) {
  if (error) return error;
  if (!plan) return <Loading rows={2} />;
  return (
    <div className="field">
      {plan.space.map((need) => (
        <div key={need.storage} className="field">
          <div className="row"><span className="grow">Needs <Size of={need.needs} /></span><span className="t2"><Size of={need.free_unreserved} /> free minus reserved</span></div>
          <NeedBar of={need} />
          {need.short > 0 ? <State of="queued" word={`${size(need.short)} short, waits`} /> : null}
        </div>
      ))}
      <span className="hint">{plural(plan.files, "file")} from {plural(plan.blocks, "datablock")}; every file is compared with its checksum.</span>
      {plan.notes.map((note) => <p key={note.code + note.text} className={`small note-${note.level}`} title={note.details.join("\n")}>{note.text}</p>)}
    </div>
  );
}
