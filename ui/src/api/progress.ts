// Puts live amounts into replies that are held, so that a bar moves without asking.

import type { QueryClient } from "@tanstack/react-query";

import type { DatasetDetail, Event, Overview, Page, ProgressRow, RunDetail, RunRow } from "./types";

type Progress = Extract<Event, { event: "progress" }>;

function inRows(rows: RunRow[], run: string, progress: ProgressRow): RunRow[] {
  if (!rows.some((row) => row.id === run)) return rows;
  return rows.map((row) => (row.id === run ? { ...row, progress } : row));
}

function inRun(detail: RunDetail, event: Progress): RunDetail {
  const children = inRows(detail.children, event.run, event.progress);
  if (detail.run.id !== event.run) return children === detail.children ? detail : { ...detail, children };
  const moved = new Map(event.tasks.map((task) => [task.task, task]));
  const tasks = detail.tasks.map((row) => {
    const live = moved.get(row.id);
    return live ? { ...row, state: live.state, counts: live.counts, progress: live.progress } : row;
  });
  return { ...detail, children, tasks, run: { ...detail.run, progress: event.progress } };
}

function inOverview(reply: Overview, { run, progress }: Progress): Overview {
  const running = inRows(reply.running, run, progress);
  const needsYou = inRows(reply.needs_you, run, progress);
  const same = running === reply.running && needsYou === reply.needs_you;
  return same ? reply : { ...reply, running, needs_you: needsYou };
}

function inPage(reply: Page<RunRow>, { run, progress }: Progress): Page<RunRow> {
  const rows = inRows(reply.rows, run, progress);
  return rows === reply.rows ? reply : { ...reply, rows };
}

function inDataset(reply: DatasetDetail, { run, progress }: Progress): DatasetDetail {
  const runs = inRows(reply.runs, run, progress);
  return runs === reply.runs ? reply : { ...reply, runs };
}

/** Patches every held reply that shows the run. */
export function patchProgress(client: QueryClient, event: Progress): void {
  const patch = <T>(op: string, change: (reply: T, event: Progress) => T) =>
    client.setQueriesData<T>({ queryKey: [op] }, (reply) => (reply === undefined ? reply : change(reply, event)));
  patch<RunDetail>("run.show", inRun);
  patch<Overview>("overview.show", inOverview);
  patch<Page<RunRow>>("run.list", inPage);
  patch<DatasetDetail>("dataset.show", inDataset);
}
