// A host in memory, with made-up data that moves: for component tests, and for the UI in a browser.

import { asFault } from "@/api/fault";
import type { Event, OperationName, Operations, Overview, RunListArgs, RunRow, RunSort } from "@/api/types";
import type { Host } from "../host";
import { done, preview } from "./acts";
import { browsing, deletion } from "./browse";
import { Connections, kinds } from "./connections";
import { entries } from "./files";
import { archivePlan, blocks, datasets, history, retrievePlan, retrievedBlocks, storages, workspace } from "./places";
import { RateRows } from "./rates";
import { Records } from "./record";
import { detailOf, eventsOf, logsOf, passing, previewOf, rowOf, search, taskRunOf, taskRunsOf, tasksOf } from "./runs";
import { Profiles, takenOver } from "./profiles";
import { Engines } from "./remote";
import { Schedules, backfill, difference, planOf, versions } from "./schedules";
import { archiveSteps, flows, retrieveSteps, scripts, uploadSteps, verifySteps } from "./scripts";
import type { Script } from "./timeline";
import { daysOf, durationsOf, timelineOf } from "./times";
import { causesOf, countsOf, filesOf, healthOf, speedOf } from "./transfers";
import { Users } from "./users";
import { Messages, works } from "./works";

const GIB = 1024 ** 3;
/** Milliseconds between two tellings of progress. */
const TICK = 250;

/** What is answered here; the rest is told not to be. */
type Handlers = { [O in OperationName]?: (args: Operations[O]["args"]) => Operations[O]["reply"] | Promise<Operations[O]["reply"]> };

const page = <T>(rows: T[], args: { offset?: number; limit?: number }) => ({ rows: rows.slice(args.offset ?? 0, (args.offset ?? 0) + (args.limit || 100)), total: rows.length });
const pause = (ms: number) => new Promise((done) => { setTimeout(done, ms); });

class World {
  readonly runs: Script[];
  readonly record = new Records();
  readonly schedules = new Schedules();
  readonly profiles = new Profiles();
  readonly users = new Users();
  readonly messages = new Messages();
  readonly connections = new Connections();
  readonly engines = new Engines();
  readonly flows = flows();
  first: boolean;
  readonly hearers = new Set<(event: Event) => void>();
  private seen = new Map<string, string>();

  constructor(first: boolean) {
    this.first = first;
    this.runs = scripts(Date.now());
  }

  /** Keeps an act in the log, and says that the log grew. */
  acted(op: OperationName, args: object, state: "done" | "failed", fault: string | null): void {
    if (this.record.acted(op, { ...args }, state, fault)) this.tell({ event: "changed", tags: [{ of: "audit" }] });
  }

  tell(event: Event): void {
    for (const hear of this.hearers) hear(event);
  }

  run(id: string): Script {
    const found = this.runs.find((run) => run.id === id);
    if (!found) throw { code: "run.unknown", class: "permanent", what: `There is no run ${id}`, why: "No run of this workspace has that id." };
    return found;
  }

  start(flow: string, dataset: string | null, title: string, steps: Script["steps"], parent?: string): string {
    const id = `r-${Date.now().toString(36).toUpperCase()}`;
    this.runs.unshift({ id, flow, dataset, title, createdAt: Date.now(), steps, ...(parent && { parent }) });
    this.tell({ event: "changed", tags: [{ of: "runs" }, { of: "datasets" }] });
    return id;
  }

  /** Tells amounts of what moves, and what changed its state. */
  tick(): void {
    const now = Date.now();
    for (const run of this.runs.slice(0, 12)) {
      const tasks = tasksOf(run, now);
      const row = rowOf(run, now, tasks);
      const states = tasks.map((task) => task.counts.map((c) => c.state + c.count).join()).join(";");
      if (this.seen.has(run.id) && this.seen.get(run.id) !== states) this.changed(run, tasks.at(-1)?.state === "success");
      this.seen.set(run.id, states);
      const moved = tasks.filter((task) => task.state === "running").map(({ id, state, counts, progress }) => ({ task: id, state, counts, progress }));
      if (moved.length > 0) this.tell({ event: "progress", run: run.id, progress: row.progress, tasks: moved });
    }
  }

  private changed(run: Script, done: boolean): void {
    this.tell({ event: "changed", tags: [{ of: "run", key: run.id }, { of: "runs" }] });
    if (done && run.flow === "upload_dataset") this.start("archive_dataset", run.dataset, run.title, archiveSteps(3, 2 * GIB, 400, 8), run.id);
  }
}

function overview(world: World): Overview {
  const now = Date.now();
  const rows = world.runs.slice(0, 60).map((run) => rowOf(run, now));
  const active = (row: RunRow) => row.ended_at === null;
  return {
    needs_you: rows.filter((row) => row.state === "failed" || row.fault !== null || row.waits !== null), running: rows.filter((row) => active(row)),
    finished: rows.filter((row) => row.ended_at !== null && row.ended_at > now - 86_400_000), datasets: datasets(now).slice(0, 10), storages: storages(),
    proved: { bytes: 9.14 * 1024 * GIB, files: 39_875 }, retrieved: { bytes: 1.71 * 1024 * GIB, files: 7_930 },
  };
}

const times: Record<RunSort, (row: RunRow) => number> = {
  created: (row) => row.created_at, started: (row) => row.started_at ?? 0, ended: (row) => row.ended_at ?? 0, duration: (row) => (row.ended_at ?? Date.now()) - (row.started_at ?? Date.now()),
};

function sorted(rows: RunRow[], { sort = "created", ascending = false }: RunListArgs): RunRow[] {
  return rows.toSorted((a, b) => (times[sort](a) - times[sort](b)) * (ascending ? 1 : -1));
}

function runHandlers(world: World) {
  const now = Date.now;
  const hold = (id: string, state: "paused" | "cancelled") => { world.run(id).held = { state, at: now() }; world.tell({ event: "changed", tags: [{ of: "run", key: id }, { of: "runs" }] }); return {}; };
  return {
    "run.list": (args) => {
      const rows = world.runs.filter((run) => (!args.flow || run.flow === args.flow) && (!args.dataset || run.dataset === args.dataset) && (!args.search || `${run.id} ${run.title}`.toLowerCase().includes(args.search.toLowerCase()))).map((run) => rowOf(run, now()));
      return page(sorted(rows.filter((row) => (!args.states?.length || args.states.includes(row.state)) && row.created_at >= (args.since ?? 0) && row.created_at < (args.until ?? Infinity)), args), args);
    },
    "run.counts": (args) => countsOf(world.runs, args, now()),
    "transfer.causes": () => causesOf(world.runs, now()),
    "transfer.files": (args) => filesOf(world.run(args.run), args, now()),
    "transfer.speed": ({ run }) => speedOf(run, now()),
    "run.grid": ({ flow, offset, limit }) => page(world.runs.filter((run) => run.flow === flow).map((script) => ({ run: rowOf(script, now()), tasks: tasksOf(script, now()) })).toSorted((a, b) => b.run.created_at - a.run.created_at), { offset, limit: limit || 24 }),
    "run.show": ({ run }) => detailOf(world.run(run), world.runs, now()),
    "run.task_runs": (args) => page(taskRunsOf(world.run(args.run), args.task, now()).filter((row) => !args.states?.length || args.states.includes(row.state)), args),
    "run.task_run": ({ run, task, index }) => taskRunOf(world.run(run), task, index, now(), world.runs.find((other) => other.parent === run)?.id),
    "run.events": ({ run, after, limit }) => eventsOf(world.run(run), after ?? 0, limit ?? 500, now()),
    "run.timeline": ({ run, after }) => timelineOf(world.run(run), after ?? 0, now()),
    "flow.days": ({ flow, since, until }) => daysOf(world.runs, flow, since, until, now()),
    "flow.durations": ({ flow, task, limit }) => durationsOf(world.runs, flow, task, limit || 50, now()),
    "run.logs": ({ run, after, limit, ...only }) => passing(logsOf(world.run(run), only.task, only.index, 0, 100_000, now()), only).filter((row) => row.seq > (after ?? 0)).slice(0, limit ?? 1000),
    "log.search": ({ text, level, from, limit }) => search(world.runs, text, level, from, limit || 100, now()),
    "log.save": ({ path }) => ({ path, bytes: 48_213 }),
    "dataset.save_report": ({ path }) => ({ path, bytes: 48_213 }),
    "run.retry_preview": ({ run, task, index, downstream }) => previewOf(world.run(run), task, index, downstream ?? false, now()),
    "run.retry": ({ run, task, index, downstream }) => {
      const preview = previewOf(world.run(run), task, index, downstream ?? false, now());
      for (const step of world.run(run).steps) delete step.fails;
      return preview;
    },
    "runs.preview": ({ select, act }) => preview(world.runs, select, act, now()),
    "runs.act": ({ select, act, token }) => {
      const reply = done(world.runs, select, act, token, now());
      world.tell({ event: "changed", tags: [{ of: "runs" }, ...(select.runs ?? []).map((key) => ({ of: "run" as const, key }))] });
      return reply;
    },
    "task.test": ({ task, item }) => ({ state: "success", output: { tried: task, item: item ?? null }, why: null, until: null, fault: null, log: [{ seq: 1, at: now(), task, index: null, attempt: 1, level: "info", text: "tried by itself" }] }),
    "task.approvals": () => world.runs.flatMap((script) => {
      const waits = script.steps.flatMap((step) => (step.uses === "approve" ? taskRunsOf(script, step.id, now()).filter((row) => row.state === "deferred") : []));
      return waits.map((row) => ({ run: script.id, title: script.title, task: row.task, index: row.index, message: "Release the landing zone of krios-apoferritin?", since: row.started_at }));
    }),
    "run.secret": () => ({}),
    "task.answer": ({ run, task, approve }) => {
      const script = world.run(run);
      (script.marked ??= {})[`${task} 0`] = approve ? "success" : "failed";
      world.tell({ event: "changed", tags: [{ of: "run", key: run }, { of: "runs" }] });
      return {};
    },
    "run.cancel": ({ run }) => hold(run, "cancelled"),
    "run.pause": ({ run }) => hold(run, "paused"),
    "run.resume": ({ run }) => { delete world.run(run).held; world.tell({ event: "changed", tags: [{ of: "run", key: run }, { of: "runs" }] }); return {}; },
  } satisfies Handlers;
}

function datasetHandlers(world: World) {
  const find = (name: string) => datasets(Date.now()).find((row) => row.pid === name || row.name === name) ?? { ...datasets(Date.now())[0]!, pid: name, name };
  return {
    "dataset.list": (args) => page(datasets(Date.now()).filter((row) => (!args.state || row.state === args.state) && (!args.search || `${row.pid} ${row.name}`.toLowerCase().includes(args.search.toLowerCase()))), args),
    "dataset.counts": ({ search }) => {
      const rows = datasets(Date.now()).filter((row) => !search || `${row.pid} ${row.name}`.toLowerCase().includes(search.toLowerCase()));
      return [...new Set(rows.map((row) => row.state))].map((state) => ({ state, count: rows.filter((row) => row.state === state).length }));
    },
    "dataset.show": ({ dataset }) => {
      const row = find(dataset);
      return { dataset: row, folders: 41, links: 1, special: 0, sources: ["/data/krios/2026-11-20/grid3"], metadata: null, scicat: null, blocks: blocks(row), runs: world.runs.filter((run) => run.dataset === row.pid).slice(0, 50).map((run) => rowOf(run, Date.now())) };
    },
    "dataset.entries": ({ dataset, folder, search, offset, limit }) => entries(folder, search ?? "", offset ?? 0, limit ?? 100, find(dataset).archived_at),
    "dataset.history": ({ dataset, offset, limit }) => {
      const row = find(dataset);
      const lines = ["Landing zone released, every file proved", "LTS proved, 12 of 12 datablocks read back from the medium", "Datablocks written, 12 of 12", "archive_dataset started, version 9f2c41d0", `Landed: ${row.files} files, checksums from the source`, "Dataset created from /data/krios/2026-11-20/grid3"];
      const words = ["released", "proved", "written", "started", "landed", "created"];
      return page(lines.map((text, at) => ({ at: row.created_at + (lines.length - at) * 2_700_000, event: words[at]!, text, run: at < 4 ? "r-01KAV4Q7" : null })), { offset, limit });
    },
    "dataset.verify": ({ dataset }) => ({ run: world.start("verify_dataset", dataset, find(dataset).name, verifySteps(6, 2 * GIB, 4)) }),
    "file.find": ({ text }) => entries(null, text, 0, 8, Date.now()).rows.map((entry) => ({ dataset: "ds-0", entry })),
  } satisfies Handlers;
}

function planHandlers(world: World) {
  return {
    "plan.archive": async ({ paths, token }) => {
      for (let at = 1; at <= 8; at += 1) {
        world.tell({ event: "plan", token, files: at * 1600, bytes: at * 372 * GIB });
        await pause(120);
      }
      return archivePlan(paths);
    },
    "plan.cancel": () => ({}),
    "archive.start": ({ name }) => {
      const dataset = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
      return { dataset, carried_on: false, run: world.start("upload_dataset", dataset, name, uploadSteps(6 * GIB, 1200, 10)) };
    },
    "upload.form": () => ({
      last: { pid: null, type: "raw", datasetName: "", owner: "M. Keller", ownerGroup: "p20418", accessGroups: ["em-staff"], contactEmail: "m.keller@example.org", principalInvestigator: "M. Keller", creationLocation: "/site/em/krios", creationTime: null, description: "", keywords: [], inputDatasets: [], usedSoftware: [], scientificMetadata: { voltage: { value: 300, unit: "kV" } } },
      said: false, scicat: null, archivers: ["central"], types: ["raw", "derived"],
    }),
    "upload.check": ({ metadata }) => (metadata.contactEmail.includes("@") ? [] : [{ field: "contactEmail", why: `"${metadata.contactEmail}" is no e-mail address` }]),
    "upload.start": ({ metadata }) => {
      const dataset = metadata.datasetName.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
      return { dataset, carried_on: false, run: world.start("upload_dataset", dataset, metadata.datasetName, uploadSteps(6 * GIB, 1200, 10)) };
    },
    "plan.retrieve": ({ dataset, dest, files }) => retrievePlan(datasets(Date.now()).find((row) => row.pid === dataset) ?? datasets(Date.now())[0]!, dest, files),
    "retrieve.links": () => ({ blocks: retrievedBlocks(), missing: 0, script: "#!/bin/sh\n", until: Date.now() + 7 * 24 * 3_600_000 }),
    "retrieve.start": ({ dataset }) => ({ run: world.start("retrieve_dataset", dataset, dataset, retrieveSteps(4, 2 * GIB, 300, 6)) }),
  } satisfies Handlers;
}

function recordHandlers({ record, users, messages }: World) {
  const rates = new RateRows();
  return {
    "rate.list": () => rates.rows,
    "rate.set": (args) => rates.set(args),
    "limit.list": () => record.limits,
    "limit.set": ({ limit, slots }) => record.setLimit(limit, slots),
    "limit.remove": ({ limit }) => { record.removeLimit(limit); return {}; },
    "work.list": (args) => page(works(Date.now()).filter((row) => !args.recalls || row.state === "requested"), args),
    "work.messages": (args) => page(messages.rows.filter((row) => args.all || row.state !== "done"), args),
    "work.return": (args) => messages.decide(args, false),
    "work.drop": (args) => messages.decide(args, true),
    "user.list": () => users.rows,
    "user.add": (args) => users.add(args),
    "user.password": (args) => users.renew(args),
    "user.remove": ({ user }) => users.remove(user),
    "variable.list": () => record.variables,
    "variable.set": ({ variable, value }) => record.setVariable(variable, value),
    "variable.import": (args) => record.importVariables(args),
    "variable.remove": ({ variable }) => { record.removeVariable(variable); return {}; },
    "metrics.show": () => ({
      runs: [{ flow: "archive_dataset", state: "success", count: 98_000 }, { flow: "nightly", state: "success", count: 1200 }, { flow: "nightly", state: "failed", count: 30 }],
      attempts: [{ ended: "success", buckets: [[0.01, 10], [1, 95], [60, 100]], count: 100, seconds: 250 }, { ended: "failed", buckets: [[0.01, 0], [1, 1], [60, 1]], count: 4, seconds: 400 }],
      moved_bytes: 3 * GIB, events: 48_213, lag_seconds: 0.004, log_bytes: 214_958_080,
    }),
    "db.check": () => ({ problems: [], runs: 425 }),
    "db.backup": ({ path }) => ({ path, bytes: 214_958_080 }),
    "diagnostics.save": ({ path }) => ({ path, bytes: 48_213 }),
    "db.vacuum": () => ({}),
    "audit.list": (args) => record.audit(args),
  } satisfies Handlers;
}

function connectionHandlers(world: World) {
  const all = world.connections;
  const told = <T>(reply: T): T => { world.tell({ event: "changed", tags: [{ of: "connections" }] }); return reply; };
  return {
    "connection.list": () => all.rows,
    "connection.show": ({ connection }) => ({ connection: all.find(connection), flows: connection === "archive-s3" ? ["nightly_copy"] : [], storages: [] }),
    "connection.kinds": () => kinds,
    "connection.set": (args) => told(all.set(args)),
    "connection.duplicate": ({ connection, to }) => told(all.copy(connection, to)),
    "connection.remove": ({ connection }) => { all.remove(connection); return told({}); },
    "connection.health": () => healthOf(Date.now()),
    "connection.test": ({ connection, draft, write, token }) => all.test(draft?.kind ?? all.find(connection ?? "").kind, write ?? false, token, (event) => world.tell(event)),
    "connection.host_key": () => all.key(),
    "connection.host_key.accept": ({ fingerprint }) => all.accept(fingerprint ?? ""),
    "connection.import": (args) => told(all.import(args)),
    "secrets.show": () => ({ keeper: "file", file: true, open: all.open }),
    "secrets.unlock": ({ passphrase }) => {
      if (passphrase !== "right horse") throw { code: "secrets.passphrase", class: "permanent", what: "The secrets stay locked", why: "the passphrase does not open secrets.age" };
      all.open = true;
      return told({ keeper: "file", file: true, open: true });
    },
  } satisfies Handlers;
}

function flowHandlers(world: World) {
  const told = (change: void) => { world.tell({ event: "changed", tags: [{ of: "schedules" }] }); return change ?? world.schedules.list(Date.now()); };
  return {
    "flow.list": () => world.flows.map((flow) => flow.flow),
    "flow.show": ({ flow }) => world.flows.find((one) => one.flow.id === flow)!,
    "flow.check": () => ({ id: "mine", faults: [], params_schema: null }),
    "flow.run": ({ flow, params }) => ({ run: world.start(flow, String(params["dataset"] ?? ""), String(params["dataset"] ?? flow), archiveSteps(6, 2 * GIB, 300, 6)) }),
    "copy.plan": () => ({ files: 1204, bytes: 48_000_000_000, there: 4, space: 47_900_000_000, extra: 0, extra_names: [] }),
    "plan.flow": ({ flow, params }) => (flow === "delete" ? deletion(params) : planOf(world.flows.find((one) => one.flow.id === flow)!)),
    ...browsing,
    "flow.versions": () => versions(Date.now()),
    "flow.diff": ({ flow, a, b }) => difference(flow, a, b),
    "flow.copy": ({ flow, name }) => {
      const of = world.flows.find((one) => one.flow.id === flow)!;
      world.flows.push({ ...of, source: of.source.replace(/^id: .*/, `id: ${name}`), flow: { ...of.flow, id: name, built_in: false, file: `/home/operator/.local/share/longshore/flows/${name}.yaml`, active: 0, last_states: [] } });
      return { flow: name, file: `/home/operator/.local/share/longshore/flows/${name}.yaml` };
    },
    "flow.backfill_preview": (args) => backfill(args),
    "flow.backfill": (args) => backfill(args),
    "schedule.list": () => world.schedules.list(Date.now()),
    "schedule.next": ({ flow, count }) => world.schedules.next(flow, count ?? 20, Date.now()),
    "schedule.pause": ({ flow, why }) => told(world.schedules.pause(flow, why)),
    "schedule.resume": ({ flow }) => told(world.schedules.resume(flow)),
  } satisfies Handlers;
}

function handlers(world: World): Handlers {
  return {
    ...flowHandlers(world),
    ...runHandlers(world), ...datasetHandlers(world), ...planHandlers(world), ...recordHandlers(world), ...connectionHandlers(world), ...world.engines.handlers,
    "workspace.show": () => workspace(world.first, world.profiles.rows),
    "workspace.setup": () => { world.first = false; return workspace(false, world.profiles.rows); },
    "profile.list": () => world.profiles.rows,
    "profile.set": (args) => world.profiles.set(args),
    "profile.use": ({ profile }) => world.profiles.use(profile),
    "profile.remove": ({ profile }) => world.profiles.remove(profile),
    "archiver.import": ({ paths }) => takenOver(paths),
    "window.raise": () => true,
    "overview.show": () => overview(world),
    "storage.list": () => storages(),
    "storage.history": ({ name, days }) => history(name, days),
    "storage.show": ({ name }) => ({
      storage: storages().find((row) => row.name === name)!,
      reservations: name === "lts" ? [7, 9, 10].map((index) => ({ run: "r-01KAV4Q7", task: "pack", index, dataset: "krios-spliceosome-tomo", bytes: 1826 * GIB, written: (index * 140) * GIB, granted: true })).concat([{ run: "r-01KAV7TT", task: "pack", index: 0, dataset: "talos-liposomes-2", bytes: 512 * GIB, written: 0, granted: false }]) : [],
    }),
    "storage.look": ({ name, path }) => ({ ...storages().find((row) => row.name === name)!, path }),
    "storage.set": ({ name, path, connection, folder, floor_percent }) => ({ ...storages().find((row) => row.name === name)!, ...(path && { path }), ...(connection && { connection, folder: folder ?? "", path: `${connection}:${folder ?? ""}` }), ...(floor_percent && { floor_percent }) }),
  };
}

/** The host. `?first` in the address shows the first run; `window.longshoreDrop` stands for a drop. */
export function memoryHost(first = new URLSearchParams(location.search).has("first")): Host {
  const world = new World(first);
  const answer = handlers(world);
  setInterval(() => world.tick(), TICK);
  return {
    call: async (op, args) => {
      await pause(4);
      const made = answer[op] as ((args: unknown) => unknown) | undefined;
      if (!made) throw { code: "window.memory", class: "permanent", what: `The made-up workspace has no ${op}`, why: "It answers what the pages and their tests need." };
      try {
        const reply = structuredClone(await made(args)) as never;
        world.acted(op, args, "done", null);
        return reply;
      } catch (thrown) {
        world.acted(op, args, "failed", asFault(thrown).code);
        throw thrown;
      }
    },
    onEvent: (tell) => { world.hearers.add(tell); return () => world.hearers.delete(tell); },
    onDrag: (tell) => { Object.assign(globalThis, { longshoreDrag: tell }); return () => undefined; },
    onOpen: (tell) => { Object.assign(globalThis, { longshoreOpen: tell }); return () => undefined; },
    onDrop: (tell) => { Object.assign(globalThis, { longshoreDrop: tell }); return () => undefined; },
    interface: () => {
      const port = world.record.variables.find(({ name }) => name === "airflow_api_port")?.value;
      return Promise.resolve({ url: port ? `http://127.0.0.1:${port}` : null, fault: null });
    },
    pick: (what) => Promise.resolve(what === "files" ? ["/data/krios/session.mrcz"] : ["/data/krios/2026-11-24_Krios_apoferritin_grid1"]),
  };
}
