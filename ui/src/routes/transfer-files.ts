import { useQueries } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { read } from "@/api/client";
import type { Fault, TransferFileRow } from "@/api/types";

const PAGE = 200;

/** The files of a transfer that were not copied, of which only the pages in sight are fetched. */
export function useFailedFiles(run: string, code: string | undefined, search: string) {
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const pages = Array.from({ length: Math.floor(range[1] / PAGE) - Math.floor(range[0] / PAGE) + 1 }, (_, at) => Math.floor(range[0] / PAGE) + at);
  const queries = useQueries({ queries: pages.map((page) => read("transfer.files", { run, code: code ?? null, search: search || null, offset: page * PAGE, limit: PAGE })) });
  const known = queries.find((query) => query.data)?.data;
  const [total, setTotal] = useState<number>();
  if (known && known.total !== total) setTotal(known.total);
  const onRange = useCallback((first: number, last: number) => {
    setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
  }, []);
  return {
    total: known?.total ?? total,
    at: (index: number): TransferFileRow | undefined => queries[pages.indexOf(Math.floor(index / PAGE))]?.data?.rows[index % PAGE],
    onRange,
    fault: queries.find((query) => query.error)?.error as Fault | undefined,
  };
}
