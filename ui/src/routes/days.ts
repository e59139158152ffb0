// Days of a year in this window's zone, as a calendar shows them.

import type { RunState, RunStateCount } from "@/api/types";
import { count, words } from "@/ui/format";

/** A day as the address and the backend name it: `2026-11-24`. */
export const dayName = (at: Date): string => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

/** The days of months of a year in columns of weeks from Monday; the first and last week have gaps. */
export function weeksOf(year: number, months: readonly [first: number, last: number]): Array<Array<Date | undefined>> {
  const weeks: Array<Array<Date | undefined>> = [];
  const end = new Date(year, months[1] + 1, 1);
  // Noon of each day: no change of clocks makes it another.
  for (let day = new Date(year, months[0], 1, 12); day < end; day = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 12)) {
    const weekday = (day.getDay() + 6) % 7;
    if (weekday === 0 || weeks.length === 0) weeks.push(Array.from({ length: 7 }));
    weeks.at(-1)![weekday] = day;
  }
  return weeks;
}

/** States of runs, the worst first. */
const WORST: readonly RunState[] = ["failed", "cancelling", "paused", "cancelled", "running", "queued", "success"];

/** The worst state among runs. */
export const worst = (runs: readonly RunStateCount[]): RunState | undefined => WORST.find((state) => runs.some((row) => row.state === state && row.count > 0));

/** How many runs there are in all. */
export const sumOf = (runs: readonly RunStateCount[]): number => runs.reduce((all, row) => all + row.count, 0);

/** Runs by state in words, the worst first. */
export const stateCounts = (runs: readonly RunStateCount[]): string =>
  WORST.flatMap((state) => runs.filter((row) => row.state === state)).map((row) => `${count(row.count)} ${words(row.state)}`).join(", ") || "no run";
