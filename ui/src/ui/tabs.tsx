import type { KeyboardEvent } from "react";

import { count } from "./format";

/** The one row of tabs: arrows move, the chosen one is in the address. */
export function Tabs({ label, value, choose, tabs }: { label: string; value: string; choose: (tab: string) => void; tabs: Array<[id: string, word: string, count?: number]> }) {
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex(([id]) => id === value);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    choose(next[0]);
    event.currentTarget.querySelector<HTMLElement>(`[data-testid="tab-${next[0]}"]`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={move}>
      {tabs.map(([id, word, number]) => (
        <button key={id} type="button" role="tab" aria-selected={id === value} tabIndex={id === value ? 0 : -1} onClick={() => choose(id)} data-testid={`tab-${id}`}>
          {word}{number === undefined ? null : <span className="n">{count(number)}</span>}
        </button>
      ))}
    </div>
  );
}
