import "@/styles/times.css";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";

import { useRead } from "@/api/client";
import type { FlowDay, RunStateCount } from "@/api/types";
import { count, dayText, plural } from "@/ui/format";
import { State } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { dayName, stateCounts, sumOf, weeksOf, worst } from "./days";

const HALVES = [[0, 5], [6, 11]] as const;
const month = new Intl.DateTimeFormat("en-GB", { month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const here = new Intl.DateTimeFormat();
const STEPS: Record<string, number> = { ArrowLeft: -7, ArrowRight: 7, ArrowUp: -1, ArrowDown: 1 };

/** The runs of a flow by days of a year: the worst that happened on each, and how many there were. */
export function FlowCalendar({ flow }: { flow: string }) {
  const [year, setYear] = useState(() => new Date().getFullYear());
  const timezone = here.resolvedOptions().timeZone;
  const days = useRead("flow.days", { flow, since: new Date(year, 0, 1).getTime(), until: new Date(year + 1, 0, 1).getTime(), timezone });
  return <Shown of={days}>{(rows) => <Year flow={flow} year={year} rows={rows} setYear={setYear} />}</Shown>;
}

interface YearProps { flow: string; year: number; rows: FlowDay[]; setYear: (year: number) => void }

function Year({ flow, year, rows, setYear }: YearProps) {
  const byDay = new Map(rows.map((row) => [row.day, row.runs]));
  const [today] = useState(() => new Date());
  const last = year === today.getFullYear() ? today : new Date(year, 11, 31, 12);
  const [at, setAt] = useState<Date>();
  const chosen = at && at.getFullYear() === year ? at : last;
  const box = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const open = (day: string) => { if (byDay.has(day)) void navigate({ to: "/runs", search: { flow, since: day, until: day } }); };
  const keys = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Enter") open(dayName(chosen));
    else if (step !== undefined) {
      const next = new Date(year, chosen.getMonth(), chosen.getDate() + step, 12);
      if (next.getFullYear() !== year) return;
      setAt(next);
      box.current?.querySelector<HTMLElement>(`[data-day="${dayName(next)}"]`)?.focus();
    } else return;
    event.preventDefault();
  };
  const all = sumAll(rows);
  return (
    <div className="body yeartab">
      <div className="row yearbar">
        <button type="button" className="iconbtn" aria-label="The year before" onClick={() => setYear(year - 1)} data-testid="year-before"><ChevronLeft size={16} aria-hidden /></button>
        <h2 className="sec" data-testid="year">{year}</h2>
        <button type="button" className="iconbtn" aria-label="The year after" disabled={year >= today.getFullYear()} onClick={() => setYear(year + 1)} data-testid="year-after"><ChevronRight size={16} aria-hidden /></button>
        <span className="t2 small grow">{all.length === 0 ? "No run was created in this year" : `${plural(sumOf(all), "run")}: ${stateCounts(all)}`}</span>
      </div>
      <div className="halves" ref={box} data-testid="calendar">
        {HALVES.map((months) => <Half key={`${year} ${months[0]}`} year={year} months={months} byDay={byDay} chosen={dayName(chosen)} today={today} choose={setAt} open={open} keys={keys} />)}
      </div>
      <p className="t3 small row"><span className="grow">The worst that became of a day's runs, and how many were created on it</span><kbd>←</kbd><kbd>→</kbd>week<kbd>↑</kbd><kbd>↓</kbd>day<kbd>Enter</kbd>runs</p>
      <Day flow={flow} day={chosen} runs={byDay.get(dayName(chosen)) ?? []} />
    </div>
  );
}

/** Runs of all days by state. */
function sumAll(rows: FlowDay[]): RunStateCount[] {
  const sums = new Map<RunStateCount["state"], number>();
  for (const { state, count: many } of rows.flatMap(({ runs }) => runs)) sums.set(state, (sums.get(state) ?? 0) + many);
  return [...sums].map(([state, many]) => ({ state, count: many }));
}

const weekKey = (week: Array<Date | undefined>): number => week.find((day) => day !== undefined)?.getTime() ?? 0;

interface HalfProps { year: number; months: readonly [number, number]; byDay: ReadonlyMap<string, RunStateCount[]>; chosen: string; today: Date; choose: (day: Date) => void; open: (day: string) => void; keys: (event: KeyboardEvent) => void }

function Half({ year, months, byDay, chosen, today, choose, open, keys }: HalfProps) {
  const weeks = weeksOf(year, months);
  const names = weeks.map((week) => week.find((day) => day && day.getDate() <= 7 && day.getMonth() >= months[0])).map((day, at, alls) => (day && (at === 0 || alls[at - 1]?.getMonth() !== day.getMonth()) ? month.format(day) : ""));
  return (
    <div className="half" role="grid" aria-label={`Runs by day, ${month.format(new Date(year, months[0]))} to ${month.format(new Date(year, months[1]))} ${year}`} tabIndex={-1} onKeyDown={keys}>
      <div className="halfrow months" aria-hidden><span />{weeks.map((week, at) => <span key={weekKey(week)} className="t3">{names[at]}</span>)}</div>
      {Array.from({ length: 7 }, (_, row) => (
        <div key={row} role="row" className="halfrow">
          <span role="rowheader" className="t3">{weekday.format(new Date(2026, 5, 1 + row))}</span>
          {weeks.map((week) => {
            const day = week[row];
            return day ? <DayCell key={weekKey(week)} day={day} runs={byDay.get(dayName(day))} here={dayName(day) === chosen} later={day > today && dayName(day) !== dayName(today)} choose={() => choose(day)} open={() => open(dayName(day))} /> : <span key={weekKey(week)} role="gridcell" aria-label="no day" />;
          })}
        </div>
      ))}
    </div>
  );
}

function DayCell({ day, runs, here, later, choose, open }: { day: Date; runs: RunStateCount[] | undefined; here: boolean; later: boolean; choose: () => void; open: () => void }) {
  const state = runs ? worst(runs) : undefined;
  const [all, states] = [short(sumOf(runs ?? [])), stateCounts(runs ?? [])];
  // What is seen stands in what is read out.
  const told = `${dayText(day.getTime())}: ${later ? "to come" : runs && !states.startsWith(`${all} `) ? `${all} runs, ${states}` : states}`;
  return (
    // Keys are heard by the grid, which moves among its cells.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <span role="gridcell" className={`daycell${here ? " sel" : ""}`} tabIndex={here ? 0 : -1} aria-selected={here} aria-label={told} title={told} data-day={dayName(day)} data-state={state} data-testid={`day-${dayName(day)}`} onFocus={choose} onPointerEnter={choose} onClick={open}>
      {runs && state ? <><State of={state} word={told} only /><em>{short(sumOf(runs))}</em></> : later ? null : <span className="t3" aria-hidden>·</span>}
    </span>
  );
}

/** A count in at most three signs. */
const short = (many: number): string => (many < 1000 ? String(many) : many < 10_000 ? `${(many / 1000).toFixed(0)}k` : ">9k");

function Day({ flow, day, runs }: { flow: string; day: Date; runs: RunStateCount[] }) {
  const name = dayName(day);
  return (
    <section className="chosenrun" aria-label="Chosen day" data-testid="calendar-chosen">
      <div className="row gap-3">
        <h2 className="sec">{dayText(day.getTime())}</h2>
        <span className="grow row gap-3">{runs.length === 0 ? <span className="t3">no run</span> : runs.map(({ state, count: many }) => <span key={state} className="row gap-1"><State of={state} /><span className="t2">{count(many)}</span></span>)}</span>
        {runs.length > 0 ? <Link className="link" to="/runs" search={{ flow, since: name, until: name }} data-testid="calendar-runs">{`Show ${plural(sumOf(runs), "run")}`}</Link> : null}
      </div>
    </section>
  );
}
