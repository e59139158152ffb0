import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

import { type Grip, useWidths } from "./widths";

/** A column: its head, its width as a grid track, and its cell. */
export interface Column<T> {
  head: string;
  width: string;
  number?: boolean;
  /** Its head is for screen readers alone. */
  hidden?: boolean;
  /** By which word the backend sorts it, if it does. */
  sort?: string;
  cell: (row: T) => ReactNode;
}

/** By what a list is sorted. */
export interface Order { by: string; ascending: boolean }

interface Props<T> {
  label: string;
  columns: Column<T>[];
  /** How many rows there are in all. */
  total: number;
  /** The row at an index, if it was fetched. */
  at: (index: number) => T | undefined;
  keyOf: (row: T) => string;
  /** Told which rows are in sight, to fetch them. */
  onRange?: (first: number, last: number) => void;
  onOpen?: (row: T) => void;
  selected?: string;
  order?: Order | undefined;
  /** Told when another order is wanted: a click on the head, the other way round with a second one. */
  onOrder?: (order: Order) => void;
  dense?: boolean;
  /** As high as its rows: for a few rows above something else. */
  fit?: boolean;
  empty?: ReactNode;
  testid?: string;
}

/** The one table: virtual rows, sticky head, arrows or J and K to move, Enter to open. */
export function Table<T>({ label, columns, total, at, keyOf, onRange, onOpen, selected, order, onOrder, dense, fit, empty, testid }: Props<T>) {
  const body = useRef<HTMLDivElement>(null);
  const height = dense ? 26 : 32;
  const rows = useVirtualizer({ count: total, getScrollElement: () => body.current, estimateSize: () => height, overscan: 12, initialRect: { width: 1000, height: 640 } });
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
  const widths = useWidths(label);
  const template = { gridTemplateColumns: columns.map((column) => widths.track(column.head, column.width)).join(" ") };
  const move = (event: KeyboardEvent<HTMLDivElement>, index: number) => {
    if (event.key === " ") {
      const box = event.currentTarget.querySelector<HTMLInputElement>('input[type="checkbox"]');
      if (box && event.target !== box) { event.preventDefault(); box.click(); }
      return;
    }
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(total - 1, index + step));
    rows.scrollToIndex(next);
    body.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
  };
  if (total === 0 && empty) return <>{empty}</>;
  return (
    <div className={`table${dense ? " dense" : ""}${fit ? " fit" : ""}`} role="table" aria-label={label} aria-rowcount={total + 1} data-testid={testid}>
      <div className="thead" role="row" style={template}>
        {columns.map((column) => <HeadCell key={column.head} column={column} order={order} onOrder={onOrder} grip={widths.grip(column.head)} first={column === columns.find(({ hidden }) => !hidden)} />)}
      </div>
      <div className="tbody" role="rowgroup" ref={body}>
        <div role="presentation" style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = at(index);
            const key = row === undefined ? `missing-${index}` : keyOf(row);
            return (
              <div
                key={key} role="row" className="trow" data-go={onOpen ? "" : undefined} data-index={index} data-testid="row" data-key={key} aria-rowindex={index + 2}
                aria-selected={selected === undefined ? undefined : selected === key} tabIndex={index === first || selected === key ? 0 : -1}
                // Not `transform`: WebKit then draws each row as a layer of its own, and a page of them takes half a second.
                style={{ ...template, top: start }}
                onClick={() => row !== undefined && onOpen?.(row)}
                onKeyDown={(event) => (event.key === "Enter" && row !== undefined ? onOpen?.(row) : move(event, index))}
              >
                {columns.map((column) => (
                  <div key={column.head} role="cell" className={column.number ? "num" : undefined}>{row === undefined ? <span className="t3">…</span> : column.cell(row)}</div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadProps<T> { column: Column<T>; order: Order | undefined; onOrder: ((order: Order) => void) | undefined; grip: Grip; first: boolean }

function HeadCell<T>({ column, order, onOrder, grip, first }: HeadProps<T>) {
  const { head, sort, number, hidden } = column;
  const own = sort !== undefined && order?.by === sort ? order : undefined;
  if (hidden) return <span role="columnheader"><span className="sr">{head}</span></span>;
  const Arrow = own?.ascending ? ArrowUp : ArrowDown;
  return (
    <span role="columnheader" className={number ? "num" : undefined} aria-sort={own ? (own.ascending ? "ascending" : "descending") : undefined}>
      {sort !== undefined && onOrder
        ? <button type="button" className="sorts" onClick={() => onOrder({ by: sort, ascending: own ? !own.ascending : false })} data-testid={`sort-${sort}`}>{head}{own ? <Arrow size={11} aria-hidden /> : null}</button>
        : head}
      {/* A separator that takes the keyboard is a control: its arrows change the width. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex */}
      <span className="grip" role="separator" aria-orientation="vertical" aria-label={`Width of ${head}`} tabIndex={first ? 0 : -1} {...grip} />
    </span>
  );
}
