import { useRead } from "@/api/client";
import type { Histogram, Measured } from "@/api/types";
import { count, duration, size, words } from "@/ui/format";
import { Empty, State } from "@/ui/parts";
import { Shown } from "@/ui/query";

/** Runs in each state, over all flows. */
function byState({ runs }: Measured): Array<[Measured["runs"][number]["state"], number]> {
  const sums = new Map<Measured["runs"][number]["state"], number>();
  for (const { state, count: many } of runs) sums.set(state, (sums.get(state) ?? 0) + many);
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

/** Numbers of the workspace: what there is, and what its owner has done since it began. */
export function Numbers() {
  const measured = useRead("metrics.show", {});
  return (
    <section aria-label="Numbers" data-testid="numbers">
      <div className="sec-h"><h2>Numbers</h2></div>
      <Shown of={measured} rows={4}>{(of) => (
        <>
          <dl className="listing">
            <dt>Runs</dt><dd className="row" data-testid="numbers-runs">{of.runs.length === 0 ? "none yet" : byState(of).map(([state, many]) => <span key={state}><State of={state} word={`${count(many)} ${words(state)}`} /></span>)}</dd>
            <dt>Logs of tasks</dt><dd>{size(of.log_bytes)}</dd>
            <dt>Moved</dt><dd>{size(of.moved_bytes)} <span className="t3">since the owner began</span></dd>
            <dt>Journalled</dt><dd>{count(of.events)} events <span className="t3">since the owner began, the last one {duration(of.lag_seconds)} after it was decided</span></dd>
          </dl>
          <Attempts of={of.attempts} />
        </>
      )}</Shown>
    </section>
  );
}

/** How attempts ended, and how long they took. */
function Attempts({ of }: { of: Histogram[] }) {
  if (of.length === 0) return <Empty title="No attempt has ended yet">How long attempts take is counted from when the owner begins.</Empty>;
  return (
    <table data-testid="numbers-attempts">
      <thead><tr><th>Attempts that ended</th><th className="num">Number</th><th className="num">On average</th><th className="num">Nine of ten within</th></tr></thead>
      <tbody>{of.map((one) => (
        <tr key={one.ended}><td>{words(one.ended)}</td><td className="num">{count(one.count)}</td><td className="num">{duration(one.seconds / Math.max(1, one.count))}</td><td className="num">{within(one)}</td></tr>
      ))}</tbody>
    </table>
  );
}

/** The bound within which nine of ten stayed; buckets count all that took no longer. */
function within({ buckets, count: all }: Histogram): string {
  const bound = buckets.find(([, many]) => many >= all * 0.9);
  return bound ? duration(bound[0]) : `more than ${duration(buckets.at(-1)?.[0] ?? 0)}`;
}
