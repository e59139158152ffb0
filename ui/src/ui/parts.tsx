import type { ComponentProps, ReactNode } from "react";

import type { ProgressRow } from "@/api/types";
import { count, cutMiddle, exactBytes, leftText, moment, ofWhole, size, sizeParts, visible, words } from "./format";

/** Shapes of states.svg, and the ledger's two. */
export type Shape =
  | "none" | "scheduled" | "queued" | "running" | "deferred" | "up_for_retry" | "paused" | "success" | "failed" | "upstream_failed"
  | "skipped" | "cancelling" | "cancelled" | "interrupted" | "unverified" | "proved";

/** A state: shape, word and colour. `only` hides the word, which stays as the accessible name. */
export function State({ of, word = words(of), chip = false, only = false, testid }: { of: Shape; word?: string; chip?: boolean; only?: boolean; testid?: string }) {
  return (
    <span className={`st s-${of}${chip ? " chip" : ""}${only ? " only" : ""}`} data-testid={testid} data-state={of} title={only ? word : undefined}>
      <svg aria-hidden={only ? undefined : true} role={only ? "img" : undefined} aria-label={only ? word : undefined}><use href={`#st-${of}`} /></svg>
      {only ? null : <span className="w">{word}</span>}
    </span>
  );
}

/** A size with its unit set back, and the exact bytes on hover. */
export function Size({ of, whole }: { of: number | null | undefined; whole?: number | null }) {
  if (of === null || of === undefined) return <span className="t3">not known</span>;
  if (whole) {
    const { part, whole: all, unit } = ofWhole(of, whole);
    return <span title={`${exactBytes(of)} of ${exactBytes(whole)}`} className="nowrap">{part}<span className="u"> of {all} {unit}</span></span>;
  }
  const [value, unit] = sizeParts(of);
  return <span title={exactBytes(of)} className="nowrap">{value}<span className="u"> {unit}</span></span>;
}

/** A moment with its zone (`bare`: a head names the zone); UTC on hover. */
export function When({ at, bare = false }: { at: number | null | undefined; bare?: boolean }) {
  if (at === null || at === undefined) return null;
  const { text, zone, exact } = moment(at);
  return <time dateTime={exact} title={exact} className="nowrap">{text}{bare ? null : <span className="u"> {zone}</span>}</time>;
}

/** Characters at the end of a name that are never cut away. */
const TAIL = 12;

/** A name cut in the middle where there is no room for it, for its end tells; the whole on hover, and in what is copied. */
export function Name({ of, most, mono = false }: { of: string; most?: number; mono?: boolean }) {
  const shown = visible(of);
  const chars = [...(most ? cutMiddle(shown, most) : shown)];
  const tail = chars.length > TAIL * 2 ? TAIL : 0;
  return <span className={mono ? "mid mono" : "mid"} title={shown}><span className="a">{chars.slice(0, chars.length - tail).join("")}</span>{tail ? <span className="b">{chars.slice(-tail).join("")}</span> : null}</span>;
}

/** The one bar. A total that is not known is hatched. */
export function Bar({ done, total, state = "running", large = false }: { done: number; total: number | null | undefined; state?: Shape; large?: boolean }) {
  const share = total ? Math.min(100, (done / total) * 100) : 0;
  const label = total ? `${Math.floor(share)} %` : "total not known";
  return (
    <div className={`bar s-${state}${large ? " lg" : ""}${total ? "" : " unknown"}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={total ? Math.floor(share) : undefined}>
      <i style={{ width: `${share}%` }} />
    </div>
  );
}

/** Amounts in words: confirmed, rate, time left. */
export function Amounts({ of }: { of: ProgressRow }) {
  return (
    <span className="row gap-3 nowrap">
      {of.bytes_total || of.bytes ? <Size of={of.bytes} whole={of.bytes_total} /> : null}
      {of.files_total ? <span className="t2">{count(of.files)} of {count(of.files_total)} files</span> : null}
      {of.rate ? <span className="t2">{size(of.rate)}/s</span> : null}
      {of.seconds_left !== null && of.seconds_left !== undefined ? <span className="t2">{leftText(of.seconds_left)} left</span> : null}
    </span>
  );
}

/** A button. One primary a screen. */
export function Button({ kind, small, testid, ...rest }: ComponentProps<"button"> & { kind?: "primary" | "danger" | "quiet"; small?: boolean; testid?: string }) {
  return <button type="button" className={`btn${kind ? ` ${kind}` : ""}${small ? " sm" : ""}`} data-testid={testid} {...rest} />;
}

/** Head of a page. */
export function Head({ title, crumbs, children, end }: { title: ReactNode; crumbs?: ReactNode; children?: ReactNode; end?: ReactNode }) {
  return (
    <header className="head row">
      <div className="grow">
        {crumbs ? <nav className="crumbs" aria-label="Path">{crumbs}</nav> : null}
        <h1 className="cut" data-testid="page-title">{title}</h1>
        {children}
      </div>
      {end ? <div className="row">{end}</div> : null}
    </header>
  );
}

/** Nothing there: why, and the one way on. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="empty" data-testid="empty"><p className="strong">{title}</p>{children ? <div className="t2">{children}</div> : null}</div>;
}

/** Grey cells while the first rows come. */
export function Loading({ rows = 6 }: { rows?: number | undefined }) {
  return <div className="loading" role="status" aria-label="Loading">{Array.from({ length: rows }, (_, row) => <i key={row} />)}</div>;
}

/** Facts in a line: term and value. */
export function Facts({ of }: { of: Array<[string, ReactNode]> }) {
  return <dl className="facts">{of.map(([term, value]) => <div key={term}><dt>{term}</dt><dd>{value}</dd></div>)}</dl>;
}
