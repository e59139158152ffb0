// Queries and changes, keyed by operation and arguments.

import { QueryClient, keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { call } from "../platform";
import { invalidate } from "./live";
import { tagsOf } from "./types";
import type { Fault, OperationName, Operations } from "./types";

/** Arguments of an operation. */
export type Args<O extends OperationName> = Operations[O]["args"];
/** Reply of an operation. */
export type Reply<O extends OperationName> = Operations[O]["reply"];

/** A client that asks again only when an event or a change says that a reply is stale. */
export function newClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: Infinity, gcTime: 60_000, retry: false, refetchOnWindowFocus: false, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });
}

/** How a read is asked and kept. */
export function read<O extends OperationName>(op: O, args: Args<O>) {
  return queryOptions<Reply<O>, Fault>({ queryKey: [op, args], queryFn: () => call(op, args) });
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
    mutationFn: (args) => call(op, args),
    onSuccess: (reply, args) => {
      invalidate(client, tagsOf(op, args));
      done?.(reply, args);
    },
  });
}
