// What other engines say of their runs: asked gently, never concluded from silence.

import { type UseQueryResult, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Args, type Reply, ask, read, useRead } from "@/api/client";
import type { Fault, OperationName, RemoteRunRow, RemoteSaid } from "@/api/types";
import type { Shape } from "@/ui/parts";

/** An engine elsewhere: the connection that leads to it, and what it is. */
export interface Engine { id: string; kind: string }

/** Kinds of connections that lead to an engine, by their title. */
const KINDS: Record<string, string> = { airflow: "Airflow", prefect: "Prefect" };

/** Engines that connections of this workspace lead to; nothing until the connections are known. */
export function useEngines(): Engine[] | undefined {
  const { data } = useRead("connection.list", {});
  return data?.flatMap(({ id, kind, problem }) => (kind in KINDS && problem === null ? [{ id, kind: KINDS[kind] ?? kind }] : []));
}

/** How often an engine is asked while something moves there, and while nothing does. Milliseconds. */
const MOVING = 5000;
const STILL = 30_000;
/** How seldom it is asked at most, when it does not answer. */
const SELDOM = 300_000;

/** What is known of a question when it is asked again. */
export interface Asked { status: string; dataUpdatedAt: number; errorUpdatedAt: number; errorUpdateCount: number }

/** In how many milliseconds an engine is asked again: one that is silent after as long as it has been silent for, so that the pause doubles. */
export function askAgainIn({ status, dataUpdatedAt, errorUpdatedAt, errorUpdateCount }: Asked, usual: number): number {
  if (status !== "error") return usual;
  const silent = dataUpdatedAt > 0 ? errorUpdatedAt - dataUpdatedAt : usual * 2 ** Math.min(errorUpdateCount, 10);
  return Math.min(SELDOM, Math.max(usual, silent));
}

/** A state at which nothing moves any more by itself. */
const RESTS = new Set(["success", "failed", "upstream_failed", "skipped", "cancelled", "paused"]);

/** Whether a run there is on its way. */
export const moves = ({ state }: { state: string }): boolean => !RESTS.has(state) && state !== "scheduled";

/** How a question to an engine is asked: again and again, while the window is seen. */
function asked<O extends OperationName>(op: O, args: Args<O>, moving: (reply: Reply<O>) => boolean) {
  return {
    ...read(op, args), staleTime: MOVING,
    refetchInterval: ({ state }: { state: Asked & { data: Reply<O> | undefined } }) => askAgainIn(state, state.data !== undefined && moving(state.data) ? MOVING : STILL),
  };
}

/** A question to one engine, asked again by itself. */
export function useAsked<O extends OperationName>(op: O, args: Args<O>, moving: (reply: Reply<O>) => boolean, enabled = true): UseQueryResult<Reply<O>, Fault> {
  return useQuery({ ...asked(op, args, moving), enabled });
}

/** Runs that one engine is asked for: the newest. */
export const NEWEST = 100;

/** What each engine says of its newest runs, in the order of the engines. */
export function useAllRuns(engines: Engine[]): UseQueryResult<RemoteSaid<RemoteRunRow[]>, Fault>[] {
  return useQueries({ queries: engines.map(({ id }) => asked("remote.runs", { connection: id, limit: NEWEST }, ({ said }) => said.some(moves))) });
}

/** How an engine is asked for its flows. */
export const askFlows = (connection: string) => asked("remote.flows", { connection }, () => false);

/** How seldom the names of flows are asked for anew. Milliseconds. */
const NAMES = 600_000;

/** How an engine calls a flow: Prefect knows its deployments by ids that nobody reads. The id, while the name is not known. */
export function useFlowNames(engines: Engine[]): (connection: string, flow: string) => string {
  const told = useQueries({ queries: engines.map(({ id }) => ({ ...read("remote.flows", { connection: id }), staleTime: NAMES })) });
  const names = new Map(engines.map(({ id }, at) => [id, new Map(told[at]?.data?.said.map((flow) => [flow.id, flow.title]))]));
  return (connection, flow) => names.get(connection)?.get(flow) ?? flow;
}

/** A change at an engine; after it the engine is asked anew what became of it. */
export function useEngineWrite<O extends OperationName>(op: O, connection: string, done: (reply: Reply<O>) => void) {
  const client = useQueryClient();
  return useMutation<Reply<O>, Fault, Args<O>>({
    mutationFn: (args) => ask(op, args),
    onSuccess: (reply) => {
      void client.invalidateQueries({ predicate: ({ queryKey: [name, args] }) => String(name).startsWith("remote.") && name !== "remote.params" && (args as { connection?: string }).connection === connection });
      done(reply);
    },
  });
}

/** A key made once for a form: sent twice, it starts one run. Airflow calls the run so, thus it says when. */
export const useKey = (): string => useState(() => `longshore__${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z_${crypto.randomUUID().slice(0, 8)}`)[0];

const SHAPES: readonly string[] = ["none", "scheduled", "queued", "running", "deferred", "up_for_retry", "paused", "success", "failed", "upstream_failed", "skipped", "cancelled"] satisfies Shape[];

/** The shape and word of a state there. A word that is new to Longshore is shown as the engine said it, with the shape of nothing known. */
export function shapeOf({ state, said }: { state: string; said: string }): [Shape, string | undefined] {
  return SHAPES.includes(state) ? [state as Shape, undefined] : ["none", said];
}
