import { type KeyboardEvent, createContext } from "react";

/** What a node may ask of its graph. */
export interface Acts {
  choose: (task: string, index: number | undefined) => void;
  toggle: (task: string) => void;
  /** Closes a group, or opens it. */
  fold: (group: string) => void;
  move: (event: KeyboardEvent, task: string) => void;
}

/** Given to the nodes. */
export const GraphActs = createContext<Acts>({ choose: () => undefined, toggle: () => undefined, fold: () => undefined, move: () => undefined });
