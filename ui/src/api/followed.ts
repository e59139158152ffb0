// Lists that only grow, read on from a cursor: logs and journals.

import { useEffect, useRef, useState } from "react";

import { host } from "@/platform";
import type { Event, Fault } from "./types";
import { asFault } from "./fault";

/** Lines kept; older ones are let go. */
const MOST = 20_000;
/** Events come up to ten a second; reading on is done at most this often. Milliseconds. */
const GATHER = 200;

interface Followed<T> {
  rows: T[];
  /** The first lines are there. */
  ready: boolean;
  fault: Fault | undefined;
}

/**
 * Reads a growing list from its start, then on from its last row whenever an event says that there is more.
 * `key` names the list; another key starts anew. `page` is how many rows `next` gives at most.
 */
export function useFollowed<T extends { seq: number }>(key: string, page: number, next: (after: number) => Promise<T[]>, grew: (event: Event) => boolean): Followed<T> {
  const [state, setState] = useState<Followed<T> & { key: string }>({ key, rows: [], ready: false, fault: undefined });
  const asked = useRef({ next, grew });
  useEffect(() => { asked.current = { next, grew }; });
  useEffect(() => {
    const reader = readOn(page, (after) => asked.current.next(after), (rows, fault) => setState({ key, rows, ready: true, fault }));
    const stop = host().onEvent((event) => { if (event.event === "everything" || asked.current.grew(event)) reader.more(); });
    reader.more();
    return () => { stop(); reader.stop(); };
  }, [key, page]);
  return state.key === key ? state : { rows: [], ready: false, fault: undefined };
}

function readOn<T extends { seq: number }>(page: number, next: (after: number) => Promise<T[]>, show: (rows: T[], fault: Fault | undefined) => void) {
  let rows: T[] = [];
  let busy = false;
  let wanted = false;
  let gone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async () => {
    timer = undefined;
    busy = true;
    wanted = false;
    try {
      const fresh = await next(rows.at(-1)?.seq ?? 0);
      if (gone) return;
      rows = [...rows, ...fresh].slice(-MOST);
      wanted ||= fresh.length >= page;
      show(rows, undefined);
    } catch (thrown) {
      if (!gone) show(rows, asFault(thrown));
    } finally {
      busy = false;
      if (wanted && !gone) timer ??= setTimeout(() => void read(), GATHER);
    }
  };
  return {
    more: () => {
      wanted = true;
      if (!busy) timer ??= setTimeout(() => void read(), rows.length === 0 ? 0 : GATHER);
    },
    stop: () => { gone = true; clearTimeout(timer); },
  };
}
