import { FolderOpen } from "lucide-react";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { StorageRow, WorkspaceInfo } from "@/api/types";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { Button, Size } from "@/ui/parts";
import { Shown } from "@/ui/query";

/** What each storage is for; in the order in which an operator cares. */
const purposes: Record<string, string> = {
  lts: "Long-term storage: datablocks are written here, read back and kept.",
  landing: "Landing zone: files wait here until they are proved on the LTS.",
  retrieval: "Retrieval: where datasets come back to, unless you say otherwise.",
  scratch: "Scratch: room for work in progress.",
};

/** The first start: where things will lie, and other folders if wanted. */
export function FirstRun({ workspace }: { workspace: WorkspaceInfo }) {
  const storages = useRead("storage.list", {});
  const [paths, setPaths] = useState<Record<string, string>>({});
  const setup = useWrite("workspace.setup");
  const start = () => setup.mutate({ storages: Object.entries(paths).map(([name, path]) => ({ name, path })) });
  return (
    <main className="full" data-testid="first-run">
      <div>
        <div>
          <h1>Where things will lie</h1>
          <p className="t2">The workspace is <code className="mono">{workspace.path}</code>. Folders inside it do to begin with; the long-term storage is the one to choose with care. You can change them later under Storage.</p>
        </div>
        <Shown of={storages} rows={4}>{(rows) => (
          <ul className="places">
            {Object.keys(purposes).map((name) => rows.find((row) => row.name === name)).filter((row) => row !== undefined).map((row) => (
              <Place key={row.name} row={row} path={paths[row.name]} choose={(path) => setPaths({ ...paths, [row.name]: path })} />
            ))}
          </ul>
        )}</Shown>
        {setup.error ? <FaultView of={setup.error} /> : null}
        <div className="row">
          <span className="grow t3 small">Nothing is sent anywhere: Longshore needs no server.</span>
          <Button kind="primary" onClick={start} disabled={setup.isPending || !storages.data} testid="first-run-start">Start with these folders</Button>
        </div>
      </div>
    </main>
  );
}

function Place({ row, path, choose }: { row: StorageRow; path: string | undefined; choose: (path: string) => void }) {
  const pick = () => void host().pick("folder", `Folder for ${row.name}`).then(([chosen]) => chosen !== undefined && choose(chosen));
  return (
    <li className="field">
      <label htmlFor={`place-${row.name}`}>{row.name === "lts" ? "LTS" : row.name}</label>
      <div className="row">
        <input id={`place-${row.name}`} className="input mono" value={path ?? row.path} onChange={(event) => choose(event.target.value)} data-testid={`place-${row.name}`} spellCheck={false} />
        <Button onClick={pick}><FolderOpen aria-hidden />Choose…</Button>
      </div>
      <span className="hint">{purposes[row.name]} {path === undefined && row.free !== null ? <><Size of={row.free} /> free.</> : null}</span>
    </li>
  );
}
