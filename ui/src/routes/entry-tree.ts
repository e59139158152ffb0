import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { read } from "@/api/client";
import type { EntryRow, Fault } from "@/api/types";
import { branchOf, rowsIn, spotAt } from "@/table/branch";

/** A row of the tree: the entry, how deep it stands, and whether it is open. */
export interface TreeRow { entry: EntryRow; depth: number; open: boolean; index: number }

const PAGE = 200;

/** Pages that the rows from `first` to `last` need, and the first page of every open folder, for its length. */
function pagesOf(opened: ReadonlyMap<string, number>, spots: Array<{ folder: string; index: number } | undefined>): string[] {
  const pages = new Set<string>([...opened.keys()].map((folder) => `0 ${folder}`));
  for (const spot of spots) if (spot) pages.add(`${Math.floor(spot.index / PAGE)} ${spot.folder}`);
  return [...pages];
}

/** The entries of a dataset as a tree of folders. Any number of them: only the pages in sight are fetched. */
export function useEntryTree(dataset: string, enabled: boolean) {
  const [opened, setOpened] = useState<ReadonlyMap<string, number>>(new Map([["", 0]]));
  const [totals, setTotals] = useState<ReadonlyMap<string, number>>(new Map());
  const [[first, last], setRange] = useState<[number, number]>([0, 40]);
  const tree = useMemo(() => branchOf("", opened, totals), [opened, totals]);
  const spots = Array.from({ length: last - first + 1 }, (_, at) => spotAt(tree, first + at));
  const pages = pagesOf(opened, spots);
  const replies = useQueries({
    queries: pages.map((page) => {
      const [number, folder] = split(page);
      return { ...read("dataset.entries", { dataset, folder, search: null, offset: number * PAGE, limit: PAGE }), enabled };
    }),
  });
  const held = new Map(pages.map((page, at) => [page, replies[at]?.data]));
  const fresh = pages.map((page, at) => [split(page)[1], replies[at]?.data?.total] as const).filter((pair): pair is readonly [string, number] => pair[1] !== undefined && totals.get(pair[0]) !== pair[1]);
  if (fresh.length > 0) setTotals(new Map([...totals, ...fresh]));
  const at = (row: number): TreeRow | undefined => {
    const spot = spotAt(tree, row);
    const entry = spot && held.get(`${Math.floor(spot.index / PAGE)} ${spot.folder}`)?.rows[spot.index % PAGE];
    return entry && { entry, depth: spot.depth, open: opened.has(entry.path), index: spot.index };
  };
  const onRange = useCallback((from: number, to: number) => setRange((old) => (old[0] === from && old[1] === to ? old : [from, to])), []);
  const toggle = ({ entry, index }: TreeRow) => setOpened((old) => {
    const next = new Map(old);
    if (next.has(entry.path)) for (const path of old.keys()) { if (path === entry.path || path.startsWith(`${entry.path}/`)) next.delete(path); }
    else next.set(entry.path, index);
    return next;
  });
  return { total: totals.has("") ? rowsIn(tree) : undefined, at, onRange, toggle, fault: replies.find((reply) => reply.error)?.error as Fault | undefined };
}

function split(page: string): [number: number, folder: string] {
  const space = page.indexOf(" ");
  return [Number(page.slice(0, space)), page.slice(space + 1)];
}
