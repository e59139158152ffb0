import "@/styles/storage.css";
import "@/styles/transfers.css";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { keyOf, useReadExact } from "@/api/client";
import type { SpeedPoint, TransferSpeed } from "@/api/types";
import { host } from "@/platform";
import { clockText, moment, rateText, size, utc } from "@/ui/format";
import { FaultView } from "@/ui/fault";

/** The drawing's own measures; it is stretched to its place. */
const [WIDE, HIGH] = [1000, 200];
/** It is asked again at most this often while bytes move. Milliseconds. */
const AGAIN = 1000;

/** How fast bytes moved; asked again while progress is told of. */
function useSpeed(run: string | null) {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => { timer = undefined; void client.invalidateQueries({ queryKey: keyOf("transfer.speed", { run }) }); };
    const stop = host().onEvent((event) => { if (event.event === "progress" && (run === null || event.run === run)) timer ??= setTimeout(again, AGAIN); });
    return () => { stop(); clearTimeout(timer); };
  }, [client, run]);
  return useReadExact("transfer.speed", { run });
}

/** Spans that follow one another without a gap. */
export function stretches({ points, span }: TransferSpeed): SpeedPoint[][] {
  const all: SpeedPoint[][] = [];
  for (const point of points) {
    const last = all.at(-1);
    if (last && point.at - (last.at(-1)?.at ?? 0) === span) last.push(point);
    else all.push([point]);
  }
  return all;
}

/** The next of 1, 2, 5, 10 … MiB (or KiB, or GiB) that is no less. */
export function niceTop(rate: number): number {
  if (rate <= 1) return 1;
  const unit = 1024 ** Math.floor(Math.log(rate) / Math.log(1024));
  const parts = rate / unit;
  const power = 10 ** Math.floor(Math.log10(parts));
  return ([1, 2, 5, 10].find((step) => step * power >= parts) ?? 10) * power * unit;
}

/** Bytes a second over time, of one run or of all: what was measured, and gaps where nobody measured. */
export function Speed({ run, low }: { run: string | null; low?: boolean }) {
  const speed = useSpeed(run);
  if (speed.error && !speed.data) return <FaultView of={speed.error} retry={() => void speed.refetch()} />;
  const of = speed.data;
  if (!of || of.points.length === 0) return <p className="t3 small speed-none" data-testid="speed-none">{of ? `No bytes were seen to move ${run === null ? "in the last hour" : "by this transfer"} since Longshore started, ${moment(of.since).text}.` : "…"}</p>;
  return <Chart of={of} run={run} low={low ?? false} />;
}

function Chart({ of, run, low }: { of: TransferSpeed; run: string | null; low: boolean }) {
  const { points, span } = of;
  const [from, to] = [points[0]?.at ?? 0, (points.at(-1)?.at ?? 0) + span];
  const rate = ({ bytes }: SpeedPoint) => (bytes / span) * 1000;
  const most = Math.max(...points.map((point) => rate(point)));
  const top = niceTop(most);
  const sum = points.reduce((all, { bytes }) => all + bytes, 0);
  const mean = (sum / (points.length * span)) * 1000;
  const x = (at: number) => (((at - from) / (to - from)) * WIDE).toFixed(1);
  const y = (value: number) => (HIGH - (value / top) * HIGH).toFixed(1);
  const line = (part: SpeedPoint[]) => part.map((point) => `${x(point.at)},${y(rate(point))} ${x(point.at + span)},${y(rate(point))}`).join(" ");
  const label = `Speed ${run === null ? "of all transfers" : "of this transfer"} from ${clockText(from)} to ${clockText(to)}: ${rateText(mean)} on average while it was measured, ${rateText(most)} at most, ${size(sum)} in all`;
  return (
    <figure className={`chart speed${low ? " low" : ""}`} data-testid="speed">
      <div className="plot">
        <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <line className="mid" x1={0} x2={WIDE} y1={HIGH / 2} y2={HIGH / 2} />
          {stretches(of).map((part) => {
            const [first, last] = [part[0] as SpeedPoint, part.at(-1) as SpeedPoint];
            return <g key={first.at}><polygon className="area" points={`${x(first.at)},${HIGH} ${line(part)} ${x(last.at + span)},${HIGH}`} /><polyline points={line(part)} /></g>;
          })}
        </svg>
        <div className="ticks t3" aria-hidden="true"><span>{rateText(top)}</span><span>{rateText(top / 2)}</span><span>0</span></div>
      </div>
      <figcaption className="row t3 small"><span title={utc(from)}>{clockText(from)}</span><span className="t2 grow mid">{rateText(mean)} on average, {rateText(most)} at most</span><span className="end" title={utc(to)}>{clockText(to)}</span></figcaption>
    </figure>
  );
}
