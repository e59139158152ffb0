// The one seam to the outside: nothing else of the UI knows whether a shell or memory answers.

import type { Host } from "./host";

export { asFault } from "@/api/fault";
export type { Host, Interface, Pick } from "./host";

declare const __MEMORY_HOST__: boolean;

let current: Host | undefined;

/** Connects the shell in the app; memory in `npm run dev` in a browser, and in the memory build. */
export async function startHost(): Promise<void> {
  if ("__TAURI_INTERNALS__" in window) {
    current = (await import("./tauri")).tauriHost;
  } else if (import.meta.env.DEV || __MEMORY_HOST__) {
    current = (await import("./memory")).memoryHost();
  } else {
    throw new Error("Longshore's page was opened outside its window.");
  }
}

/** Puts a host in place; for tests. */
export function useHost(next: Host): void {
  current = next;
}

/** What the UI runs in. */
export function host(): Host {
  if (!current) throw new Error("No host is connected.");
  return current;
}
