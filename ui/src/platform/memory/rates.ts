// Limits of bytes a second, made up.

import type { RateRow, RateSetArgs } from "@/api/types";

const MIB = 1024 ** 2;
const HOUR = 3_600_000;

/** The limits: that of all connections first. */
export class RateRows {
  rows: RateRow[] = [{ connection: null, rates: "off", timezone: "UTC", now: null, until: null }];

  set({ connection = null, rates, timezone }: RateSetArgs): RateRow {
    const number = /(\d+) MiB/.exec(rates)?.[1];
    const row: RateRow = { connection: connection ?? null, rates, timezone: timezone ?? "UTC", now: number ? Number(number) * MIB : null, until: rates.includes(":") ? Date.now() + HOUR : null };
    this.rows = [...this.rows.filter((one) => one.connection !== row.connection && (one.connection === null || one.rates !== "off")), row].toSorted((a, b) => (a.connection ?? "").localeCompare(b.connection ?? ""));
    return row;
  }
}
