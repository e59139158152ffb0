// What the UI asks of whatever it runs in. The shell is one host, memory another; nothing else of the UI knows which.

import type { Event, Fault, OperationName, Operations } from "../api/types";

/** What the operator shall choose in a dialog of the platform. */
export type Pick = "folder" | "folders" | "files";

/** What of Airflow's interface the app answers now. */
export interface Interface {
  /** Where scripts reach it; none if it is not answered. */
  url: string | null;
  /** Why it is not answered, though a port is set. */
  fault: Fault | null;
}

/** That handful, and nothing more. */
export interface Host {
  /** Asks the workspace; throws a `Fault`. */
  call<O extends OperationName>(op: O, args: Operations[O]["args"]): Promise<Operations[O]["reply"]>;
  /** Tells of each event until the returned function is called. */
  onEvent(tell: (event: Event) => void): () => void;
  /** Tells while something is dragged over the window. */
  onDrag(tell: (over: boolean) => void): () => void;
  /** Tells of paths dropped on the window, in text form. */
  onDrop(tell: (paths: string[]) => void): () => void;
  /** Tells of a run that shall be opened: its notice was clicked at the desktop. */
  onOpen(tell: (run: string) => void): () => void;
  /** What of Airflow's interface is answered now. */
  interface(): Promise<Interface>;
  /** Lets the operator choose; gives absolute paths in text form, none if the dialog was closed. */
  pick(what: Pick, title: string): Promise<string[]>;
}
