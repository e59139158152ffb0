import { useMemo } from "react";

import { duration } from "@/ui/format";
import { type Line, type Segment, type Stretch, together, works } from "./lines";
import { outcome, segmentText } from "./told";

/** Says what is under the pointer or has the focus; an empty text says nothing. */
export type Tell = (text: string) => void;

/** Stretches of one row beyond these are too fine to be told apart. */
const FINEST = 600;

interface Props { line: Line | undefined; /** Another one whenever the lines, which are changed in place, have changed. */ of: object; lines: ReadonlyMap<number, Line>; span: Stretch; now: number; text: string; tell: Tell }

/** The bars of a row: one task run, or all of a mapped task together. */
export function Track({ line, of, lines, span, now, text, tell }: Props) {
  return line ? <One line={line} span={span} now={now} text={text} tell={tell} /> : <All of={of} lines={lines} span={span} now={now} />;
}

/** Where a time lies in what is in sight, in percent; nothing if it is not in sight. */
function place({ from, to }: Stretch, span: Stretch): { left: string; width: string } | undefined {
  if (to < span.from || from > span.to) return undefined;
  const whole = span.to - span.from;
  const left = Math.max(0, (from - span.from) / whole);
  const right = Math.min(1, (to - span.from) / whole);
  return { left: `${left * 100}%`, width: `${(right - left) * 100}%` };
}

function One({ line, span, now, text, tell }: Omit<Props, "line" | "lines" | "of"> & { line: Line }) {
  const end = line.segments.at(-1)?.to ?? now;
  const began = line.segments.find((segment) => works(segment))?.from;
  const share = (end - span.from) / (span.to - span.from);
  return (
    <>
      {line.segments.map((segment) => <Piece key={`${segment.state} ${segment.from}`} of={segment} span={span} now={now} text={text} tell={tell} />)}
      {began !== undefined && share > 0 && share < 0.88 ? <span className="gtook" style={{ left: `${share * 100}%` }}>{duration((end - began) / 1000)}</span> : null}
    </>
  );
}

function Piece({ of, span, now, text, tell }: { of: Segment; span: Stretch; now: number; text: string; tell: Tell }) {
  const at = place({ from: of.from, to: of.to ?? now }, span);
  if (!at) return null;
  const work = works(of);
  return (
    <i className={work ? `gbit work s-${outcome(of)}` : `gbit wait s-${of.state}`} style={at} data-state={work ? outcome(of) : of.state} onPointerEnter={() => tell(`${text.slice(0, text.indexOf(":"))} ${segmentText(of, now)}`)} onPointerLeave={() => tell(text)}>
      {work && of.attempt > 1 ? <b>{of.attempt}</b> : null}
    </i>
  );
}

/** Whether any task run works now. */
function runs(lines: ReadonlyMap<number, Line>): boolean {
  for (const { segments } of lines.values()) if (segments.at(-1)?.to === null && segments.at(-1)?.state === "running") return true;
  return false;
}

function All({ of, lines, span, now }: Pick<Props, "of" | "lines" | "span" | "now">) {
  const gap = (span.to - span.from) / FINEST;
  const { work, wait, failed, live } = useMemo(() => ({ ...together(lines.values(), now, gap), live: runs(lines), of }), [of, lines, now, gap]);
  const bars = (of: Stretch[], kind: string) => of.map((stretch) => ({ stretch, at: place(stretch, span) })).filter(({ at }) => at !== undefined).map(({ stretch, at }) => <i key={`${kind} ${stretch.from}`} className={`gbit ${kind}`} style={at} />);
  return <>{bars(wait, "wait s-queued all")}{bars(work, live ? "work s-running all" : "work s-success all")}{bars(failed, "work s-failed part")}</>;
}
