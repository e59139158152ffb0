/** Rates that the slider stops at, and no limit at its end. */
const STOPS = ["256 KiB/s", "512 KiB/s", ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((many) => `${many} MiB/s`), "1 GiB/s", "2 GiB/s", "5 GiB/s", "off"];

const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes a second of a plain rate; nothing of times with rates. */
export function plainRate(text: string): number | undefined {
  if (text.trim() === "off") return Infinity;
  const found = /^\s*(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB)\/s\s*$/.exec(text);
  return found ? Number(found[1]) * (UNITS[found[2] ?? ""] ?? 1) : undefined;
}

/** The stop that is nearest to a rate. */
export function stopOf(rate: number): number {
  const away = STOPS.map((stop) => Math.abs(Math.log((plainRate(stop) ?? 1) / rate)));
  return rate === Infinity ? STOPS.length - 1 : away.indexOf(Math.min(...away.slice(0, -1)));
}

/** A plain limit by hand. Times with rates are left to their text. */
export function RateSlider({ value, change }: { value: string; change: (text: string) => void }) {
  const rate = plainRate(value);
  const at = rate === undefined ? STOPS.length - 1 : stopOf(rate);
  const words = rate === undefined ? "it changes by the times below" : value.trim() === "off" ? "no limit" : value;
  return (
    <div className="field">
      <label htmlFor="rate-slider">Speed</label>
      <div className="row"><input id="rate-slider" type="range" className="grow" min={0} max={STOPS.length - 1} step={1} value={at} aria-valuetext={words} onChange={(event) => change(STOPS[Number(event.target.value)] ?? "off")} data-testid="rate-slider" /><output htmlFor="rate-slider" className="t2 nowrap rateout">{words}</output></div>
    </div>
  );
}
