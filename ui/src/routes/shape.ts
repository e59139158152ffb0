import type { DatasetStateText, RunRow } from "@/api/types";
import type { Shape } from "@/ui/parts";

/** The shape of a run: its state, or that it waits. */
export function shapeOfRun(row: Pick<RunRow, "state" | "waits">): Shape {
  return row.state === "running" && row.waits ? "queued" : row.state;
}

/** The shape and word of a dataset as a whole. Green is for what the ledger proves, and for nothing else. */
export function shapeOfDataset(state: DatasetStateText): [Shape, string] {
  switch (state) {
    case "archived": return ["proved", "archived and verified"];
    case "damaged": return ["failed", "damaged"];
    case "archiving": return ["unverified", "not proved yet"];
    case "landed": return ["queued", "in the landing zone"];
    case "landing": return ["running", "landing"];
  }
}

/** What of the datasets is wanted, as the address has it. */
export interface DatasetsSearch { search?: string | undefined; state?: DatasetStateText | undefined }

/** States of datasets, as they are offered to choose. */
export const DATASET_STATES: readonly DatasetStateText[] = ["archived", "archiving", "landed", "landing", "damaged"];

/** A state as the address names it, if it is one. */
export const datasetState = (value: unknown): DatasetStateText | undefined => DATASET_STATES.find((state) => state === value);

/** The shape and word of a datablock. */
export function shapeOfBlock(state: string): [Shape, string] {
  const shapes: Record<string, [Shape, string]> = {
    proved: ["proved", "proved"], written: ["unverified", "written, not read back"], damaged: ["failed", "damaged"], planned: ["none", "planned"],
  };
  return shapes[state] ?? ["none", state];
}
