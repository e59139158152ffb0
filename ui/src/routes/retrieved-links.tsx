import { Copy } from "lucide-react";

import { useWrite } from "@/api/client";
import type { DatasetRow, RetrievedBlock } from "@/api/types";
import { host } from "@/platform";
import { copy } from "@/ui/copy";
import { FaultView } from "@/ui/fault";
import { dayText, plural } from "@/ui/format";
import { Button, Size } from "@/ui/parts";

/** Under which name the script is saved: what it fetches, and when it was made. */
const fileOf = ({ pid }: DatasetRow) => `download-${pid}-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}.sh`;

/** Where what was retrieved of a dataset is fetched from. Links are made when they are asked for, and kept nowhere. */
export function RetrievedLinks({ of }: { of: DatasetRow }) {
  const links = useWrite("retrieve.links");
  const saved = useWrite("retrieve.links");
  const save = () => void host().pick("folder", "Save the script in").then(([folder]) => folder !== undefined && saved.mutate({ dataset: of.pid, script_to: `${folder}/${fileOf(of)}` }));
  const found = links.data;
  return (
    <div className="field" data-testid="retrieved">
      <div className="row">
        <Button onClick={() => links.mutate({ dataset: of.pid })} disabled={links.isPending} testid="retrieved-show">Show what can be fetched</Button>
        {found?.script ? <Button onClick={save} disabled={saved.isPending} testid="retrieved-save">Save a script that fetches it</Button> : null}
      </div>
      {found?.blocks.map((block) => <Block key={block.name} of={block} />)}
      {found?.until ? <span className="hint">The links hold until {dayText(found.until)}. Whoever has one may read the datablock.</span> : null}
      {found && found.missing > 0 ? <span className="hint" data-testid="retrieved-missing">{plural(found.missing, "datablock")} not there: retrieve the dataset first.</span> : null}
      {saved.data ? <span className="small t2" role="status" data-testid="retrieved-saved">The script is saved: sh {saved.variables?.script_to}</span> : null}
      {links.error ? <FaultView of={links.error} /> : null}
      {saved.error ? <FaultView of={saved.error} /> : null}
    </div>
  );
}

function Block({ of }: { of: RetrievedBlock }) {
  const place = of.url ?? of.path ?? "";
  const what = of.url ? "link" : "path";
  return (
    <div className="row" data-testid="retrieved-block">
      <span className="mono grow" title={place}>{of.name}</span><Size of={of.size} />
      <button type="button" className="iconbtn sm" aria-label={`Copy the ${what} to ${of.name}`} title={`Copy the ${what}`} onClick={() => copy(place)}><Copy size={14} aria-hidden /></button>
    </div>
  );
}
