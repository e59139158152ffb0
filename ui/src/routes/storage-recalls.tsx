import { Link } from "@tanstack/react-router";

import type { WorkRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Name, State, When } from "@/ui/parts";
import { RunLink } from "./links";

const columns: Column<WorkRow>[] = [
  { head: "State", width: "8.5rem", cell: () => <State of="deferred" word="asked for" /> },
  { head: "Work", width: "minmax(8rem, 1fr)", cell: (row) => <span className="med"><Name of={row.work} most={40} /></span> },
  { head: "Lies at", width: "minmax(9rem, 2fr)", cell: (row) => (row.place ? <span className="t2"><Name of={row.place} mono /></span> : null) },
  { head: "Asked for", width: "8.5rem", cell: (row) => <When at={row.requested} /> },
  { head: "Run that waits", width: "9rem", cell: (row) => <RunLink run={row.run}><Name of={row.run} mono /></RunLink> },
];

/** What is being recalled from a slow archive, a tape or Glacier, the longest asked for first; nothing where nothing is. */
export function Recalls() {
  const list = usePaged("work.list", { recalls: true });
  if (list.fault) return <FaultView of={list.fault} />;
  if (!list.total) return null;
  return (
    <section className="place recalls" aria-label="Recall queue" data-testid="recalls">
      <div className="row"><h2 className="strong">Recall queue</h2><span className="t2 grow">{plural(list.total, "work")} asked of a slow archive that cannot be read yet</span><Link className="link" to="/works" search={{ tab: undefined }}>All works</Link></div>
      <Table label="Recall queue" dense fit={list.total <= 8} columns={columns} total={list.total} at={list.at} onRange={list.onRange} keyOf={(row) => row.work} testid="recall-rows" />
    </section>
  );
}
