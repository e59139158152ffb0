import { type RouterHistory, createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { Broken } from "./broken";
import { Overview } from "./overview";
import { type DatasetsSearch, datasetState } from "./shape";
import { Window } from "./window";

/** Addresses of the window. Pages that the first look does not need are loaded when they are opened. */
const root = createRootRoute({ component: Window });

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

interface RunsSearch { tab?: string | undefined; flow?: string | undefined; state?: string | undefined; search?: string | undefined; since?: string | undefined; until?: string | undefined; sort?: string | undefined; up?: boolean | undefined }

const runsSearch = (search: Record<string, unknown>): RunsSearch => ({
  ...(search["tab"] === "all" && { tab: "all" }),
  flow: text(search["flow"]), state: text(search["state"]), search: text(search["search"]), since: text(search["since"]), until: text(search["until"]), sort: text(search["sort"]), up: search["up"] === true || undefined,
});

interface AuditSearch { op?: string | undefined; object?: string | undefined; by?: string | undefined; since?: string | undefined; until?: string | undefined }

const auditSearch = (search: Record<string, unknown>): AuditSearch => ({
  op: text(search["op"]), object: text(search["object"]), by: text(search["by"]), since: text(search["since"]), until: text(search["until"]),
});

const routes = [
  createRoute({ getParentRoute: () => root, path: "/", component: Overview }),
  createRoute({ getParentRoute: () => root, path: "/upload", component: lazyRouteComponent(() => import("./upload"), "Upload") }),
  createRoute({
    getParentRoute: () => root, path: "/datasets", component: lazyRouteComponent(() => import("./datasets"), "Datasets"),
    validateSearch: (search: Record<string, unknown>): DatasetsSearch => ({ search: text(search["search"]), state: datasetState(search["state"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/datasets/$pid", component: lazyRouteComponent(() => import("./dataset"), "Dataset"),
    validateSearch: (search: Record<string, unknown>) => ({ tab: text(search["tab"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/works", component: lazyRouteComponent(() => import("./works"), "Works"),
    validateSearch: (search: Record<string, unknown>): { tab?: string | undefined } => ({ tab: text(search["tab"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/flows", component: lazyRouteComponent(() => import("./flows"), "Flows"),
    validateSearch: (search: Record<string, unknown>): { at?: string | undefined } => ({ at: text(search["at"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/flows/$flow", component: lazyRouteComponent(() => import("./flow"), "Flow"),
    validateSearch: (search: Record<string, unknown>): { tab?: string | undefined; a?: string | undefined; b?: string | undefined } => ({ tab: text(search["tab"]), a: text(search["a"]), b: text(search["b"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/schedules", component: lazyRouteComponent(() => import("./schedules"), "Schedules"),
    validateSearch: (search: Record<string, unknown>): { tab?: string | undefined } => ({ tab: text(search["tab"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/runs", component: lazyRouteComponent(() => import("./runs"), "Runs"),
    validateSearch: runsSearch,
  }),
  createRoute({
    getParentRoute: () => root, path: "/runs/$run", component: lazyRouteComponent(() => import("./run"), "Run"),
    validateSearch: (search: Record<string, unknown>) => ({ tab: text(search["tab"]), task: text(search["task"]), index: typeof search["index"] === "number" ? search["index"] : undefined }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/runs/at/$connection/$run", component: lazyRouteComponent(() => import("./remote/run"), "RunThere"),
    validateSearch: (search: Record<string, unknown>): { flow?: string | undefined; tab?: string | undefined; task?: string | undefined } => ({ flow: text(search["flow"]), tab: text(search["tab"]), task: text(search["task"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/transfers", component: lazyRouteComponent(() => import("./transfers"), "Transfers"),
    validateSearch: (search: Record<string, unknown>): { tab?: string | undefined; run?: string | undefined } => ({ tab: text(search["tab"]), run: text(search["run"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/browse", component: lazyRouteComponent(() => import("./browse"), "Browse"),
    validateSearch: (search: Record<string, unknown>): { left?: string | undefined; right?: string | undefined } => ({ left: text(search["left"]), right: text(search["right"]) }),
  }),
  createRoute({ getParentRoute: () => root, path: "/storage", component: lazyRouteComponent(() => import("./storage"), "Storage") }),
  createRoute({
    getParentRoute: () => root, path: "/limits", component: lazyRouteComponent(() => import("./limits"), "Limits"),
    validateSearch: (search: Record<string, unknown>): { limit?: string | undefined } => ({ limit: text(search["limit"]) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/logs", component: lazyRouteComponent(() => import("./logs"), "Logs"),
    validateSearch: (search: Record<string, unknown>): { text?: string | undefined; level?: string | undefined } => ({ text: text(search["text"]), level: text(search["level"]) }),
  }),
  createRoute({ getParentRoute: () => root, path: "/variables", component: lazyRouteComponent(() => import("./variables"), "Variables") }),
  createRoute({ getParentRoute: () => root, path: "/connections", component: lazyRouteComponent(() => import("./connections"), "Connections") }),
  createRoute({ getParentRoute: () => root, path: "/audit", component: lazyRouteComponent(() => import("./audit"), "Audit"), validateSearch: auditSearch }),
  createRoute({ getParentRoute: () => root, path: "/settings", component: lazyRouteComponent(() => import("./settings"), "Settings") }),
] as const;

const routeTree = root.addChildren([...routes]);

/** A router over some history. */
export const newRouter = (history: RouterHistory) => createRouter({ routeTree, history, defaultPreload: "intent", defaultErrorComponent: Broken });

/** The router of the window, over the hash: the shell serves one page. */
export const router = newRouter(createHashHistory());

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}
