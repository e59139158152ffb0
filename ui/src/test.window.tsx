// The whole window over the host in memory, for tests of pages.

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { cleanup, render } from "@testing-library/react";
import axe from "axe-core";
import { afterEach } from "vitest";

import { newQueryClient } from "@/api/client";
import { type Host, useHost } from "@/platform";
import { memoryHost } from "@/platform/memory";
import { newRouter } from "./routes/router";

/** What a page may take to come, on a busy machine. Milliseconds. */
export const patient = { timeout: 8000 };

/** Opens the window at an address. */
export function open(path: string, first = false, host: Host = memoryHost(first)) {
  useHost(host);
  const router = newRouter(createMemoryHistory({ initialEntries: [path] }));
  render(<QueryClientProvider client={newQueryClient()}><RouterProvider router={router as never} /></QueryClientProvider>);
  return router;
}

/** Faults of accessibility. Colours and layout cannot be judged in jsdom; the contrast has its own test. */
export async function violations(): Promise<string[]> {
  const report = await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, "region": { enabled: false } } });
  return report.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

afterEach(cleanup);
