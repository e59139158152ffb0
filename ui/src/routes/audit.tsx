import "@/styles/lists.css";
import { getRouteApi } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { type ActState, type AuditRow, writes } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { dayAfter, dayStart, plural, utc } from "@/ui/format";
import { Button, Empty, Head, Loading, Name, type Shape, State, When } from "@/ui/parts";
import { DatasetLink, RunLink } from "./links";

const route = getRouteApi("/audit");

const ENDS: Record<ActState, [Shape, string]> = { done: ["success", "done"], failed: ["failed", "failed"], unknown: ["interrupted", "not known"] };
/** First words of operations that are acts: of those that change something all but what only touches the window or a file. */
const KINDS = [...new Set(writes.map((op) => op.slice(0, op.indexOf("."))))].filter((kind) => !["window", "plan", "log"].includes(kind)).toSorted();

const columns: Column<AuditRow>[] = [
  { head: "When", width: "9rem", cell: (row) => <When at={row.at} /> },
  { head: "Who", width: "minmax(6rem, 1fr)", cell: (row) => <span className="med"><Name of={row.by} /></span> },
  { head: "Act", width: "minmax(8rem, 1fr)", cell: (row) => <span className="mono">{row.op}</span> },
  { head: "On", width: "minmax(9rem, 2fr)", cell: (row) => <Name of={row.object} most={48} /> },
  { head: "Reason", width: "minmax(8rem, 3fr)", cell: (row) => <span className="t2" title={row.why ?? undefined}>{row.why}</span> },
  { head: "End", width: "8rem", cell: (row) => <State of={ENDS[row.state][0]} word={row.fault ?? ENDS[row.state][1]} /> },
];

/** Columns while an act is shown beside. */
const beside = columns.filter(({ head }) => head !== "Reason" && head !== "Who");

/** The audit log: every act, who did it, when and why, newest first. */
export function Audit() {
  const { op, object, by, since, until } = route.useSearch();
  const [chosen, setChosen] = useState<AuditRow>();
  const navigate = route.useNavigate();
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const filter = { op: op ?? null, object: useDeferredValue(object?.trim()) || null, by: useDeferredValue(by?.trim()) || null, since: dayStart(since), until: dayAfter(until) };
  const list = usePaged("audit.list", filter);
  const filtered = Boolean(op ?? object ?? by ?? since ?? until);
  return (
    <div className={`md listmd${chosen ? " with" : ""}`}>
      <div className="pane">
        <Head title="Audit log" />
        <div className="toolbar">
          <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Done to: whole name or id" title="The whole name or id of a run, dataset, limit…" aria-label="Done to" value={object ?? ""} onChange={(event) => set({ object: event.target.value || undefined })} data-filter data-testid="audit-object" /></label>
          <select className="input w-auto" aria-label="Kind of act" value={op ?? ""} onChange={(event) => set({ op: event.target.value || undefined })} data-testid="audit-op"><option value="">All acts</option>{KINDS.map((kind) => <option key={kind}>{kind}</option>)}</select>
          <input className="input short" placeholder="Who: whole name" aria-label="Who" value={by ?? ""} onChange={(event) => set({ by: event.target.value || undefined })} data-testid="audit-by" />
          <input className="input w-auto" type="date" aria-label="From this day" value={since ?? ""} onChange={(event) => set({ since: event.target.value || undefined })} data-testid="audit-since" />
          <input className="input w-auto" type="date" aria-label="To this day" value={until ?? ""} onChange={(event) => set({ until: event.target.value || undefined })} data-testid="audit-until" />
          {filtered ? <Button kind="quiet" small onClick={() => set({ op: undefined, object: undefined, by: undefined, since: undefined, until: undefined })}>Clear</Button> : null}
          <span className="t3 small">{list.total === undefined ? "" : plural(list.total, "act")}</span>
        </div>
        {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
        {list.total === undefined && !list.fault ? <Loading /> : (
          <Table
            label="Audit log" columns={chosen ? beside : columns} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => String(row.seq)} onOpen={setChosen} testid="audit"
            empty={filtered ? <Empty title="No act matches">Clear the filters to see all.</Empty> : <Empty title="Nothing was done yet" />} {...(chosen && { selected: String(chosen.seq) })}
          />
        )}
      </div>
      {chosen ? <ActPane of={chosen} close={() => setChosen(undefined)} /> : null}
    </div>
  );
}

/** An object as a link to its page, where it has one. */
function ObjectLink({ of }: { of: string }) {
  const at = of.indexOf(" ");
  const [kind, name] = [of.slice(0, at), of.slice(at + 1)];
  if (kind === "run") return <RunLink run={name}>{of}</RunLink>;
  if (kind === "dataset") return <DatasetLink pid={name}>{of}</DatasetLink>;
  return <span>{of}</span>;
}

function ActPane({ of, close }: { of: AuditRow; close: () => void }) {
  const [shape, word] = ENDS[of.state];
  const made = of.detail["made_run"];
  return (
    <aside className="pane side" aria-label={`Act ${of.seq}`} data-testid="audit-pane">
      <header className="pane-h"><State of={shape} word={word} only /><h2 className="sec cut grow mono">{of.op}</h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={close}><X size={16} aria-hidden /></button></header>
      <dl className="sideterms">
        <dt>When</dt><dd>{utc(of.at)}</dd>
        <dt>Who</dt><dd>{of.by}, by {of.program}</dd>
        <dt>On</dt><dd><ObjectLink of={of.object} /></dd>
        <dt>Reason</dt><dd>{of.why ?? <span className="t3">none was given</span>}</dd>
        <dt>End</dt><dd>{word}{of.fault ? <>: <code className="mono">{of.fault}</code></> : null}</dd>
        {typeof made === "string" ? <><dt>Made</dt><dd><RunLink run={made}>run {made}</RunLink></dd></> : null}
        {of.part_of === null ? null : <><dt>Part of</dt><dd>act {of.part_of}</dd></>}
      </dl>
      <div className="vals open"><h3 className="sec">Details</h3><pre className="mono sel">{JSON.stringify(of.detail, null, 2)}</pre></div>
    </aside>
  );
}
