import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { ask, useRead } from "@/api/client";
import { useFollowed } from "@/api/followed";
import type { Event, JournalRow, RunDetail } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { clockText, utc, words } from "@/ui/format";
import { Button, Empty, Loading } from "@/ui/parts";
import { Yaml } from "@/ui/yaml-view";

const PAGE = 500;

const columns: Column<JournalRow>[] = [
  { head: "#", width: "5rem", number: true, cell: (row) => <span className="t3">{row.seq}</span> },
  { head: "At", width: "6rem", cell: (row) => <time title={utc(row.at)}>{clockText(row.at)}</time> },
  { head: "Task run", width: "minmax(6rem, 1fr)", cell: (row) => (row.task ? `${row.task}${row.index === null ? "" : ` [${row.index}]`}` : "") },
  { head: "Event", width: "minmax(8rem, 1fr)", cell: (row) => words(row.event) },
  { head: "In words", width: "minmax(12rem, 4fr)", cell: (row) => <span className="cut" title={inWords(row)}>{inWords(row)}</span> },
];

/** What happened, who asked for it, and why. */
const inWords = ({ text, by, why }: JournalRow) => `${text}${by ? `, by ${by}` : ""}${why ? `: ${why}` : ""}`;

/** The journal of a run, newest first, followed live. */
export function Journal({ run }: { run: string }) {
  const grew = (event: Event) => event.event === "changed" && event.tags.some((tag) => tag.of === "run" && tag.key === run);
  const { rows, ready, fault } = useFollowed(run, PAGE, (after) => ask("run.events", { run, after, limit: PAGE }), grew);
  if (fault) return <div className="pad"><FaultView of={fault} /></div>;
  if (!ready) return <Loading />;
  return (
    <>
      <div className="toolbar"><span className="t3 small grow">What happened, newest first</span><Link className="link small" to="/audit" search={{ object: `run ${run}` }} data-testid="run-audit">What operators did to it: the audit log</Link></div>
      <Table label="Events" columns={columns} dense total={rows.length} at={(index) => rows[rows.length - 1 - index]} keyOf={(row) => String(row.seq)} testid="events" empty={<Empty title="Nothing happened yet" />} />
    </>
  );
}

/** What the run was given. */
export function Parameters({ detail }: { detail: RunDetail }) {
  const rows = Object.entries(detail.params);
  if (rows.length === 0) return <Empty title="This run has no parameters" />;
  return (
    <div className="body">
      <table><thead><tr><th className="w-name">Name</th><th>Value</th></tr></thead>
        <tbody>{rows.map(([name, value]) => <tr key={name}><td className="med">{name}</td><td className="mono sel wrap">{typeof value === "string" ? value : JSON.stringify(value)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

/** Tells that the flow has another version now than the one with which the run started, and leads to the difference. */
export function OtherVersion({ flow, version }: { flow: string; version: string }) {
  const now = useRead("flow.show", { flow });
  if (!now.data || now.data.version === version) return null;
  return <Link className="link small" to="/flows/$flow" params={{ flow }} search={{ tab: "versions", a: version, b: now.data.version }} data-testid="other-version">Another version is in force: see the difference</Link>;
}

/** The text of a flow. */
export function FlowFile({ source, version, children }: { source: string; version: string; children?: ReactNode }) {
  return (
    <>
      <div className="toolbar"><span className="t3 small grow">version <code className="mono sel">{version.slice(0, 12)}</code></span>{children}<Button small onClick={() => copy(source)}>Copy</Button></div>
      <Yaml source={source} label="Flow file" testid="flow-source" />
    </>
  );
}
