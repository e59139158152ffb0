// The made-up runs and flows.

import type { Fault, FlowDetail, Graph } from "@/api/types";
import type { Script, Step } from "./timeline";

const GIB = 1024 ** 3;
const HOUR = 3_600_000;

/** The fault that stops a datablock of the made-up archive. */
export const SHORT: Fault = {
  code: "space.short", class: "fatal",
  what: "LTS is 1.30 TiB short of what datablock 6 needs above the 20 % floor",
  why: "It needs 1.80 TiB more. The LTS has 99.9 TiB free; 3.4 TiB reserved and the floor of 96.0 TiB leave 0.5 TiB to grant.",
  now: "Free space on the LTS, or lower its floor; then retry. Bytes that were sent are kept.",
  dataset: "krios-spliceosome-tomo", place: "lts",
};

/** The fault of a datablock that a bit was flipped in. */
export const FLIPPED: Fault = {
  code: "checksum.mismatch", class: "permanent",
  what: "2 files of datablock 3 are not what their source was",
  why: "Read back from /mnt/lts/talos-liposomes/talos-liposomes_3.tar: the SHA-256 of movies/FoilHole_30211877_Data_15011_fractions.tiff is b7720c…04dd, the ledger has 1f05aa…9e21.",
  now: "Keep the landing copy. Retry pack and verify of this datablock.",
  dataset: "talos-liposomes", file: "movies/FoilHole_30211877_Data_15011_fractions.tiff", place: "lts",
  also: ["movies/FoilHole_30211877_Data_15013_fractions.tiff"],
};

const step = (id: string, uses: string, from: number, each: number, rest: Partial<Step> = {}): Step =>
  ({ id, uses, from, each, runs: 1, lanes: 1, bytes: 0, files: 0, ...rest });

/** Steps of `archive_dataset`, with so many datablocks of so many bytes, `each` seconds long. */
export function archiveSteps(blocks: number, bytes: number, files: number, each: number, fails?: Step["fails"]): Step[] {
  const lanes = 2;
  const packed = Math.ceil(blocks / lanes) * each;
  const mapped = { mapped: true, runs: blocks, lanes, bytes, files };
  return [
    step("manifest", "dataset.manifest", 0, each / 4, { files: files * blocks }),
    step("pack", "datablock.write", each / 4, each, { ...mapped, ...(fails && { fails }) }),
    step("verify", "datablock.verify", each / 4 + packed, each / 2, mapped),
    step("release", "landing.release", each / 4 + packed * 1.5, each / 8, { files: files * blocks }),
    step("report", "dataset.report", each / 4 + packed * 1.5 + each / 8, each / 16),
  ];
}

/** Steps of `upload_dataset`. */
export function uploadSteps(bytes: number, files: number, each: number): Step[] {
  return [
    step("list", "dataset.list", 0, each / 5, { files }),
    step("land", "landing.copy", each / 5, each, { bytes, files }),
    step("archive", "flow.run", each * 1.2, each / 20),
  ];
}

/** Steps of `retrieve_dataset`. */
export function retrieveSteps(blocks: number, bytes: number, files: number, each: number): Step[] {
  return [
    step("plan", "retrieve.plan", 0, each / 10, { files: files * blocks }),
    step("extract", "datablock.extract", each / 10, each, { mapped: true, runs: blocks, lanes: 2, bytes, files }),
    step("finish", "retrieve.finish", each / 10 + Math.ceil(blocks / 2) * each, each / 10),
  ];
}

/** Steps of `verify_dataset`. */
export function verifySteps(blocks: number, bytes: number, each: number, fails?: Step["fails"]): Step[] {
  return [
    step("blocks", "dataset.blocks", 0, each / 10),
    step("verify", "datablock.verify", each / 10, each, { mapped: true, runs: blocks, lanes: 1, bytes, files: 1534, ...(fails && { fails }) }),
    step("report", "dataset.report", each / 10 + blocks * each, each / 20),
  ];
}

/** Steps of `release_dataset`: somebody must agree before the source is let go. */
export function releaseSteps(each: number): Step[] {
  return [
    step("check", "dataset.blocks", 0, each / 10),
    step("ask", "approve", each / 10, each, { waits: "waits for an answer: Release the landing zone of krios-apoferritin?", deferred: true }),
    step("release", "landing.release", each * 1.1, each),
  ];
}

const edges: Record<string, Array<[string, string]>> = {
  archive_dataset: [["manifest", "pack"], ["pack", "verify"], ["verify", "release"], ["release", "report"]],
  upload_dataset: [["list", "land"], ["land", "archive"]],
  retrieve_dataset: [["plan", "extract"], ["extract", "finish"]],
  verify_dataset: [["blocks", "verify"], ["verify", "report"]],
  release_dataset: [["check", "ask"], ["ask", "release"]],
};

/** The structure of a flow, laid out as the engine would. */
export function graphOf(flow: string, steps: Step[]): Graph {
  return {
    key: flow,
    nodes: steps.map((step, y) => ({
      id: step.id, uses: step.uses, mapped: step.mapped ?? false, role: step.id === "report" ? "finally" : "task", when: null, trigger: "all_success", x: 0, y,
      ...(flow === "verify_dataset" && step.id !== "report" && { group: "reading" }), ...(step.id === "check" && { part: "setup" }),
    })),
    edges: (edges[flow] ?? []).map(([from, to]) => ({ from, to })),
  };
}

const source = (id: string, title: string, steps: Step[]) => [
  `id: ${id}`, `title: ${title}`, "params:", "  dataset: {type: string, minLength: 1, description: PID of the dataset}", "max_active_runs: 4", "tasks:",
  ...steps.flatMap((step) => [
    `  - id: ${step.id}`, `    uses: ${step.uses}`,
    ...(step.mapped ? ['    for_each: "{{ tasks.manifest.output.blocks }}"      # one task run per datablock', "    retries: {max: 5, delay: 60s, backoff: exponential, jitter: true}"] : []),
  ]), "",
].join("\n");

const titles: Record<string, [string, string]> = {
  archive_dataset: ["Archive a dataset to long-term storage", "Packs what lies in the landing zone into datablocks on the LTS, reads each back from the medium, compares every file with its source, and only then releases the landing zone."],
  upload_dataset: ["Bring files into the landing zone, then archive them", "Copies each file once, takes its checksums in the same pass, then starts archive_dataset."],
  retrieve_dataset: ["Bring a dataset back", "Reads datablocks in order, writes files, reads each back and compares it with the ledger."],
  release_dataset: ["Let the source go once somebody agrees", "Asks an operator before the landing zone is released."],
  verify_dataset: ["Read every datablock back again", "Compares each datablock and every file in it with the ledger."],
};

const stepsOf: Record<string, Step[]> = {
  archive_dataset: archiveSteps(12, GIB, 1, 60), upload_dataset: uploadSteps(GIB, 1, 60), retrieve_dataset: retrieveSteps(12, GIB, 1, 60), verify_dataset: verifySteps(12, GIB, 60), release_dataset: releaseSteps(60),
};

const schema = (flow: string) => ({
  type: "object", required: flow === "retrieve_dataset" ? ["dataset", "dest"] : ["dataset"], additionalProperties: false,
  properties: {
    dataset: { type: "string", format: "dataset", minLength: 1, title: "Dataset", description: "PID of the dataset" },
    ...(flow === "retrieve_dataset" && {
      dest: { type: "string", format: "path", title: "Destination", description: "Absolute folder, made if need be" },
      overwrite: { type: "boolean", title: "Replace files that differ", default: false },
      order: { type: "string", enum: ["datablock", "name"], default: "datablock", title: "Order" },
      threads: { type: "integer", minimum: 1, maximum: 16, default: 2, title: "At once" },
    }),
    ...(flow === "verify_dataset" && {
      since: { type: "string", format: "date", title: "Read back before", description: "Only datablocks that were last read back before this day" },
      not_before: { type: "string", format: "date-time", title: "Not before" },
      token: { type: "string", format: "secret", title: "Token of the report's mailbox" },
      blocks: { type: "array", items: { type: "string" }, title: "Datablocks" },
    }),
  },
});

/** The flows in force. */
export function flows(): FlowDetail[] {
  return Object.entries(titles).map(([id, [title, description]]) => {
    const steps = stepsOf[id] ?? [];
    const last = Array.from({ length: 20 }, (_, at) => ((at * 7 + id.length) % 11 === 0 ? "failed" : (at * 5 + id.length) % 17 === 0 ? "cancelled" : "success"));
    return {
      flow: { id, title, built_in: true, tasks: steps.length, active: id === "archive_dataset" ? 2 : 0, last_states: [...last.slice(0, 18), ...(id === "archive_dataset" ? ["running", "running"] : last.slice(18))], refused: null, file: null, deleted: false, schedules: id === "verify_dataset" ? ["0 2 * * * (Europe/Zurich)", "every 6h"] : [], paused: false, next: id === "verify_dataset" ? Math.ceil(Date.now() / 21_600_000) * 21_600_000 : null },
      description, source: source(id, title, steps), version: "9f2c41d07be3", params_schema: schema(id), graph: graphOf(id, steps),
    };
  });
}

/** The runs that stand at the start, newest first. */
export function scripts(now: number): Script[] {
  const live: Script[] = [
    { id: "r-01KAV4Q7", flow: "archive_dataset", dataset: "krios-spliceosome-tomo", title: "2026-11-21_Krios_spliceosome_tomo", createdAt: now - 6.4 * HOUR, steps: archiveSteps(12, 1826 * GIB, 5100, 1.5 * 3600, { index: 6, fault: SHORT }) },
    { id: "r-01KAV6M2", flow: "upload_dataset", dataset: "glacios-membrane-screen", title: "2026-11-23_Glacios_membrane_screen", createdAt: now - 0.9 * HOUR, steps: uploadSteps(1884 * GIB, 12806, 1.2 * 3600) },
    { id: "r-01KAV71X", flow: "retrieve_dataset", dataset: "aquilos-lamella-17", title: "2026-09-03_Aquilos_lamella_17", createdAt: now - 0.7 * HOUR, steps: retrieveSteps(3, 229 * GIB, 640, 0.5 * 3600) },
    { id: "r-01KAV7TT", flow: "archive_dataset", dataset: "talos-liposomes-2", title: "2026-11-24_Talos_liposomes", createdAt: now - 0.2 * HOUR, steps: archiveSteps(2, 256 * GIB, 900, 600).map((step) => (step.id === "pack" ? { ...step, waits: "waits for space on lts: needs 512 GiB, 488 GiB to grant" } : step)) },
    { id: "r-01KAV55M", flow: "upload_dataset", dataset: "krios-apoferritin", title: "2026-11-24_Krios_apoferritin_grid1", createdAt: now - 9 * HOUR, steps: uploadSteps(180 * GIB, 1200, 1800) },
    { id: "r-01KAV56N", flow: "archive_dataset", dataset: "krios-apoferritin", title: "2026-11-24_Krios_apoferritin_grid1", createdAt: now - 8.3 * HOUR, steps: archiveSteps(4, 45 * GIB, 300, 900), parent: "r-01KAV55M" },
    { id: "r-01KAV5BQ", flow: "release_dataset", dataset: "krios-apoferritin", title: "2026-11-24_Krios_apoferritin_grid1", createdAt: now - 1.1 * HOUR, steps: releaseSteps(600) },
    { id: "r-01KAUQ08", flow: "verify_dataset", dataset: "talos-liposomes", title: "2026-10-14_Talos_liposomes", createdAt: now - 11 * HOUR, steps: verifySteps(6, 356 * GIB, 900, { index: 3, fault: FLIPPED }) },
  ];
  const names = ["Krios_GroEL_grid1", "Glacios_nucleosome_2", "Krios_apoferritin_grid1", "Aquilos_lamella_16", "Talos_liposomes", "Krios_ribosome_grid3"];
  const past = Array.from({ length: 420 }, (_, at): Script => {
    const name = names[at % names.length]!;
    const created = now - (3 + at * 1.7) * HOUR;
    const day = new Date(created).toISOString().slice(0, 10);
    const flow = ["archive_dataset", "upload_dataset", "verify_dataset", "retrieve_dataset"][at % 4]!;
    const steps = flow === "archive_dataset" ? archiveSteps(9, 180 * GIB, 1482, 300) : flow === "upload_dataset" ? uploadSteps(1620 * GIB, 13338, 1800) : flow === "verify_dataset" ? verifySteps(9, 180 * GIB, 160) : retrieveSteps(9, 180 * GIB, 1482, 300);
    return { id: `r-01KA${(9000 - at).toString(36).toUpperCase().padStart(4, "0")}`, flow, dataset: `ds-${at % 60}`, title: `${day}_${name}`, createdAt: created, steps, ...(at % 23 === 5 && { held: { state: "cancelled" as const, at: created + 900_000 } }) };
  });
  return [...live, ...past];
}
