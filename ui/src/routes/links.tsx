import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A link to a run, and to a task run in it. */
export function RunLink({ run, task, index, className = "link", children }: { run: string; task?: string | null; index?: number | null; className?: string; children: ReactNode }) {
  return <Link to="/runs/$run" params={{ run }} search={{ tab: undefined, task: task ?? undefined, index: index ?? undefined }} className={className}>{children}</Link>;
}

/** A link to a dataset. */
export function DatasetLink({ pid, className = "link", children }: { pid: string; className?: string; children: ReactNode }) {
  return <Link to="/datasets/$pid" params={{ pid }} search={{ tab: undefined }} className={className}>{children}</Link>;
}
