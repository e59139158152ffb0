import { Search } from "lucide-react";
import type { KeyboardEvent } from "react";

import type { Graph } from "@/api/types";
import { groupOf } from "./groups";

/** What is looked for, and which of what was found is in the middle. */
export interface Sought { text: string; at: number }

/** The nodes whose name holds a text, from top to bottom; none for an empty text. Tasks of a closed group stand under it. */
export function found(whole: Graph, drawn: Graph, text: string): string[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const holds = (name: string) => name.toLowerCase().includes(wanted);
  const inGroup = (group: string) => holds(group) || whole.nodes.some((node) => node.group === group && holds(node.id));
  const nodes = drawn.nodes.filter(({ id }) => { const group = groupOf(id); return group === undefined ? holds(id) : inGroup(group); });
  return nodes.toSorted((a, b) => a.y - b.y || a.x - b.x).map(({ id }) => id);
}

/** Finds tasks by name: those that match stand out; Enter brings the next one into the middle, the arrow goes to it. */
export function Find({ sought, ids, seek, go }: { sought: Sought; ids: string[]; seek: (sought: Sought) => void; go: (id: string) => void }) {
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    event.stopPropagation();
    if (event.key === "Enter" && ids.length > 0) seek({ ...sought, at: (sought.at + (event.shiftKey ? ids.length - 1 : 1)) % ids.length });
    else if (event.key === "ArrowDown" && ids[sought.at] !== undefined) go(ids[sought.at]!);
    else if (event.key === "Escape") seek({ text: "", at: 0 });
    else return;
    event.preventDefault();
  };
  return (
    <label className="search gfind">
      <Search size={14} aria-hidden />
      <input type="search" placeholder="Find a task" aria-label="Find a task" value={sought.text} onChange={(event) => seek({ text: event.target.value, at: 0 })} onKeyDown={keys} data-filter data-testid="graph-find" />
      {sought.text.trim() ? <span className="t3 tiny nowrap" role="status" data-testid="graph-found">{ids.length === 0 ? "none" : `${sought.at + 1} of ${ids.length}`}</span> : null}
    </label>
  );
}
