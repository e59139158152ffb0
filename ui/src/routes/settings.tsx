import { useState } from "react";

import { useRead } from "@/api/client";
import { count } from "@/ui/format";
import { Head } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { applyTheme, type Theme, theme } from "@/ui/theme";
import { Database, Diagnostics } from "./database";
import { ScriptInterface } from "./interface";
import { Numbers } from "./numbers";
import { Profiles } from "./profiles";

const themes: Array<[Theme, string]> = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

/** The window's own settings, and the facts of the workspace. */
export function Settings() {
  const workspace = useRead("workspace.show", {});
  const [chosen, setChosen] = useState(theme());
  const choose = (next: Theme) => {
    applyTheme(next);
    setChosen(next);
  };
  return (
    <>
      <Head title="Settings" />
      <div className="body settings">
        <section aria-label="Appearance">
          <div className="sec-h"><h2>Appearance</h2></div>
          <div className="seg" role="group" aria-label="Theme">
            {themes.map(([value, word]) => <button key={value} type="button" aria-pressed={chosen === value} onClick={() => choose(value)} data-testid={`theme-${value}`}>{word}</button>)}
          </div>
        </section>
        <section aria-label="Workspace">
          <div className="sec-h"><h2>Workspace</h2></div>
          <Shown of={workspace} rows={4}>{(of) => (
            <dl className="listing">
              <dt>Folder</dt><dd className="mono">{of.path}</dd>
              <dt>Your flows</dt><dd className="mono">{of.flows_folder}</dd>
              <dt>Owner</dt><dd>{of.owner}, process {of.owner_pid}</dd>
              <dt>Journal</dt><dd>{count(of.journal_rows)} rows</dd>
              <dt>Version</dt><dd>Longshore {of.version}</dd>
            </dl>
          )}</Shown>
        </section>
        <Profiles />
        <ScriptInterface />
        <Database />
        <Diagnostics />
        <Numbers />
      </div>
    </>
  );
}
