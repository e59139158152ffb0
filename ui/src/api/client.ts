// Queries and changes, keyed by operation and arguments.

import { QueryClient, keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { host } from "@/platform";
import { asFault } from "./fault";
import { invalidate } from "./live";
import { tagsOf } from "./types";
import type { Fault, OperationName, Operations } from "./types";

/** What may be null may be left out: both say nothing. */
type Loose<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & { [K in keyof T as null extends T[K] ? K : never]?: T[K] };
/** Arguments of an operation. */
export type Args<O extends OperationName> = Loose<Operations[O]["args"]>;
/** Reply of an operation. */
export type Reply<O extends OperationName> = Operations[O]["reply"];

/** A client that asks again only when an event or a change says that a reply is stale. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: Infinity, gcTime: 60_000, retry: false, refetchOnWindowFocus: false, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });
}

/** Asks the workspace; throws a `Fault`, whatever went wrong. */
export async function ask<O extends OperationName>(op: O, args: Args<O>): Promise<Reply<O>> {
  try {
    return await host().call(op, args as Operations[O]["args"]);
  } catch (thrown) {
    throw asFault(thrown);
  }
}

/** Under which key a read is kept. */
export const keyOf = <O extends OperationName>(op: O, args: Args<O>) => [op, args] as const;

/** How a read is asked and kept. */
export function read<O extends OperationName>(op: O, args: Args<O>) {
  return queryOptions<Reply<O>, Fault>({ queryKey: keyOf(op, args), queryFn: () => ask(op, args) });
}

/** A read; while new arguments are on their way, the old reply stays. */
export function useRead<O extends OperationName>(op: O, args: Args<O>, enabled = true) {
  return useQuery({ ...read(op, args), enabled, placeholderData: keepPreviousData });
}

/** A read that must never show the reply of other arguments. */
export function useReadExact<O extends OperationName>(op: O, args: Args<O>, enabled = true) {
  return useQuery({ ...read(op, args), enabled });
}

/** A change; what it makes stale is asked again. */
export function useWrite<O extends OperationName>(op: O, done?: (reply: Reply<O>, args: Args<O>) => void) {
  const client = useQueryClient();
  return useMutation<Reply<O>, Fault, Args<O>>({
    mutationFn: (args) => ask(op, args),
    onSuccess: (reply, args) => {
      invalidate(client, tagsOf(op, args as Operations[O]["args"]));
      done?.(reply, args);
    },
  });
}

export { follow } from "./live";
