// Made-up flows and runs of two other engines.

import type { Fault, Operations, RemoteFlowRow, RemoteLogLine, RemoteRetryArgs, RemoteRunRow, RemoteTaskRow } from "@/api/types";

const MINUTE = 60_000;
const fault = (code: string, what: string, why: string): Fault => ({ code, class: "permanent", what, why });

const flow = (id: string, more: Partial<RemoteFlowRow> = {}): RemoteFlowRow => ({ id, title: id, description: null, paused: false, schedule: null, tags: [], ...more });

const run = (id: string, of: string, state: string, said: string, began: number, more: Partial<RemoteRunRow> = {}): RemoteRunRow => ({ id, flow: of, title: `${of} ${id.slice(0, 24)}`, state, said, due: began, began, ended: state === "running" ? null : began + 17 * MINUTE, params: { dataset: "krios-ribosome" }, ...more });

const task = (name: string, state: string, said: string, began: number | null, needs: string[], more: Partial<RemoteTaskRow> = {}): RemoteTaskRow => ({ id: name, task: name, map_index: null, state, said, attempt: state === "none" ? 0 : 1, began, ended: state === "success" || state === "failed" ? (began ?? 0) + 4 * MINUTE : null, needs, ...more });

/** What one engine holds. */
class Held {
  constructor(readonly flows: RemoteFlowRow[], readonly runs: RemoteRunRow[], readonly tasks: Map<string, RemoteTaskRow[]>, readonly log: (task: string) => RemoteLogLine[]) {}
}

function packed(began: number, failed: boolean): RemoteTaskRow[] {
  const mapped = Array.from({ length: 6 }, (_, at) => task("pack", at === 4 && failed ? "failed" : "success", at === 4 && failed ? "failed" : "success", began + MINUTE, ["list"], { id: `pack[${at}]`, map_index: at, attempt: at === 4 ? 3 : 1 }));
  return [task("list", "success", "success", began, []), ...mapped, task("verify", failed ? "upstream_failed" : "success", failed ? "upstream_failed" : "success", failed ? null : began + 6 * MINUTE, ["pack"], failed ? { attempt: 0, ended: null } : {})];
}

function airflow(now: number): Held {
  const runs = [
    run("manual__2026-11-24T08:10:00+00:00", "archive_dataset", "failed", "failed", now - 40 * MINUTE),
    run("scheduled__2026-11-24T06:00:00+00:00", "http_to_ssh", "success", "success", now - 180 * MINUTE),
    run("manual__2026-11-24T09:00:00+00:00", "archive_dataset", "running", "running", now - 3 * MINUTE),
    run("manual__2026-11-24T05:00:00+00:00", "archive_dataset", "unknown", "pondering", now - 240 * MINUTE),
  ];
  const tasks = new Map([[runs[0]!.id, packed(now - 40 * MINUTE, true)], [runs[1]!.id, [task("get", "success", "success", now - 180 * MINUTE, [])]], [runs[2]!.id, [task("list", "success", "success", now - 3 * MINUTE, []), task("pack", "running", "running", now - MINUTE, ["list"]), task("verify", "none", "no status", null, ["pack"])]]]);
  const flows = [flow("archive_dataset", { description: "Archives a dataset to the LTS", tags: ["longshore"] }), flow("http_to_ssh", { schedule: "0 6 * * *", tags: ["longshore", "hpc"] }), flow("legacy_sync", { paused: true, schedule: "@daily" })];
  return new Held(flows, runs, tasks, (of) => [{ at: now - 30 * MINUTE, level: "info", text: `Starting ${of} on worker-07` }, { at: now - 29 * MINUTE, level: "error", text: "space.short: the LTS has 12.1 GiB above its floor, 2.0 TiB are needed" }, { at: null, level: null, text: "<b>Traceback</b> \u202Elast line" }]);
}

function prefect(now: number): Held {
  const [one, two] = ["8d2f6f6e-5ad2-4a0e-9a4c-8f44d0f0a001", "8d2f6f6e-5ad2-4a0e-9a4c-8f44d0f0a002"] as const;
  const deployment = "0c5a1f7e-1111-4222-8333-444455556666";
  const runs = [run(one, deployment, "success", "Completed", now - 90 * MINUTE, { title: "brave-otter" }), run(two, deployment, "scheduled", "AwaitingRetry", now + 5 * MINUTE, { title: "calm-heron", began: null, ended: null })];
  return new Held([flow(deployment, { title: "copy/nightly", schedule: "cron 0 2 * * *" })], runs, new Map([[one, [task("plan", "success", "Completed", now - 90 * MINUTE, [], { id: "t-1" }), task("copy", "success", "Completed", now - 88 * MINUTE, ["t-1"], { id: "t-2" })]]]), () => [{ at: now - 88 * MINUTE, level: "info", text: "copied 1,204 files" }]);
}

/** Engines elsewhere, by connection. */
export class Engines {
  private readonly held = new Map([["hpc-airflow", airflow(Date.now())], ["beamline-prefect", prefect(Date.now())]]);

  private taken = false;

  private of(connection: string): Held {
    const held = this.held.get(connection);
    if (!held) throw fault("connection.unknown", `There is no connection "${connection}"`, "The workspace does not know it");
    return held;
  }

  private run(connection: string, id: string): RemoteRunRow {
    const found = this.of(connection).runs.find((row) => row.id === id);
    if (!found) throw fault("http.not_found", `${connection} has no run ${id}`, "404 Not Found");
    return found;
  }

  private touched({ connection, run, tasks, all }: RemoteRetryArgs): RemoteTaskRow[] {
    return (this.of(connection).tasks.get(run) ?? []).filter((row) => (tasks.length === 0 || tasks.includes(row.task)) && (all || row.state === "failed" || row.state === "upstream_failed"));
  }

  readonly handlers = {
    "remote.flows": ({ connection }) => ({ at: Date.now(), said: this.of(connection).flows }),
    "remote.params": ({ connection, flow: id }) => { this.of(connection); return { schema: id === "legacy_sync" ? { type: "object", properties: {} } : { type: "object", required: ["dataset"], properties: { dataset: { type: "string", title: "Dataset" }, files: { type: "integer", title: "Files at once", default: 4, minimum: 1 } } } }; },
    "remote.runs": ({ connection }) => ({ at: Date.now(), said: this.of(connection).runs }),
    "remote.run": ({ connection, run: id }) => ({ at: Date.now(), said: { run: this.run(connection, id), tasks: this.of(connection).tasks.get(id) ?? [] } }),
    "remote.log": ({ connection, task: id }) => ({ at: Date.now(), said: this.of(connection).log(id) }),
    "remote.trigger": ({ connection, flow: of, params, key }) => {
      const { runs } = this.of(connection);
      const id = key ?? `manual__${runs.length}`;
      const there = runs.find((row) => row.id === id);
      if (there) return there;
      const made = run(id, of, "queued", "queued", Date.now(), { began: null, ended: null, params });
      runs.unshift(made);
      return made;
    },
    "remote.retry_look": (args) => this.touched(args),
    "remote.retry": (args) => {
      const touched = this.touched(args);
      for (const row of touched) Object.assign(row, { state: "queued", said: "queued", ended: null });
      Object.assign(this.run(args.connection, args.run), { state: "queued", said: "queued", ended: null });
      return touched;
    },
    "remote.cancel": ({ connection, run: id }) => Object.assign(this.run(connection, id), { state: "failed", said: "failed", ended: Date.now() }),
    "remote.import": ({ connection, replace, dry_run: only }) => {
      this.of(connection);
      const rows = this.taken ? [] : [{ what: "variable", name: "tape_robot", became: "added", why: null } as const];
      this.taken ||= !only;
      return [...rows, { what: "variable", name: "site", became: replace ? "replaced" : "kept", why: replace ? null : "there is one of this name" }, { what: "connection", name: "lake\u202E", became: "added", why: "not told by the engine, to be given by hand: password" }, { what: "limit", name: "default_pool", became: "left", why: "it bounds every task there; here a task names the limits that it takes" }];
    },
    "remote.pause": ({ connection, flow: id, paused }) => { for (const row of this.of(connection).flows) if (row.id === id) row.paused = paused; return {}; },
  } satisfies { [O in `remote.${string}` & keyof Operations]: (args: Operations[O]["args"]) => Operations[O]["reply"] };
}
