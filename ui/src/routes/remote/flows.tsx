import { Link } from "@tanstack/react-router";
import { useQueries } from "@tanstack/react-query";
import { ChevronRight, FileInput, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import type { RemoteFlowRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { plural } from "@/ui/format";
import { Button, Empty, Head, Name, State } from "@/ui/parts";
import { askFlows, type Engine, useEngines } from "./engines";
import { FlowTherePane } from "./flow-pane";
import { AsOf, Badge } from "./said";
import { TakeOver } from "./take-over";

/** A flow of an engine. */
export interface FlowThere { engine: Engine; flow: RemoteFlowRow }

const columns: Column<FlowThere>[] = [
  { head: "Flow", width: "minmax(12rem, 2fr)", cell: ({ flow }) => <span className="med"><Name of={flow.title} most={56} /></span> },
  { head: "Engine", width: "9rem", cell: ({ engine }) => <Badge of={engine} /> },
  { head: "Schedule", width: "minmax(8rem, 1fr)", cell: ({ flow }) => (flow.paused ? <State of="paused" /> : <span className="t2"><Name of={flow.schedule ?? "by hand"} most={32} /></span>) },
  { head: "Labels", width: "minmax(8rem, 1fr)", cell: ({ flow }) => <span className="t2"><Name of={flow.tags.join(", ")} most={40} /></span> },
  { head: "About", width: "minmax(8rem, 2fr)", cell: ({ flow }) => <span className="t2"><Name of={flow.description ?? ""} most={72} /></span> },
];

const keyOf = ({ engine, flow }: FlowThere) => `${engine.id} ${flow.id}`;

/** Flows that other engines know, to be started and paused there. */
export function FlowsThere() {
  const engines = useEngines() ?? [];
  const there = useQueries({ queries: engines.map(({ id }) => askFlows(id)) });
  const [chosen, setChosen] = useState<string>();
  const [search, setSearch] = useState("");
  const [takes, setTakes] = useState(false);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const all = engines.flatMap((engine, at) => (there[at]?.data?.said ?? []).map((flow): FlowThere => ({ engine, flow })));
  const rows = all.filter(({ flow }) => `${flow.id} ${flow.title} ${flow.tags.join(" ")}`.toLowerCase().includes(wanted));
  const row = all.find((one) => keyOf(one) === chosen);
  return (
    <>
      <Head title="Flows on other engines" crumbs={<><Link to="/flows">Flows</Link><ChevronRight aria-hidden /><span>Other engines</span></>} end={engines.length > 0 ? <Button onClick={() => setTakes(true)} testid="take-over-open"><FileInput aria-hidden />Take over settings…</Button> : null} />
      <div className="toolbar">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or label" aria-label="Filter flows" value={search} onChange={(event) => setSearch(event.target.value)} data-filter data-testid="flow-search" /></label>
        <span className="t3 small">{plural(rows.length, "flow")}</span>
      </div>
      <ul className="enginebar" aria-label="Engines">
        {engines.map((engine, at) => <li key={engine.id} data-testid={`engine-${engine.id}`}><Badge of={engine} /><AsOf at={there[at]?.data?.at} fault={there[at]?.error ?? null} again={() => void there[at]?.refetch()} /></li>)}
      </ul>
      <div className={`md listmd${row ? " with" : ""}`}>
        <div className="pane">
          <Table label="Flows on other engines" columns={row ? columns.slice(0, 2) : columns} total={rows.length} at={(at) => rows[at]} keyOf={keyOf} onOpen={(one) => setChosen(keyOf(one))} testid="flows-there" {...(row && { selected: keyOf(row) })} empty={<Empty title={engines.length === 0 ? "No connection leads to an engine" : all.length > 0 ? "No flow matches" : "No flows yet"}>{engines.length === 0 ? "Add a connection to an Airflow or a Prefect." : null}</Empty>} />
        </div>
        {row ? <FlowTherePane key={keyOf(row)} of={row} close={() => setChosen(undefined)} /> : null}
      </div>
      {takes ? <TakeOver engines={engines} close={() => setTakes(false)} /> : null}
    </>
  );
}
