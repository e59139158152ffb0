// The one seam to the outside.

import type { Host, Pick } from "./host";

export type { Host, Pick } from "./host";

let current: Host | undefined;

/** Chooses the host: the shell in the app; memory under `npm run dev` in a browser, and in the memory build. */
export async function connect(): Promise<Host> {
  if ("__TAURI_INTERNALS__" in window) {
    current = (await import("./shell")).shell;
  } else if (import.meta.env.DEV || import.meta.env.MODE === "memory") {
    current = (await import("./memory")).memoryHost();
  } else {
    throw new Error("Longshore's page was opened outside its window.");
  }
  return current;
}

/** Puts a host in place; for tests. */
export function use(host: Host): void {
  current = host;
}

function host(): Host {
  if (!current) throw new Error("No host is connected.");
  return current;
}

/** Asks the workspace; throws a `Fault`. */
export const call: Host["call"] = (op, args) => host().call(op, args);
/** See `Host.onEvent`. */
export const onEvent: Host["onEvent"] = (tell) => host().onEvent(tell);
/** See `Host.onDrag`. */
export const onDrag: Host["onDrag"] = (tell) => host().onDrag(tell);
/** See `Host.onDrop`. */
export const onDrop: Host["onDrop"] = (tell) => host().onDrop(tell);
/** See `Host.pick`. */
export const pick = (what: Pick, title: string): Promise<string[]> => host().pick(what, title);
