import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { ReservationRow, StorageHealth, StorageRow } from "@/api/types";
import { Button, Facts, Head, type Shape, Size, State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { SpaceBar } from "@/ui/space";
import { ChangeStorage } from "./storage-change";
import { SpaceHistory } from "./storage-history";
import { Recalls } from "./storage-recalls";

const health: Record<StorageHealth, [Shape, string]> = {
  unusable: ["failed", "cannot be used"], ok: ["success", "ok"], missing: ["failed", "missing"], read_only: ["failed", "read-only"], full: ["queued", "full"], silent: ["interrupted", "does not answer"],
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
          <Recalls />
          {rows.map((row) => <Place key={row.name} of={row} change={() => setChanging(row)} />)}
          <div className="row keys small"><span className="key"><i className="used" />used</span><span className="key"><i className="res" />reserved</span><span className="key"><i className="free" />to grant</span><span className="key"><i className="floor" />floor: stays free</span></div>
        </div>
      )}</Shown>
      {changing ? <ChangeStorage of={changing} close={() => setChanging(undefined)} /> : null}
    </>
  );
}

function Place({ of, change }: { of: StorageRow; change: () => void }) {
  const detail = useRead("storage.show", { name: of.name });
  const [open, setOpen] = useState(of.name === "lts");
  const [shape, word] = health[of.health];
  return (
    <section className="place" aria-label={of.name} data-testid={`storage-${of.name}`}>
      <div className="row"><h2 className="strong">{of.name === "lts" ? "LTS" : of.name}</h2><State of={shape} word={word} /><code className="mono t2 cut grow" title={of.path}>{of.path}</code><Button small onClick={change} testid={`change-${of.name}`}>Change…</Button></div>
      {of.reason ? <p className="t2">{of.reason}</p> : null}
      <SpaceBar of={of} />
      {of.health === "ok" && of.total === null ? <p className="t2" data-testid={`unknown-${of.name}`}>It does not say how much room it has, and no quota is set: what does not fit, it refuses.</p> : null}
      <Facts of={[
        ["Free", <Size key="free" of={of.free} whole={of.total} />], ["Reserved", <Size key="reserved" of={of.reserved} />], ["Floor", <span key="floor">{of.total === null ? null : <Size of={of.floor} />} <span className="u">{of.floor_percent} %</span></span>],
        ["To grant", <Size key="grant" of={of.to_grant} />], ["Proved datablocks", <Size key="proved" of={of.proved_bytes} />], ...(of.quota ? [["Quota", <Size key="quota" of={of.quota} />] as [string, React.ReactNode]] : []),
      ]} />
      {detail.data && detail.data.reservations.length > 0 ? <Reservations rows={detail.data.reservations} /> : null}
      <div><button type="button" className="link bare" aria-expanded={open} onClick={() => setOpen(!open)} data-testid={`more-${of.name}`}>{open ? "Less" : "Over time, forecast, and who takes it"}</button></div>
      {open ? <SpaceHistory of={of} /> : null}
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
