import type { ReactNode } from "react";

import { faultText } from "@/api/fault";
import type { Fault } from "@/api/types";
import { copy } from "./copy";

/** The one way to show an error: what, why, what now, the code, and a copy of it all. */
export function FaultView({ of, children, retry }: { of: Fault; children?: ReactNode; retry?: () => void }) {
  return (
    <section className="error s-failed" role="alert" data-testid="fault" data-code={of.code}>
      <h2 className="what">{of.what}</h2>
      <p>{of.why}</p>
      <Where of={of} />
      {of.now ? <p><b>Now:</b> {of.now}</p> : null}
      {of.also && of.also.length > 0 ? <Also lines={of.also} /> : null}
      <p className="row">
        <code className="mono code">{of.code}</code>
        <button type="button" className="btn quiet sm" onClick={() => copy(faultText(of))}>Copy details</button>
        {retry ? <button type="button" className="btn sm" onClick={retry}>Try again</button> : null}
        {children}
      </p>
    </section>
  );
}

function Where({ of }: { of: Fault }) {
  const places = [["dataset", of.dataset], ["file", of.file], ["at", of.place ?? of.at]].filter(([, value]) => value);
  if (places.length === 0) return null;
  return <p className="where">{places.map(([term, value]) => <span key={term}>{term} <code className="mono">{value}</code></span>)}</p>;
}

function Also({ lines }: { lines: string[] }) {
  return (
    <details>
      <summary>{lines.length} more of the same kind</summary>
      <ul className="mono also">{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </details>
  );
}
