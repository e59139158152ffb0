import { useId } from "react";

import type { CopyPlanned } from "@/api/types";
import { plural, size } from "@/ui/format";

/** What may be done where another file lies, in the words of the flow and of the operator. */
const RULES = [["fail", "leave it, and say so at the end"], ["skip", "leave it"], ["overwrite", "replace it"], ["rename", "leave it, and number the copy"]] as const;

/** What a copy does where another file lies. */
export function Rule({ value, change, testid }: { value: string; change: (value: string) => void; testid: string }) {
  const id = useId();
  return (
    <div className="field"><label htmlFor={id}>Where another file lies</label><select id={id} className="input" value={value} onChange={(event) => change(event.target.value)} data-testid={testid}>{RULES.map(([word, text]) => <option key={word} value={word}>{text}</option>)}</select><span className="hint">A file that is the same counts as copied.</span></div>
  );
}

/** What a copy would do. */
export function Planned({ of, testid }: { of: CopyPlanned; testid: string }) {
  return (
    <p data-testid={testid} role="status"><b className="med">{plural(of.files, "file")}, {size(of.bytes)}.</b> {of.there > 0 ? `${plural(of.there, "file")} of the same size ${of.there === 1 ? "lies" : "lie"} there already. ` : ""}Room for {size(of.space)} is needed at the target. Every copy is proved.</p>
  );
}
