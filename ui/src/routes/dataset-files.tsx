import { ChevronRight, File, Folder, Link2, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import type { EntryRow } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { count, plural } from "@/ui/format";
import { Empty, Loading, Name, Size, State, When } from "@/ui/parts";

interface Props { pid: string; chosen: string[]; choose: (paths: string[]) => void }

/** The files of a dataset: a folder at a time, or found by name or checksum. Any number of them; only what is in sight is fetched. */
export function Files({ pid, chosen, choose }: Props) {
  const [folder, setFolder] = useState("");
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const list = usePaged("dataset.entries", { dataset: pid, folder: wanted ? null : folder, search: wanted || null });
  const toggle = (path: string) => choose(chosen.includes(path) ? chosen.filter((other) => other !== path) : [...chosen, path]);
  return (
    <>
      <div className="toolbar files-bar">
        <label className="search"><Search size={14} aria-hidden /><input type="search" placeholder="Name or checksum" aria-label="Find files" value={search} onChange={(event) => setSearch(event.target.value)} data-filter data-testid="file-search" /></label>
        {wanted ? <span className="t3 small">{list.total === undefined ? "" : plural(list.total, "match", "matches")}</span> : <FolderPath of={folder} open={setFolder} />}
      </div>
      {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
      {list.total === undefined && !list.fault ? <Loading /> : (
        <Table
          label="Files" dense columns={columns(chosen, toggle, wanted !== "")} total={list.total ?? 0} at={list.at} onRange={list.onRange}
          keyOf={(row) => String(row.id)} onOpen={(row) => row.kind === "folder" && setFolder(row.path)} testid="files"
          empty={<Empty title={wanted ? "No file matches" : "Nothing in this folder"} />}
        />
      )}
    </>
  );
}

function FolderPath({ of, open }: { of: string; open: (folder: string) => void }) {
  const parts = of === "" ? [] : of.split("/");
  return (
    <nav className="crumbs folder-path" aria-label="Folder">
      <button type="button" className="btn quiet sm" onClick={() => open("")}>All files</button>
      {parts.map((part, index) => (
        <span key={parts.slice(0, index + 1).join("/")} className="row gap-1">
          <ChevronRight aria-hidden /><button type="button" className="btn quiet sm" onClick={() => open(parts.slice(0, index + 1).join("/"))}><Name of={part} most={24} /></button>
        </span>
      ))}
    </nav>
  );
}

const icons = { file: File, folder: Folder, link: Link2 } as const;

function columns(chosen: string[], toggle: (path: string) => void, flat: boolean): Column<EntryRow>[] {
  const check = (row: EntryRow) => (
    <input type="checkbox" aria-label={`Choose ${row.name}`} checked={chosen.includes(row.path)} onChange={() => toggle(row.path)} onClick={(event) => event.stopPropagation()} />
  );
  return [
    { head: "", width: "1rem", cell: check },
    { head: "Name", width: "minmax(12rem, 3fr)", cell: (row) => <EntryName of={row} flat={flat} /> },
    { head: "SHA-256", width: "minmax(7rem, 1fr)", cell: (row) => (row.sha256 ? <span className="mono t2" title={`SHA-256 ${row.sha256}\nMD5 ${row.md5 ?? ""}`}>{row.sha256.slice(0, 6)}…{row.sha256.slice(-4)}</span> : row.kind === "folder" ? <span className="t3">{plural(row.files, "file")}</span> : null) },
    { head: "Size", width: "6rem", number: true, cell: (row) => (row.kind === "link" ? null : <Size of={row.size} />) },
    { head: "Modified", width: "9rem", number: true, cell: (row) => <When at={row.mtime} /> },
    { head: "Block", width: "3rem", number: true, cell: (row) => (row.block === null || row.block === undefined ? null : count(row.block)) },
    { head: "LTS", width: "2rem", cell: (row) => (row.proved_at ? <State of="proved" word={`proved ${new Date(row.proved_at).toISOString()}`} only /> : <State of={row.block === null || row.block === undefined ? "none" : "unverified"} only />) },
  ];
}

function EntryName({ of, flat }: { of: EntryRow; flat: boolean }) {
  const Icon = icons[of.kind as keyof typeof icons] ?? File;
  return <span className="row"><Icon size={14} aria-label={of.kind} className="t3 none" /><Name of={flat ? of.path : of.name} most={56} />{of.link ? <span className="t3 cut">→ {of.link}</span> : null}</span>;
}
