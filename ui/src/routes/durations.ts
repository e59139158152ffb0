// How long runs took: shares, and what is usual.

import type { FlowDuration } from "@/api/types";
import { duration, plural } from "@/ui/format";

/** A run, or a task in it, in seconds. */
export interface Took { of: FlowDuration; waited: number; ran: number; done: boolean }

/** What is measured of a row; while it goes on, up to now. A task that has not started took nothing. */
export function tookOf(of: FlowDuration, now: number): Took {
  const begun = of.started_at ?? (of.ended_at ?? now);
  const end = of.ended_at ?? (of.started_at === null ? begun : now);
  const waited = of.task_state === null ? Math.max(0, begun - of.created_at) / 1000 : 0;
  return { of, waited: of.started_at === null && of.task_state === null && of.ended_at === null ? Math.max(0, now - of.created_at) / 1000 : waited, ran: Math.max(0, end - begun) / 1000, done: of.ended_at !== null };
}

/** The value below which a share of the values lies: the nearest rank. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Whether what is measured ended well. */
export const wentWell = ({ task_state, run_state }: FlowDuration): boolean => (task_state ?? run_state) === "success";

/** One bar in words. */
export const tookText = ({ of, waited, ran, done }: Took, word: string): string =>
  [word, of.task_runs > 1 ? plural(of.task_runs, "task run") : "", waited >= 0.05 ? `waited ${duration(waited)}` : "", `${done ? "took" : "so far"} ${duration(ran)}`].filter(Boolean).join(", ");
