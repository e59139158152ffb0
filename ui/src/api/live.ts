// What the workspace tells without being asked: stale replies are asked again, amounts are put into the replies in place.

import type { Query, QueryClient } from "@tanstack/react-query";

import { host } from "@/platform";
import { patchProgress } from "./progress";
import { tags, tagsOf } from "./types";
import type { Event, OperationName, Operations, Tag } from "./types";

/** Changes come up to ten a second for a run; replies are asked again at most this often. Milliseconds. */
const GATHER = 300;
/** Amounts of single task runs are not told, only asked; at most this often while their run moves. Milliseconds. */
const DETAIL = 1000;
/** Replies that hold amounts of single task runs. */
const DETAILED: readonly string[] = ["run.task_runs", "run.task_run"];
/** Replies read on from a cursor; their views follow by themselves. */
const FOLLOWED: readonly string[] = ["run.logs", "run.events", "run.timeline"];

const word = (tag: Tag): string => ("key" in tag ? `${tag.of}:${tag.key}` : tag.of);

function isOperation(name: unknown): name is OperationName {
  return typeof name === "string" && name in tags;
}

/** A preview of an act on all runs that match: it can be long, and its token tells when it is no longer so. */
const isLong = (op: string, args: unknown): boolean => op === "runs.preview" && !(args as Operations["runs.preview"]["args"]).select.runs?.length;

function restsOn(query: Query, stale: ReadonlySet<string>): boolean {
  const [op, args] = query.queryKey;
  if (!isOperation(op) || FOLLOWED.includes(op) || isLong(op, args)) return false;
  return tagsOf(op, args as never).some((tag) => stale.has(word(tag)));
}

/** Asks again for what is on the screen and rests on these tags, and marks the rest as stale. */
export function invalidate(client: QueryClient, stale: readonly Tag[]): void {
  const words = new Set(stale.map(word));
  void client.invalidateQueries({ predicate: (query) => restsOn(query, words) });
}

function invalidateDetails(client: QueryClient, runs: ReadonlySet<string>): void {
  void client.invalidateQueries({
    predicate: ({ queryKey: [op, args] }) =>
      DETAILED.includes(op as string) && runs.has((args as { run: string }).run),
  });
}

/** Runs `act` with all that was added, at most once in `wait` milliseconds. */
function gathered<T>(wait: number, act: (items: T[]) => void): { add: (items: readonly T[]) => void; stop: () => void } {
  let items: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    act(items.splice(0));
  };
  return {
    add: (more) => {
      items.push(...more);
      timer ??= setTimeout(flush, wait);
    },
    stop: () => {
      clearTimeout(timer);
      items = [];
    },
  };
}

/** Follows the workspace until the returned function is called. */
export function follow(client: QueryClient): () => void {
  const stale = gathered<Tag>(GATHER, (all) => invalidate(client, all));
  const moving = gathered<string>(DETAIL, (runs) => invalidateDetails(client, new Set(runs)));
  const stop = host().onEvent((event: Event) => {
    if (event.event === "changed") stale.add(event.tags);
    if (event.event === "everything" || (event.event === "connection" && event.up)) void client.invalidateQueries();
    if (event.event === "progress") {
      patchProgress(client, event);
      moving.add([event.run]);
    }
  });
  return () => {
    stop();
    stale.stop();
    moving.stop();
  };
}
