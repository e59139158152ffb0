import { Eye, EyeOff, FileText, FolderOpen } from "lucide-react";
import { type ComponentProps, useDeferredValue, useId, useState } from "react";

import { useRead } from "@/api/client";
import { host } from "@/platform";
import { zone } from "@/ui/format";
import type { Field } from "./schema";

/** What links a control to its label, its hint and tests. */
interface About { id: string; "aria-describedby": string; "aria-invalid": boolean | undefined; "data-testid": string }
interface Props { field: Field; text: string; change: (text: string) => void; about: About; bad: boolean }

/** Input types of the browser by kind, and what stands there where the webview knows no such input. */
const INPUTS: Partial<Record<Field["kind"], [type: string, placeholder: string]>> = {
  date: ["date", "2026-11-24"], time: ["time", "14:30:00"], moment: ["datetime-local", "2026-11-24T14:30"],
};

/** The control for one kind of parameter. */
export function Control({ field, text, change, about, bad }: Props) {
  const mono = field.kind === "json" || field.kind === "path";
  const shared = { ...about, className: `input${bad ? " bad" : ""}${mono ? " mono" : ""}`, value: text, spellCheck: false };
  const set = (event: { target: { value: string } }) => change(event.target.value);
  switch (field.kind) {
    case "choice": return <Choice field={field} shared={shared} set={set} text={text} />;
    case "list": case "json": case "lines": return <textarea {...shared} rows={4} onChange={set} />;
    case "path": return <Path shared={shared} set={set} change={change} label={field.label} />;
    case "dataset": return <Dataset shared={shared} set={set} text={text} />;
    case "secret": return <Secret shared={shared} set={set} />;
    default: return <Plain field={field} shared={shared} set={set} />;
  }
}

type Shared = About & { className: string; value: string; spellCheck: boolean };
interface Entry { shared: Shared; set: (event: { target: { value: string } }) => void }

function Plain({ field, shared, set }: Entry & { field: Field }) {
  const [type, placeholder] = INPUTS[field.kind] ?? [];
  const numeric = field.kind === "integer" || field.kind === "number";
  const more: ComponentProps<"input"> = { ...(type && { type, placeholder }), ...(type && type !== "date" && { step: 1 }), ...(numeric && { inputMode: field.kind === "integer" ? "numeric" : "decimal" }) };
  const input = <input {...shared} {...more} onChange={set} autoComplete="off" />;
  const told = field.kind === "moment" ? zone() : field.kind === "time" ? "UTC" : undefined;
  return told ? <div className="row">{input}<span className="t3 small nowrap">{told}</span></div> : input;
}

function Choice({ field, shared, set, text }: Entry & { field: Field; text: string }) {
  return (
    <select {...shared} onChange={set}>
      {field.required && text ? null : <option value="">not chosen</option>}
      {field.choices?.map((choice) => <option key={String(choice)}>{String(choice)}</option>)}
    </select>
  );
}

/** A path as text, or chosen in the platform's own dialog. */
function Path({ shared, set, change, label }: Entry & { change: (text: string) => void; label: string }) {
  const pick = (what: "folder" | "files") => () => void host().pick(what, label).then(([path]) => path !== undefined && change(path));
  return (
    <div className="row">
      <input {...shared} onChange={set} autoComplete="off" />
      <button type="button" className="btn" aria-label={`Choose a folder for ${label}`} title="Choose a folder" onClick={pick("folder")} data-testid={`${shared["data-testid"]}-folder`}><FolderOpen aria-hidden /></button>
      <button type="button" className="btn" aria-label={`Choose a file for ${label}`} title="Choose a file" onClick={pick("files")} data-testid={`${shared["data-testid"]}-file`}><FileText aria-hidden /></button>
    </div>
  );
}

/** A dataset by its identifier; those that match what is typed are offered. */
function Dataset({ shared, set, text }: Entry & { text: string }) {
  const list = useId();
  const wanted = useDeferredValue(text.trim());
  const found = useRead("dataset.list", { search: wanted || null, limit: 20 });
  return (
    <>
      <input {...shared} onChange={set} list={list} autoComplete="off" />
      <datalist id={list}>{found.data?.rows.map((row) => <option key={row.pid} value={row.pid}>{row.name}</option>)}</datalist>
    </>
  );
}

/** A secret, hidden while it is typed unless asked to be shown. */
function Secret({ shared, set }: Entry) {
  const [shown, setShown] = useState(false);
  return (
    <div className="row">
      <input {...shared} type={shown ? "text" : "password"} onChange={set} autoComplete="new-password" />
      <button type="button" className="btn" aria-pressed={shown} aria-label="Show what is typed" onClick={() => setShown(!shown)}>{shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}</button>
    </div>
  );
}
