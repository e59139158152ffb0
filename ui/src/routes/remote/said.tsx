import "@/styles/lists.css";
import { Waypoints } from "lucide-react";

import type { Fault } from "@/api/types";
import { clockText, duration, utc, visible } from "@/ui/format";
import { Button, State } from "@/ui/parts";
import { type Engine, shapeOf } from "./engines";

/** Which engine carries a run out. */
export function Badge({ of }: { of: Engine | undefined }) {
  if (!of) return <span className="t3">here</span>;
  return <span className="ebadge" title={`${of.kind}, connection ${visible(of.id)}`}><Waypoints size={12} aria-hidden /><span className="cut">{visible(of.id)}</span></span>;
}

/** A state there, in our word; the engine's own on hover. */
export function Said({ of, chip = false, only = false }: { of: { state: string; said: string }; chip?: boolean; only?: boolean }) {
  const [shape, word] = shapeOf(of);
  return <span title={`The engine says: ${visible(of.said)}`}><State of={shape} {...(word !== undefined && { word: visible(word) })} chip={chip} only={only} /></span>;
}

/** How long ago, in seconds. */
const ago = (at: number) => duration(Math.max(0, Math.round((Date.now() - at) / 1000)));

/** When an engine said what is shown, or that it says nothing since. */
export function AsOf({ at, fault, again }: { at: number | undefined; fault: Fault | null; again: () => void }) {
  if (!fault) return at === undefined ? <span className="t3 small">asking…</span> : <span className="t3 small nowrap" title={utc(at)} data-testid="as-of">as of {clockText(at)}</span>;
  return (
    <span className="row small silent" role="status" data-testid="silent">
      <State of="unverified" word={at === undefined ? "no answer" : `no answer for ${ago(at)}`} chip />
      <span className="t2 cut" title={`${fault.what}. ${fault.why}${fault.now ? `\nNow: ${fault.now}` : ""}`}><code className="mono">{fault.code}</code> {visible(fault.why)}</span>
      <Button small onClick={again}>Ask again</Button>
    </span>
  );
}
