import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue } from "react";

import type { DatasetRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { count } from "@/ui/format";
import { Empty, Head, Loading, Name, Size, State, When } from "@/ui/parts";
import { DatasetFilters } from "./dataset-filters";
import { type DatasetsSearch, shapeOfDataset } from "./shape";

const columns: Column<DatasetRow>[] = [
  { head: "Dataset", width: "minmax(12rem, 3fr)", cell: (row) => <span className="med"><Name of={row.name} /></span> },
  { head: "State", width: "minmax(10.5rem, 1fr)", cell: (row) => { const [shape, word] = shapeOfDataset(row.state); return <State of={shape} word={word} />; } },
  { head: "Identifier", width: "minmax(7rem, 2fr)", cell: (row) => <Name of={row.pid} mono /> },
  { head: "Files", width: "4.5rem", number: true, cell: (row) => count(row.files) },
  { head: "Size", width: "6rem", number: true, cell: (row) => <Size of={row.bytes} /> },
  { head: "Proved", width: "6rem", number: true, cell: (row) => <Size of={row.proved_bytes} /> },
  { head: "Created", width: "8.5rem", number: true, cell: (row) => <When at={row.created_at} /> },
];

const route = getRouteApi("/datasets");

/** All datasets. */
export function Datasets() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const set = (next: DatasetsSearch) => void navigate({ to: "/datasets", search: next, replace: true });
  const wanted = useDeferredValue(search.search?.trim());
  const list = usePaged("dataset.list", { search: wanted || null, state: search.state ?? null });
  const open = (row: DatasetRow) => void navigate({ to: "/datasets/$pid", params: { pid: row.pid }, search: { tab: undefined } });
  return (
    <>
      <Head title="Datasets" />
      <DatasetFilters of={search} total={list.total} set={set} />
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : (
        <Table
          label="Datasets" columns={columns} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={(row) => row.pid} onOpen={open} testid="datasets"
          empty={wanted || search.state ? <Empty title="No dataset matches">Clear the filter to see all.</Empty> : <Empty title="No datasets yet">Drop a folder anywhere on this window to archive it.</Empty>}
        />
      )}
    </>
  );
}
