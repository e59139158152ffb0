import "@/styles/filters.css";
import { Bookmark, Search, X } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { useRead } from "@/api/client";
import type { DatasetStateText } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { count, plural } from "@/ui/format";
import { Button, Name, State } from "@/ui/parts";
import { type Saved, useSaved } from "@/ui/saved";
import { DATASET_STATES, type DatasetsSearch, datasetState, shapeOfDataset } from "./shape";

const same = (a: DatasetsSearch | Saved, b: DatasetsSearch): boolean => (a.search ?? "") === (b.search ?? "") && (a.state ?? "") === (b.state ?? "");

/** Search, states, and the filters that the operator has named. */
export function DatasetFilters({ of, total, set }: { of: DatasetsSearch; total: number | undefined; set: (next: DatasetsSearch) => void }) {
  const { filters, full, save, forget } = useSaved("datasets");
  const [names, setNames] = useState(false);
  const filtered = Boolean(of.search?.trim() ?? of.state);
  const counts = useRead("dataset.counts", { search: useDeferredValue(of.search?.trim()) || null });
  const many = (state: DatasetStateText) => counts.data?.find((one) => one.state === state)?.count ?? 0;
  return (
    <>
      <div className="toolbar wraps">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or identifier" aria-label="Filter datasets" value={of.search ?? ""} onChange={(event) => set({ ...of, search: event.target.value || undefined })} data-filter data-testid="dataset-search" /></label>
        <span className="fchips" role="group" aria-label="State">
          {DATASET_STATES.map((state) => {
            const [shape, word] = shapeOfDataset(state);
            const chosen = of.state === state;
            return <button key={state} type="button" className="fchip" aria-pressed={chosen} onClick={() => set({ ...of, state: chosen ? undefined : state })} data-testid={`dataset-state-${state}`}><State of={shape} word={word} />{counts.data ? <span className="n">{count(many(state))}</span> : null}</button>;
          })}
        </span>
        <span className="t3 small">{total === undefined ? "" : plural(total, "dataset")}</span>
      </div>
      {filters.length > 0 || filtered ? (
        <div className="toolbar wraps savedbar">
          {filters.length > 0 ? <span className="t3 small">Saved</span> : null}
          <span className="fchips" role="group" aria-label="Saved filters">
            {filters.map((filter) => (
              <span key={filter.name} className="fchip both">
                <button type="button" aria-pressed={same(filter, of)} onClick={() => set(same(filter, of) ? {} : { search: filter.search, state: datasetState(filter.state) })} data-testid="filter-saved"><Bookmark size={12} aria-hidden /><Name of={filter.name} most={32} /></button>
                <button type="button" className="x" aria-label={`Forget the filter ${filter.name}`} onClick={() => forget(filter.name)}><X size={12} aria-hidden /></button>
              </span>
            ))}
          </span>
          {filtered && !full && !filters.some((filter) => same(filter, of)) ? <Button small onClick={() => setNames(true)} testid="filter-save">Save this filter…</Button> : null}
          {filtered ? <Button small kind="quiet" onClick={() => set({})} testid="filter-clear">Clear</Button> : null}
        </div>
      ) : null}
      {names ? <NameFilter close={() => setNames(false)} known={filters.map(({ name }) => name)} save={(name) => save({ name, ...of })} /> : null}
    </>
  );
}

function NameFilter({ close, known, save }: { close: () => void; known: string[]; save: (name: string) => void }) {
  const [name, setName] = useState("");
  const wanted = name.trim();
  return (
    <Dialog title="Save this filter" close={close} testid="filter-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); save(wanted); close(); }}>
        <div className="field"><label htmlFor="filter-name">Name</label><input id="filter-name" className="input" value={name} maxLength={80} onChange={(event) => setName(event.target.value)} autoComplete="off" data-testid="filter-name" /><span className="hint">{known.includes(wanted) ? "There is one of this name: this one takes its place." : "Kept in this window, for this user."}</span></div>
        <div className="acts"><Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={wanted === ""} data-testid="filter-keep">Save</button></div>
      </form>
    </Dialog>
  );
}
