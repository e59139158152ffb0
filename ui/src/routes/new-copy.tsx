import { useNavigate } from "@tanstack/react-router";
import { FolderOpen } from "lucide-react";
import { useId, useState } from "react";

import { useReadExact, useWrite } from "@/api/client";
import type { PlaceRow } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button, Name, Size } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Planned, Rule } from "./copy-parts";

/** Weights of a run, in words. */
const WEIGHTS = [["0", "in its turn"], ["10", "before others"], ["-10", "after others"]] as const;

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** A copy from any place to any other: where from, where to, what is there, and then it starts. */
export function NewCopy({ close }: { close: () => void }) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [rule, setRule] = useState<string>("fail");
  const [only, setOnly] = useState("");
  const [without, setWithout] = useState("");
  const [weight, setWeight] = useState("0");
  const navigate = useNavigate();
  const plan = useWrite("copy.plan");
  const start = useWrite("flow.run", ({ run }) => { close(); void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } }); });
  const params = { from: from.trim(), to: to.trim(), if_exists: rule, include: words(only), exclude: words(without) };
  const given = params.from !== "" && params.to !== "";
  const fault = plan.error ?? start.error;
  // What was planned is what starts: any change asks for a new plan.
  const change = (set: (text: string) => void) => (text: string) => { plan.reset(); set(text); };
  return (
    <Dialog title="Copy from one place to another" close={close} testid="new-copy">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); if (plan.data) start.mutate({ flow: "copy", params, priority: Number(weight) }); else plan.mutate({ with: params }); }}>
        <Place label="From" value={from} change={change(setFrom)} testid="copy-from" />
        <Place label="To" value={to} change={change(setTo)} testid="copy-to" />
        <Rule value={rule} change={change(setRule)} testid="copy-rule" />
        <div className="field"><label htmlFor="copy-only">Only files that fit<span className="t3">optional</span></label><input id="copy-only" className="input mono" value={only} onChange={(event) => change(setOnly)(event.target.value)} spellCheck={false} autoComplete="off" placeholder="*.tif raw/**/*.mrc" data-testid="copy-only" /></div>
        <div className="field"><label htmlFor="copy-without">No files that fit<span className="t3">optional</span></label><input id="copy-without" className="input mono" value={without} onChange={(event) => change(setWithout)(event.target.value)} spellCheck={false} autoComplete="off" placeholder="tmp *.log" data-testid="copy-without" /></div>
        <div className="field"><label htmlFor="copy-weight">When many wait to start</label><select id="copy-weight" className="input" value={weight} onChange={(event) => setWeight(event.target.value)} data-testid="copy-weight">{WEIGHTS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select></div>
        {plan.data ? <Planned of={plan.data} testid="copy-planned" /> : null}
        {fault ? <FaultView of={fault} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          <button type="submit" className="btn primary" disabled={!given || plan.isPending || start.isPending} data-testid="copy-go">{plan.data ? "Start the copy" : plan.isPending ? "Looking…" : "Show what it would do"}</button>
        </div>
      </form>
    </Dialog>
  );
}

interface PlaceProps { label: string; value: string; change: (text: string) => void; testid: string }

/** A place as text, chosen in the platform's own dialog, or found by looking into storages. */
function Place({ label, value, change, testid }: PlaceProps) {
  const id = useId();
  const [looks, setLooks] = useState(false);
  const pick = () => void host().pick("folder", label).then(([path]) => path !== undefined && change(path));
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="row">
        <input id={id} className="input mono" value={value} onChange={(event) => change(event.target.value)} spellCheck={false} autoComplete="off" placeholder="STORAGE:path or /path" data-testid={testid} />
        <button type="button" className="btn" aria-label={`Choose a folder for ${label}`} title="Choose a folder" onClick={pick}><FolderOpen aria-hidden /></button>
        <Button onClick={() => setLooks(!looks)} testid={`${testid}-look`}>{looks ? "Hide" : "Look inside"}</Button>
      </div>
      {looks && value.trim() !== "" ? <Inside of={value.trim()} enter={change} /> : null}
    </div>
  );
}

const below = (place: string, name: string) => (/[:/]$/.test(place) ? place + name : `${place}/${name}`);

/** What lies at a place; a click goes into a folder. */
function Inside({ of, enter }: { of: string; enter: (place: string) => void }) {
  const listing = useReadExact("place.list", { location: of, limit: 100 });
  return (
    <Shown of={listing} rows={2}>{({ rows, more }) => (
      <ul className="hits" aria-label={`Inside ${of}`}>
        {rows.length === 0 ? <li className="t2">Nothing lies here.</li> : null}
        {rows.map((row) => <li key={row.name}><Row of={row} enter={() => enter(below(of, row.name))} /></li>)}
        {more ? <li className="t2">More lie here; write on to go further.</li> : null}
      </ul>
    )}</Shown>
  );
}

function Row({ of, enter }: { of: PlaceRow; enter: () => void }) {
  return (
    <button type="button" onClick={enter}>
      <span className="grow"><Name of={of.name + (of.kind === "folder" ? "/" : "")} most={60} /></span>
      {of.kind === "file" ? <Size of={of.size} /> : <span className="t3">{of.kind}</span>}
    </button>
  );
}
