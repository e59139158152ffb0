import "@/styles/yaml.css";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";

import { yamlLines } from "./yaml";

const HEIGHT = 20;
/** A longer file is drawn line by line as it is scrolled. */
const WHOLE = 2000;

/** A YAML file: numbered lines, what is what by colour and weight. */
export function Yaml({ source, label, testid }: { source: string; label: string; testid?: string }) {
  const lines = useMemo(() => yamlLines(source), [source]);
  const box = useRef<HTMLPreElement>(null);
  const list = useVirtualizer({ count: lines.length > WHOLE ? lines.length : 0, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 40, initialRect: { width: 1000, height: 640 } });
  const shown = lines.length > WHOLE ? list.getVirtualItems() : lines.map((_, index) => ({ index, start: index * HEIGHT }));
  return (
    // What scrolls must take the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className="flowsource yaml mono sel" ref={box} tabIndex={0} aria-label={label} data-testid={testid}>
      <span className="lines" style={lines.length > WHOLE ? { height: list.getTotalSize() } : undefined}>
        {shown.map(({ index, start }) => (
          <span key={index} className="line" style={lines.length > WHOLE ? { position: "absolute", top: start } : undefined}>
            <i data-line={index + 1} />
            {lines[index]?.map(({ at, kind, text }) => (kind ? <b key={at} className={`y-${kind}`}>{text}</b> : text))}{"\n"}
          </span>
        ))}
      </span>
    </pre>
  );
}
