import "@/styles/storage.css";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { SpaceForecast, SpaceHolder, SpacePoint, StorageHistory, StorageRow } from "@/api/types";
import { moment, plural, size, utc } from "@/ui/format";
import { Name, Size } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { DatasetLink } from "./links";

const SPANS = [[7, "a week"], [30, "a month"], [365, "a year"]] as const;
const DAY = 86_400_000;
/** The drawing's own measures; it is stretched to its place. */
const [WIDE, HIGH] = [1000, 200];

/** How the room of a storage went, where it will go, and who takes it. */
export function SpaceHistory({ of }: { of: StorageRow }) {
  const [days, setDays] = useState<number>(30);
  const history = useRead("storage.history", { name: of.name, days });
  return (
    <div className="stack gap-3" data-testid={`history-${of.name}`}>
      <div className="row"><div className="seg" role="group" aria-label={`Time shown of ${of.name}`}>
        {SPANS.map(([value, word]) => <button key={value} type="button" aria-pressed={days === value} onClick={() => setDays(value)} data-testid={`span-${of.name}-${value}`}>{word}</button>)}
      </div></div>
      <Shown of={history} rows={4}>{(shown) => (
        <>
          {shown.points.length < 2 ? <p className="t3">Its room is looked at every ten minutes while Longshore runs; a line is drawn from the second look on.</p> : <Chart of={of} history={shown} days={days} />}
          <Forecast of={shown.forecast} floored={of.floor > 0} />
          <div className="holders"><Holders label="Datasets" rows={shown.datasets} whole={of.total} /><Holders label="Groups" rows={shown.groups} whole={of.total} /></div>
        </>
      )}</Shown>
    </div>
  );
}

/** Used room as an area, the floor as a line, and the forecast as a band that widens. */
function Chart({ of, history, days }: { of: StorageRow; history: StorageHistory; days: number }) {
  const { points, forecast } = history;
  const [first, last] = [points[0] as SpacePoint, points.at(-1) as SpacePoint];
  const ahead = forecast ? (days * DAY) / 3 : 0;
  const [from, to] = [first.at, last.at + ahead];
  const total = Math.max(...points.map((point) => point.total), 1);
  const x = (at: number) => ((at - from) / Math.max(1, to - from)) * WIDE;
  const y = (used: number) => HIGH - (Math.max(0, Math.min(total, used)) / total) * HIGH;
  const line = points.map((point) => `${x(point.at).toFixed(1)},${y(point.total - point.free).toFixed(1)}`);
  const now = last.total - last.free;
  const later = (perDay: number) => `${x(to).toFixed(1)},${y(now + (perDay * ahead) / DAY).toFixed(1)}`;
  const label = `Used room of ${of.name} from ${moment(first.at).text} to ${moment(last.at).text}: from ${size(first.total - first.free)} to ${size(now)} of ${size(last.total)}`;
  return (
    <figure className="chart">
      <div className="plot">
        <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <polygon className="area" points={`${x(first.at)},${HIGH} ${line.join(" ")} ${x(last.at).toFixed(1)},${HIGH}`} />
          <polyline className="used" points={line.join(" ")} />
          {forecast ? <><polygon className="band" points={`${x(last.at).toFixed(1)},${y(now).toFixed(1)} ${later(forecast.per_day_high)} ${later(forecast.per_day_low)}`} /><polyline className="likely" points={`${x(last.at).toFixed(1)},${y(now).toFixed(1)} ${later(forecast.per_day)}`} /></> : null}
          {of.floor > 0 ? <line className="floorline" x1={0} x2={WIDE} y1={y(total - of.floor)} y2={y(total - of.floor)} /> : null}
        </svg>
        <div className="ticks t3" aria-hidden="true"><span>{size(total)}</span><span>{size(total / 2)}</span><span>0</span></div>
      </div>
      <figcaption className="row t3 small"><span title={utc(first.at)}>{moment(first.at).text}</span>{forecast ? <span className="now" style={{ left: `calc((100% - 5.5rem) * ${x(last.at) / WIDE})` }} title={utc(last.at)}>now</span> : null}<span className="end" title={utc(to)}>{moment(to).text}</span></figcaption>
    </figure>
  );
}

const signed = (bytes: number) => (bytes < 0 ? `−${size(-bytes)}` : size(bytes));

function Forecast({ of, floored }: { of: SpaceForecast | null; floored: boolean }) {
  if (!of) return <p className="t2">No forecast yet: it needs three days that were seen to their end.</p>;
  const what = floored ? "only the floor is left" : "it is full";
  const day = (at: number) => <time dateTime={new Date(at).toISOString()} title={utc(at)}>{new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" })}</time>;
  return (
    <p data-testid="forecast">
      <b className="med">{of.per_day < 0 ? `${size(-of.per_day)} are freed a day` : `${size(of.per_day)} are taken up a day`}</b> <span className="t2">({signed(of.per_day_low)} to {signed(of.per_day_high)} in nine of ten cases, from the last {plural(of.days, "day")}).</span>{" "}
      {of.floor_at === null ? <>At this rate it does not fill up within ten years.</> : <>At this rate {what} on {day(of.floor_at)}, {of.floor_earliest === null ? null : <>on {day(of.floor_earliest)} at the earliest</>}{of.floor_latest === null ? ", perhaps never" : <>, on {day(of.floor_latest)} at the latest</>}.</>}
    </p>
  );
}

function Holders({ label, rows, whole }: { label: string; rows: SpaceHolder[]; whole: number | null }) {
  if (rows.length === 0) return null;
  const most = Math.max(...rows.map(({ bytes }) => bytes), 1);
  return (
    <table className="dense fixed" aria-label={`${label} that take its room`}>
      <colgroup><col /><col className="o-bar" /><col className="o-size" /></colgroup>
      <thead><tr><th>{label === "Groups" ? "Group" : "Dataset"}</th><th><span className="sr">Share</span></th><th className="num">Takes</th></tr></thead>
      <tbody>{rows.map((row) => (
        <tr key={row.pid || row.name || "nobody"}>
          <td>{row.pid ? <DatasetLink pid={row.pid} className="cut"><Name of={row.name} /></DatasetLink> : <span>{row.name || <span className="t3">of no group</span>} <span className="t3">{plural(row.datasets, "dataset")}</span></span>}</td>
          <td><div className="bar" role="img" aria-label={`${Math.round((row.bytes / most) * 100)} % of the largest`}><i className="held" style={{ width: `${(row.bytes / most) * 100}%` }} /></div></td>
          <td className="num"><span title={whole ? `${((row.bytes / whole) * 100).toFixed(1)} % of the storage` : undefined}><Size of={row.bytes} /></span></td>
        </tr>
      ))}</tbody>
    </table>
  );
}
