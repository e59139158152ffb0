// The desktop shell as host.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Event } from "../api/types";
import type { Host } from "./host";

function on<T>(name: string, tell: (payload: T) => void): () => void {
  const stop = listen<T>(name, (event) => tell(event.payload));
  return () => void stop.then((unlisten) => unlisten());
}

/** The shell. */
export const shell: Host = {
  call: (op, args) => invoke("call", { op, args }),
  onEvent: (tell) => on<Event>("longshore", tell),
  onDrag: (tell) => on<{ over: boolean }>("drag", ({ over }) => tell(over)),
  onDrop: (tell) => on<{ paths: string[] }>("dropped", ({ paths }) => tell(paths)),
  pick: (what, title) => invoke<string[]>("pick", { what, title }),
};
