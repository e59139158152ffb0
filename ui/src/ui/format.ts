// Numbers, sizes, times and names as the operator reads them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const counts = new Intl.NumberFormat("en-US");

/** A count with separators. */
export const count = (n: number): string => counts.format(n);

/** A count and its noun: `1 file`, `2 files`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

function step(bytes: number): number {
  let at = 0;
  for (let rest = Math.abs(bytes); rest >= 1023.95 && at < UNITS.length - 1; rest /= 1024) at += 1;
  return at;
}

function digits(value: number, at: number): string {
  if (at === 0) return counts.format(Math.round(value));
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

/** A size in binary units, number and unit apart. */
export function sizeParts(bytes: number): [value: string, unit: string] {
  const at = step(bytes);
  return [digits(bytes / 1024 ** at, at), UNITS[at] ?? "B"];
}

/** A size in binary units. */
export function size(bytes: number): string {
  return sizeParts(bytes).join(" ");
}

/** A part and its whole in the unit of the whole. */
export function ofWhole(part: number, whole: number): { part: string; whole: string; unit: string } {
  const at = step(whole);
  const scale = 1024 ** at;
  const places = at === 0 ? 0 : whole / scale < 10 ? 2 : 1;
  const text = (n: number) => (at === 0 ? counts.format(n) : (n / scale).toFixed(places));
  return { part: text(part), whole: text(whole), unit: UNITS[at] ?? "B" };
}

/** The exact bytes, as shown on hover. */
export const exactBytes = (bytes: number): string => `${counts.format(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;

/** Bytes a second. */
export const rateText = (rate: number): string => `${size(rate)}/s`;

/** A duration in seconds, two units at most. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Time left, coarser than a duration: it is a guess. */
export function leftText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return duration(Math.round(seconds / 60) * 60).replace(" 0 s", "");
}

// Made once each: making one costs more than a whole row of a table.
const zones = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const hoursToTheSecond = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const daysOfYears = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

const zoneOf = (at: Date): string => zones.formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "";
const clock = (at: Date, seconds: boolean): string => (seconds ? hoursToTheSecond : hours).format(at);
const day = (at: Date, year: boolean): string => (year ? daysOfYears : days).format(at);

/** A day with its weekday: `Tue 24 Nov 2026`. */
export const dayText = (ms: number): string =>
  new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(new Date(ms)).replace(",", "");

/** A time in UTC, as shown on hover. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;

/** A time as short as it can be told, its zone apart, and UTC: `14:32`, `21 Nov 14:32`, `21 Nov 2025 14:32`. */
export function moment(ms: number, now: number = Date.now()): { text: string; zone: string; exact: string } {
  const at = new Date(ms);
  const today = new Date(now);
  const hour = clock(at, false);
  const far = at.toDateString() !== today.toDateString();
  const text = far ? `${day(at, at.getFullYear() !== today.getFullYear())} ${hour}` : hour;
  return { text, zone: zoneOf(at), exact: utc(ms) };
}

/** A time to the second without its day, as in a log. */
export const clockText = (ms: number): string => clock(new Date(ms), true);

/** The window's zone, for the status bar. */
export function zone(now: Date = new Date()): string {
  const offset = new Intl.DateTimeFormat("en-GB", { timeZoneName: "longOffset" })
    .formatToParts(now).find((p) => p.type === "timeZoneName")?.value.replace("GMT", "UTC");
  const short = zoneOf(now);
  return offset && offset !== short && short !== "UTC" ? `${short} (${offset})` : short;
}

/** A share in percent, never 100 before it is whole. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return "0 %";
  const share = (part / whole) * 100;
  return `${part < whole ? Math.min(share, 99.9).toFixed(1) : "100"} %`;
}

/** A checksum or other long identifier with its middle left out. */
export const brief = (text: string, head = 6, tail = 4): string =>
  text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;

/** A state word as it is read: `up_for_retry` becomes `up for retry`. */
export const words = (word: string): string => word.replaceAll("_", " ");

/** A name of at most so many characters, its middle left out: its end tells. */
export function cutMiddle(text: string, most: number): string {
  const chars = [...text];
  if (chars.length <= most) return text;
  const tail = Math.floor((most - 1) * 0.4);
  return `${chars.slice(0, most - 1 - tail).join("")}…${chars.slice(-tail).join("")}`;
}

/** A name with what cannot be seen in it, or would turn it round, written as its code point. */
export const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

/** The first millisecond of a day in this window's zone, from what a field for a day gives; none if it is no day. */
export function dayStart(text: string | undefined): number | null {
  const at = text ? new Date(`${text}T00:00:00`).getTime() : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The first millisecond after such a day: a day of a change of clocks has no 24 hours. */
export function dayAfter(text: string | undefined): number | null {
  const start = dayStart(text);
  if (start === null) return null;
  const at = new Date(start);
  at.setDate(at.getDate() + 1);
  return at.getTime();
}
