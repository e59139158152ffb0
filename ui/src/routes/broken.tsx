import type { ErrorComponentProps } from "@tanstack/react-router";

import { asFault } from "@/api/fault";
import { FaultView } from "@/ui/fault";

/** Stands where a page broke. Nothing of the workspace is touched by it. */
export function Broken({ error, reset }: ErrorComponentProps) {
  return <div className="pad"><FaultView of={{ ...asFault(error), now: "Try again. Runs are not touched by it: they go on." }} retry={reset} /></div>;
}
