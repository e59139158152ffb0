import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { UploadCloud } from "lucide-react";
import { useCallback, useEffect, useState } from "react";

import { follow, useRead } from "@/api/client";
import { host } from "@/platform";
import { FaultView } from "@/ui/fault";
import { Frame } from "@/ui/frame";
import { Keys } from "@/ui/keys";
import { Loading } from "@/ui/parts";
import { addDropped, setDropped } from "./dropped";
import { FirstRun } from "./first-run";
import { Palette } from "./palette";

/** The whole window: the frame and its pages, or what stands in their place at the first run and when the workspace cannot be opened. */
export function Window() {
  const client = useQueryClient();
  useEffect(() => follow(client), [client]);
  const workspace = useRead("workspace.show", {});
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);
  if (workspace.error) return <Refused error={workspace.error} retry={() => void workspace.refetch()} />;
  if (!workspace.data) return <div className="full"><div><Loading /></div></div>;
  if (workspace.data.first_run) return <FirstRun workspace={workspace.data} />;
  return (
    <>
      <Frame openPalette={openPalette} />
      <Keys palette={openPalette} />
      <Drops />
      <Opens />
      {palette ? <Palette close={() => setPalette(false)} /> : null}
    </>
  );
}

function Refused({ error, retry }: { error: NonNullable<ReturnType<typeof useRead<"workspace.show">>["error"]>; retry: () => void }) {
  return (
    <main className="full">
      <div data-testid="refused">
        <h1>The workspace cannot be opened</h1>
        <FaultView of={error} retry={retry} />
      </div>
    </main>
  );
}

/** Opens the run of a notice that was clicked at the desktop. */
function Opens() {
  const navigate = useNavigate();
  useEffect(() => host().onOpen((run) => void navigate({ to: "/runs/$run", params: { run }, search: { tab: undefined, task: undefined, index: undefined } })), [navigate]);
  return null;
}

/** The window as a drop target: what is dropped anywhere becomes the plan of an upload. */
function Drops() {
  const [over, setOver] = useState(false);
  const navigate = useNavigate();
  const router = useRouter();
  useEffect(() => host().onDrag(setOver), []);
  useEffect(() => host().onDrop((paths) => {
    setOver(false);
    // While a plan is looked at, what is dropped next joins it.
    (router.state.location.pathname === "/upload" ? addDropped : setDropped)(paths);
    void navigate({ to: "/upload" });
  }), [navigate, router]);
  if (!over) return null;
  return (
    <div className="dropover" data-testid="drop-overlay" role="region" aria-label="Drop">
      <div>
        <UploadCloud size={32} strokeWidth={1.4} aria-hidden />
        <h2>Drop to plan an archive</h2>
        <p className="t2">Nothing is copied before you see the plan.</p>
      </div>
    </div>
  );
}
