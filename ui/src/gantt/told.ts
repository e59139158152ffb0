// Times of task runs in words, in the window's zone.

import type { TaskState } from "@/api/types";
import { clockText, duration, moment, plural, words } from "@/ui/format";
import { type Line, type Segment, works } from "./lines";

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = 86_400_000;

/** A mark of an axis whose marks are `step` milliseconds apart: the day where one begins. */
export function markText(at: number, step: number): string {
  const date = new Date(at);
  if (step >= DAY || (step > DAY / 100 && date.getHours() === 0 && date.getMinutes() === 0)) return days.format(date);
  return step < 60_000 ? clockText(at) : hours.format(date);
}

/** A time to the second, with its day if that is not today. */
export const timeText = (at: number): string => (new Date(at).toDateString() === new Date().toDateString() ? clockText(at) : `${moment(at).text}${clockText(at).slice(5)}`);

/** How long something took from a time to another, in words. */
export const tookText = (from: number, to: number): string => duration(Math.max(0, to - from) / 1000);

/** The state that colours the work of a segment: what came of it. */
export const outcome = ({ then }: Segment): TaskState => then ?? "running";

const WAITING: Partial<Record<TaskState, string>> = {
  scheduled: "waited for its turn", queued: "waited for a slot or for room", deferred: "waited, its slot given back", up_for_retry: "waited to be tried again", paused: "was paused", interrupted: "its process was gone",
};

/** One time of a task run, in words. */
export function segmentText(segment: Segment, now: number): string {
  const { state, from, to, then, attempt } = segment;
  const took = tookText(from, to ?? now);
  const times = `${timeText(from)} to ${to === null ? "now" : timeText(to)}, ${took}`;
  if (!works(segment)) return `${WAITING[state] ?? words(state)}: ${times}`;
  return `${attempt > 1 ? `attempt ${attempt} ` : ""}${then === null ? "works" : words(then)}: ${times}`;
}

/** A task run over time, in words: start, end, duration, and how long it waited. */
export function lineText(line: Line | undefined, now: number): string {
  if (!line || line.segments.length === 0) return "not started";
  const sum = (wanted: boolean) => line.segments.filter((segment) => works(segment) === wanted).reduce((all, { from, to }) => all + (to ?? now) - from, 0);
  const first = line.segments.find((segment) => works(segment));
  const waited = sum(false);
  const parts = first ? [`${timeText(first.from)} to ${line.segments.at(-1)!.to === null ? "now" : timeText(line.segments.at(-1)!.to!)}`, `worked ${duration(sum(true) / 1000)}`] : ["not started"];
  if (waited >= 1000) parts.push(`waited ${duration(waited / 1000)}`);
  if (line.attempts > 1) parts.push(plural(line.attempts, "attempt"));
  return parts.join(", ");
}
