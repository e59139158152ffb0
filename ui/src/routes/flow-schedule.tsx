import { History } from "lucide-react";
import { useState } from "react";

import { useRead, useReadExact, useWrite } from "@/api/client";
import type { Backfill, BackfillArgs, ScheduleRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { count, plural, zone } from "@/ui/format";
import { Button, Empty, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";
import { NextRuns, PauseSchedules, ScheduleTable } from "./schedule-parts";

/** When a flow runs by itself: its schedules, what is due next, pause and resume, and runs for a time gone by. */
export function FlowSchedule({ flow }: { flow: string }) {
  const schedules = useRead("schedule.list", {});
  const [fills, setFills] = useState(false);
  return (
    <Shown of={schedules} rows={3}>{(all) => {
      const rows = all.filter((row) => row.flow === flow);
      if (rows.length === 0) return <Empty title="Nothing is scheduled">It runs when it is started. A schedule stands in the flow's file, under schedule.</Empty>;
      const timed = rows.filter((row) => !row.watches);
      return (
        <div className="body flowsched">
          <div className="toolbar bare-bar"><PauseSchedules rows={rows} />{timed.length > 0 ? <Button onClick={() => setFills(true)} testid="backfill"><History aria-hidden />Backfill…</Button> : null}</div>
          {rows.map((row) => (row.fault ? <FaultView key={row.schedule} of={row.fault} /> : null))}
          <ScheduleTable rows={rows} ofOne />
          {timed.length > 0 ? <><div className="sec-h"><h2>Next 20 runs</h2><span className="end">Times in {zone()}</span></div><NextRuns flow={flow} /></> : null}
          {fills ? <Dialog title={`Backfill ${flow}`} close={() => setFills(false)} testid="backfill-dialog"><BackfillForm flow={flow} rows={timed} close={() => setFills(false)} /></Dialog> : null}
        </div>
      );
    }}</Shown>
  );
}

const DAY = /^\d{4}-\d\d-\d\d/;

/** Runs that a schedule would have started from one day to another: shown first, then started. */
function BackfillForm({ flow, rows, close }: { flow: string; rows: ScheduleRow[]; close: () => void }) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [schedule, setSchedule] = useState(String(rows[0]?.schedule ?? 0));
  const [most, setMost] = useState("1");
  const [why, setWhy] = useState("");
  const atOnce = /^[1-9]\d{0,4}$/.test(most.trim()) ? Number(most) : null;
  const args: BackfillArgs = { flow, from, to, schedule: Number(schedule), max_active: atOnce };
  const can = DAY.test(from) && DAY.test(to) && atOnce !== null;
  const preview = useReadExact("flow.backfill_preview", args, can);
  const start = useWrite("flow.backfill", close);
  const fresh = preview.data ? preview.data.count - preview.data.there : 0;
  return (
    <form className="formgrid" onSubmit={(event) => { event.preventDefault(); start.mutate({ ...args, why: reasonOf(why) }); }}>
      <div className="row gap-3">
        <div className="field grow"><label htmlFor="fill-from">From this day</label><input id="fill-from" className="input" type="date" placeholder="2026-11-01" value={from} onChange={(event) => setFrom(event.target.value)} data-testid="backfill-from" /></div>
        <div className="field grow"><label htmlFor="fill-to">To this day, its end</label><input id="fill-to" className="input" type="date" placeholder="2026-11-24" value={to} onChange={(event) => setTo(event.target.value)} data-testid="backfill-to" /></div>
        <div className="field"><label htmlFor="fill-most">At once</label><input id="fill-most" className="input" inputMode="numeric" value={most} onChange={(event) => setMost(event.target.value)} aria-invalid={atOnce === null} data-testid="backfill-most" /></div>
      </div>
      {rows.length > 1 ? <div className="field"><label htmlFor="fill-of">Schedule</label><select id="fill-of" className="input" value={schedule} onChange={(event) => setSchedule(event.target.value)} data-testid="backfill-schedule">{rows.map((row) => <option key={row.schedule} value={row.schedule}>{row.words}, {row.timezone}</option>)}</select></div> : null}
      {can ? <Shown of={preview} rows={2}>{(of) => <Times of={of} />}</Shown> : <p className="t3 small">Choose the days to see which runs it would start.</p>}
      <Reason value={why} change={setWhy} />
      {start.error ? <FaultView of={start.error} /> : null}
      <div className="acts"><Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={!can || fresh === 0 || start.isPending} data-testid="backfill-start">{preview.data && can ? `Start ${plural(fresh, "run")}` : "Start"}</button></div>
    </form>
  );
}

/** Times that are named before the rest becomes a number. */
const NAMED = 8;

function Times({ of }: { of: Backfill }) {
  return (
    <dl className="terms" data-testid="backfill-preview">
      <dt>Starts</dt>
      <dd>
        <p>{plural(of.count - of.there, "run")} of <code className="mono">{of.words}</code></p>
        {of.times.filter(({ run }) => run === null).slice(0, NAMED).map(({ at }) => <div key={at} className="row"><State of="scheduled" only /><When at={at} /></div>)}
        {of.count - of.there > NAMED ? <p className="t3 small">and {count(of.count - of.there - NAMED)} more</p> : null}
      </dd>
      {of.there > 0 ? <><dt>Leaves alone</dt><dd>{plural(of.there, "time")} that {of.there === 1 ? "has its run" : "have their runs"} already</dd></> : null}
    </dl>
  );
}
