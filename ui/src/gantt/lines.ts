// When each task run was in which state, folded from the changes that the journal has.

import type { TaskState, TimelineChange } from "@/api/types";

/** A time in one state. */
export interface Segment {
  state: TaskState;
  from: number;
  /** When it ended; none while it is so. */
  to: number | null;
  /** The state that came after it. */
  then: TaskState | null;
  /** Which attempt it belongs to, from 1. */
  attempt: number;
}

/** A task run over time. */
export interface Line {
  segments: Segment[];
  /** The state that it is in. */
  state: TaskState;
  attempts: number;
}

/** Lines by task and map index; -1 of a task that is not mapped. */
export type Lines = Map<string, Map<number, Line>>;

/** The index under which the one task run of a task stands. */
export const ALONE = -1;

const WORKS: ReadonlySet<TaskState> = new Set(["running", "cancelling"]);
const WAITS: ReadonlySet<TaskState> = new Set(["scheduled", "queued", "deferred", "up_for_retry", "paused", "interrupted"]);
/** After these a further start is another attempt. */
const OVER: ReadonlySet<TaskState> = new Set(["up_for_retry", "failed", "none", "cancelled", "success"]);

/** Whether a task run works in this time, and does not wait. */
export const works = ({ state }: Segment): boolean => WORKS.has(state);

function attemptOf(line: Line): number {
  const last = line.segments.findLast((segment) => works(segment));
  return !last ? 1 : last.then !== null && OVER.has(last.then) ? last.attempt + 1 : last.attempt;
}

function move(line: Line, state: TaskState, at: number): void {
  const last = line.segments.at(-1);
  if (last && last.to === null) {
    last.to = at;
    last.then = state;
  }
  line.state = state;
  if (!WORKS.has(state) && !WAITS.has(state)) return;
  const attempt = attemptOf(line);
  if (WORKS.has(state)) line.attempts = attempt;
  line.segments.push({ state, from: at, to: null, then: null, attempt });
}

/** Adds changes, in the order in which they happened. */
export function fold(lines: Lines, changes: readonly TimelineChange[]): void {
  for (const { task, index, count, state, at } of changes) {
    if (count === 0) {
      lines.delete(task);
      continue;
    }
    let of = lines.get(task);
    if (!of) lines.set(task, (of = new Map()));
    // What stood for the whole task before it was mapped is told by its task runs from now on.
    if (index !== null) of.delete(ALONE);
    const first = index ?? ALONE;
    for (let one = first; one < first + count; one += 1) {
      let line = of.get(one);
      if (!line) of.set(one, (line = { segments: [], state: "none", attempts: 0 }));
      move(line, state, at);
    }
  }
}

/** Times, one after the other. */
export interface Stretch { from: number; to: number }

/** Times that overlap, or are less than `gap` milliseconds apart, in one. */
export function joined(times: Stretch[], gap: number): Stretch[] {
  const sorted = times.toSorted((a, b) => a.from - b.from);
  const all: Stretch[] = [];
  for (const { from, to } of sorted) {
    const last = all.at(-1);
    if (last && from <= last.to + gap) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}

/** The work and the waiting of many task runs, each as few stretches, and what of them came to nothing. */
export function together(lines: Iterable<Line>, now: number, gap: number): { work: Stretch[]; wait: Stretch[]; failed: Stretch[] } {
  const [work, wait, failed]: [Stretch[], Stretch[], Stretch[]] = [[], [], []];
  for (const { segments } of lines) {
    for (const segment of segments) {
      const stretch = { from: segment.from, to: segment.to ?? now };
      if (!works(segment)) wait.push(stretch);
      else if (segment.then === "failed" || segment.then === "up_for_retry") failed.push(stretch);
      else work.push(stretch);
    }
  }
  return { work: joined(work, gap), wait: joined(wait, gap), failed: joined(failed, gap) };
}

/** From the first time of many task runs to their last; without an end while one goes on. They may be a hundred thousand. */
export function extent(lines: Iterable<Line>): { from: number | undefined; to: number | null } {
  let from: number | undefined;
  let [last, goes] = [0, false];
  for (const { segments } of lines) {
    for (const segment of segments) {
      from = from === undefined ? segment.from : Math.min(from, segment.from);
      if (segment.to === null) goes = true;
      else last = Math.max(last, segment.to);
    }
  }
  return { from, to: goes ? null : last };
}

const SECOND = 1000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000].map((seconds) => seconds * SECOND);

/** How far two marks of an axis are apart, so that there are at most so many. */
export const stepOf = (span: number, most: number): number => STEPS.find((step) => span / step <= most) ?? Math.ceil(span / most / STEPS.at(-1)!) * STEPS.at(-1)!;

/** The marks of an axis: round times of the window's zone, whose offset is given in milliseconds. */
export function marks(from: number, to: number, most: number, offset: number): number[] {
  const step = stepOf(to - from, most);
  const all: number[] = [];
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) all.push(at);
  return all;
}

/** The span of a whole run. While it goes on there is room at its end, which grows in steps and not all the time. */
export function wholeSpan(from: number, to: number, live: boolean): Stretch {
  const span = Math.max(to - from, SECOND);
  const step = stepOf(span, 16);
  return { from, to: live ? from + Math.ceil((span * 1.02) / step) * step : from + span * 1.01 };
}
