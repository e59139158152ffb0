import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ask, useReadExact, useWrite } from "@/api/client";
import type { CopyPlanned, Fault } from "@/api/types";
import { copy as toClipboard } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, size } from "@/ui/format";
import { Button, Name, Size, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { Planned, Rule } from "../copy-parts";
import type { Chosen } from "./pane";
import { below } from "./paths";

interface Props { of: Chosen; close: () => void; /** Told of the runs that were started, and that something changed. */ done: (runs: string[]) => void }

const locations = ({ location, rows }: Chosen): string[] => rows.map(({ name }) => below(location, name));

/** Names that an act is about, the first of many. */
function Names({ of }: { of: Chosen }) {
  const first = of.rows.slice(0, 6);
  return (
    <ul className="plain">
      {first.map(({ name, kind }) => <li key={name}><Name of={kind === "folder" ? `${name}/` : name} most={64} mono /></li>)}
      {of.rows.length > first.length ? <li className="t3">and {plural(of.rows.length - first.length, "more")}</li> : null}
    </ul>
  );
}

/** A copy of what is chosen into another place: what it would do, and then it starts, one run for each. */
export function CopyDialog({ of, to, close, done }: Props & { to: string }) {
  const [rule, setRule] = useState<string>("fail");
  const params = of.rows.map(({ name }) => ({ from: below(of.location, name), to: below(to, name), if_exists: rule }));
  const plan = useMutation<CopyPlanned, Fault>({ mutationFn: () => Promise.all(params.map((one) => ask("copy.plan", { with: one }))).then(summed) });
  const start = useMutation<string[], Fault>({
    // One after the other: a failure leaves what was started before it, and the strip below the panes shows it.
    mutationFn: () => params.reduce<Promise<string[]>>(async (before, one) => {
      const runs = await before;
      const { run } = await ask("flow.run", { flow: "copy", params: one });
      done([run]);
      return [...runs, run];
    }, Promise.resolve([])),
    onSuccess: close,
  });
  const fault = plan.error ?? start.error;
  return (
    <Dialog title={`Copy to ${to}`} close={close} testid="browse-copy">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); if (plan.data) start.mutate(); else plan.mutate(); }}>
        <Names of={of} />
        <Rule value={rule} change={(next) => { plan.reset(); setRule(next); }} testid="browse-rule" />
        {plan.data ? <Planned of={plan.data} testid="browse-planned" /> : null}
        {fault ? <FaultView of={fault} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          <button type="submit" className="btn primary" disabled={plan.isPending || start.isPending} data-testid="browse-go">{plan.data ? "Start the copy" : plan.isPending ? "Looking…" : "Show what it would do"}</button>
        </div>
      </form>
    </Dialog>
  );
}

const summed = (all: CopyPlanned[]): CopyPlanned => all.reduce((sum, one) => ({ ...sum, files: sum.files + one.files, bytes: sum.bytes + one.bytes, there: sum.there + one.there, space: sum.space + one.space }));

/** What a deletion takes, told before it is done. What the ledger counts on is refused, and goes only if it is said again. */
export function DeleteDialog({ of, close, done }: Props) {
  const [without, setWithout] = useState(false);
  const params = { paths: locations(of), without_proof: without };
  const plan = useReadExact("plan.flow", { flow: "delete", params });
  const start = useWrite("flow.run", ({ run }) => { done([run]); close(); });
  const problems = plan.data ? [...plan.data.refused, ...plan.data.tasks.flatMap(({ problem }) => problem ?? [])] : [];
  const unproved = problems.some(({ code }) => code === "delete.unproved" || code === "delete.archived");
  const files = plan.data?.tasks.reduce((all, task) => all + (task.files ?? 0), 0) ?? 0;
  return (
    <Dialog title="Delete for good?" close={close} testid="browse-delete">
      <div className="formgrid">
        <Names of={of} />
        <Shown of={plan} rows={2}>{(shown) => (
          <>
            {problems.length === 0 ? <p role="status" data-testid="delete-takes"><b className="med">{plural(files, "file")}, {size(shown.bytes)}</b> go and cannot be brought back from here.</p> : null}
            {problems.map((fault) => <FaultView key={fault.code + fault.what} of={fault} />)}
          </>
        )}</Shown>
        {unproved || without ? <span className="check"><input id="without" type="checkbox" checked={without} onChange={(event) => setWithout(event.target.checked)} data-testid="delete-without" /><label htmlFor="without">Delete it all the same: <b className="med">this may be the only copy</b></label></span> : null}
        {start.error ? <FaultView of={start.error} /> : null}
        <div className="acts">
          {/* The first focus is what loses nothing. */}
          {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
          <button type="button" className="btn" onClick={close} autoFocus>Keep it</button>
          <Button kind="danger" disabled={!plan.data?.can_start || problems.length > 0 || plan.isFetching || start.isPending} onClick={() => start.mutate({ flow: "delete", params })} testid="delete-go">{`Delete ${plural(of.rows.length, "name")}`}</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Another name, or a new folder. */
export function NameDialog({ of, close, done }: Props) {
  const [row] = of.rows;
  const [name, setName] = useState(row?.name ?? "");
  const [why, setWhy] = useState("");
  const after = () => { done([]); close(); };
  const rename = useWrite("place.rename", after);
  const make = useWrite("place.make", after);
  const fault = rename.error ?? make.error;
  const good = name !== "" && name !== row?.name && !name.includes("/");
  const go = () => (row ? rename.mutate({ location: below(of.location, row.name), name, why: reasonOf(why) }) : make.mutate({ location: below(of.location, name), why: reasonOf(why) }));
  return (
    <Dialog title={row ? "Rename" : `New folder in ${of.location}`} close={close} testid="browse-name">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); if (good) go(); }}>
        <div className="field"><label htmlFor="new-name">Name</label><input id="new-name" className="input mono" value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} autoComplete="off" data-testid="new-name" />{name.includes("/") ? <span className="err" role="alert">One name, without a slash.</span> : null}</div>
        <Reason value={why} change={setWhy} />
        {fault ? <FaultView of={fault} /> : null}
        <div className="acts"><Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={!good || rename.isPending || make.isPending} data-testid="name-go">{row ? "Rename" : "Make the folder"}</button></div>
      </form>
    </Dialog>
  );
}

/** All that is known of one place; an object is linked to from here. */
export function DetailsDialog({ of, close }: Omit<Props, "done">) {
  const location = locations(of)[0] ?? of.location;
  const detail = useReadExact("place.show", { location });
  return (
    <Dialog title="Details" close={close} testid="browse-details">
      <div className="formgrid">
        <p><code className="mono sel break">{location}</code></p>
        <Shown of={detail} rows={4}>{({ kind, size: bytes, mtime, checksum, object }) => (
          <>
            <dl className="listing">
              <dt>Kind</dt><dd>{kind}</dd>
              {kind === "file" ? <><dt>Size</dt><dd><Size of={bytes} /></dd></> : null}
              <dt>Modified</dt><dd>{mtime === null ? <span className="t3">not known</span> : <When at={mtime} />}</dd>
              {kind === "file" ? <><dt>Checksum</dt><dd>{checksum ? <code className="mono sel break" data-testid="checksum">{checksum}</code> : <span className="t3">the storage knows none</span>}</dd></> : null}
              {object ? <><dt>Class</dt><dd>{object.class}{object.restore.state === "not_needed" ? "" : `, ${object.restore.state}`}</dd><dt>Versions</dt><dd>{plural(object.versions.length, "version")}</dd></> : null}
              {object && Object.keys(object.tags).length > 0 ? <><dt>Tags</dt><dd>{Object.entries(object.tags).map(([tag, value]) => `${tag}=${value}`).join(", ")}</dd></> : null}
            </dl>
            {object ? <LinkTo location={location} /> : null}
          </>
        )}</Shown>
        <div className="acts"><Button onClick={close}>Close</Button></div>
      </div>
    </Dialog>
  );
}

const LIVES = [[3600, "an hour"], [86_400, "a day"], [604_800, "a week, the longest there is"]] as const;

/** A link with which anybody reads an object for a time. It is copied and never shown in the log. */
function LinkTo({ location }: { location: string }) {
  const [seconds, setSeconds] = useState(3600);
  const link = useWrite("place.link");
  return (
    <div className="field">
      <label htmlFor="link-life">A link that anybody may read with, for</label>
      <div className="row">
        <select id="link-life" className="input" value={seconds} onChange={(event) => { link.reset(); setSeconds(Number(event.target.value)); }}>{LIVES.map(([value, word]) => <option key={value} value={value}>{word}</option>)}</select>
        <Button onClick={() => link.mutate({ location, seconds })} disabled={link.isPending} testid="link-make">Make a link</Button>
      </div>
      {link.error ? <FaultView of={link.error} /> : null}
      {link.data ? <div className="row"><code className="mono sel cut grow" data-testid="link-url">{link.data.url}</code><Button small onClick={() => toClipboard(link.data.url)}>Copy</Button><span className="t3 nowrap">until <When at={link.data.until} /></span></div> : null}
    </div>
  );
}

