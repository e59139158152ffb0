import { useWrite } from "@/api/client";
import type { DatabaseChecked } from "@/api/types";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button, Name, Size, State } from "@/ui/parts";

/** Under which name a copy of the database is made: the day and the time, in UTC. */
const copyName = () => `longshore-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}.db`;

/** Care of the workspace's database: read it through, copy it while it is in use, give room back while no run works. */
export function Database() {
  const check = useWrite("db.check");
  const backup = useWrite("db.backup");
  const vacuum = useWrite("db.vacuum");
  const busy = check.isPending || backup.isPending || vacuum.isPending;
  const save = () => void host().pick("folder", "Copy the database into").then(([folder]) => folder !== undefined && backup.mutate({ path: `${folder}/${copyName()}` }));
  return (
    <section aria-label="Database">
      <div className="sec-h"><h2>Database</h2></div>
      <div className="row">
        <Button onClick={() => check.mutate({})} disabled={busy} testid="db-check">Check it</Button>
        <Button onClick={save} disabled={busy} testid="db-backup">Copy it to a file…</Button>
        <Button onClick={() => vacuum.mutate({})} disabled={busy} testid="db-vacuum">Give back what was deleted</Button>
        <span className="t3 small" role="status">{check.isPending ? "reads it through" : backup.isPending ? "copies" : vacuum.isPending ? "packs it" : ""}</span>
      </div>
      {check.data ? <Checked of={check.data} /> : null}
      {backup.data ? <p className="row" data-testid="db-copied"><State of="success" only />Copied to <Name of={backup.data.path} mono />, <Size of={backup.data.bytes} /></p> : null}
      {vacuum.isSuccess ? <p className="row"><State of="success" word="packed" /></p> : null}
      {[check, backup, vacuum].map(({ error }, at) => (error ? <FaultView key={["check", "backup", "vacuum"][at]} of={error} /> : null))}
    </section>
  );
}

/** Under which name the file for whoever helps is made. */
const helpName = () => `longshore-diagnostics-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}.zip`;

/** What somebody who helps has to know, in one file. */
export function Diagnostics() {
  const save = useWrite("diagnostics.save");
  const pick = () => void host().pick("folder", "Save the diagnostics in").then(([folder]) => folder !== undefined && save.mutate({ path: `${folder}/${helpName()}` }));
  return (
    <section aria-label="Diagnostics">
      <div className="sec-h"><h2>Diagnostics</h2></div>
      <p className="t2">For whoever helps: versions, how all stands, what failed and the log, in one zip. It holds no secret, no value of a variable and no content of a file; it names datasets, files, hosts and users.</p>
      <div className="row"><Button onClick={pick} disabled={save.isPending} testid="diagnostics-save">Save diagnostics…</Button><span className="t3 small" role="status">{save.isPending ? "collects" : ""}</span></div>
      {save.data ? <p className="row" data-testid="diagnostics-saved"><State of="success" only />Saved to <Name of={save.data.path} mono />, <Size of={save.data.bytes} /></p> : null}
      {save.error ? <FaultView of={save.error} /> : null}
    </section>
  );
}

function Checked({ of }: { of: DatabaseChecked }) {
  if (of.problems.length === 0) return <p data-testid="db-checked"><State of="success" word={`nothing is wrong: file, tables and the journals of ${plural(of.runs, "run")} agree`} /></p>;
  return (
    <section className="error s-failed" role="alert" data-testid="db-checked">
      <h3>{plural(of.problems.length, "thing")} in the database {of.problems.length === 1 ? "is" : "are"} wrong</h3>
      <ul>{of.problems.map((line) => <li key={line}>{line}</li>)}</ul>
      <p><b>Now:</b> copy the database to a file before anything else, then bring back the last good copy with <code className="mono">longshore db restore</code>.</p>
    </section>
  );
}
