import { useQueryClient } from "@tanstack/react-query";
import { Gauge } from "lucide-react";
import { useEffect, useState } from "react";

import { keyOf, useRead, useWrite } from "@/api/client";
import type { RateRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { rateText } from "@/ui/format";
import { Button, Name, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { RateSlider } from "./rate-slider";

/** How long a timer of the browser may be. */
const LONGEST = 2 ** 31 - 1;

/** The limits, asked for again when another rate comes into force. */
function useRates() {
  const rates = useRead("rate.list", {});
  const client = useQueryClient();
  const next = Math.min(...(rates.data ?? []).map((row) => row.until ?? Infinity));
  useEffect(() => {
    if (!Number.isFinite(next)) return undefined;
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: keyOf("rate.list", {}) }), Math.min(Math.max(next - Date.now(), 0) + 500, LONGEST));
    return () => clearTimeout(timer);
  }, [client, next]);
  return rates;
}

function InForce({ of }: { of: RateRow }) {
  return <>{of.now === null ? "no limit" : <b className="med">{rateText(of.now)}</b>}{of.until === null ? null : <> until <When at={of.until} /></>}</>;
}

/** How fast bytes may move now, and until when; a click changes it. */
export function Rates() {
  const rates = useRates();
  const [changes, setChanges] = useState(false);
  const all = rates.data?.[0];
  const single = (rates.data?.length ?? 1) - 1;
  return (
    <>
      <Button onClick={() => setChanges(true)} testid="rates"><Gauge aria-hidden /><span>Limit: {all ? <InForce of={all} /> : "…"}{single > 0 ? ` and ${single} more` : ""}</span></Button>
      {changes ? <ChangeRates close={() => setChanges(false)} /> : null}
    </>
  );
}

const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function ChangeRates({ close }: { close: () => void }) {
  const rates = useRates();
  return (
    <Dialog title="How fast bytes may move" close={close} testid="rates-dialog">
      <Shown of={rates} rows={3}>{(rows) => <Change rows={rows} close={close} />}</Shown>
    </Dialog>
  );
}

function Change({ rows, close }: { rows: RateRow[]; close: () => void }) {
  const connections = useRead("connection.list", {});
  const [over, setOver] = useState("");
  const row = rows.find((one) => (one.connection ?? "") === over);
  const [text, setText] = useState<string>();
  const [zone, setZone] = useState<string>();
  const [why, setWhy] = useState("");
  const set = useWrite("rate.set", () => { setText(undefined); setZone(undefined); setWhy(""); });
  const written = text ?? row?.rates ?? "off";
  const timezone = zone ?? (row && row.rates !== "off" ? row.timezone : here());
  const save = (rates: string) => set.mutate({ connection: over || null, rates, timezone, why: reasonOf(why) });
  return (
    <form className="formgrid" onSubmit={(event) => { event.preventDefault(); save(written); }}>
      <div className="field"><label htmlFor="rate-over">Over</label><select id="rate-over" className="input" value={over} onChange={(event) => { setOver(event.target.value); setText(undefined); setZone(undefined); set.reset(); }} data-testid="rate-over"><option value="">all connections together</option>{connections.data?.map(({ id }) => <option key={id} value={id}>{id}</option>)}</select><span className="hint">Bytes read and bytes written count alike. The storages of this machine have no limit.</span></div>
      <RateSlider value={written} change={setText} />
      <div className="field"><label htmlFor="rate-text">Limit</label><input id="rate-text" className="input mono" value={written} onChange={(event) => setText(event.target.value)} spellCheck={false} autoComplete="off" placeholder="mon-fri 08:00 10 MiB/s, 19:00 off" data-testid="rate-text" /><span className="hint">A rate such as 10 MiB/s, off, or times with rates: 08:00 10 MiB/s, 19:00 off. Now: {row ? <InForce of={row} /> : "no limit"}.</span></div>
      {written.includes(":") ? <div className="field"><label htmlFor="rate-zone">Time zone of the times</label><input id="rate-zone" className="input" value={timezone} onChange={(event) => setZone(event.target.value)} spellCheck={false} autoComplete="off" data-testid="rate-zone" /></div> : null}
      <Reason value={why} change={setWhy} />
      {set.error ? <FaultView of={set.error} /> : null}
      {set.isSuccess && text === undefined ? <p role="status" data-testid="rate-done">In force, for what moves already too.</p> : null}
      <Others rows={rows.filter((one) => one.connection !== null)} />
      <div className="acts">
        <Button onClick={close}>Close</Button>
        <Button onClick={() => save("off")} disabled={!row || row.rates === "off" || set.isPending} testid="rate-off">Take it off</Button>
        <button type="submit" className="btn primary" disabled={written.trim() === "" || set.isPending} data-testid="rate-save">Set it</button>
      </div>
    </form>
  );
}

/** Limits of single connections. */
function Others({ rows }: { rows: RateRow[] }) {
  if (rows.length === 0) return null;
  return (
    <ul className="hits" aria-label="Limits of single connections" data-testid="rate-others">
      {rows.map((row) => <li key={row.connection} className="row"><span className="grow"><Name of={row.connection ?? ""} most={40} /></span><InForce of={row} /></li>)}
    </ul>
  );
}
