import { useState } from "react";

import { useWrite } from "@/api/client";
import type { ImportLine, ImportReport, Imported } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, visible } from "@/ui/format";
import { Button, Name } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";

/** What became of something, in words. */
export const BECAME: Record<Imported, string> = { added: "added", replaced: "replaced", kept: "left as it is", left: "not taken" };
const FORMATS = { json: "Airflow's export (JSON)", yaml: "Airflow's export (YAML)", env: "lines of NAME=VALUE", rclone: "rclone.conf", ssh: "an SSH configuration", aws: "AWS profiles" } as const;

/** What can be taken over, and from where. */
const OF = {
  "connection.import": { title: "Import connections", noun: "connection", from: "From Airflow (JSON, YAML, environment), rclone.conf, ~/.ssh/config, ~/.aws." },
  "variable.import": { title: "Import variables", noun: "variable", from: "From Airflow (JSON, environment), TOML whose sections become the first part of a name, lines of NAME=VALUE." },
} as const;
type Of = keyof typeof OF;

/** Takes over what another program has written down; what would be done is seen before it is done. */
export function Import({ of, close }: { of: Of; close: () => void }) {
  const [text, setText] = useState("");
  const [file, setFile] = useState("");
  const [replace, setReplace] = useState(false);
  const [why, setWhy] = useState("");
  const look = useWrite(of);
  const take = useWrite(of);
  const args = { file, text, replace, why: reasonOf(why) };
  const change = (next: string, name: string) => {
    setText(next);
    setFile(name);
    look.reset();
    take.reset();
  };
  const report = take.data ?? look.data;
  return (
    <Dialog title={OF[of].title} close={close} testid="import-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); (look.data ? take.mutate : look.mutate)({ ...args, dry_run: !look.data }); }}>
        <p className="t2">{OF[of].from} Nothing that is there is changed unless you say so.</p>
        <div className="field"><label htmlFor="import-file">File</label><input id="import-file" className="input" type="file" onChange={({ target: { files } }) => { const [chosen] = files ?? []; if (chosen) void chosen.text().then((read) => change(read, chosen.name)); }} data-testid="import-file" /></div>
        <div className="field"><label htmlFor="import-text">or its text</label><textarea id="import-text" className="input mono" rows={6} value={text} onChange={(event) => change(event.target.value, file)} spellCheck={false} autoComplete="off" data-testid="import-text" /></div>
        <span className="check"><input id="import-replace" type="checkbox" checked={replace} onChange={(event) => { setReplace(event.target.checked); look.reset(); }} data-testid="import-replace" /><label htmlFor="import-replace">Replace those that are there under the same name</label></span>
        {report ? <Report of={report} noun={OF[of].noun} done={take.data !== undefined} /> : null}
        <Reason value={why} change={setWhy} />
        {look.error ?? take.error ? <FaultView of={(take.error ?? look.error)!} /> : null}
        <div className="acts">
          <Button onClick={close}>Close</Button>
          {take.data ? null : <button type="submit" className="btn primary" disabled={text === "" || look.isPending || take.isPending} data-testid="import-go">{look.data ? "Import them" : "See what it would do"}</button>}
        </div>
      </form>
    </Dialog>
  );
}

/** Line by line: what was taken, and what was not and why. */
function Report({ of, noun, done }: { of: ImportReport; noun: string; done: boolean }) {
  const taken = of.lines.filter(({ became }) => became === "added" || became === "replaced").length;
  return (
    <section className="stack" aria-label="What it does">
      <p role="status" data-testid="import-told">Read as {of.format ? FORMATS[of.format] : "text"}: {plural(taken, noun)} {done ? (taken === 1 ? "was taken over" : "were taken over") : "would be taken over"}, {of.lines.length - taken} not.</p>
      <ImportLines of={of.lines} />
    </section>
  );
}

/** The lines of a file, and what became of each. */
export function ImportLines({ of }: { of: ImportLine[] }) {
  return (
    <ul className="plain scroll" data-testid="import-lines">
      {of.map((line, at) => (
        // Lines never move: a report is shown as it came.
        // eslint-disable-next-line react/no-array-index-key
        <li key={at} className="row" data-state={line.became}><span className="t3 nowrap">line {line.line}</span><span className="mono"><Name of={line.name} most={40} /></span><span>{BECAME[line.became]}</span><span className="t2 grow">{line.why === null ? null : visible(line.why)}</span></li>
      ))}
    </ul>
  );
}
