// Filters that the operator has named. Kept in the window, as the theme is; nothing else depends on them.

import { useState } from "react";

/** A filter under a name. */
export interface Saved { name: string; search?: string | undefined; state?: string | undefined }

/** Filters of a list at most. */
const MOST = 12;

const keyOf = (list: string) => `longshore.filters.${list}`;
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** What is kept for a list; what is not a filter is left out. */
export function savedFilters(list: string): Saved[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(list)) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((one: unknown): Saved[] => {
      if (typeof one !== "object" || one === null) return [];
      const of = one as Record<string, unknown>;
      const name = text(of["name"]);
      return name ? [{ name, search: text(of["search"]), state: text(of["state"]) }] : [];
    }).slice(0, MOST);
  } catch {
    return [];
  }
}

/** The saved filters of a list, and the ways to keep another and to let one go. One of the same name takes its place. */
export function useSaved(list: string) {
  const [filters, setFilters] = useState(() => savedFilters(list));
  const keep = (next: Saved[]) => {
    localStorage.setItem(keyOf(list), JSON.stringify(next));
    setFilters(next);
  };
  return {
    filters, full: filters.length >= MOST,
    save: (filter: Saved) => keep([...filters.filter(({ name }) => name !== filter.name), filter].slice(-MOST)),
    forget: (name: string) => keep(filters.filter((one) => one.name !== name)),
  };
}
