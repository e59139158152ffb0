// Which part of a run is in sight, and how the operator changes that.

import { type PointerEvent, type RefObject, useEffect, useState } from "react";

import type { Stretch } from "./lines";

/** The shortest time that can be in sight. Milliseconds. */
const LEAST = 500;

/** A part of a whole, never outside it; nothing if it is all of it. */
export function within(part: Stretch, whole: Stretch): Stretch | undefined {
  const span = Math.max(LEAST, part.to - part.from);
  if (span >= whole.to - whole.from) return undefined;
  const from = Math.min(Math.max(part.from, whole.from), whole.to - span);
  return { from, to: from + span };
}

/** A time span made longer or shorter by a factor, about a point of it. */
export function scaled({ from, to }: Stretch, factor: number, about = (from + to) / 2): Stretch {
  return { from: about - (about - from) * factor, to: about + (to - about) * factor };
}

/** A time span moved by a share of itself. */
export function moved({ from, to }: Stretch, share: number): Stretch {
  const by = (to - from) * share;
  return { from: from + by, to: to + by };
}

/** Which part of the whole is in sight: by wheel, by keys, by what was drawn on the axis. `track` is as wide as the axis. */
export function useSpan(whole: Stretch, track: RefObject<HTMLElement | null>, body: RefObject<HTMLElement | null>, ready: boolean) {
  const [part, setPart] = useState<Stretch>();
  const [drawn, setDrawn] = useState<{ from: number; to: number }>();
  const span = part ?? whole;
  const show = (next: Stretch) => setPart(within(next, whole));
  const shareAt = (x: number): number => {
    const box = track.current?.getBoundingClientRect();
    return box && box.width > 0 ? Math.max(0, Math.min(1, (x - box.left) / box.width)) : 0;
  };
  const timeAt = (share: number) => span.from + share * (span.to - span.from);
  useEffect(() => {
    const box = body.current;
    if (!box) return undefined;
    const wheel = (event: WheelEvent) => {
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (!event.ctrlKey && Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      show(event.ctrlKey ? scaled(span, event.deltaY > 0 ? 1.25 : 0.8, timeAt(shareAt(event.clientX))) : moved(span, sideways / 1000));
    };
    box.addEventListener("wheel", wheel, { passive: false });
    return () => box.removeEventListener("wheel", wheel);
  });
  const draw = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => { const at = shareAt(event.clientX); event.currentTarget.setPointerCapture?.(event.pointerId); setDrawn({ from: at, to: at }); },
    onPointerMove: (event: PointerEvent<HTMLElement>) => { if (drawn) setDrawn({ from: drawn.from, to: shareAt(event.clientX) }); },
    onPointerUp: () => {
      if (drawn && Math.abs(drawn.to - drawn.from) > 0.01) show({ from: timeAt(Math.min(drawn.from, drawn.to)), to: timeAt(Math.max(drawn.from, drawn.to)) });
      setDrawn(undefined);
    },
  };
  const keys = (key: string, shift: boolean): boolean => {
    if (key === "+" || key === "=") show(scaled(span, 0.5));
    else if (key === "-") show(scaled(span, 2));
    else if (key === "0") setPart(undefined);
    else if (shift && key === "ArrowLeft") show(moved(span, -0.25));
    else if (shift && key === "ArrowRight") show(moved(span, 0.25));
    else return false;
    return true;
  };
  return { span, part: ready && part !== undefined, drawn, draw, keys, closer: () => show(scaled(span, 0.5)), farther: () => show(scaled(span, 2)), all: () => setPart(undefined) };
}
