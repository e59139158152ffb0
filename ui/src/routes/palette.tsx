import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useState } from "react";

import { useRead } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { Name, State } from "@/ui/parts";
import { shapeOfDataset, shapeOfRun } from "./shape";

const pages = [["/", "Overview"], ["/datasets", "Datasets"], ["/upload", "Upload"], ["/works", "Works"], ["/flows", "Flows"], ["/schedules", "Schedules"], ["/runs", "Runs"], ["/transfers", "Transfers"], ["/storage", "Storage"], ["/browse", "Browse"], ["/connections", "Connections"], ["/variables", "Variables"], ["/limits", "Limits"], ["/logs", "Search all logs"], ["/audit", "Audit log"], ["/settings", "Settings"]] as const;

interface Hit { key: string; kind: string; go: () => void; shown: React.ReactNode }

function useHits(text: string, close: () => void): Hit[] {
  const navigate = useNavigate();
  const wanted = useDeferredValue(text.trim());
  const on = wanted.length > 1;
  const datasets = useRead("dataset.list", { search: wanted, state: null, offset: 0, limit: 6 }, on);
  const runs = useRead("run.list", { search: wanted, states: [], offset: 0, limit: 6 }, on);
  const files = useRead("file.find", { text: wanted, limit: 6 }, on);
  const then = (go: () => Promise<void>) => () => { close(); void go(); };
  const low = wanted.toLowerCase();
  const hits: Hit[] = pages.filter(([, label]) => label.toLowerCase().includes(low)).map(([to, label]) => ({ key: to, kind: "page", go: then(() => navigate({ to })), shown: label }));
  if (!on) return hits;
  for (const row of datasets.data?.rows ?? []) {
    hits.push({ key: `d-${row.pid}`, kind: "dataset", go: then(() => navigate({ to: "/datasets/$pid", params: { pid: row.pid }, search: { tab: undefined } })), shown: <span className="row"><State of={shapeOfDataset(row.state)[0]} only /><Name of={row.name} /></span> });
  }
  for (const row of runs.data?.rows ?? []) {
    hits.push({ key: `r-${row.id}`, kind: "run", go: then(() => navigate({ to: "/runs/$run", params: { run: row.id }, search: { tab: undefined, task: undefined, index: undefined } })), shown: <span className="row"><State of={shapeOfRun(row)} only /><Name of={row.title} /><span className="t3">{row.flow}</span></span> });
  }
  for (const { dataset, entry } of files.data ?? []) {
    hits.push({ key: `f-${dataset}-${entry.id}`, kind: "file", go: then(() => navigate({ to: "/datasets/$pid", params: { pid: dataset }, search: { tab: "files" } })), shown: <span className="row"><Name of={entry.path} most={70} /><span className="t3">{dataset}</span></span> });
  }
  return hits;
}

const show = (item: HTMLElement | null) => item?.scrollIntoView?.({ block: "nearest" });

/** Everything by its name: pages, datasets, runs, files. */
export function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const hits = useHits(text, close);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") hits[at]?.go();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find or go to" close={close} testid="palette">
      <input className="input" aria-label="Find datasets, runs, files and pages" placeholder="Part of a name, a checksum, or a page" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={keys} data-testid="palette-input" role="combobox" aria-expanded aria-controls="palette-hits" aria-activedescendant={hits[at] ? `hit-${at}` : undefined} />
      <ul id="palette-hits" className="hits" role="listbox" aria-label="Found">
        {hits.map((hit, index) => (
          // Keys go to the field, which names the option that is active.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li key={hit.key} id={`hit-${index}`} role="option" aria-selected={index === at} tabIndex={-1} onClick={hit.go} ref={index === at ? show : undefined}>
            <span className="grow cut">{hit.shown}</span><span className="t3 small">{hit.kind}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
