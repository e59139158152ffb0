import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { ArrowUpDown, Braces, Cable, CalendarClock, CircleHelp, Columns2, Database, HardDrive, LayoutDashboard, Library, ListTree, RectangleEllipsis, ScrollText, Search, Settings, Upload, Workflow } from "lucide-react";
import { Suspense } from "react";

import { useRead } from "@/api/client";
import type { Overview } from "@/api/types";
import { ConnectionLost, useConnected } from "./connection";
import { count, moment, size, utc, zone } from "./format";
import { Notices } from "./notices";
import { Loading, State } from "./parts";
import { ProfileChip, profileColour } from "./profile";

const groups = [
  [["/", "Overview", LayoutDashboard], ["/datasets", "Datasets", Database], ["/upload", "Upload", Upload], ["/works", "Works", Library]],
  [["/flows", "Flows", Workflow], ["/schedules", "Schedules", CalendarClock], ["/runs", "Runs", ListTree], ["/transfers", "Transfers", ArrowUpDown]],
  [["/storage", "Storage", HardDrive], ["/browse", "Browse", Columns2], ["/connections", "Connections", Cable], ["/variables", "Variables", Braces], ["/limits", "Limits", RectangleEllipsis]],
  [["/audit", "Audit log", ScrollText], ["/settings", "Settings", Settings]],
] as const;

/** Pages that are led to only where there is something on them: not every site has works. */
function useHidden(): ReadonlySet<string> {
  const works = useRead("work.list", { offset: 0, limit: 1 });
  const messages = useRead("work.messages", { all: true, offset: 0, limit: 1 });
  const some = (works.data?.total ?? 0) + (messages.data?.total ?? 0) > 0;
  return new Set(some ? [] : ["/works"]);
}

/** What frames every page: top bar, navigation, status bar. */
export function Frame({ openPalette }: { openPalette: () => void }) {
  const connected = useConnected();
  const overview = useRead("overview.show", {});
  return (
    <div className="shell">
      <TopBar openPalette={openPalette} overview={overview.data} />
      <Navigation overview={overview.data} />
      <main className="main" id="main">
        {connected ? null : <ConnectionLost />}
        <Suspense fallback={<Loading />}><Outlet /></Suspense>
      </main>
      <StatusBar connected={connected} />
    </div>
  );
}

function TopBar({ openPalette, overview }: { openPalette: () => void; overview: Overview | undefined }) {
  const workspace = useRead("workspace.show", {});
  const rate = overview?.running.reduce((all, row) => all + (row.progress.rate ?? 0), 0) ?? 0;
  return (
    <header className="top" data-colour={profileColour(workspace.data?.profiles)}>
      <div className="row">
        <span className="mark"><Mark />Longshore</span>
        <span className="cut med" title={workspace.data?.path}>{workspace.data?.name}</span>
        <ProfileChip profiles={workspace.data?.profiles} />
      </div>
      <button type="button" className="palette" onClick={openPalette} data-testid="palette-open">
        <Search size={14} aria-hidden /><span>Search datasets, runs, files, or go to a page</span><kbd>Ctrl K</kbd>
      </button>
      <div className="row end">
        {rate > 0 ? <Link to="/transfers" className="rate t2 nowrap" data-testid="rate"><ArrowUpDown size={14} aria-hidden />{size(rate)}/s</Link> : null}
        <Notices />
        <button type="button" className="iconbtn" aria-label="Keys" onClick={() => window.dispatchEvent(new Event("longshore-help"))}><CircleHelp size={16} strokeWidth={1.6} aria-hidden /></button>
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 18 18" aria-hidden="true">
      <path d="M2 6.5h14M4.5 6.5v6M13.5 6.5v6M2 15.2c1.2 0 1.2-.9 2.3-.9s1.2.9 2.35.9 1.2-.9 2.35-.9 1.2.9 2.35.9 1.2-.9 2.35-.9S14.8 15.2 16 15.2M9 6.5v-4h3.5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** Numbers beside an entry: what needs the operator, and what runs. */
function Note({ to, overview }: { to: string; overview: Overview | undefined }) {
  if (!overview) return null;
  const failed = overview.needs_you.filter((row) => row.fault !== null).length;
  if (to === "/" && failed > 0) return <span className="n"><State of="failed" word={`${failed} need you`} only />{failed}</span>;
  if (to === "/runs" && overview.running.length > 0) return <span className="n">{overview.running.length}</span>;
  const moving = overview.running.filter((row) => row.progress.rate).length;
  return to === "/transfers" && moving > 0 ? <span className="n">{moving}</span> : null;
}

function Navigation({ overview }: { overview: Overview | undefined }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const hidden = useHidden();
  const here = (to: string) => (to === "/" ? path === "/" : path.startsWith(to));
  return (
    <nav className="nav" aria-label="Main">
      {groups.map((group, index) => [
        index > 0 ? <hr key={`above ${group[0][0]}`} /> : null,
        ...group.filter(([to]) => !hidden.has(to) || here(to)).map(([to, label, Icon]) => (
          <Link key={to} to={to} aria-current={here(to) ? "page" : undefined} title={label} data-testid={`nav-${to.slice(1) || "overview"}`}>
            <Icon size={16} strokeWidth={1.6} aria-hidden /><span className="t">{label}</span><Note to={to} overview={overview} />
          </Link>
        )),
      ])}
    </nav>
  );
}

const OWNERS: Record<string, string> = { window: "this window owns the workspace", command: "a command owns the workspace", service: "a service owns the workspace" };

function StatusBar({ connected }: { connected: boolean }) {
  const { data } = useRead("workspace.show", {});
  return (
    <footer className="status">
      {data ? <span>{connected ? `Engine running, ${OWNERS[data.owner] ?? data.owner}` : "No owner answers"}</span> : null}
      {data ? <span className="opt">Journal {count(data.journal_rows)} rows{data.journal_last ? <span title={utc(data.journal_last)}>, last {moment(data.journal_last).text}</span> : null}</span> : null}
      <span className="end"><span className="opt">Sizes in binary units</span><span>Times in {zone()}</span></span>
    </footer>
  );
}
