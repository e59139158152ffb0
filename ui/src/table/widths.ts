// Widths of columns that the operator chose, kept for each table.

import { type KeyboardEvent, type PointerEvent, useState } from "react";

/** Least and most a column may be made, in pixels. */
const [LEAST, MOST] = [40, 900] as const;
/** What an arrow key adds, in pixels. */
const STEP = 16;

type Widths = Record<string, number>;

const keyOf = (table: string) => `longshore.widths.${table}`;

function kept(table: string): Widths {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(table)) ?? "{}");
    const pairs = Object.entries(found ?? {}).filter((pair): pair is [string, number] => typeof pair[1] === "number");
    return Object.fromEntries(pairs.map(([head, width]) => [head, bounded(width)]));
  } catch {
    return {};
  }
}

const bounded = (width: number) => Math.round(Math.max(LEAST, Math.min(MOST, width)));

/** What a grip at the right of a head does. */
export interface Grip {
  "aria-valuenow": number;
  "aria-valuemin": number;
  "aria-valuemax": number;
  "aria-valuetext": string;
  onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  onDoubleClick: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

/** The widths of a table: as the columns say, until the operator drags them. */
export function useWidths(table: string) {
  const [widths, setWidths] = useState(() => kept(table));
  const set = (head: string, width: number | undefined) => setWidths((old) => {
    const { [head]: _, ...rest } = old;
    const next = width === undefined ? rest : { ...rest, [head]: bounded(width) };
    localStorage.setItem(keyOf(table), JSON.stringify(next));
    return next;
  });
  return {
    /** A chosen width gives way before the table outgrows its place. */
    track: (head: string, own: string) => (widths[head] === undefined ? own : `minmax(2.5rem, ${widths[head]}px)`),
    grip: (head: string): Grip => ({
      "aria-valuenow": widths[head] ?? LEAST, "aria-valuemin": LEAST, "aria-valuemax": MOST,
      "aria-valuetext": widths[head] === undefined ? "as wide as it comes" : `${widths[head]} pixels`,
      onPointerDown: (event) => drag(event, (width) => set(head, width)),
      onDoubleClick: () => set(head, undefined),
      onKeyDown: (event) => byKey(event, (width) => set(head, width)),
    }),
  };
}

const widthNow = (grip: HTMLElement) => grip.parentElement?.offsetWidth ?? 0;

function drag(event: PointerEvent<HTMLElement>, set: (width: number) => void): void {
  const grip = event.currentTarget;
  const [from, width] = [event.clientX, widthNow(grip)];
  const move = (next: globalThis.PointerEvent) => set(width + next.clientX - from);
  const end = () => {
    grip.removeEventListener("pointermove", move);
    grip.removeEventListener("pointerup", end);
    grip.removeEventListener("pointercancel", end);
  };
  event.preventDefault();
  grip.setPointerCapture?.(event.pointerId);
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", end);
  grip.addEventListener("pointercancel", end);
}

/** Left and right change the width, up and down go to the next grip, Delete gives the width back. */
function byKey(event: KeyboardEvent<HTMLElement>, set: (width: number | undefined) => void): void {
  const grip = event.currentTarget;
  const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  const other = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step !== undefined) set(widthNow(grip) + step);
  else if (event.key === "Delete") set(undefined);
  else if (other === undefined) return;
  else {
    const grips = [...(grip.closest(".thead")?.querySelectorAll<HTMLElement>(".grip") ?? [])];
    grips[grips.indexOf(grip) + other]?.focus();
  }
  event.preventDefault();
}
