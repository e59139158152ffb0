import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Event } from "@/api/types";
import type { Host } from "./host";

function on<T>(name: string, hear: (payload: T) => void): () => void {
  const stop = listen<T>(name, (event) => hear(event.payload));
  return () => void stop.then((unlisten) => unlisten());
}

/** The Tauri shell. */
export const tauriHost: Host = {
  call: (op, args) => invoke("call", { op, args }),
  onEvent: (hear) => on<Event>("longshore", hear),
  onDrop: (hear) => on<{ paths: string[] }>("dropped", ({ paths }) => hear(paths)),
  onDrag: (hear) => on<{ over: boolean }>("drag", ({ over }) => hear(over)),
  onOpen: (hear) => on<string>("open", hear),
  interface: () => invoke("interface"),
  pick: (what, title) => invoke("pick", { what, title }),
};
