import { Link } from "@tanstack/react-router";

import { useRead } from "@/api/client";
import { State, When } from "@/ui/parts";

/** How many runs are told. */
const COUNT = 3;

/** The runs that start by themselves next; nothing where nothing is scheduled. */
export function Next() {
  const due = useRead("schedule.next", { flow: null, count: COUNT });
  if (!due.data || due.data.length === 0) return null;
  return (
    <section aria-label="Next" className="touched" data-testid="overview-next">
      <div className="sec-h"><h2>Next</h2><Link className="end link" to="/schedules" search={{ tab: "next" }}>Schedules</Link></div>
      <ul>{due.data.map((row) => (
        <li key={`${row.flow} ${row.schedule} ${row.at}`} className="row">
          <State of={row.paused ? "paused" : "scheduled"} word={row.paused ? "paused: it will not start" : "due"} only />
          <Link className="grow cut" to="/flows/$flow" params={{ flow: row.flow }} search={{ tab: "schedule" }}>{row.flow}</Link><When at={row.at} />
        </li>
      ))}</ul>
    </section>
  );
}
