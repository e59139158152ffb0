// When the task runs of a run were in which state: read from the start of its journal, then on whenever it grows.

import { useEffect, useState } from "react";

import { ask } from "@/api/client";
import { asFault } from "@/api/fault";
import type { Event, Fault } from "@/api/types";
import { host } from "@/platform";
import { type Lines, fold } from "./lines";

/** Changes that are read at most: a run of a hundred thousand task runs has some four times as many. */
const MOST = 600_000;
/** Events come up to ten a second; reading on is done at most this often. Milliseconds. */
const GATHER = 250;
/** While a long journal is read for the first time, what is known so far is shown this often. Milliseconds. */
const SHOW = 400;

/** What is known of a run over time. */
export interface Timeline {
  /** Changed in place: `changes` tells another state from one before. */
  lines: Lines;
  changes: number;
  ready: boolean;
  /** There is more than is read. */
  cut: boolean;
  fault: Fault | undefined;
}

const nothing = (): Timeline => ({ lines: new Map(), changes: 0, ready: false, cut: false, fault: undefined });

/** The timeline of a run. */
export function useTimeline(run: string): Timeline {
  const [state, setState] = useState<Timeline & { run: string }>({ ...nothing(), run });
  useEffect(() => {
    const reader = readOn(run, (timeline) => setState({ ...timeline, run }));
    const stop = host().onEvent((event) => { if (grew(event, run)) reader.more(); });
    reader.more();
    return () => { stop(); reader.stop(); };
  }, [run]);
  return state.run === run ? state : nothing();
}

const grew = (event: Event, run: string): boolean => event.event === "everything" || (event.event === "changed" && event.tags.some((tag) => tag.of === "run" && tag.key === run));

function readOn(run: string, show: (timeline: Timeline) => void) {
  const known = nothing();
  let after = 0;
  let [busy, wanted, gone] = [false, false, false];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Reads page by page, for each says where the next begins. */
  const readAll = async (shown = Date.now()): Promise<void> => {
    if (known.cut || gone) return undefined;
    const reply = await ask("run.timeline", { run, after });
    fold(known.lines, reply.changes);
    known.changes += reply.changes.length;
    after = reply.upto;
    known.cut = reply.more && known.changes >= MOST;
    if (!reply.more) return undefined;
    const due = !gone && Date.now() - shown > SHOW;
    if (due) show({ ...known, ready: true });
    return readAll(due ? Date.now() : shown);
  };
  const read = async () => {
    timer = undefined;
    [busy, wanted] = [true, false];
    try {
      await readAll();
      known.fault = undefined;
    } catch (thrown) {
      known.fault = asFault(thrown);
    }
    busy = false;
    if (gone) return;
    show({ ...known, ready: true });
    if (wanted) more();
  };
  const more = () => {
    wanted = true;
    if (!busy) timer ??= setTimeout(() => void read(), known.changes === 0 ? 0 : GATHER);
  };
  return { more, stop: () => { gone = true; clearTimeout(timer); } };
}
