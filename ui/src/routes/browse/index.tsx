import "@/styles/browse.css";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type PointerEvent, useCallback, useEffect, useRef, useState } from "react";

import { useRead } from "@/api/client";
import { plural } from "@/ui/format";
import { Bar, Head, Name, State } from "@/ui/parts";
import { RunLink } from "../links";
import { shapeOfRun } from "../shape";
import { CopyDialog, DeleteDialog, DetailsDialog, NameDialog } from "./acts";
import { type Act, type Chosen, Pane, type Side } from "./pane";

const route = getRouteApi("/browse");

/** A pointer that has moved this far from where it was pressed drags. Pixels. */
const FAR = 6;

interface Drag { of: Chosen; from: Side; x: number; y: number; at: { x: number; y: number } | undefined; over: Side | undefined }

/**
 * What is dragged from one pane to the other. Not the browser's own dragging: the shell takes that for files from outside.
 */
function useDrag(drop: (of: Chosen, to: Side) => void) {
  const [drag, setDrag] = useState<Drag>();
  const now = useRef<Drag>(undefined);
  const on = drag !== undefined;
  useEffect(() => {
    if (!on) return;
    const put = (next: Drag | undefined) => { now.current = next; setDrag(next); };
    const move = (event: globalThis.PointerEvent) => {
      const old = now.current;
      if (!old || (!old.at && Math.hypot(event.clientX - old.x, event.clientY - old.y) < FAR)) return;
      event.preventDefault();
      const side = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-side]")?.dataset["side"] as Side | undefined;
      put({ ...old, at: { x: event.clientX, y: event.clientY }, over: side === old.from ? undefined : side });
    };
    const end = (event: globalThis.PointerEvent) => {
      const old = now.current;
      put(undefined);
      if (event.type === "pointerup" && old?.over) drop(old.of, old.over);
      // The click that ends a drag opens nothing.
      if (old?.at) window.addEventListener("click", (click) => { click.stopPropagation(); click.preventDefault(); }, { capture: true, once: true });
    };
    const stop = (event: KeyboardEvent) => { if (event.key === "Escape") put(undefined); };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    window.addEventListener("keydown", stop);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      window.removeEventListener("keydown", stop);
    };
  }, [on, drop]);
  const begin = (from: Side) => (of: Chosen, event: PointerEvent) => {
    if (event.button !== 0) return;
    now.current = { of, from, x: event.clientX, y: event.clientY, at: undefined, over: undefined };
    setDrag(now.current);
  };
  return { drag, begin };
}

/** Names that can be chosen: the storages, and what connections lead to. */
function usePlaces(): string[] {
  const storages = useRead("storage.list", {});
  const connections = useRead("connection.list", {});
  return [...(storages.data ?? []).map(({ name }) => name), ...(connections.data ?? []).filter(({ usable }) => usable).map(({ id }) => id)];
}

/** Two places side by side: what lies there, copied from one to the other, renamed, deleted. */
export function Browse() {
  const { left = "landing:", right = "lts:" } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const places = usePlaces();
  const [does, setDoes] = useState<{ act: Act; side: Side; of: Chosen }>();
  const [runs, setRuns] = useState<string[]>([]);
  const at = { left, right };
  const drop = useCallback((of: Chosen, to: Side) => setDoes({ act: "copy", side: to === "left" ? "right" : "left", of }), []);
  const { drag, begin } = useDrag(drop);
  const again = useCallback(() => void client.invalidateQueries({ queryKey: ["browse"] }), [client]);
  const done = (started: string[]) => { setRuns((old) => [...started, ...old]); again(); };
  const close = () => setDoes(undefined);
  const pane = (side: Side) => (
    <Pane
      key={`${side} ${at[side]}`} side={side} location={at[side]} places={places} target={drag?.over === side} drag={begin(side)}
      go={(to) => void navigate({ search: (old) => ({ ...old, [side]: to }) })} act={(act, of) => setDoes({ act, side, of })}
    />
  );
  return (
    <>
      <Head title="Browse" />
      <div className="md browsemd">{pane("left")}{pane("right")}</div>
      {runs.length > 0 ? <Started runs={runs} ended={again} /> : null}
      {drag?.at ? <div className="dragged" style={{ left: drag.at.x + 12, top: drag.at.y + 12 }}>{drag.of.rows.length === 1 ? <Name of={drag.of.rows[0]?.name ?? ""} most={40} /> : plural(drag.of.rows.length, "name")}</div> : null}
      {does?.act === "copy" ? <CopyDialog of={does.of} to={at[does.side === "left" ? "right" : "left"]} close={close} done={done} /> : null}
      {does?.act === "delete" ? <DeleteDialog of={does.of} close={close} done={done} /> : null}
      {does?.act === "rename" || does?.act === "folder" ? <NameDialog of={does.of} close={close} done={done} /> : null}
      {does?.act === "details" ? <DetailsDialog of={does.of} close={close} /> : null}
    </>
  );
}

/** Runs that were started from here, while the page is open. */
function Started({ runs, ended }: { runs: string[]; ended: () => void }) {
  return <section className="browse-runs" aria-label="Started from here" data-testid="browse-runs">{runs.slice(0, 4).map((run) => <StartedRun key={run} run={run} ended={ended} />)}{runs.length > 4 ? <p className="t3 small">and {plural(runs.length - 4, "more")} on the page of transfers</p> : null}</section>;
}

function StartedRun({ run, ended }: { run: string; ended: () => void }) {
  const detail = useRead("run.show", { run });
  const over = detail.data !== undefined && detail.data.run.ended_at !== null;
  useEffect(() => { if (over) ended(); }, [over, ended]);
  if (!detail.data) return null;
  const { run: row } = detail.data;
  return (
    <div className="row gap-3">
      <State of={shapeOfRun(row)} />
      <RunLink run={run}>{row.flow}</RunLink><span className="grow cut"><Name of={row.title} most={80} /></span>
      <div className="browse-bar"><Bar done={over && row.state === "success" ? 1 : row.progress.bytes} total={over && row.state === "success" ? 1 : row.progress.bytes_total} state={shapeOfRun(row)} /></div>
    </div>
  );
}
