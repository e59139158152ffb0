import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Fault } from "@/api/types";
import { FaultView } from "./fault";
import { Loading } from "./parts";

/** A reply, or what stands for it while it is not there: grey cells the first time, a fault with a way to try again. */
export function Shown<T>({ of, children, rows }: { of: UseQueryResult<T, Fault>; children: (value: T) => ReactNode; rows?: number }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <div className="pad"><FaultView of={of.error} retry={() => void of.refetch()} /></div>;
  return <Loading rows={rows} />;
}
