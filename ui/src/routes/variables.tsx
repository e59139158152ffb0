import "@/styles/lists.css";
import { FileInput, Plus } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { VariableRow, VariableSource } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button, Empty, Head, Name } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { ArchiverImport } from "./archiver-import";
import { Import } from "./import";

const SOURCES: Record<VariableSource, string> = { built_in: "built in", set: "set here", environment: "the environment" };

const shown = ({ value, hidden }: VariableRow): string => (hidden ? "hidden" : typeof value === "string" ? value : value === null ? "none" : JSON.stringify(value));

const columns: Column<VariableRow>[] = [
  { head: "Variable", width: "minmax(10rem, 2fr)", cell: (row) => <span className="mono">{row.name}</span> },
  { head: "Value", width: "minmax(8rem, 3fr)", cell: (row) => <span className={row.value === null ? "t3" : "mono cut"} title={shown(row)}>{shown(row)}</span> },
  { head: "From", width: "8rem", cell: (row) => <span className="t2">{SOURCES[row.from]}</span> },
  { head: "What it is for", width: "minmax(8rem, 4fr)", cell: (row) => <span className="t2" title={row.meaning ?? undefined}>{row.meaning}</span> },
];

/** Variables: what flows read as `vars.NAME`, and what Longshore itself reads. */
export function Variables() {
  const variables = useRead("variable.list", {});
  const [edits, setEdits] = useState<VariableRow | "new">();
  const [imports, setImports] = useState(false);
  const [takesOver, setTakesOver] = useState(false);
  return (
    <>
      <Head title="Variables" end={<div className="row"><Button onClick={() => setTakesOver(true)} testid="archiver-import">Archiving service…</Button><Button onClick={() => setImports(true)} testid="variable-import"><FileInput aria-hidden />Import…</Button><Button kind="primary" onClick={() => setEdits("new")} testid="variable-new"><Plus aria-hidden />New variable…</Button></div>} />
      <p className="t2 padx">Flows read them as <code className="mono">vars.NAME</code>. A run keeps the values with which it started.</p>
      <Shown of={variables}>{(rows) => (
        <Table label="Variables" columns={columns} total={rows.length} at={(at) => rows[at]} keyOf={(row) => row.name} onOpen={setEdits} testid="variables" empty={<Empty title="No variables yet" />} />
      )}</Shown>
      {edits ? <EditVariable of={edits === "new" ? undefined : edits} close={() => setEdits(undefined)} /> : null}
      {takesOver ? <ArchiverImport close={() => setTakesOver(false)} /> : null}
      {imports ? <Import of="variable.import" close={() => setImports(false)} /> : null}
    </>
  );
}

/** What was entered as a value: JSON where it reads as such, else text; and the word for its type. */
export function valueOfText(text: string): [value: unknown, type: string] {
  try {
    const value: unknown = JSON.parse(text);
    return [value, value === null ? "none" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`.replace("a string", "text")];
  } catch {
    return [text, "text"];
  }
}

/** A value as it can be edited and read again as the same. */
export function textOfValue(value: unknown): string {
  if (typeof value === "string" && valueOfText(value)[1] === "text" && valueOfText(value)[0] === value) return value;
  return JSON.stringify(value, null, 2);
}

function EditVariable({ of, close }: { of: VariableRow | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [text, setText] = useState(of && !of.hidden ? textOfValue(of.value) : "");
  const [why, setWhy] = useState("");
  const set = useWrite("variable.set", close);
  const [value, type] = valueOfText(text);
  const held = of?.from === "environment";
  return (
    <Dialog title={of ? of.name : "New variable"} close={close} testid="variable-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); set.mutate({ variable: name.trim(), value, why: reasonOf(why) }); }}>
        {of?.meaning ? <p className="t2">{of.meaning}.</p> : null}
        {held ? <p className="t2">Its value comes from the environment of the process that owns the workspace, which goes before what is set here.</p> : null}
        {of?.hidden ? <p className="t2">Its name says that it is a secret, so its value is not shown. What is set here replaces it.</p> : null}
        {of ? null : <div className="field"><label htmlFor="variable-name">Name</label><input id="variable-name" className="input mono" value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} autoComplete="off" data-testid="variable-name" /><span className="hint">Lower-case letters, digits and _. A secret does not belong here: it is shown to everyone.</span></div>}
        <div className="field"><label htmlFor="variable-value">Value</label><textarea id="variable-value" className="input mono" rows={5} value={text} onChange={(event) => setText(event.target.value)} spellCheck={false} data-testid="variable-value" /><span className="hint" data-testid="variable-type">Read as {type}. JSON is read as what it says, all else as text.</span></div>
        <Reason value={why} change={setWhy} />
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts">
          {of?.from === "set" ? <RemoveVariable of={of} why={why} close={close} /> : null}
          <Button onClick={close}>Close</Button>
          <button type="submit" className="btn primary" disabled={name.trim() === "" || set.isPending} data-testid="variable-save">Set it</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Removing loses the value: the button asks once more in its own place. */
function RemoveVariable({ of, why, close }: { of: VariableRow; why: string; close: () => void }) {
  const [asks, setAsks] = useState(false);
  const remove = useWrite("variable.remove", close);
  if (remove.error) return <span className="grow"><Name of={remove.error.what} /></span>;
  return asks
    ? <><Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate({ variable: of.name, why: reasonOf(why) })} testid="variable-remove-confirm">Remove {of.name}</Button><span className="grow" /></>
    : <><Button kind="quiet" onClick={() => setAsks(true)} testid="variable-remove">Remove…</Button><span className="grow" /></>;
}
