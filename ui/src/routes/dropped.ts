import { useSyncExternalStore } from "react";

/** Paths (text form) that wait on the upload page to be planned: dropped on the window, or chosen. */
let paths: string[] = [];
const hearers = new Set<() => void>();

/** Puts paths on the upload page in place of what was there. */
export function setDropped(next: string[]): void {
  paths = next;
  for (const hear of hearers) hear();
}

/** Adds paths to what waits on the upload page: what is dropped one after the other becomes one dataset. */
export function addDropped(more: string[]): void {
  setDropped([...paths, ...more.filter((path) => !paths.includes(path))]);
}

/** The paths that wait. */
export function useDropped(): string[] {
  return useSyncExternalStore((hear) => {
    hearers.add(hear);
    return () => hearers.delete(hear);
  }, () => paths);
}
