import { useQueries } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { type Args, ask, keyOf } from "@/api/client";
import type { Fault, OperationName, Operations, Page } from "@/api/types";

/** Operations that answer with a page of rows and take `offset` and `limit`. */
type PagedOperation = { [O in OperationName]: Operations[O]["reply"] extends Page<unknown> ? O : never }[OperationName];
type Row<O extends PagedOperation> = Operations[O]["reply"] extends Page<infer T> ? T : never;

const pageRows = 200;

/** A list of any length, of which only the pages in sight are fetched. */
export function usePaged<O extends PagedOperation>(op: O, filter: Omit<Args<O>, "offset" | "limit">) {
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const pages: number[] = [];
  for (let page = Math.floor(range[0] / pageRows); page <= Math.floor(range[1] / pageRows); page += 1) pages.push(page);
  const queries = useQueries({
    queries: pages.map((page) => {
      const args = { ...filter, offset: page * pageRows, limit: pageRows } as unknown as Args<O>;
      return { queryKey: keyOf(op, args), queryFn: () => ask(op, args) as Promise<Page<Row<O>>> };
    }),
  });
  const replies = new Map(pages.map((page, index) => [page, queries[index]?.data]));
  const known = queries.find((query) => query.data)?.data;
  const [total, setTotal] = useState<number>();
  if (known && known.total !== total) setTotal(known.total);
  const onRange = useCallback((first: number, last: number) => {
    setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
  }, []);
  return {
    total: known?.total ?? total,
    at: (index: number): Row<O> | undefined => replies.get(Math.floor(index / pageRows))?.rows[index % pageRows],
    onRange,
    fault: queries.find((query) => query.error)?.error as Fault | undefined,
  };
}
