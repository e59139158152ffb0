import { Pause, Play, RotateCcw, X } from "lucide-react";
import { useState } from "react";

import type { RunSelect } from "@/api/types";
import { count, plural } from "@/ui/format";
import { Button } from "@/ui/parts";
import { type WholeAct, WholeActDialog, theseRuns } from "./acts";

interface Props {
  chosen: string[] | "all";
  /** How many match the filter. */
  total: number;
  /** All that match the filter. */
  all: RunSelect;
  choose: (chosen: string[] | "all") => void;
}

/** In place of the filters while runs are chosen: how many, and what can be done with them. */
export function RunsBar({ chosen, total, all, choose }: Props) {
  const [asks, setAsks] = useState<WholeAct>();
  const close = () => setAsks(undefined);
  const select = chosen === "all" ? all : theseRuns(chosen);
  return (
    <div className="toolbar" role="toolbar" aria-label="Chosen runs" data-testid="runs-bar">
      <span className="med nowrap">{chosen === "all" ? `All ${plural(total, "run")} that match` : `${plural(chosen.length, "run")} chosen`}</span>
      {chosen === "all" || total <= chosen.length ? null : <Button kind="quiet" small onClick={() => choose("all")} testid="runs-all">All {count(total)} that match</Button>}
      <span className="grow" />
      <Button onClick={() => setAsks("retry")} testid="runs-retry"><RotateCcw aria-hidden />Retry…</Button>
      <Button onClick={() => setAsks("pause")} testid="runs-pause"><Pause aria-hidden />Pause…</Button>
      <Button onClick={() => setAsks("resume")} testid="runs-resume"><Play aria-hidden />Resume…</Button>
      <Button onClick={() => setAsks("cancel")} testid="runs-cancel">Cancel…</Button>
      <Button onClick={() => setAsks("cut")} testid="runs-cut">Cut off…</Button>
      <button type="button" className="iconbtn" aria-label="Choose none" data-close onClick={() => choose([])} data-testid="runs-none"><X size={16} aria-hidden /></button>
      {asks ? <WholeActDialog of={asks} select={select} close={close} /> : null}
    </div>
  );
}
