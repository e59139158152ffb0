import { FolderOpen } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { StorageRow, StorageSetArgs } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, size } from "@/ui/format";
import { Button } from "@/ui/parts";
import { TestConnection } from "./connection-test";

const GIB = 1024 ** 3;

/** What the form holds of where a storage lies. */
interface Where {
  here: boolean;
  path: string;
  connection: string;
  folder: string;
}

const whereOf = (of: StorageRow): Where => of.connection
  ? { here: false, path: "", connection: of.connection, folder: of.folder ?? "" }
  : { here: true, path: of.path, connection: "", folder: "" };

const same = (a: Where, b: Where) => a.here === b.here && (a.here ? a.path === b.path : a.connection === b.connection && a.folder === b.folder);

/** The part of the change that says where it lies: nothing, if that stays. */
function moved(of: StorageRow, where: Where): Pick<StorageSetArgs, "path" | "connection" | "folder"> {
  if (same(whereOf(of), where)) return { path: null, connection: null, folder: null };
  return where.here ? { path: where.path, connection: null, folder: null } : { path: null, connection: where.connection, folder: where.folder };
}

/** Where a storage lies, what stays free on it, and what it may hold. */
export function ChangeStorage({ of, close }: { of: StorageRow; close: () => void }) {
  const [where, setWhere] = useState(whereOf(of));
  const [tested, setTested] = useState<Where>();
  const [floor, setFloor] = useState(String(of.floor_percent));
  const [quota, setQuota] = useState(of.quota ? String(of.quota / GIB) : "");
  const set = useWrite("storage.set", close);
  const share = Number(floor);
  const wrongFloor = floor.trim() === "" || !(share >= 0 && share <= 99);
  const most = quota.trim() === "" ? 0 : Math.round(Number(quota) * GIB);
  const wrongQuota = !(most >= 0);
  // A place behind a connection is taken once it was tried as it stands here.
  const untried = !where.here && !same(whereOf(of), where) && !(tested && same(tested, where));
  const save = () => set.mutate({ name: of.name, ...moved(of, where), floor_percent: share, quota: most === (of.quota ?? 0) ? null : most });
  return (
    <Dialog title={`Change ${of.name === "lts" ? "the LTS" : of.name}`} close={close} testid="change-storage">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); save(); }}>
        {of.name === "scratch" ? null : (
          <fieldset className="row gap-4"><legend className="label">It lies</legend>
            <label className="check"><input type="radio" name="where" checked={where.here} onChange={() => setWhere({ ...where, here: true })} data-testid="storage-here" />in a folder of this machine</label>
            <label className="check"><input type="radio" name="where" checked={!where.here} onChange={() => setWhere({ ...where, here: false })} data-testid="storage-beyond" />behind a connection</label>
          </fieldset>
        )}
        {where.here ? <Here of={of} where={where} change={setWhere} /> : <Beyond where={where} change={setWhere} tested={(ok) => setTested(ok ? where : undefined)} />}
        {of.held_datasets > 0 && !same(whereOf(of), where) ? <p className="note-warning" data-testid="storage-held">The ledger has {size(of.held_bytes)} of {plural(of.held_datasets, "dataset")} on it. The change is refused unless all of it is at the new place.</p> : null}
        <div className="field"><label htmlFor="storage-floor">Floor, percent of the whole that stays free</label><input id="storage-floor" className="input" inputMode="decimal" value={floor} onChange={(event) => setFloor(event.target.value)} aria-invalid={wrongFloor} />
          {wrongFloor ? <span className="err">A number from 0 to 99.</span> : <span className="hint">{of.total ? `${size((of.total * share) / 100)} of ${size(of.total)}` : ""}</span>}</div>
        <div className="field"><label htmlFor="storage-quota">Quota in GiB</label><input id="storage-quota" className="input" inputMode="decimal" value={quota} onChange={(event) => setQuota(event.target.value)} aria-invalid={wrongQuota} data-testid="storage-quota" />
          {wrongQuota ? <span className="err">A number of GiB, or nothing.</span> : <span className="hint">How much it may hold, by what the ledger knows of it. For object storages, which do not say how much room they have.</span>}</div>
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts">{untried ? <span className="hint grow">Test it first.</span> : null}<Button onClick={close}>Keep as it is</Button><button type="submit" className="btn primary" disabled={wrongFloor || wrongQuota || untried || set.isPending} data-testid="storage-save">Change</button></div>
      </form>
    </Dialog>
  );
}

interface Part {
  where: Where;
  change: (where: Where) => void;
}

function Here({ of, where, change }: Part & { of: StorageRow }) {
  const pick = () => void host().pick("folder", `Folder for ${of.name}`).then(([folder]) => folder !== undefined && change({ ...where, path: folder }));
  return (
    <div className="field"><label htmlFor="storage-path">Folder</label><div className="row"><input id="storage-path" className="input mono" value={where.path} onChange={(event) => change({ ...where, path: event.target.value })} spellCheck={false} /><Button onClick={pick}><FolderOpen aria-hidden />Choose…</Button></div>
      <span className="hint">What lies in the old place stays there and is not moved.</span></div>
  );
}

function Beyond({ where, change, tested }: Part & { tested: (ok: boolean) => void }) {
  const connections = useRead("connection.list", {});
  const rows = (connections.data ?? []).filter((row) => row.usable);
  return (
    <>
      <div className="field"><label htmlFor="storage-connection">Connection</label>
        <select id="storage-connection" className="input" value={where.connection} onChange={(event) => change({ ...where, connection: event.target.value })} data-testid="storage-connection">
          <option value="">Choose one</option>{rows.map((row) => <option key={row.id} value={row.id}>{row.id} ({row.kind})</option>)}
        </select></div>
      <div className="field"><label htmlFor="storage-folder">Folder</label><input id="storage-folder" className="input mono" value={where.folder} onChange={(event) => change({ ...where, folder: event.target.value })} spellCheck={false} autoComplete="off" data-testid="storage-folder" />
        <span className="hint">Below the connection’s top; of an S3 connection without a bucket the bucket comes first. What lies in the old place stays there and is not moved.</span></div>
      {where.connection ? <TestConnection key={`${where.connection}:${where.folder}`} id={where.connection} path={where.folder} tested={tested} /> : null}
    </>
  );
}
