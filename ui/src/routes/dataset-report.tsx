import { FileCheck } from "lucide-react";
import { useState } from "react";

import { useWrite } from "@/api/client";
import type { DatasetRow, ReportForm } from "@/api/types";
import { host } from "@/platform";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button, Name, Size } from "@/ui/parts";

/** Forms of a fixity report: its word, the end of its file's name, what it is good for. */
const FORMS: Array<[form: ReportForm, word: string, end: string, about: string]> = [
  ["csv", "CSV", ".csv", "A line for each entry: checksums, where its copy lies, how and when it was proved."],
  ["json", "JSON", ".json", "The same in one document, with the datablocks."],
  ["manifest", "BagIt manifest", "-manifest-sha256.txt", "The SHA-256 of each file, as a bag lists them."],
  ["page", "Page to print", ".html", "A summary, the datablocks, and the files, for a browser or paper."],
];

const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "");

/** The fixity report of a dataset: what is proved, written to a file that somebody else can read. */
export function FixityReport({ of }: { of: DatasetRow }) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button onClick={() => setAsks(true)} testid="report-open"><FileCheck aria-hidden />Fixity report…</Button>
      {asks ? <ReportDialog of={of} close={() => setAsks(false)} /> : null}
    </>
  );
}

function ReportDialog({ of, close }: { of: DatasetRow; close: () => void }) {
  const [form, setForm] = useState<ReportForm>("csv");
  const save = useWrite("dataset.save_report");
  const end = FORMS.find(([one]) => one === form)?.[2] ?? "";
  const pick = () => void host().pick("folder", "Write the report in").then(([folder]) => folder !== undefined && save.mutate({ dataset: of.pid, form, path: `${folder}/${of.pid.replaceAll("/", "_")}-fixity-${stamp()}${end}` }));
  return (
    <Dialog title={`Fixity report of ${of.name}`} close={close} testid="report-dialog">
      <div className="formgrid">
        <fieldset className="bare stack gap-2"><legend className="sr">Form of the report</legend>
          {FORMS.map(([one, word, , about]) => (
            <span key={one} className="check"><input id={`form-${one}`} type="radio" name="form" value={one} checked={form === one} onChange={() => { save.reset(); setForm(one); }} data-testid={`report-${one}`} /><label htmlFor={`form-${one}`}><span className="med">{word}</span> <span className="t2">{about}</span></label></span>
          ))}
        </fieldset>
        {save.data ? <p role="status" data-testid="report-saved">Written: <Name of={save.data.path} mono most={70} />, <Size of={save.data.bytes} /></p> : null}
        {save.error ? <FaultView of={save.error} /> : null}
        <div className="acts"><Button onClick={close}>Close</Button><Button kind="primary" onClick={pick} disabled={save.isPending} testid="report-write">{save.isPending ? "Writing…" : "Write it to a folder…"}</Button></div>
      </div>
    </Dialog>
  );
}
