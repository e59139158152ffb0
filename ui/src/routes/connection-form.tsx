import { useState } from "react";

import { useWrite } from "@/api/client";
import type { ConnectionKind, ConnectionRow, ConnectionSetArgs, SecretGiven } from "@/api/types";
import { FieldView } from "@/forms/field";
import { type Field, wrong } from "@/forms/schema";
import { useValues } from "@/forms/values";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural, visible } from "@/ui/format";
import { Button, Name } from "@/ui/parts";
import { Reason, reasonOf } from "@/ui/reason";
import { CopyConnection, RemoveConnection } from "./connection-acts";
import { SecretField } from "./connection-secret";
import { TestConnection } from "./connection-test";

type Schema = { properties?: Record<string, object>; [other: string]: unknown };

/** The fields of `extra` that are not secret, with what they hold now, as the form of a run is made. */
function openFields(kind: ConnectionKind | undefined, extra: Record<string, unknown>): Schema {
  const schema = (kind?.schema ?? {}) as Schema;
  const open = Object.entries(schema.properties ?? {}).filter(([name]) => !kind?.secrets.includes(name));
  return { ...schema, required: [], properties: Object.fromEntries(open.map(([name, field]) => [name, name in extra ? { ...field, default: extra[name] } : field])) };
}

/** Makes a connection, or shows and changes one. */
export function EditConnection({ of, kinds, close }: { of: ConnectionRow | undefined; kinds: ConnectionKind[]; close: () => void }) {
  const [kind, setKind] = useState(of?.kind ?? kinds[0]?.kind ?? "");
  const known = kinds.find((one) => one.kind === kind || one.aliases.includes(kind));
  const readOnly = of?.source === "environment";
  return (
    <Dialog title={of ? of.id : "New connection"} close={close} testid="connection-dialog">
      {of ? null : (
        <div className="field"><label htmlFor="connection-kind">Kind</label>
          <select id="connection-kind" className="input" value={kind} onChange={(event) => setKind(event.target.value)} data-testid="connection-kind">
            {kinds.map((one) => <option key={one.kind} value={one.kind}>{one.title}</option>)}
          </select>
        </div>
      )}
      {of && !known ? <p className="t2">No connector leads to a system of the kind <Name of={of.kind} mono />. It is kept as it is.</p> : null}
      {of?.problem ? <p className="t2">It is not understood: {visible(of.problem)}.</p> : null}
      {readOnly ? <p className="t2">It is set by <code className="mono">AIRFLOW_CONN_{of.id.toUpperCase()}</code> in the environment of the process that owns the workspace, and is changed there.</p> : null}
      <Form key={known?.kind ?? kind} of={of} kind={kind} known={known} readOnly={readOnly} close={close} />
    </Dialog>
  );
}

/** Fields of a kind that are shown at once. */
const FIRST = 3;

/** Plain fields that every connection has. */
const PLAIN = [["host", "Host"], ["port", "Port"], ["login", "Login"], ["schema", "Schema"], ["description", "About"]] as const;
type Plain = Record<(typeof PLAIN)[number][0], string>;

const plainOf = (of: ConnectionRow | undefined): Plain => ({ host: of?.host ?? "", port: of?.port?.toString() ?? "", login: of?.login ?? "", schema: of?.schema ?? "", description: of?.description ?? "" });

function Form({ of, kind, known, readOnly, close }: { of: ConnectionRow | undefined; kind: string; known: ConnectionKind | undefined; readOnly: boolean; close: () => void }) {
  const [schema] = useState(() => openFields(known, of?.extra ?? {}));
  const { fields, text, set, bad, params } = useValues(schema);
  const [id, setId] = useState("");
  const [plain, setPlain] = useState(() => plainOf(of));
  const [secrets, setSecrets] = useState<Record<string, SecretGiven>>({});
  const [why, setWhy] = useState("");
  const save = useWrite("connection.set", close);
  const port = plain.port.trim();
  const badPort = port !== "" && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535);
  // What no field of the form shows is not lost by changing another.
  const rest = Object.fromEntries(Object.entries(of?.extra ?? {}).filter(([name]) => !fields.some((field) => field.name === name)));
  const entered = (): ConnectionSetArgs => ({
    connection: of?.id ?? id.trim(), kind, host: plain.host.trim() || null, port: port === "" ? null : Number(port), login: plain.login || null, schema: plain.schema.trim() || null,
    description: plain.description.trim() || null, extra: { ...rest, ...params() }, secrets, new: !of, why: reasonOf(why),
  });
  const submit = () => save.mutate(entered());
  // The first fields are those that most connections need; of the others, those that say something.
  const first = (field: Field, at = fields.indexOf(field)) => at < FIRST || field.name in (of?.extra ?? {});
  const rare = fields.filter((field) => !first(field));
  const view = (field: Field) => <FieldView key={field.name} field={field} text={text(field)} error={wrong(field, text(field))} change={(next) => set(field, next)} />;
  const names = [...new Set(["password", ...(known?.secrets.filter((name) => name in ((known.schema as Schema).properties ?? {})) ?? []), ...(of?.secrets.map(({ field }) => field) ?? [])])];
  return (
    <form className="formgrid" onSubmit={(event) => { event.preventDefault(); submit(); }} noValidate>
      {readOnly && known ? <TestConnection id={of?.id ?? ""} draft={undefined} /> : null}
      {of ? null : <div className="field"><label htmlFor="connection-id">Name</label><input id="connection-id" className="input mono" value={id} onChange={(event) => setId(event.target.value)} spellCheck={false} autoComplete="off" data-testid="connection-id" /><span className="hint">Letters, digits, dot, dash and underscore.</span></div>}
      <fieldset disabled={readOnly} className="formgrid bare">
        {PLAIN.map(([name, label]) => (
          <div className="field" key={name}><label htmlFor={`connection-${name}`}>{label}<span className="t3">optional</span></label><input id={`connection-${name}`} className={`input${name === "port" && badPort ? " bad" : ""}`} value={plain[name]} onChange={(event) => setPlain({ ...plain, [name]: event.target.value })} aria-invalid={name === "port" && badPort ? true : undefined} spellCheck={false} autoComplete="off" data-testid={`connection-${name}`} /></div>
        ))}
        {names.map((name) => <SecretField key={name} name={name} now={of?.secrets.find(({ field }) => field === name)} given={secrets[name]} change={(given) => setSecrets(changed(secrets, name, given))} />)}
        {fields.filter(first).map(view)}
        {rare.length > 0 ? <details className="more" open={rare.some((field) => wrong(field, text(field))) || undefined} data-testid="connection-more"><summary>{plural(rare.length, "more field")}</summary><div className="formgrid bare">{rare.map(view)}</div></details> : null}
      </fieldset>
      {known && !readOnly ? <TestConnection id={of?.id ?? id.trim()} draft={entered} /> : null}
      {readOnly ? null : <Reason value={why} change={setWhy} />}
      {save.error ? <FaultView of={save.error} /> : null}
      <div className="acts">
        {of ? <CopyConnection of={of} why={why} close={close} /> : null}
        {of && !readOnly ? <RemoveConnection of={of} why={why} close={close} /> : null}
        <Button onClick={close}>Close</Button>
        {readOnly ? null : <button type="submit" className="btn primary" disabled={(!of && id.trim() === "") || bad || badPort || save.isPending} data-testid="connection-save">{of ? "Save" : "Make it"}</button>}
      </div>
    </form>
  );
}

/** The secrets that change; one that shall stay as it is is not among them. */
function changed(secrets: Record<string, SecretGiven>, name: string, given: SecretGiven | undefined): Record<string, SecretGiven> {
  const others = Object.entries(secrets).filter(([field]) => field !== name);
  return Object.fromEntries(given === undefined ? others : [...others, [name, given]]);
}
