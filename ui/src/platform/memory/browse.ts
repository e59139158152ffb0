// What lies at places, and what a deletion would take.

import type { FlowPlan, Operations, PlaceRow } from "@/api/types";
import { asFault } from "@/api/fault";

const DAY = 86_400_000;

const rows = (location: string): PlaceRow[] => {
  const now = Date.now();
  if (location === "lts:") {
    return [
      { name: "readme.txt", kind: "file", size: 1204, mtime: now - DAY },
      { name: "2026 <b>scans<b>", kind: "folder", size: 0, mtime: now - DAY / 24 },
    ];
  }
  if (location !== "landing:") return [];
  const frames = Array.from({ length: 9 }, (_, at): PlaceRow => ({ name: `FoilHole_302118${10 + at}_Data_${1 + at * 1482}_fractions.tiff`, kind: "file", size: 482_000_000 + at * 7_919_000, mtime: now - at * DAY }));
  return [{ name: "session.mrcz", kind: "file", size: 443_000_000_000, mtime: now - DAY }, ...frames, { name: "grid1", kind: "folder", size: 0, mtime: now - 2 * DAY }, { name: "grid\u202e2", kind: "folder", size: 0, mtime: null }];
};

type Handlers = { [O in "place.list" | "place.show" | "place.link" | "place.make" | "place.rename"]: (args: Operations[O]["args"]) => Operations[O]["reply"] };

/** Answers about places. */
export const browsing: Handlers = {
  "place.list": ({ location }) => {
    if (location.startsWith("nowhere:")) throw asFault({ code: "storage.unknown", class: "permanent", what: "There is no storage \"nowhere\"", why: "The workspace does not know it" });
    return { more: false, rows: rows(location) };
  },
  "place.show": ({ location }) => ({
    kind: "file", size: 1204, mtime: Date.now() - DAY, checksum: `sha256:${"9f86d081884c7d65".repeat(4)}`,
    object: location.startsWith("lts:") ? null : { class: "STANDARD", restore: { state: "not_needed", until: null }, tags: { kind: "raw" }, versions: [{ id: "1", latest: true, size: 1204, mtime: Date.now() - DAY }] },
  }),
  "place.link": ({ location, seconds }) => ({ url: `https://s3.example.org/${location.replace(":", "/")}?X-Amz-Expires=${seconds}`, until: Date.now() + seconds * 1000 }),
  "place.make": () => ({}),
  "place.rename": () => ({}),
};

/** What deleting would take: nothing that the ledger counts on. */
export function deletion(params: Record<string, unknown>): FlowPlan {
  const paths = params["paths"] as string[];
  const kept = params["without_proof"] === true ? undefined : paths.find((path) => path.startsWith("landing:"));
  const problem = kept === undefined ? null : asFault({ code: "delete.unproved", class: "permanent", what: `${kept} was not deleted`, why: "The ledger has no proof of it in the dataset ds-7", now: "Allow `without_proof` if it shall go all the same." });
  return {
    flow: "delete", title: "Delete files and folders", bytes: kept ? 0 : 48_000_000 * paths.length, unknown: [], space: [], held_by: null, refused: [], can_start: true,
    tasks: [{ id: "delete", uses: "delete", role: "task", group: null, runs: paths.length, expects: String(paths.length), skipped: null, limits: [], planned: kept === undefined, files: kept ? null : 12 * paths.length, bytes: null, space: [], reserves: [], seconds: null, past: 0, problem }],
  };
}
