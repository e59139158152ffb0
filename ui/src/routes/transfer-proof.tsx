import type { EntryRow } from "@/api/types";
import type { Column } from "@/table/table";
import { type Shape, Name, Size, State, When } from "@/ui/parts";

/** How far a file of a dataset is: proved on the LTS, written, or in the landing zone. */
function standing(row: EntryRow): [Shape, string] {
  if (row.proved_at !== null) return ["proved", "proved, read back"];
  if (row.block !== null) return ["unverified", "written, not read back"];
  if (row.landing === "present") return ["scheduled", "landed, checksum taken"];
  return row.kind === "file" ? ["none", "listed"] : ["none", row.kind];
}

/** The columns of a transfer's files that the ledger knows. */
const ALL: Column<EntryRow>[] = [
  { head: "State", width: "10.5rem", cell: (row) => { const [shape, word] = standing(row); return <State of={shape} word={word} />; } },
  { head: "File", width: "minmax(8rem, 2fr)", cell: (row) => <Name of={row.path} mono /> },
  { head: "Size", width: "5.5rem", number: true, cell: (row) => <Size of={row.size} /> },
  { head: "Proved", width: "7rem", number: true, cell: (row) => <When at={row.proved_at} /> },
];

/** Those for which there is room beside the list. */
export const proofColumns = () => (window.innerWidth >= 1760 ? ALL : ALL.slice(0, 3));
