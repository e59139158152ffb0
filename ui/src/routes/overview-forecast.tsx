import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { ask } from "@/api/client";
import type { StorageRow } from "@/api/types";
import { dayText, size, utc } from "@/ui/format";
import { State } from "@/ui/parts";

/** How often it is reckoned anew: it changes by the day. Milliseconds. */
const ANEW = 600_000;
/** From how few days on it is something to act on. Milliseconds. */
const SOON = 30 * 86_400_000;

async function forecastOf(name: string) {
  const { forecast } = await ask("storage.history", { name, days: 30 });
  const earliest = forecast?.floor_earliest ?? forecast?.floor_at;
  return forecast && { ...forecast, earliest, soon: typeof earliest === "number" && earliest - Date.now() < SOON };
}

/** When only the floor of a storage is left, as far as that can be said; nothing where it cannot. */
export function ForecastLine({ of }: { of: StorageRow }) {
  // Under a key of its own: what moves bytes changes the room many times a minute, and the forecast by nothing that is seen.
  const { data } = useQuery({ queryKey: ["forecast", of.name], queryFn: () => forecastOf(of.name), staleTime: ANEW, refetchInterval: ANEW });
  if (!data) return null;
  if (data.floor_at === null) return <span className="small t2" data-testid={`forecast-${of.name}`}>{data.per_day < 0 ? `${size(-data.per_day)} are freed a day` : "Not full within ten years at this rate"}</span>;
  const words = `${of.floor > 0 ? "Down to its floor" : "Full"} about ${dayText(data.floor_at)}`;
  return (
    <Link to="/storage" className="small link row" data-testid={`forecast-${of.name}`} title={`At ${size(data.per_day)} a day; on ${utc(data.earliest ?? data.floor_at)} at the earliest${data.floor_latest === null ? "" : `, on ${utc(data.floor_latest)} at the latest`}`}>
      {data.soon ? <State of="up_for_retry" word="soon full" only /> : null}{words}
    </Link>
  );
}
