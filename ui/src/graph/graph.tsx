import "@xyflow/react/dist/base.css";
import "@/styles/graph.css";
import "@/styles/graph-find.css";
import { type Edge, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { Map as MapIcon, Maximize, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import type { Graph, TaskRow } from "@/api/types";
import { GraphActs } from "./acts";
import { Find, type Sought, found } from "./find";
import { type BoxNode, BoxView, type GroupNode, GroupView } from "./group-view";
import { boxesAround, drawn, folded, groupOf } from "./groups";
import { type TaskNode, TaskView } from "./node";
import { type Box, neighbour, place } from "./place";

interface Props {
  graph: Graph;
  /** Tasks of a run; without them the graph shows the structure alone. */
  tasks?: TaskRow[];
  run?: string;
  task?: string | undefined;
  index?: number | undefined;
  onChoose: (task: string, index: number | undefined) => void;
}

const types = { task: TaskView, closed: GroupView, box: BoxView };
const fit = { padding: 0.12, maxZoom: 1.3, minZoom: 0.2 };

/** The graph of a flow or a run. Where nodes lie depends on the structure alone; states are merged in by a map. */
export function FlowGraph(props: Props) {
  return <ReactFlowProvider><Canvas {...props} /></ReactFlowProvider>;
}

function useOpened(tasks: TaskRow[] | undefined) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const sizes = (tasks ?? []).filter((row) => open.has(row.id)).map((row) => `${row.id}:${row.expanded ?? 0}`).join(" ");
  const opened = useMemo(() => new Map(sizes.split(" ").filter(Boolean).map((pair) => {
    const at = pair.lastIndexOf(":");
    return [pair.slice(0, at), Number(pair.slice(at + 1))] as const;
  })), [sizes]);
  const toggle = (task: string) => setOpen((old) => {
    const next = new Set(old);
    if (!next.delete(task)) next.add(task);
    return next;
  });
  return { opened, toggle };
}

type AnyNode = TaskNode | GroupNode | BoxNode;

function nodesOf({ graph: whole, tasks, run, task, index }: Props, graph: Graph, boxes: ReturnType<typeof place>, opened: ReadonlyMap<string, number>, ids: ReadonlySet<string> | undefined): AnyNode[] {
  const rows = new Map(tasks?.map((row) => [row.id, row]));
  const nodes = graph.nodes.map((node): AnyNode => {
    const { x, y, width, height } = boxes.get(node.id) ?? { x: 0, y: 0, width: 0, height: 0 };
    const at = { id: node.id, position: { x, y }, width, height, className: ids ? (ids.has(node.id) ? "found" : "faded") : "" };
    const group = groupOf(node.id);
    if (group === undefined) return { ...at, type: "task", data: { node, row: rows.get(node.id), run, opened: opened.has(node.id), chosen: node.id === task, index: node.id === task ? index : undefined } };
    const members = whole.nodes.filter((one) => one.group === group).map((one) => one.id);
    return { ...at, type: "closed", data: { group, tasks: members.length, rows: tasks && members.flatMap((id) => rows.get(id) ?? []) } };
  });
  const around = [...boxesAround(graph, boxes)].map(([group, { x, y, width, height }]): BoxNode => ({ id: `box ${group}`, type: "box", position: { x, y }, width, height, zIndex: -1, data: { group } }));
  return [...around, ...nodes];
}

function edgesOf({ tasks }: Props, graph: Graph): Edge[] {
  const states = new Map(tasks?.map((row) => [row.id, row.state]));
  const last = new Set(graph.nodes.filter((node) => node.role !== "task").map((node) => node.id));
  return graph.edges.map(({ from, to }) => ({
    id: `${from} ${to}`, source: from, target: to, focusable: false,
    className: `${states.get(from) === "success" ? "ok" : ""}${last.has(to) ? " dash" : ""}`,
  }));
}

/** Where nodes lie: worked out again only for another structure (its key tells) or an opened node. */
function useBoxes(graph: Graph, opened: ReadonlyMap<string, number>) {
  const [structure, setStructure] = useState(graph);
  if (structure.key !== graph.key) setStructure(graph);
  return useMemo(() => place(structure, opened), [structure, opened]);
}

/** Fits the graph when its structure, an opened node or the canvas changes; not once the operator has moved it, until asked to. */
function useFit(canvas: React.RefObject<HTMLDivElement | null>, boxes: unknown) {
  const { fitView } = useReactFlow();
  const [moved, setMoved] = useState(false);
  const fitted = useRef(boxes);
  useEffect(() => {
    if (moved || !canvas.current) return undefined;
    if (fitted.current !== boxes) void fitView(fit);
    fitted.current = boxes;
    if (typeof ResizeObserver === "undefined") return undefined;
    const watch = new ResizeObserver(() => void fitView(fit));
    watch.observe(canvas.current);
    return () => watch.disconnect();
  }, [boxes, canvas, fitView, moved]);
  const refit = () => {
    setMoved(false);
    void fitView(fit);
  };
  return { onMoved: () => setMoved(true), refit };
}

/** Brings a node into the middle: always, or only if a part of it is out of sight. */
function useCentre(canvas: React.RefObject<HTMLDivElement | null>, boxes: ReadonlyMap<string, Box>, onMoved: () => void) {
  const { getViewport, setCenter } = useReactFlow();
  return (id: string, always: boolean) => {
    const box = boxes.get(id);
    const size = canvas.current?.getBoundingClientRect();
    if (!box || !size) return;
    const { x, y, zoom } = getViewport();
    const [left, top] = [box.x * zoom + x, box.y * zoom + y];
    if (!always && left >= 0 && top >= 0 && left + box.width * zoom <= size.width && top + box.height * zoom <= size.height) return;
    onMoved();
    void setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: Math.max(zoom, 0.7) });
  };
}

/** From so many nodes on the map is shown without being asked for. */
const LARGE = 16;

function Canvas(props: Props) {
  const { graph: whole, tasks, onChoose } = props;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const graph = useMemo(() => folded(drawn(whole), closed), [whole, closed]);
  const fold = (group: string) => setClosed(new Set(closed.has(group) ? [...closed].filter((one) => one !== group) : [...closed, group]));
  const canvas = useRef<HTMLDivElement>(null);
  const { opened, toggle } = useOpened(tasks);
  const boxes = useBoxes(graph, opened);
  const { onMoved, refit } = useFit(canvas, boxes);
  const centre = useCentre(canvas, boxes, onMoved);
  const { zoomIn, zoomOut } = useReactFlow();
  const [map, setMap] = useState(whole.nodes.length >= LARGE);
  const [sought, setSought] = useState<Sought>({ text: "", at: 0 });
  const ids = useMemo(() => found(whole, graph, sought.text), [whole, graph, sought.text]);
  const seek = (next: Sought) => {
    setSought(next);
    const id = found(whole, graph, next.text)[next.at];
    if (id !== undefined) centre(id, true);
  };
  const go = (id: string) => {
    canvas.current?.querySelector<HTMLElement>(`[data-testid="node-${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    centre(id, false);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "+" || event.key === "=") { onMoved(); void zoomIn(); }
    else if (event.key === "-") { onMoved(); void zoomOut(); }
    else if (event.key === "0") refit();
    else return;
    event.preventDefault();
  };
  const move = (event: KeyboardEvent, task: string) => {
    const next = neighbour(graph, task, event.key);
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  };
  return (
    <GraphActs value={{ choose: onChoose, toggle, fold, move }}>
      {/* Nodes take the keyboard; what they do not use changes the view. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="canvas" ref={canvas} onKeyDown={keys} data-testid="graph">
        <ReactFlow
          nodes={nodesOf(props, graph, boxes, opened, sought.text.trim() ? new Set(ids) : undefined)} edges={edgesOf(props, graph)} nodeTypes={types} fitView fitViewOptions={fit} minZoom={0.2} maxZoom={2}
          nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} disableKeyboardA11y
          proOptions={{ hideAttribution: true }} onMoveStart={(event) => { if (event) onMoved(); }}
        >
          {map ? <MiniMap pannable zoomable ariaLabel="Map of the graph" nodeClassName={mapClass} nodeBorderRadius={3} /> : null}
        </ReactFlow>
        <Find sought={sought} ids={ids} seek={seek} go={go} />
        <Tools refit={refit} map={map} setMap={setMap} />
      </div>
    </GraphActs>
  );
}

/** A node of the map has the colour of its state; a box around a group has none. */
const mapClass = ({ type, data }: AnyNode): string => (type === "task" ? `s-${data.row?.state ?? "none"}` : type === "closed" ? "s-none" : "around");

function Tools({ refit, map, setMap }: { refit: () => void; map: boolean; setMap: (map: boolean) => void }) {
  const { zoomIn, zoomOut } = useReactFlow();
  return (
    <div className="tools" role="toolbar" aria-label="View of the graph">
      <button type="button" className="iconbtn" aria-label="Zoom in" onClick={() => void zoomIn()}><Plus size={14} aria-hidden /></button>
      <button type="button" className="iconbtn" aria-label="Zoom out" onClick={() => void zoomOut()}><Minus size={14} aria-hidden /></button>
      <button type="button" className="iconbtn" aria-label="Fit" onClick={refit} data-testid="graph-fit"><Maximize size={14} aria-hidden /></button>
      <button type="button" className="iconbtn" aria-label="Map of the graph" aria-pressed={map} onClick={() => setMap(!map)} data-testid="graph-map-show"><MapIcon size={14} aria-hidden /></button>
    </div>
  );
}
