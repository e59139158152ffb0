import { ChevronRight, File, Folder, Link2, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import type { EntryRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { brief, count, plural, utc, zone } from "@/ui/format";
import { Empty, Loading, Name, Size, State, When } from "@/ui/parts";
import { type TreeRow, useEntryTree } from "./entry-tree";

interface Props { pid: string; chosen: string[]; choose: (paths: string[]) => void }

/** The files of a dataset: a tree of folders, or found by name or checksum. Any number of them; only what is in sight is fetched. */
export function Files({ pid, chosen, choose }: Props) {
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const toggle = (path: string) => choose(chosen.includes(path) ? chosen.filter((other) => other !== path) : [...chosen.filter((other) => !other.startsWith(`${path}/`)), path]);
  return (
    <>
      <div className="toolbar files-bar">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or checksum" aria-label="Find files" value={search} onChange={(event) => setSearch(event.target.value)} data-filter data-testid="file-search" /></label>
        {chosen.length > 0 ? <span className="t2 small">{plural(chosen.length, "path")} chosen</span> : null}
      </div>
      {wanted ? <Found pid={pid} search={wanted} chosen={chosen} toggle={toggle} /> : <Tree pid={pid} chosen={chosen} toggle={toggle} />}
    </>
  );
}

interface ListProps { pid: string; chosen: string[]; toggle: (path: string) => void }

function Tree({ pid, chosen, toggle }: ListProps) {
  const tree = useEntryTree(pid, true);
  if (tree.fault) return <div className="pad"><FaultView of={tree.fault} /></div>;
  if (tree.total === undefined) return <Loading />;
  return (
    <Table
      label="Files" dense columns={columnsOf<TreeRow>((row) => row.entry, chosen, toggle, (row) => <Twig row={row} toggle={tree.toggle} />)} total={tree.total} at={tree.at} onRange={tree.onRange}
      keyOf={(row) => String(row.entry.id)} onOpen={(row) => { if (row.entry.kind === "folder") tree.toggle(row); }} testid="files" empty={<Empty title="Nothing is listed yet">The files are listed when the upload starts.</Empty>}
    />
  );
}

function Found({ pid, search, chosen, toggle }: ListProps & { search: string }) {
  const list = usePaged("dataset.entries", { dataset: pid, folder: null, search });
  if (list.fault) return <div className="pad"><FaultView of={list.fault} /></div>;
  if (list.total === undefined) return <Loading />;
  return (
    <Table
      label="Files found" dense columns={columnsOf<EntryRow>((row) => row, chosen, toggle, (row) => <span className="row"><Icon of={row} /><Name of={row.path} /></span>)} total={list.total} at={list.at} onRange={list.onRange}
      keyOf={(row) => String(row.id)} testid="files" empty={<Empty title="No file matches">A part of a name is enough; a checksum must be whole.</Empty>}
    />
  );
}

/** Whether a path is chosen, itself or with a folder above it. */
const covers = (chosen: string[], path: string) => chosen.some((one) => one === path || path.startsWith(`${one}/`));

function columnsOf<T>(entryOf: (row: T) => EntryRow, chosen: string[], toggle: (path: string) => void, name: (row: T) => React.ReactNode): Column<T>[] {
  const check = (row: T) => {
    const { path, name } = entryOf(row);
    const own = chosen.includes(path);
    return <input type="checkbox" aria-label={`Choose ${name}`} checked={own || covers(chosen, path)} disabled={!own && covers(chosen, path)} onChange={() => toggle(path)} onClick={(event) => event.stopPropagation()} />;
  };
  const cell = (of: (entry: EntryRow) => React.ReactNode) => (row: T) => of(entryOf(row));
  return [
    { head: "Chosen", hidden: true, width: "1rem", cell: check },
    { head: "Name", width: "minmax(11rem, 4fr)", cell: name },
    { head: "SHA-256", width: "minmax(6.5rem, 1fr)", cell: cell(checksum) },
    { head: "Size", width: "5.5rem", number: true, cell: cell((entry) => (entry.kind === "link" ? null : <Size of={entry.size} />)) },
    { head: `Modified, ${zone().split(" ")[0]}`, width: "7.5rem", number: true, cell: cell((entry) => <When at={entry.mtime} bare />) },
    { head: "Block", width: "2.5rem", number: true, cell: cell((entry) => (entry.block === null ? null : count(entry.block))) },
    { head: "LTS", width: "1.75rem", cell: cell(proof) },
  ];
}

function checksum(entry: EntryRow) {
  if (entry.kind === "folder") return <span className="t3">{plural(entry.files, "file")}</span>;
  return entry.sha256 ? <span className="mono t2" title={`SHA-256 ${entry.sha256}\nMD5 ${entry.md5 ?? "not taken"}`}>{brief(entry.sha256)}</span> : null;
}

function proof(entry: EntryRow) {
  if (entry.kind === "folder") return null;
  if (entry.proved_at) return <State of="proved" word={`proved ${utc(entry.proved_at)}`} only />;
  return entry.block === null ? <State of="none" word="not on the LTS yet" only /> : <State of="unverified" word="written, not read back" only />;
}

const icons = { file: File, folder: Folder, link: Link2 } as const;

function Icon({ of }: { of: EntryRow }) {
  const Shape = icons[of.kind as keyof typeof icons] ?? File;
  return <Shape size={14} aria-label={of.kind} className="t3 none" />;
}

function Twig({ row, toggle }: { row: TreeRow; toggle: (row: TreeRow) => void }) {
  const { entry, depth, open } = row;
  return (
    <span className="twig" style={{ paddingLeft: `${depth * 1.125}rem` }}>
      {entry.kind === "folder"
        ? <button type="button" className={open ? "tog open" : "tog"} tabIndex={-1} aria-expanded={open} aria-label={`Open ${entry.name}`} onClick={(event) => { event.stopPropagation(); toggle(row); }}><ChevronRight size={12} aria-hidden /></button>
        : <span className="tog" />}
      <Icon of={entry} /><Name of={entry.name} />{entry.link ? <span className="t3 cut" title={entry.link}>→ {entry.link}</span> : null}
    </span>
  );
}
