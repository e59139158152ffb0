import { FolderOpen } from "lucide-react";
import { useRef, useState } from "react";

import { ask, useRead, useWrite } from "@/api/client";
import { asFault } from "@/api/fault";
import type { Fault, StorageRow, WorkspaceInfo } from "@/api/types";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { Button, Size, State } from "@/ui/parts";
import { ProfileChip } from "@/ui/profile";
import { Shown } from "@/ui/query";
import { SpaceBar } from "@/ui/space";
import { ArchiverImport } from "./archiver-import";

/** What each storage is for; in the order in which an operator cares. */
const PURPOSES: Array<[name: string, title: string, purpose: string]> = [
  ["lts", "Long-term storage (LTS)", "Datablocks are written here, read back and kept. Best a disk of its own, or a mounted archive."],
  ["landing", "Landing zone", "Files wait here until each is proved on the LTS."],
  ["retrieval", "Retrieval", "Where datasets come back to, unless you say otherwise."],
  ["scratch", "Scratch", "Room for work in progress."],
];

/** The first start: where things will lie, and other folders if wanted. */
export function FirstRun({ workspace }: { workspace: WorkspaceInfo }) {
  const storages = useRead("storage.list", {});
  const paths = useRef(new Map<string, string>());
  const looking = useRef<Promise<unknown>>(Promise.resolve());
  const setup = useWrite("workspace.setup");
  const [takesOver, setTakesOver] = useState(false);
  const start = async () => {
    await looking.current;
    setup.mutate({ storages: [...paths.current].map(([name, path]) => ({ name, path, connection: null, folder: null, floor_percent: null, quota: null })) });
  };
  return (
    <main className="full" data-testid="first-run">
      <div>
        <div>
          <h1>Where things will lie <ProfileChip profiles={workspace.profiles} still /></h1>
          <p className="t2">The workspace is <code className="mono sel">{workspace.path}</code>. Folders inside it do to begin with; the long-term storage is the one to choose with care. All can be changed later, under Storage.</p>
        </div>
        <Shown of={storages} rows={4}>{(rows) => (
          <ul className="places">
            {PURPOSES.map(([name, title, purpose]) => {
              const row = rows.find((one) => one.name === name);
              return row ? <Place key={name} row={row} all={rows} title={title} purpose={purpose} chosen={(path) => paths.current.set(name, path)} looks={(look) => { looking.current = look; }} /> : null;
            })}
          </ul>
        )}</Shown>
        <p className="t2">Coming from an archiving service that ran on Prefect? <Button small onClick={() => setTakesOver(true)} testid="first-run-archiver">Take its configuration over…</Button></p>
        {takesOver ? <ArchiverImport close={() => setTakesOver(false)} /> : null}
        {setup.error ? <FaultView of={setup.error} /> : null}
        <div className="row">
          <span className="grow t3 small">Everything stays on this machine and where you put it: Longshore needs no server.</span>
          <Button kind="primary" onClick={() => void start()} disabled={setup.isPending || !storages.data} testid="first-run-start">Start with these folders</Button>
        </div>
      </div>
    </main>
  );
}

interface PlaceProps {
  row: StorageRow;
  all: StorageRow[];
  title: string;
  purpose: string;
  chosen: (path: string) => void;
  /** Told of a look at a folder, so that the start can wait for it. */
  looks: (look: Promise<unknown>) => void;
}

function Place({ row, all, title, purpose, chosen, looks }: PlaceProps) {
  const [path, setPath] = useState(row.path);
  const [seen, setSeen] = useState(row);
  const [fault, setFault] = useState<Fault>();
  const enter = (next: string) => {
    setPath(next);
    chosen(next);
  };
  /** Measures the room there. Nothing is made before the start. */
  const look = (at: string) => {
    if (at === seen.path || !at.startsWith("/")) return;
    setFault(undefined);
    looks(ask("storage.look", { name: row.name, path: at }).then(setSeen, (thrown: unknown) => setFault(asFault(thrown))));
  };
  const pick = () => void host().pick("folder", title).then(([folder]) => {
    if (folder === undefined) return;
    enter(folder);
    look(folder);
  });
  return (
    <li className={`field place-${row.name}`}>
      <label htmlFor={`place-${row.name}`}>{title}</label>
      <div className="row">
        <input id={`place-${row.name}`} className="input mono" value={path} onChange={(event) => enter(event.target.value)} onBlur={() => look(path)} data-testid={`place-${row.name}`} spellCheck={false} autoComplete="off" aria-describedby={`place-${row.name}-hint`} />
        <Button onClick={pick} testid={`pick-${row.name}`}><FolderOpen aria-hidden />Choose…</Button>
      </div>
      <div className="hint row" id={`place-${row.name}-hint`}><span className="grow">{purpose}</span><Room of={seen} /></div>
      {row.name === "lts" ? <SpaceBar of={seen} /> : null}
      {row.name === "lts" && sharesRoom(seen, all) ? <span className="hint">It shares its file system with the landing zone: a failure of that disk would take both.</span> : null}
      {fault ? <FaultView of={fault} /> : null}
    </li>
  );
}

const sharesRoom = (row: StorageRow, all: StorageRow[]) => row.pool !== null && all.some((other) => other.name === "landing" && other.pool === row.pool);

function Room({ of }: { of: StorageRow }) {
  if (of.health !== "ok" && of.health !== "full") return <State of="failed" word={of.reason ?? of.health} />;
  return <span className="nowrap"><Size of={of.free} whole={of.total} /> free</span>;
}
