import "@/styles/lists.css";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { LimitRow, SlotHolder } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { count, plural } from "@/ui/format";
import { Button, Empty, Head, Name, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { RunLink } from "./links";

const route = getRouteApi("/limits");
/** Slots drawn one by one; beyond these the numbers tell. */
const MOST_DRAWN = 24;

/** Slots as squares: held, free, and held beyond what there is. */
function Slots({ of }: { of: LimitRow }) {
  const all = Math.min(Math.max(of.slots, of.held), MOST_DRAWN);
  const kind = (at: number) => (at >= of.slots ? "over" : at < of.held ? "held" : "");
  return <span className="slots" aria-hidden>{Array.from({ length: all }, (_, at) => <i key={at} className={kind(at)} />)}</span>;
}

const columns: Column<LimitRow>[] = [
  { head: "Limit", width: "minmax(10rem, 2fr)", cell: (row) => <span className="med"><Name of={row.name} /></span> },
  { head: "Slots", width: "minmax(6rem, 2fr)", cell: (row) => <Slots of={row} /> },
  { head: "Held", width: "8rem", number: true, cell: (row) => <span>{count(row.held)}<span className="u"> of {count(row.slots)}</span></span> },
  { head: "Held longest by", width: "minmax(8rem, 2fr)", cell: (row) => (row.holders[0] ? <span className="t2">{nameOfHolder(row.holders[0])}</span> : <span className="t3">nobody</span>) },
  { head: "Since", width: "8.5rem", number: true, cell: (row) => <When at={row.holders[0]?.since} /> },
];

const nameOfHolder = ({ task, index }: SlotHolder) => (index === null ? task : `${task} [${index}]`);

/** Limits: how many may at once, changed live, and who holds each slot. */
export function Limits() {
  const { limit } = route.useSearch();
  const navigate = route.useNavigate();
  const limits = useRead("limit.list", {});
  const [makes, setMakes] = useState(false);
  const choose = (next: string | undefined) => void navigate({ search: { limit: next }, replace: true });
  const chosen = limits.data?.find((row) => row.name === limit);
  return (
    <div className={`md listmd${chosen ? " with" : ""}`}>
      <div className="pane">
        <Head title="Limits" end={<Button kind="primary" onClick={() => setMakes(true)} testid="limit-new"><Plus aria-hidden />New limit…</Button>} />
        <p className="t2 padx">A task that names a limit holds one of its slots while it runs. Who holds them is read from the journal; nothing is counted.</p>
        <Shown of={limits}>{(rows) => (
          <Table
            label="Limits" columns={chosen ? columns.slice(0, 3) : columns} total={rows.length} at={(at) => rows[at]} keyOf={(row) => row.name} onOpen={(row) => choose(row.name)} testid="limits"
            empty={<Empty title="No limits yet">A task that names a limit nobody has set runs without one.</Empty>} {...(limit && { selected: limit })}
          />
        )}</Shown>
      </div>
      {chosen ? <LimitPane key={chosen.name} of={chosen} close={() => choose(undefined)} /> : null}
      {makes ? <NewLimit close={() => setMakes(false)} made={choose} /> : null}
    </div>
  );
}

const slotsOf = (text: string): number | undefined => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : undefined);

function LimitPane({ of, close }: { of: LimitRow; close: () => void }) {
  return (
    <aside className="pane side" aria-label={`Limit ${of.name}`} data-testid="limit-pane">
      <header className="pane-h"><h2 className="sec cut grow">{of.name}</h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={close}><X size={16} aria-hidden /></button></header>
      <ChangeLimit of={of} close={close} />
      <Holders of={of} />
    </aside>
  );
}

function ChangeLimit({ of, close }: { of: LimitRow; close: () => void }) {
  const [text, setText] = useState(String(of.slots));
  const [why, setWhy] = useState("");
  const [asks, setAsks] = useState(false);
  const set = useWrite("limit.set", () => setWhy(""));
  const slots = slotsOf(text);
  const save = () => { if (slots !== undefined) set.mutate({ limit: of.name, slots, why: reasonOf(why) }); };
  return (
    <form className="sideform" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <div className="field">
        <label htmlFor="limit-slots">Slots</label>
        <div className="row">
          <input id="limit-slots" className="input" inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} aria-invalid={slots === undefined} data-testid="limit-slots" />
          <span className="t3 small grow">{plural(of.held, "slot")} held now</span>
        </div>
        <SlotsHint slots={slots} held={of.held} />
      </div>
      <Reason value={why} change={setWhy} />
      {set.error ? <FaultView of={set.error} /> : null}
      <div className="row">
        <button type="submit" className="btn" disabled={slots === undefined || slots === of.slots || set.isPending} data-testid="limit-save">Change</button>
        <span className="grow" />
        <Button kind="quiet" onClick={() => setAsks(true)} testid="limit-remove">Remove…</Button>
      </div>
      {asks ? <RemoveLimit of={of} close={() => setAsks(false)} removed={close} /> : null}
    </form>
  );
}

/** What a number of slots does at once. */
function SlotsHint({ slots, held }: { slots: number | undefined; held: number }) {
  if (slots === undefined) return <span className="err">A whole number from 0 to 999999.</span>;
  if (slots === 0) return <span className="hint">With 0 slots nothing that names it starts. What holds a slot keeps it.</span>;
  if (slots < held) return <span className="hint">Fewer than are held: nothing is taken away, and the next starts once {plural(held - slots + 1, "slot")} came back.</span>;
  return <span className="hint">It takes effect at once.</span>;
}

function RemoveLimit({ of, close, removed }: { of: LimitRow; close: () => void; removed: () => void }) {
  const [why, setWhy] = useState("");
  const remove = useWrite("limit.remove", () => { close(); removed(); });
  return (
    <Dialog title={`Remove the limit ${of.name}?`} close={close} testid="limit-remove-dialog">
      <div className="stack gap-3">
        <p>Tasks that name it then run without one, as many at once as there are. {of.held > 0 ? `${plural(of.held, "task run")} that hold it go on.` : ""}</p>
        <Reason value={why} change={setWhy} />
        {remove.error ? <FaultView of={remove.error} /> : null}
      </div>
      <div className="acts"><Button onClick={close}>Keep it</Button><Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate({ limit: of.name, why: reasonOf(why) })} testid="limit-remove-confirm">Remove the limit</Button></div>
    </Dialog>
  );
}

const holderColumns: Column<SlotHolder>[] = [
  { head: "Task run", width: "minmax(6rem, 2fr)", cell: (row) => <RunLink run={row.run} task={row.task} index={row.index}>{nameOfHolder(row)}</RunLink> },
  { head: "Run", width: "minmax(6rem, 2fr)", cell: (row) => <RunLink run={row.run} className="link mono"><Name of={row.run} mono /></RunLink> },
  { head: "Since", width: "7rem", number: true, cell: (row) => <When at={row.since} /> },
];

function Holders({ of }: { of: LimitRow }) {
  const { holders } = of;
  return (
    <section className="holders" aria-label="Who holds it">
      <div className="sec-h padx4"><h3 className="sec">Who holds it</h3><span className="n">{count(of.held)}</span></div>
      <Table label={`Holders of ${of.name}`} columns={holderColumns} fit total={holders.length} at={(at) => holders[at]} keyOf={(row) => `${row.run} ${nameOfHolder(row)}`} testid="limit-holders" empty={<p className="padx4 t3">Nobody. The next task run that names it starts at once.</p>} />
      {of.held > holders.length ? <p className="padx4 t3 small">and {plural(of.held - holders.length, "more task run")}</p> : null}
    </section>
  );
}

function NewLimit({ close, made }: { close: () => void; made: (name: string) => void }) {
  const [name, setName] = useState("");
  const [text, setText] = useState("1");
  const [why, setWhy] = useState("");
  const set = useWrite("limit.set", (row) => { close(); made(row.name); });
  const slots = slotsOf(text);
  const save = () => { if (slots !== undefined) set.mutate({ limit: name.trim(), slots, why: reasonOf(why) }); };
  return (
    <Dialog title="New limit" close={close} testid="limit-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <div className="field"><label htmlFor="new-limit">Name</label><input id="new-limit" className="input mono" value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} autoComplete="off" data-testid="limit-name" /><span className="hint">As tasks name it, under limits in a flow file.</span></div>
        <div className="field"><label htmlFor="new-slots">Slots</label><input id="new-slots" className="input" inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} aria-invalid={slots === undefined} />{slots === undefined ? <span className="err">A whole number from 0 to 999999.</span> : null}</div>
        <Reason value={why} change={setWhy} />
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts"><Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={name.trim() === "" || slots === undefined || set.isPending} data-testid="limit-make">Make it</button></div>
      </form>
    </Dialog>
  );
}
