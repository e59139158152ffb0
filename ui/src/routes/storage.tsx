import { Link } from "@tanstack/react-router";
import { FolderOpen } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { ReservationRow, StorageHealth, StorageRow } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { size } from "@/ui/format";
import { Button, Facts, Head, type Shape, Size, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { SpaceBar } from "@/ui/space";

const health: Record<StorageHealth, [Shape, string]> = {
  ok: ["success", "ok"], missing: ["failed", "missing"], read_only: ["failed", "read-only"], full: ["queued", "full"], silent: ["interrupted", "does not answer"],
};

/** Every storage: where it lies, its room, who holds some of it. */
export function Storage() {
  const storages = useRead("storage.list", {});
  const [changing, setChanging] = useState<StorageRow>();
  return (
    <>
      <Head title="Storage" />
      <Shown of={storages}>{(rows) => (
        <div className="body storages">
          {rows.map((row) => <Place key={row.name} of={row} change={() => setChanging(row)} />)}
          <div className="row keys small"><span className="key"><i className="used" />used</span><span className="key"><i className="res" />reserved</span><span className="key"><i className="free" />to grant</span><span className="key"><i className="floor" />floor: stays free</span></div>
        </div>
      )}</Shown>
      {changing ? <Change of={changing} close={() => setChanging(undefined)} /> : null}
    </>
  );
}

function Place({ of, change }: { of: StorageRow; change: () => void }) {
  const detail = useRead("storage.show", { name: of.name });
  const [shape, word] = health[of.health];
  return (
    <section className="place" aria-label={of.name} data-testid={`storage-${of.name}`}>
      <div className="row"><h2 className="strong">{of.name === "lts" ? "LTS" : of.name}</h2><State of={shape} word={word} /><code className="mono t2 cut grow" title={of.path}>{of.path}</code><Button small onClick={change} testid={`change-${of.name}`}>Change…</Button></div>
      {of.reason ? <p className="t2">{of.reason}</p> : null}
      <SpaceBar of={of} />
      <Facts of={[
        ["Free", <Size key="free" of={of.free} whole={of.total} />], ["Reserved", <Size key="reserved" of={of.reserved} />], ["Floor", <span key="floor"><Size of={of.floor} /> <span className="u">{of.floor_percent} %</span></span>],
        ["To grant", <Size key="grant" of={of.to_grant} />], ["Proved datablocks", <Size key="proved" of={of.proved_bytes} />],
      ]} />
      {detail.data && detail.data.reservations.length > 0 ? <Reservations rows={detail.data.reservations} /> : null}
    </section>
  );
}

function Reservations({ rows }: { rows: ReservationRow[] }) {
  return (
    <table className="fixed dense">
      <thead><tr><th>Held by</th><th>Dataset</th><th>State</th><th className="num">Written</th></tr></thead>
      <tbody>{rows.map((row) => (
        <tr key={`${row.run}-${row.task}-${row.index ?? ""}`}>
          <td><Link className="link" to="/runs/$run" params={{ run: row.run }} search={{ tab: undefined, task: row.task, index: row.index ?? undefined }}>{row.task}{row.index === null || row.index === undefined ? "" : ` [${row.index}]`}</Link></td>
          <td>{row.dataset}</td><td>{row.granted ? <State of="running" word="granted" /> : <State of="queued" word="waits for room" />}</td>
          <td className="num"><Size of={row.written} whole={row.bytes} /></td>
        </tr>
      ))}</tbody>
    </table>
  );
}

function Change({ of, close }: { of: StorageRow; close: () => void }) {
  const [path, setPath] = useState(of.path);
  const [floor, setFloor] = useState(String(of.floor_percent));
  const set = useWrite("storage.set", close);
  const share = Number(floor);
  const wrong = floor.trim() === "" || !(share >= 0 && share <= 99);
  const pick = () => void host().pick("folder", `Folder for ${of.name}`).then(([folder]) => folder !== undefined && setPath(folder));
  const save = () => set.mutate({ name: of.name, path: path === of.path ? null : path, floor_percent: share });
  return (
    <Dialog title={`Change ${of.name === "lts" ? "the LTS" : of.name}`} close={close} testid="change-storage">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <div className="field"><label htmlFor="storage-path">Folder</label><div className="row"><input id="storage-path" className="input mono" value={path} onChange={(event) => setPath(event.target.value)} spellCheck={false} /><Button onClick={pick}><FolderOpen aria-hidden />Choose…</Button></div>
          <span className="hint">What lies in the old folder stays there and is not moved.</span></div>
        <div className="field"><label htmlFor="storage-floor">Floor, percent of the whole that stays free</label><input id="storage-floor" className="input" inputMode="decimal" value={floor} onChange={(event) => setFloor(event.target.value)} aria-invalid={wrong} />
          {wrong ? <span className="err">A number from 0 to 99.</span> : <span className="hint">{of.total ? `${size((of.total * share) / 100)} of ${size(of.total)}` : ""}</span>}</div>
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts"><Button onClick={close}>Keep as it is</Button><button type="submit" className="btn primary" disabled={wrong || set.isPending}>Change</button></div>
      </form>
    </Dialog>
  );
}
