import "@/styles/flows.css";
import { getRouteApi } from "@tanstack/react-router";

import { useRead } from "@/api/client";
import { plural, zone } from "@/ui/format";
import { Head } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Tabs } from "@/ui/tabs";
import { NextRuns, ScheduleTable } from "./schedule-parts";

const route = getRouteApi("/schedules");

/** What starts by itself: the schedules of all flows, and the runs that are due next. */
export function Schedules() {
  const { tab = "list" } = route.useSearch();
  const navigate = route.useNavigate();
  const schedules = useRead("schedule.list", {});
  const paused = new Set(schedules.data?.filter((row) => row.paused).map((row) => row.flow)).size;
  return (
    <>
      <Head title="Schedules" end={paused > 0 ? <span className="t2">{plural(paused, "flow")} paused</span> : null} />
      <Tabs label="Schedules" value={tab} choose={(next) => void navigate({ search: { tab: next }, replace: true })} tabs={[["list", "Schedules", schedules.data?.length], ["next", "Next 20 runs"]]} />
      {tab === "list" ? <Shown of={schedules}>{(rows) => <ScheduleTable rows={rows} />}</Shown> : null}
      {tab === "next" ? <div className="body"><p className="t3 small calhint">Times in {zone()}</p><NextRuns /></div> : null}
    </>
  );
}
