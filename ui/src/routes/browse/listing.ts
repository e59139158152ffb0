import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { ask } from "@/api/client";
import type { Fault, PlaceAfter, PlaceListing, PlaceRow } from "@/api/types";

/** Rows that are asked for at once. */
const PAGE = 200;

/** What lies at a place, as far as it was looked at: more is asked for when the last rows come into sight. */
export function useListing(location: string) {
  const query = useInfiniteQuery<PlaceListing, Fault, { pages: PlaceListing[] }, readonly string[], PlaceAfter | null>({
    queryKey: ["browse", location],
    queryFn: ({ pageParam }) => ask("place.list", { location, after: pageParam, limit: PAGE }),
    initialPageParam: null,
    getNextPageParam: ({ rows, more }) => {
      const last = rows.at(-1);
      return more && last ? { name: last.name, folder: last.kind === "folder" } : null;
    },
    enabled: location !== "",
    // What lies at a place changes without a word: it is looked at anew whenever somebody comes back to it.
    refetchOnMount: "always",
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const pages = query.data?.pages ?? [];
  // The workspace gives files before folders, so that a page can begin anywhere. Where all came at once, folders go first, as people look for them.
  const rows: PlaceRow[] = pages.flatMap((page) => page.rows);
  if (pages.length === 1 && !hasNextPage) rows.sort((a, b) => Number(b.kind === "folder") - Number(a.kind === "folder"));
  const length = rows.length;
  const onRange = useCallback((_: number, last: number) => {
    if (last >= length - 20 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { rows, more: hasNextPage, onRange, fault: query.error, loading: query.isLoading, again: () => void query.refetch() };
}
