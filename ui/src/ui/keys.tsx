import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { Dialog } from "./dialog";

const PAGES: Record<string, "/" | "/datasets" | "/upload" | "/flows" | "/runs" | "/transfers" | "/storage" | "/settings" | "/variables" | "/limits" | "/audit" | "/schedules" | "/connections" | "/browse"> = {
  o: "/", d: "/datasets", u: "/upload", f: "/flows", r: "/runs", t: "/transfers", s: "/storage", e: "/settings", v: "/variables", l: "/limits", a: "/audit", c: "/schedules", n: "/connections", b: "/browse",
};
/** Within this time after G a letter goes to its page. Milliseconds. */
const CHORD = 1500;

const typing = (event: KeyboardEvent) => event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog") !== null;

function focusFirst(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.focus();
  return found !== null;
}

/** What a key does outside of a field; whether it did anything. */
function plainKey(key: string, help: () => void): boolean {
  switch (key) {
    case "/": return focusFirst("[data-filter]");
    case "?": help(); return true;
    case "j": case "k": case "ArrowDown": case "ArrowUp":
      return document.activeElement === document.body && focusFirst('.trow[tabindex="0"]');
    case "r": { const button = document.querySelector<HTMLElement>('[data-testid="task-retry"], [data-testid="run-retry"]'); button?.click(); return button !== null; }
    case "Escape": { const close = document.querySelector<HTMLElement>("[data-close]"); close?.click(); return close !== null; }
    default: return false;
  }
}

/** The keys of the whole window. */
export function Keys({ palette }: { palette: () => void }) {
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const chord = useRef(0);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        palette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event)) return;
      const to = event.timeStamp - chord.current < CHORD ? PAGES[event.key] : undefined;
      chord.current = event.key === "g" ? event.timeStamp : 0;
      if (to) void navigate({ to });
      if (to ?? plainKey(event.key, () => setHelp(true))) event.preventDefault();
    };
    window.addEventListener("keydown", hear);
    const show = () => setHelp(true);
    window.addEventListener("longshore-help", show);
    return () => { window.removeEventListener("keydown", hear); window.removeEventListener("longshore-help", show); };
  }, [navigate, palette]);
  return help ? <Help close={() => setHelp(false)} /> : null;
}

const LINES: Array<[string[], string]> = [
  [["Ctrl", "K"], "find a dataset, run or file, or go to a page"], [["G", "then O D U F C R T S B N V L A E"], "overview, datasets, upload, flows, schedules, runs, transfers, storage, browse, connections, variables, limits, audit log, settings"],
  [["/"], "filter this page"], [["J", "K"], "next and previous row; arrows do too"], [["Enter"], "open the row"], [["Space"], "choose the row"],
  [["Arrows"], "in the graph: along its edges; on a grip in a table's head: its width"], [["R"], "preview of a retry"], [["Esc"], "close the innermost"], [["?"], "this list"],
];

function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close} testid="help">
      <dl className="keylist">{LINES.map(([keys, text]) => <div key={text}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{text}</dd></div>)}</dl>
      <div className="acts"><button type="button" className="btn" onClick={close}>Close</button></div>
    </Dialog>
  );
}
