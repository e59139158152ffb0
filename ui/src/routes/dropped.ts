import { useSyncExternalStore } from "react";

/** Paths (text form) that wait on the upload page to be planned: dropped on the window, or chosen. */
let paths: string[] = [];
const hearers = new Set<() => void>();

/** Puts paths on the upload page in place of what was there. */
export function setDropped(next: string[]): void {
  paths = next;
  for (const hear of hearers) hear();
}

/** The paths that wait. */
export function useDropped(): string[] {
  return useSyncExternalStore((hear) => {
    hearers.add(hear);
    return () => hearers.delete(hear);
  }, () => paths);
}
