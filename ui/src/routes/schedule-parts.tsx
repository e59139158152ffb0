import { Link, useNavigate } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { DueRow, ScheduleRow } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { dayText, utc } from "@/ui/format";
import { Button, Empty, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { RunLink } from "./links";

const MISSED: Record<string, string> = { skip: "skipped", once: "one run for all", all: "a run for each" };

/** A schedule's state: paused, wrong, waiting for files, or waiting for its time. */
function stateOf(row: ScheduleRow) {
  if (row.paused) return <State of="paused" />;
  if (row.fault) return <State of="failed" word={row.fault.code} />;
  if (row.watches) return <State of="deferred" word="watches" />;
  return row.next === null ? <State of="none" word="never again" /> : <State of="scheduled" />;
}

const state: Column<ScheduleRow> = { head: "State", width: "8.5rem", cell: stateOf };
const flow: Column<ScheduleRow> = { head: "Flow", width: "minmax(8rem, 2fr)", cell: (row) => <Link className="link" to="/flows/$flow" params={{ flow: row.flow }} search={{ tab: "schedule" }} title={row.title}>{row.flow}</Link> };
const rule: Column<ScheduleRow> = { head: "Rule", width: "minmax(8rem, 3fr)", cell: (row) => <span className="mono cut" title={row.words}>{row.words}</span> };
const zoneOf: Column<ScheduleRow> = { head: "Time zone", width: "minmax(6rem, 1fr)", cell: (row) => (row.watches ? null : <span className="t2">{row.timezone}</span>) };
const missed: Column<ScheduleRow> = { head: "If missed", width: "7.5rem", cell: (row) => <span className="t2">{MISSED[row.on_missed] ?? row.on_missed}</span> };
const last: Column<ScheduleRow> = { head: "Last", width: "8.5rem", number: true, cell: (row) => (row.last_run ? <RunLink run={row.last_run}><When at={row.last} /></RunLink> : <When at={row.last} />) };
const next: Column<ScheduleRow> = { head: "Next", width: "8.5rem", number: true, cell: (row) => (row.paused ? <span className="t3">paused</span> : <When at={row.next} />) };

/** Schedules in a table; of one flow without its name. */
export function ScheduleTable({ rows, ofOne = false }: { rows: ScheduleRow[]; ofOne?: boolean }) {
  const navigate = useNavigate();
  const open = (row: ScheduleRow) => void navigate({ to: "/flows/$flow", params: { flow: row.flow }, search: { tab: "schedule" } });
  return (
    <Table
      label={ofOne ? "Schedules of the flow" : "Schedules"} columns={ofOne ? [{ ...state, width: "7rem" }, { ...rule, width: "minmax(5rem, 3fr)" }, { ...zoneOf, width: "minmax(7.5rem, 1fr)" }, { ...last, width: "7rem" }, next] : [state, flow, rule, zoneOf, missed, last, next]} fit={ofOne} total={rows.length} at={(at) => rows[at]}
      keyOf={(row) => `${row.flow} ${row.schedule}`} {...(!ofOne && { onOpen: open })} testid="schedules" empty={<Empty title="Nothing is scheduled">A flow file says when it runs by itself, under schedule.</Empty>}
    />
  );
}

/** What is due next, day by day: of one flow, or of all. */
export function NextRuns({ flow: ofFlow, count = 20 }: { flow?: string; count?: number }) {
  const due = useRead("schedule.next", { flow: ofFlow ?? null, count });
  return (
    <Shown of={due} rows={4}>{(rows) => rows.length === 0 ? <Empty title="Nothing is due">Watched folders start a run when a file comes; that is not known beforehand.</Empty> : (
      <div className="calendar" data-testid="next-runs">
        {byDay(rows).map(([day, ofDay]) => (
          <section key={day} aria-label={day} className="calday">
            <h2>{day}</h2>
            <ol>{ofDay.map((row) => <Due key={`${row.flow} ${row.schedule} ${row.at}`} row={row} named={ofFlow === undefined} />)}</ol>
          </section>
        ))}
      </div>
    )}</Shown>
  );
}

function byDay(rows: DueRow[]): Array<[string, DueRow[]]> {
  const days = new Map<string, DueRow[]>();
  for (const row of rows) days.set(dayText(row.at), [...(days.get(dayText(row.at)) ?? []), row]);
  return [...days];
}

const hour = (ms: number) => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: ms % 60_000 === 0 ? undefined : "2-digit" });

function Due({ row, named }: { row: DueRow; named: boolean }) {
  return (
    <li className={row.paused ? "t3" : undefined} data-testid="due" title={`${utc(row.at)}${row.starts_at === row.at ? "" : `, starts ${utc(row.starts_at)}`}`}>
      <State of={row.paused ? "paused" : "scheduled"} word={row.paused ? "paused: it will not start" : "due"} only />
      <time dateTime={new Date(row.at).toISOString()} className="med">{hour(row.at)}</time>
      {named ? <Link className="link cut" to="/flows/$flow" params={{ flow: row.flow }} search={{ tab: "schedule" }}>{row.flow}</Link> : null}
      <span className="t3 mono cut">{row.words}</span>
      {row.starts_at === row.at ? null : <span className="t3 small nowrap">starts {hour(row.starts_at)}</span>}
    </li>
  );
}

/** Pauses all schedules of a flow, or lets them go on; runs that are there are not touched. */
export function PauseSchedules({ rows }: { rows: ScheduleRow[] }) {
  const [asks, setAsks] = useState(false);
  const paused = rows[0]?.paused;
  const of = rows[0]?.flow;
  if (!of) return null;
  return (
    <>
      <Button onClick={() => setAsks(true)} testid={paused ? "schedule-resume" : "schedule-pause"}>{paused ? <><Play aria-hidden />Resume schedules…</> : <><Pause aria-hidden />Pause schedules…</>}</Button>
      {asks ? <PauseDialog flow={of} rows={rows} close={() => setAsks(false)} /> : null}
    </>
  );
}

function PauseDialog({ flow: of, rows, close }: { flow: string; rows: ScheduleRow[]; close: () => void }) {
  const [why, setWhy] = useState("");
  const paused = rows[0]?.paused ?? null;
  const pause = useWrite("schedule.pause", close);
  const resume = useWrite("schedule.resume", close);
  const act = paused ? resume : pause;
  return (
    <Dialog title={paused ? `Resume the schedules of ${of}` : `Pause the schedules of ${of}`} close={close} testid="schedule-dialog">
      <div className="actbox stack gap-3">
        {paused ? <p>Paused <When at={paused.at} />{paused.by ? ` by ${paused.by}` : ""}{paused.why ? `: ${paused.why}` : ""}. Times that were missed meanwhile are dealt with as each schedule says.</p> : <p>No run starts by itself until the schedules are resumed. Runs that are there go on, and the flow can still be started by hand.</p>}
        <dl className="terms"><dt>Touches</dt><dd>{rows.map((row) => <div key={row.schedule} className="mono">{row.words}</div>)}</dd></dl>
        <Reason value={why} change={setWhy} />
        {act.error ? <FaultView of={act.error} /> : null}
        <div className="row"><Button kind="primary" disabled={act.isPending} onClick={() => act.mutate({ flow: of, why: reasonOf(why) })} testid="schedule-confirm">{paused ? "Resume" : "Pause"}</Button><Button kind="quiet" onClick={close}>Leave as it is</Button></div>
      </div>
    </Dialog>
  );
}
