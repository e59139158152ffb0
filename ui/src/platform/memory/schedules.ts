// Made-up schedules, versions of flows, and backfills.

import type { Backfill, BackfillArgs, DueRow, FlowDetail, FlowDiff, FlowPlan, FlowVersionRow, PausedBy, ScheduleRow } from "@/api/types";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Rule { flow: string; title: string; words: string; timezone: string; every: number; offset: number; watches?: boolean; on_missed: string }

const RULES: Rule[] = [
  { flow: "verify_dataset", title: "Read every datablock back again", words: "0 2 * * *", timezone: "Europe/Zurich", every: DAY, offset: HOUR, on_missed: "once" },
  { flow: "verify_dataset", title: "Read every datablock back again", words: "every 6h", timezone: "UTC", every: 6 * HOUR, offset: 0, on_missed: "skip" },
  { flow: "upload_dataset", title: "Bring files into the landing zone, then archive them", words: "files *.mrcz in /data/krios", timezone: "UTC", every: 0, offset: 0, watches: true, on_missed: "all" },
];

/** The versions of every flow, newest first. */
const VERSIONS = ["9f2c41d07be3", "51aa07cc1e90", "0b77e2d4a3f8"];

/** Schedules that can be paused, over all flows. */
export class Schedules {
  private readonly paused = new Map<string, PausedBy>();

  list(now: number): ScheduleRow[] {
    return RULES.map((rule, at) => ({
      flow: rule.flow, title: rule.title, schedule: RULES.slice(0, at).filter(({ flow }) => flow === rule.flow).length, words: rule.words, timezone: rule.timezone, watches: rule.watches ?? false,
      on_missed: rule.on_missed, start: null, end: null, paused: this.paused.get(rule.flow) ?? null, next: rule.every ? after(rule, now) : null, last: now - 3 * HOUR, last_run: "r-01KAUQ08",
      fault: rule.watches ? { code: "schedule.folder", class: "transient", what: "The folder /data/krios cannot be read", why: "No such file or directory", now: "Mount it; the schedule looks again by itself." } : null,
    }));
  }

  next(flow: string | null | undefined, count: number, now: number): DueRow[] {
    const rows = this.list(now).flatMap((row, at) => {
      const rule = RULES[at]!;
      if (!rule.every || (flow && row.flow !== flow)) return [];
      return Array.from({ length: count }, (_, step): DueRow => {
        const due = after(rule, now) + step * rule.every;
        return { flow: row.flow, title: row.title, schedule: row.schedule, words: row.words, at: due, starts_at: due, paused: row.paused !== null };
      });
    });
    return rows.toSorted((a, b) => a.at - b.at).slice(0, count);
  }

  pause(flow: string, why: string | null | undefined): void {
    this.paused.set(flow, { at: Date.now(), by: "operator", why: why ?? null });
  }

  resume(flow: string): void {
    this.paused.delete(flow);
  }
}

function after({ every, offset }: Rule, now: number): number {
  return Math.ceil((now - offset) / every) * every + offset;
}

/** The runs that a schedule would have started from one day to another. */
export function backfill({ flow, from, to, schedule }: BackfillArgs): Backfill {
  const rule = RULES.filter((one) => one.flow === flow)[schedule ?? 0];
  const [start, end] = [Date.parse(from), Date.parse(to) + DAY];
  if (!rule || Number.isNaN(start) || Number.isNaN(end)) throw { code: "backfill.time", class: "permanent", what: "There is no such time", why: `${from} to ${to}` };
  const count = Math.max(0, Math.floor((end - start) / rule.every));
  const times = Array.from({ length: Math.min(500, count) }, (_, at) => ({ at: start + at * rule.every, run: at === 0 ? "r-01KAUQ08" : null }));
  return { flow, schedule: schedule ?? 0, words: rule.words, times, count, there: count > 0 ? 1 : 0 };
}

export const versions = (now: number): FlowVersionRow[] => VERSIONS.map((version, at) => ({ version, kept_at: at === 2 ? null : now - at * 9 * DAY, runs: [18, 77, 12][at]!, last_run_at: now - at * 9 * DAY - HOUR, in_force: at === 0 }));

export const difference = (flow: string, a: string, b: string): FlowDiff => ({
  a, b,
  lines: a === b ? [] : [
    `--- ${flow}@${a}`, `+++ ${flow}@${b}`, "@@ -4,7 +4,8 @@", " tasks:", "   - id: pack", "     uses: datablock.write", "-    retries: {max: 3}", "+    retries: {max: 5, delay: 60s}", "+    timeout: 6h", "     limits: [move-datablocks-to-lts]",
  ],
});

/** What a run would do. */
export const planOf = ({ flow, graph }: FlowDetail): FlowPlan => ({
  flow: flow.id, title: flow.title, bytes: 3 * 1024 ** 4, unknown: graph.nodes.filter((node) => node.mapped).map((node) => node.id), space: [], held_by: null, refused: [], can_start: true,
  tasks: graph.nodes.map((node, at) => ({
    id: node.id, uses: node.uses, role: node.role, group: null, runs: node.mapped ? null : 1, expects: node.mapped ? "as many as manifest gives" : "1", skipped: null, limits: [], planned: !node.mapped,
    files: null, bytes: at === 1 ? null : 0, space: [], reserves: null, seconds: at === 0 ? 83 : null, past: at === 0 ? 20 : 0, problem: null,
  })),
});
