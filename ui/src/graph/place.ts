// Where nodes lie, in pixels. Rust gives columns and rows from the structure alone; here only sizes come in, and they change when
// the operator opens a node, never with progress.

import type { Graph, GraphNode } from "@/api/types";

/** A node's box. */
export interface Box { x: number; y: number; width: number; height: number }

/** Cells of an opened node in one line, and the most it shows. */
export const CELLS_IN_LINE = 12;
/** Cells beyond these are told as a number. */
export const MOST_CELLS = 60;

const WIDTH = 224;
const MAPPED_WIDTH = 320;
const HEIGHT = 48;
const MAPPED_HEIGHT = 72;
/** A closed group. */
const GROUP_HEIGHT = 64;
const CELL_HEIGHT = 30;
/** The run below a task, in its opened node; a longer one scrolls. */
const CHILD_HEIGHT = 112;
const BETWEEN_COLUMNS = 40;
const BETWEEN_ROWS = 36;

function heightOf(node: GraphNode, opened: ReadonlyMap<string, number>): number {
  if (node.uses === "group") return GROUP_HEIGHT;
  if (!node.mapped) return node.uses === "flow.run" && opened.has(node.id) ? HEIGHT + CHILD_HEIGHT : HEIGHT;
  const cells = opened.get(node.id);
  if (cells === undefined) return MAPPED_HEIGHT;
  const lines = Math.max(1, Math.ceil(Math.min(cells, MOST_CELLS) / CELLS_IN_LINE));
  return MAPPED_HEIGHT + lines * CELL_HEIGHT + (cells > MOST_CELLS ? 18 : 0);
}

/** The box of every node. `opened` says how many cells an opened node shows. */
export function place(graph: Graph, opened: ReadonlyMap<string, number>): Map<string, Box> {
  const column = Math.max(WIDTH, ...graph.nodes.map((node) => (node.mapped ? MAPPED_WIDTH : WIDTH))) + BETWEEN_COLUMNS;
  const tops = new Map<number, number>();
  let top = 0;
  for (const row of [...new Set(graph.nodes.map((node) => node.y))].toSorted((a, b) => a - b)) {
    tops.set(row, top);
    top += Math.max(...graph.nodes.filter((node) => node.y === row).map((node) => heightOf(node, opened))) + BETWEEN_ROWS;
  }
  return new Map(graph.nodes.map((node) => {
    const width = node.mapped ? MAPPED_WIDTH : WIDTH;
    return [node.id, { x: node.x * column - width / 2, y: tops.get(node.y) ?? 0, width, height: heightOf(node, opened) }];
  }));
}

/** The node that an arrow key leads to: along an edge up and down, else the nearest in the same row. */
export function neighbour(graph: Graph, from: string, key: string): string | undefined {
  if (key === "ArrowDown") return graph.edges.find((edge) => edge.from === from)?.to;
  if (key === "ArrowUp") return graph.edges.find((edge) => edge.to === from)?.from;
  const here = graph.nodes.find((node) => node.id === from);
  const side = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  if (!here || side === 0) return undefined;
  return graph.nodes
    .filter((node) => node.y === here.y && (node.x - here.x) * side > 0)
    .toSorted((a, b) => (a.x - b.x) * side)[0]?.id;
}
