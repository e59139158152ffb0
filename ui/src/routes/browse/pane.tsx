import { ArrowUp, File, Folder, FolderOpen, FolderPlus, Link2, RefreshCw } from "lucide-react";
import { type PointerEvent, useId, useState } from "react";

import type { PlaceRow } from "@/api/types";
import { host } from "@/platform";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { plural, size } from "@/ui/format";
import { Empty, Loading, Name, Size, When } from "@/ui/parts";
import { useListing } from "./listing";
import { above, below, steps, tidy } from "./paths";

/** Which of the two panes. */
export type Side = "left" | "right";

/** What was chosen in a pane. */
export interface Chosen { location: string; rows: PlaceRow[] }

/** What is done with what is chosen; the page shows the dialog. */
export type Act = "copy" | "rename" | "delete" | "details" | "folder";

interface Props {
  side: Side;
  location: string;
  places: string[];
  go: (to: string) => void;
  act: (act: Act, of: Chosen) => void;
  /** Something is dragged from here: told where the pointer was pressed. */
  drag: (of: Chosen, event: PointerEvent) => void;
  /** What is dragged would land here. */
  target: boolean;
}

const icons = { folder: Folder, link: Link2 } as const;

const columnsOf = (chosen: ReadonlySet<string>, toggle: (name: string) => void, press: (row: PlaceRow, event: PointerEvent) => void): Column<PlaceRow>[] => [
  { head: "Chosen", hidden: true, width: "1rem", cell: (row) => <input type="checkbox" aria-label={`Choose ${row.name}`} checked={chosen.has(row.name)} onChange={() => toggle(row.name)} onClick={(event) => event.stopPropagation()} /> },
  { head: "Name", width: "minmax(8rem, 1fr)", cell: (row) => <Named row={row} press={press} /> },
  { head: "Size", width: "5.5rem", number: true, cell: (row) => (row.kind === "file" ? <Size of={row.size} /> : null) },
  { head: "Modified", width: "8rem", number: true, cell: (row) => <When at={row.mtime} /> },
];

function Named({ row, press }: { row: PlaceRow; press: (row: PlaceRow, event: PointerEvent) => void }) {
  const Icon = icons[row.kind as keyof typeof icons] ?? File;
  return <span className="row grabs" onPointerDown={(event) => press(row, event)}><Icon size={14} aria-label={row.kind} className="t3 none" /><Name of={row.name} /></span>;
}

/** One side: a place, what lies there, and what can be done with it. */
export function Pane({ side, location, places, go, act, drag, target }: Props) {
  const listing = useListing(location);
  const [names, setNames] = useState<ReadonlySet<string>>(new Set());
  const rows = listing.rows.filter(({ name }) => names.has(name));
  const chosen: Chosen = { location, rows };
  const toggle = (name: string) => setNames((old) => new Set(old.has(name) ? [...old].filter((one) => one !== name) : [...old, name]));
  const press = (row: PlaceRow, event: PointerEvent) => drag(names.has(row.name) ? chosen : { location, rows: [row] }, event);
  const open = (row: PlaceRow) => (row.kind === "folder" ? go(below(location, row.name)) : act("details", { location, rows: [row] }));
  const bytes = rows.reduce((all, row) => all + row.size, 0);
  return (
    <section className={`pane browse${target ? " target" : ""}`} aria-label={side === "left" ? "Left" : "Right"} data-side={side} data-testid={`browse-${side}`}>
      <Where side={side} location={location} places={places} go={go} again={listing.again} make={() => act("folder", { location, rows: [] })} />
      {listing.fault ? <div className="pad"><FaultView of={listing.fault} retry={listing.again} /></div> : location === "" ? <Empty title="No place chosen">Choose a storage or a connection above, or write a path.</Empty> : listing.loading ? <Loading /> : (
        <Table label={`What lies on the ${side}`} columns={columnsOf(names, toggle, press)} total={listing.rows.length} at={(index) => listing.rows[index]} keyOf={(row) => `${row.kind} ${row.name}`} onRange={listing.onRange} onOpen={open} testid={`rows-${side}`} empty={<Empty title="Nothing lies here">What is dragged here from the other side is copied.</Empty>} />
      )}
      <footer className="browse-f row" aria-label={`Chosen on the ${side}`}>
        <span className="t2 grow" role="status">{rows.length > 0 ? `${plural(rows.length, "chosen", "chosen")}${bytes > 0 ? `, ${size(bytes)} in files` : ""}` : `${plural(listing.rows.length, "name")}${listing.more ? " so far" : ""}`}</span>
        {(["details", "rename"] as const).map((word) => <button key={word} type="button" className="btn sm" disabled={rows.length !== 1} onClick={() => act(word, chosen)} data-testid={`${word}-${side}`}>{word === "details" ? "Details…" : "Rename…"}</button>)}
        <button type="button" className="btn sm" disabled={rows.length === 0} onClick={() => act("delete", chosen)} data-testid={`delete-${side}`}>Delete…</button>
        <button type="button" className="btn sm" disabled={rows.length === 0} onClick={() => act("copy", chosen)} data-testid={`copy-${side}`}>{side === "left" ? "Copy to the right…" : "Copy to the left…"}</button>
      </footer>
    </section>
  );
}

interface WhereProps { side: Side; location: string; places: string[]; go: (to: string) => void; again: () => void; make: () => void }

/** The place of a pane: chosen, written, or gone up from. */
function Where({ side, location, places, go, again, make }: WhereProps) {
  const id = useId();
  const [text, setText] = useState<string>();
  const up = above(location);
  const pick = () => void host().pick("folder", "A folder of this machine").then(([path]) => path !== undefined && go(tidy(path, places)));
  const leave = () => { if (text !== undefined && text.trim() !== "") go(tidy(text, places)); setText(undefined); };
  return (
    <div className="browse-w">
      <form className="row" onSubmit={(event) => { event.preventDefault(); leave(); }}>
        <select className="input places" aria-label={`Storage on the ${side}`} value={places.find((name) => location.startsWith(`${name}:`)) ?? ""} onChange={(event) => go(event.target.value === "" ? "/" : `${event.target.value}:`)} data-testid={`place-${side}`}>
          <option value="">This machine</option>
          {places.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <input id={id} className="input mono" aria-label={`Place on the ${side}`} value={text ?? location} onChange={(event) => setText(event.target.value)} onBlur={leave} spellCheck={false} autoComplete="off" placeholder="STORAGE:path or /path" data-testid={`location-${side}`} />
        <button type="button" className="iconbtn" aria-label="Choose a folder of this machine" title="Choose a folder of this machine" onClick={pick}><FolderOpen size={16} aria-hidden /></button>
        <button type="button" className="iconbtn" aria-label="New folder" title="New folder" onClick={make} disabled={location === ""} data-testid={`folder-${side}`}><FolderPlus size={16} aria-hidden /></button>
        <button type="button" className="iconbtn" aria-label="Look again" title="Look again" onClick={again} data-testid={`again-${side}`}><RefreshCw size={16} aria-hidden /></button>
      </form>
      <nav className="crumbs" aria-label={`Path on the ${side}`}>
        <button type="button" className="iconbtn" aria-label="Up" title="Up" disabled={up === undefined} onClick={() => up !== undefined && go(up)} data-testid={`up-${side}`}><ArrowUp size={14} aria-hidden /></button>
        {location === "" ? null : steps(location).map(({ word, to }, at) => <button key={to} type="button" className={at === 0 ? "link bare top" : "link bare"} onClick={() => go(to)}><Name of={word} most={32} /></button>)}
      </nav>
    </div>
  );
}
