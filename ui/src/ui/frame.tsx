import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { ArrowUpDown, Database, HardDrive, LayoutDashboard, ListTree, Search, Settings, Upload, Workflow } from "lucide-react";
import { Suspense } from "react";

import { useRead } from "@/api/client";
import { Loading } from "./parts";
import { count, zone } from "./format";
import { moment } from "./format";

const groups = [
  [["/", "Overview", LayoutDashboard], ["/datasets", "Datasets", Database], ["/upload", "Upload", Upload]],
  [["/flows", "Flows", Workflow], ["/runs", "Runs", ListTree], ["/transfers", "Transfers", ArrowUpDown]],
  [["/storage", "Storage", HardDrive], ["/settings", "Settings", Settings]],
] as const;

/** What frames every page: top bar, navigation, status bar. */
export function Frame({ openPalette }: { openPalette: () => void }) {
  return (
    <div className="shell">
      <TopBar openPalette={openPalette} />
      <Navigation />
      <main className="main" id="main">
        <Suspense fallback={<Loading />}><Outlet /></Suspense>
      </main>
      <StatusBar />
    </div>
  );
}

function TopBar({ openPalette }: { openPalette: () => void }) {
  const workspace = useRead("workspace.show", {});
  return (
    <header className="top">
      <div className="row">
        <span className="mark"><Mark />Longshore</span>
        <span className="cut med" title={workspace.data?.path}>{workspace.data?.name}</span>
      </div>
      <button type="button" className="palette" onClick={openPalette} data-testid="palette-open">
        <Search size={14} aria-hidden /><span>Search datasets, runs, files, or go to a page</span><kbd>Ctrl K</kbd>
      </button>
      <div className="row end" />
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

function Navigation() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const here = (to: string) => (to === "/" ? path === "/" : path.startsWith(to));
  return (
    <nav className="nav" aria-label="Main">
      {groups.map((group, index) => [
        index > 0 ? <hr key={group[0][0]} /> : null,
        ...group.map(([to, label, Icon]) => (
          <Link key={to} to={to} aria-current={here(to) ? "page" : undefined} title={label} data-testid={`nav-${label.toLowerCase()}`}>
            <Icon size={16} strokeWidth={1.6} aria-hidden /><span>{label}</span>
          </Link>
        )),
      ])}
    </nav>
  );
}

function StatusBar() {
  const { data } = useRead("workspace.show", {});
  const owner = { window: "this window owns the workspace", command: "a command owns the workspace", service: "a service owns the workspace" }[data?.owner ?? ""] ?? data?.owner;
  const last = data?.journal_last ? `, last ${moment(data.journal_last).text}` : "";
  return (
    <footer className="status">
      {data ? <span>Engine running, {owner}</span> : null}
      {data ? <span>Journal {count(data.journal_rows)} rows{last}</span> : null}
      <span className="end"><span>Sizes in binary units</span><span>Times in {zone()}</span></span>
    </footer>
  );
}
