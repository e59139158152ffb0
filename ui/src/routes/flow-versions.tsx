import { getRouteApi } from "@tanstack/react-router";

import { useRead, useReadExact } from "@/api/client";
import type { FlowVersionRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { count, moment } from "@/ui/format";
import { Empty, When } from "@/ui/parts";
import { Shown } from "@/ui/query";

const route = getRouteApi("/flows/$flow");

/** A version as short as it is told. */
export const brief = (version: string): string => version.slice(0, 12);

const columns: Column<FlowVersionRow>[] = [
  { head: "Version", width: "minmax(8rem, 1fr)", cell: (row) => <span><code className="mono">{brief(row.version)}</code>{row.in_force ? <span className="t2"> in force</span> : null}</span> },
  { head: "Kept since", width: "9rem", number: true, cell: (row) => (row.kept_at === null ? <span className="t3">not known</span> : <When at={row.kept_at} />) },
  { head: "Runs", width: "5rem", number: true, cell: (row) => count(row.runs) },
  { head: "Last run", width: "9rem", number: true, cell: (row) => <When at={row.last_run_at} /> },
];

/** The versions of a flow, newest first, and how the chosen one differs from another. */
export function FlowVersions({ flow }: { flow: string }) {
  const versions = useRead("flow.versions", { flow });
  const { a, b } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (next: { a?: string | undefined; b?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  return (
    <Shown of={versions} rows={3}>{(rows) => {
      const [newest, before] = rows;
      if (!newest) return <Empty title="No version is kept yet" />;
      const newer = b ?? newest.version;
      const at = rows.findIndex((row) => row.version === newer);
      const older = a ?? (rows[at + 1] ?? (newer === newest.version ? undefined : before))?.version;
      return (
        <div className="versions">
          <Table label="Versions" columns={columns} fit total={rows.length} at={(index) => rows[index]} keyOf={(row) => row.version} onOpen={(row) => set({ b: row.version, a: undefined })} selected={newer} testid="versions" />
          {rows.length < 2 ? <p className="pad t3">There is one version only.</p> : <Difference flow={flow} rows={rows} a={older ?? newest.version} b={newer} choose={(version) => set({ a: version })} />}
        </div>
      );
    }}</Shown>
  );
}

const told = (row: FlowVersionRow) => `${brief(row.version)}${row.in_force ? ", in force" : row.kept_at === null ? "" : `, ${moment(row.kept_at).text}`}`;

function Difference({ flow, rows, a, b, choose }: { flow: string; rows: FlowVersionRow[]; a: string; b: string; choose: (version: string) => void }) {
  const diff = useReadExact("flow.diff", { flow, a, b });
  return (
    <section className="difference" aria-label="Difference">
      <div className="toolbar"><h2 className="sec nowrap">{brief(b)} against</h2><select className="input w-auto" aria-label="Older version" value={a} onChange={(event) => choose(event.target.value)} data-testid="version-older">{rows.map((row) => <option key={row.version} value={row.version}>{told(row)}</option>)}</select></div>
      <Shown of={diff} rows={6}>{({ lines }) => (lines.length === 0 ? <p className="padx t3">The two are the same.</p> : <Diff lines={lines} />)}</Shown>
    </section>
  );
}

/** What a line of a unified diff is. */
function kindOf(line: string): "add" | "del" | "at" | "same" {
  if (line.startsWith("@@")) return "at";
  if (line.startsWith("+")) return "add";
  return line.startsWith("-") ? "del" : "same";
}

const WORDS = { add: "added", del: "removed", at: "", same: "" } as const;

interface DiffLine { kind: keyof typeof WORDS; text: string; old: number | ""; now: number | "" }

/** The lines of a unified diff with their numbers in the two texts; its two lines of names are left out. */
export function numbered(lines: string[]): DiffLine[] {
  let [old, now] = [0, 0];
  return lines.slice(/^--- /.test(lines[0] ?? "") ? 2 : 0).map((line) => {
    const kind = kindOf(line);
    const at = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (at) {
      [old, now] = [Number(at[1]), Number(at[2])];
      return { kind, text: line, old: "", now: "" };
    }
    return { kind, text: line.slice(1), old: kind === "add" ? "" : old++, now: kind === "del" ? "" : now++ };
  });
}

const SIGNS = { add: "+", del: "−", at: "", same: "" } as const;

/** A unified diff; what was added and removed is told by sign and ground. */
export function Diff({ lines }: { lines: string[] }) {
  const rows = numbered(lines);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the keyboard
    <div className="diff mono sel" role="group" tabIndex={0} aria-label="Lines" data-testid="diff">
      {rows.map(({ kind, text, old, now }, at) => (
        // A place in the text is all that tells one line from another.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className={kind} data-kind={kind}><i aria-hidden>{old}</i><i aria-hidden>{now}</i><b aria-hidden>{SIGNS[kind]}</b>{WORDS[kind] ? <span className="sr">{WORDS[kind]}: </span> : null}<span>{text}</span></div>
      ))}
    </div>
  );
}
