// Made from the Rust types of src-tauri/api by `cargo run -p longshore-api --bin longshore-types -- ui/src/api/types.ts`.
// Do not edit. Times are milliseconds since the epoch, sizes are bytes, paths are in their text form.

/** How an act ended. */
export type ActState = "unknown" | "done" | "failed";

/** Bytes and files. */
export type Amount = {
  /** Bytes. */
  bytes: number,
  /** Files. */
  files: number,
};

/** A task run that waits for an operator's answer. */
export type ApprovalRow = {
  /** Run. */
  run: string,
  /** Its title. */
  title: string,
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** What the operator is asked. */
  message: string,
  /** Since when. */
  since: number | null,
};

/** Archives paths as a new dataset. */
export type ArchiveArgs = {
  /** Absolute paths. */
  paths: Array<string>,
  /** Name of the dataset. */
  name: string,
  /** Persistent identifier; made from the name if absent. */
  pid?: string | null,
  /** Stop once it is whole in the landing zone. Asked for again without this, it goes on from there. */
  land_only: boolean,
};

/** What archiving will do. */
export type ArchivePlan = {
  /** Paths asked for. */
  paths: Array<string>,
  /** A name to propose. */
  name: string,
  /** Files. */
  files: number,
  /** Folders. */
  folders: number,
  /** Symbolic links. */
  links: number,
  /** Bytes of files. */
  bytes: number,
  /** Number of datablocks. */
  block_count: number,
  /** The first 200 of them. */
  blocks: Array<PlannedBlock>,
  /** Target size of a datablock. */
  block_target: number,
  /** Room needed in each place. */
  space: Array<SpaceNeed>,
  /** Remarks. */
  notes: Array<PlanNote>,
  /** No note is an error. */
  can_start: boolean,
};

/** An archive that was started. */
export type ArchiveStarted = {
  /** Persistent identifier of the dataset. */
  dataset: string,
  /** The run that brings it into the landing zone, and then starts `archive_dataset`. */
  run: string,
  /** The dataset was there, unfinished and from the same paths: this run carries it on. */
  carried_on: boolean,
};

/** A file of it. */
export type ArchiverFile = {
  /** Where it lies. */
  path: string,
  /** What became of its lines; nothing of a file that was not read. */
  lines: Array<ImportLine>,
  /** Why it was not read. */
  left: string | null,
};

/** Takes over the configuration of an archiving service that ran on Prefect. */
export type ArchiverImportArgs = {
  /** Absolute paths of its files, or of the folder that they lie in. Of what two files say the first counts. */
  paths: Array<string>,
  /** Change what is there under the same name; it is left as it is otherwise. */
  replace?: boolean,
  /** Only say what would be done. */
  dry_run?: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What became of the configuration. */
export type ArchiverReport = {
  /** The files, in the order in which they count. */
  files: Array<ArchiverFile>,
  /** The connections and storages. */
  settings: Array<ArchiverSetting>,
  /** What is missing, by the name that the archiving service has for it, and what for. */
  missing: Array<string>,
};

/** Something that the variables of an archiving service come to. */
export type ArchiverSetting = {
  /** `connection archiver-s3`, `storage lts`. */
  what: string,
  /** What became of it. */
  became: Imported,
  /** What it is now, or why it was left. */
  how: string,
};

/** One try. */
export type AttemptRow = {
  /** From 1. */
  number: number,
  /** How it ended, or `running`, or `deferred` while it waits. */
  state: TaskState,
  /** When it started. */
  started_at: number,
  /** When it ended. */
  ended_at: number | null,
  /** Its fault. */
  fault: Fault | null,
};

/** Filter of the audit log, newest first. */
export type AuditListArgs = {
  /** Operation, or its first word (`run` for `run.cancel`). */
  op?: string | null,
  /** What it was done to: `run 01J...`, or the kind or the name alone. */
  object?: string | null,
  /** User. */
  by?: string | null,
  /** At or after this time. */
  since: number | null,
  /** Before this time. */
  until: number | null,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500; 0 means 100. */
  limit?: number,
};

/** A row of the audit log. */
export type AuditRow = {
  /** Number; ascends. */
  seq: number,
  /** When. */
  at: number,
  /** User. */
  by: string,
  /** Program of the process that asked. */
  program: string,
  /** Operation. */
  op: string,
  /** What it was done to: a kind and a name. */
  object: string,
  /** The reason that was given. */
  why: string | null,
  /** How it ended. */
  state: ActState,
  /** Code of the fault with which it ended. */
  fault: string | null,
  /** More: arguments, what was made. */
  detail: Record<string, unknown>,
  /** Row of the act over many things that this is a part of. */
  part_of: number | null,
};

/** A backfill, asked for or begun. */
export type Backfill = {
  /** Flow. */
  flow: string,
  /** Position of the schedule, from 0. */
  schedule: number,
  /** Its rule. */
  words: string,
  /** The first 500 times. */
  times: Array<BackfillTime>,
  /** How many times in all. */
  count: number,
  /** How many of them have a run already: they get no other. */
  there: number,
};

/** Asks for the runs that a schedule would have started. */
export type BackfillArgs = {
  /** Flow. */
  flow: string,
  /** From this time on: `2026-03-01`, `2026-03-01T06:00`, or with an offset; without one in the schedule's time zone. */
  from: string,
  /** Up to this time; a date alone means its end. */
  to: string,
  /** Which of the flow's schedules; the first that has times if absent. */
  schedule?: number | null,
  /** How many of these runs may be unfinished at once; the flow's own bound holds too. */
  max_active?: number | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A time of a backfill. */
export type BackfillTime = {
  /** The time. */
  at: number,
  /** Its run, if there is one. */
  run: string | null,
};

/** A span of time, from the first instant to before the second. */
export type Between = {
  /** At or after this time. */
  since: number | null,
  /** Before this time. */
  until: number | null,
};

/** A datablock. */
export type BlockRow = {
  /** Number, from 0. */
  number: number,
  /** File name. */
  name: string,
  /** `planned`, `written`, `proved`, `damaged`. */
  state: string,
  /** Storage. */
  storage: string,
  /** Absolute path of the file, once written. */
  path: string | null,
  /** Files in it. */
  files: number,
  /** Bytes of the tar. */
  size: number,
  /** Checksum of the tar, hex. */
  sha256: string | null,
  /** When it was last read back. */
  verified_at: number | null,
  /** `medium` or `cache`. */
  method: string | null,
};

/** What a retry can hope for. */
export type Class = "permanent" | "transient" | "fatal";

/** Names a connection. */
export type ConnectionArgs = {
  /** Name. */
  connection: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Copies a connection with its secrets under another name. */
export type ConnectionCopyArgs = {
  /** Name. */
  connection: string,
  /** Name of the copy, which must not be there yet. */
  to: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A connection with what rests on it. */
export type ConnectionDetail = {
  /** The connection. */
  connection: ConnectionRow,
  /** Flows in force whose files name it. */
  flows: Array<string>,
  /** Storages of the workspace that lie on it. */
  storages: Array<string>,
};

/** Writes connections down. */
export type ConnectionExportArgs = {
  /** Which; all if none is named. */
  connections?: Array<string>,
  /** How. */
  format?: ExportFormat,
  /** Whether their secrets are written too, in the open. */
  with_secrets?: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Connections written down. */
export type ConnectionExported = {
  /** How many. */
  count: number,
  /** Those of the environment that are not understood, and so are not among them. */
  left_out: Array<string>,
  /** The text. */
  text: HiddenText,
};

/** How the last test of a connection ended. */
export type ConnectionHealth = {
  /** Connection. */
  connection: string,
  /** When it was tested. */
  at: number,
  /** Every step went well. */
  ok: boolean,
  /** The step that did not, or the last one. */
  step: string,
  /** What came of it. */
  text: string,
  /** Stable code of what went wrong. */
  code: string | null,
};

/** A kind of system that connections lead to. */
export type ConnectionKind = {
  /** Its word. */
  kind: string,
  /** Other words for it. */
  aliases: Array<string>,
  /** Its name for the operator. */
  title: string,
  /** JSON Schema of the fields of `extra`, secrets among them. */
  schema: Record<string, unknown>,
  /** Fields of `extra` that are secrets. */
  secrets: Array<string>,
};

/** A connection, without its secrets. */
export type ConnectionRow = {
  /** Name. */
  id: string,
  /** Kind of system. */
  kind: string,
  /** Whether there is a connector for this kind. */
  usable: boolean,
  /** Host name, address, or the beginning of a URL. */
  host: string | null,
  /** Port; that of the kind where there is none. */
  port: number | null,
  /** User name or access key. */
  login: string | null,
  /** Airflow's `schema`. */
  schema: string | null,
  /** What else there is to say, of which nothing is secret. */
  extra: Record<string, unknown>,
  /** What it is for. */
  description: string | null,
  /** The secrets that are set. */
  secrets: Array<SecretRow>,
  /** Where it is written. */
  source: ConnectionSource,
  /** Why it cannot be used, of one in the environment that is not understood. */
  problem: string | null,
  /** When it was last changed; nothing of one in the environment. */
  changed: number | null,
};

/** Makes or changes a connection. Fields that are not named are empty then; secrets that are not named stay as they are. */
export type ConnectionSetArgs = {
  /** Name: letters, digits, `.`, `-` and `_`, at most 200. */
  connection: string,
  /** Kind of system. */
  kind: string,
  /** Host. */
  host?: string | null,
  /** Port. */
  port?: number | null,
  /** User name or access key. */
  login?: string | null,
  /** Airflow's `schema`. */
  schema?: string | null,
  /** What else there is to say. Secrets that stand here are taken out and kept with the others. */
  extra?: { [key in string]: Hidden },
  /** What it is for. */
  description?: string | null,
  /** The secrets that change, by field. */
  secrets?: { [key in string]: SecretGiven },
  /** Only if there is none of this name yet. */
  new?: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Where a connection is written. */
export type ConnectionSource = "workspace" | "environment";

/** Tries a connection. */
export type ConnectionTestArgs = {
  /** Name. */
  connection: string,
  /** What the connection would be, to be tried before it is made or changed. Secrets that are not named in it are those that are kept of the connection; nothing of it is kept. */
  draft?: ConnectionSetArgs,
  /** Folder on it below which to try; its top if none is given. */
  path?: string | null,
  /** Whether to write a small file, which is removed again. */
  write?: boolean,
  /** Word by which the steps that are told as they end are known. */
  token?: string | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** How a test went. */
export type ConnectionTested = {
  /** Whether every step worked. */
  ok: boolean,
  /** The steps. */
  steps: Array<TestStep>,
};

/** Asks what a copy would do. */
export type CopyPlanArgs = {
  /** Parameters of the kind `copy`. */
  with: Record<string, unknown>,
};

/** What a copy would do, told by names and sizes: no content is read. */
export type CopyPlanned = {
  /** Files to copy, those that lie there included. */
  files: number,
  /** Bytes of them. */
  bytes: number,
  /** Files at whose place one of the same size lies: most likely the same. */
  there: number,
  /** Bytes that the copies need at the target beyond what lies there. */
  space: number,
  /** Files that would be deleted at the target because the source has none such. */
  extra: number,
  /** The first hundred of them. */
  extra_names: Array<string>,
};

/** Where to copy the database. */
export type DatabaseBackupArgs = {
  /** The file, absolute; it must not be there yet. */
  path: string,
};

/** What a check of the database found. */
export type DatabaseChecked = {
  /** What is wrong, in words; empty if nothing is. */
  problems: Array<string>,
  /** Runs whose journal was gone through and compared with what follows from it. */
  runs: number,
};

/** Names a dataset. */
export type DatasetArgs = {
  /** Pid or name. */
  dataset: string,
};

/** Which datasets are counted. */
export type DatasetCountsArgs = {
  /** With this part of a name or pid. */
  search?: string | null,
};

/** A dataset in full. */
export type DatasetDetail = {
  /** Its row. */
  dataset: DatasetRow,
  /** Folders in it. */
  folders: number,
  /** Links in it. */
  links: number,
  /** Sockets, devices and pipes that were left out. */
  special: number,
  /** Where it came from. */
  sources: Array<string>,
  /** What is said of it for SciCat, if something is. */
  metadata: Metadata | null,
  /** Its identifier in SciCat, once it has one there. */
  scicat: string | null,
  /** Datablocks, the first 1,000. */
  blocks: Array<BlockRow>,
  /** Runs that worked on it, newest first, at most 50. */
  runs: Array<RunRow>,
};

/** Filter of the list of datasets. */
export type DatasetListArgs = {
  /** Part of a name or pid. */
  search?: string | null,
  /** One state. */
  state?: DatasetStateText | null,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500; 0 means 100. */
  limit?: number,
};

/** Writes a fixity report. */
export type DatasetReportArgs = {
  /** Pid or name. */
  dataset: string,
  /** What it looks like. */
  form: ReportForm,
  /** The file, absolute; it must not be there yet. */
  path: string,
};

/** A dataset in a list. */
export type DatasetRow = {
  /** Persistent identifier. */
  pid: string,
  /** Name. */
  name: string,
  /** State. */
  state: DatasetStateText,
  /** Files. */
  files: number,
  /** Bytes. */
  bytes: number,
  /** Bytes of files that are proved on the LTS. */
  proved_bytes: number,
  /** Files that are proved on the LTS. */
  proved_files: number,
  /** Files still in the landing zone. */
  landing_files: number,
  /** Number of datablocks. */
  blocks: number,
  /** When it was created. */
  created_at: number,
  /** When its last file was proved, if all are. */
  archived_at: number | null,
  /** Its newest run, if any. */
  run: string | null,
};

/** How many datasets are in which state. */
export type DatasetStateCount = {
  /** State. */
  state: DatasetStateText,
  /** Datasets. */
  count: number,
};

/** State of a dataset as a whole; see `longshore_catalogue::DatasetState`. */
export type DatasetStateText = "landing" | "landed" | "archiving" | "archived" | "damaged";

/** Asks for a file with what somebody who helps has to know. */
export type DiagnosticsArgs = {
  /** The file, absolute; it must not be there yet. */
  path: string,
};

/** A time at which a run is due. */
export type DueRow = {
  /** Flow. */
  flow: string,
  /** Title of the flow. */
  title: string,
  /** Position in the flow's list of schedules, from 0. */
  schedule: number,
  /** The rule. */
  words: string,
  /** The time. */
  at: number,
  /** When the run starts: the time and the schedule's jitter. */
  starts_at: number,
  /** The flow's schedules are paused: it will not start. */
  paused: boolean,
};

/** A page of a dataset's entries. */
export type EntriesArgs = {
  /** Pid or name. */
  dataset: string,
  /** Only what lies directly in this folder (its path; empty for the top). `null`: all entries, flat. */
  folder?: string | null,
  /** Flat only: part of a file name, or a checksum. */
  search?: string | null,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500. */
  limit?: number,
};

/** An entry of a dataset. */
export type EntryRow = {
  /** Key; ascends in listing order. */
  id: number,
  /** Full path inside the dataset, text form. */
  path: string,
  /** Last component, text form. */
  name: string,
  /** `file`, `folder` or `link`. */
  kind: string,
  /** Bytes; of a folder, of all files below it. */
  size: number,
  /** Files below a folder, else 0. */
  files: number,
  /** Permission bits, octal as in `0644`. */
  mode: string,
  /** Modification time, milliseconds. */
  mtime: number,
  /** Target of a link. */
  link: string | null,
  /** Hex. */
  md5: string | null,
  /** Hex. */
  sha256: string | null,
  /** `absent`, `present`, `released`. */
  landing: string,
  /** Number of its datablock, once written. */
  block: number | null,
  /** Offset in it of its first byte. */
  offset: number | null,
  /** When it was proved. */
  proved_at: number | null,
};

/** An event. At most ten a second of each kind for one run. */
export type Event = { "event": "changed",
  /** The tags. */
  tags: Array<Tag>,
} | { "event": "everything" } | { "event": "progress",
  /** Run. */
  run: string,
  /** Amounts of the run as a whole, as in its row. */
  progress: ProgressRow,
  /** Tasks that moved. */
  tasks: Array<TaskLive>,
} | { "event": "log",
  /** Run. */
  run: string,
  /** Lines, at most 100; more are to be fetched. */
  lines: Array<LogRow>,
} | { "event": "plan",
  /** Token of the request. */
  token: string,
  /** Files so far. */
  files: number,
  /** Bytes so far. */
  bytes: number,
} | { "event": "notice",
  /** Run. */
  run: string,
  /** What it is about. */
  title: string,
  /** What there is to say. */
  text: string,
} | { "event": "tested",
  /** Token of the request. */
  token: string,
  /** The step. */
  step: TestStep,
} | { "event": "raise" } | { "event": "connection",
  /** Whether there is one. */
  up: boolean,
};

/** How connections are written down. */
export type ExportFormat = "json" | "env" | "yaml";

/** A failure, told in full: what failed, on what, why, and what to do now. */
export type Fault = {
  /** Stable code such as `space.short`; what programs compare. */
  code: string,
  /** What a retry can hope for. */
  class: Class,
  /** What failed. */
  what: string,
  /** Why. */
  why: string,
  /** What to do now; empty if nothing can be said. */
  now?: string,
  /** Dataset concerned (pid). */
  dataset?: string,
  /** File concerned, in its text form. */
  file?: string,
  /** Storage, host or service concerned. */
  place?: string,
  /** Where in a text input: `line:column` and the field, as in `flow.yaml:12:5 tasks[2].uses`. */
  at?: string,
  /** More of the same kind, one line each, at most a hundred (further damaged files). */
  also?: Array<string>,
};

/** Failed runs with one cause. */
export type FaultCauseRow = {
  /** Stable code. */
  code: string,
  /** Failed runs in which a task run failed of it. */
  runs: number,
  /** These task runs. */
  task_runs: number,
  /** The newest of these runs. */
  run: string,
  /** A task of it that failed so. */
  task: string,
  /** Its fault, as an example. */
  fault: Fault,
};

/** Why runs failed. */
export type FaultCauses = {
  /** Failed runs in all. The newest 10,000 of them are looked at. */
  failed: number,
  /** By cause, the one of the most runs first, at most 100. A run that failed of two counts with both. */
  causes: Array<FaultCauseRow>,
};

/** How many files of a transfer were not copied for one cause. */
export type FileCauseRow = {
  /** Stable code. */
  code: string,
  /** Files. */
  files: number,
  /** The first of them. */
  example: TransferFileRow,
};

/** A file that was written. */
export type FileWritten = {
  /** Where. */
  path: string,
  /** How large it is. */
  bytes: number,
};

/** A search across datasets. */
export type FindArgs = {
  /** Part of a file name, or a whole checksum in hex. */
  text: string,
  /** Rows wanted, at most 500. */
  limit?: number,
};

/** Names a flow. */
export type FlowArgs = {
  /** Id. */
  flow: string,
};

/** Checks a flow file's text. */
export type FlowCheckArgs = {
  /** Name for messages. */
  file: string,
  /** Text. */
  source: string,
};

/** Result of a check. */
export type FlowChecked = {
  /** Id, if it could be read. */
  id: string | null,
  /** All that is wrong, each with its place. */
  faults: Array<Fault>,
  /** JSON Schema of its parameters, if nothing is wrong. */
  params_schema: unknown,
};

/** A copy that was made. */
export type FlowCopied = {
  /** Its id. */
  flow: string,
  /** Its file, in its text form. */
  file: string,
};

/** Copies a flow into the workspace's folder of flows. */
export type FlowCopyArgs = {
  /** Flow. */
  flow: string,
  /** Id of the copy. */
  name: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A day on which a flow had runs. */
export type FlowDay = {
  /** The day, as in `2026-11-24`. */
  day: string,
  /** Runs created on it, by state. */
  runs: Array<RunStateCount>,
};

/** Which runs to count by days. */
export type FlowDaysArgs = {
  /** Flow. */
  flow: string,
  /** Those created at or after this time, in milliseconds since the epoch. */
  since: number,
  /** Those created before this time. */
  until: number,
  /** Zone whose days are meant, such as `Europe/Zurich`; UTC if none is named. */
  timezone?: string | null,
};

/** A flow in full. */
export type FlowDetail = {
  /** Its row. */
  flow: FlowRow,
  /** Description. */
  description: string,
  /** The file's text. */
  source: string,
  /** Digest of the text: the version. */
  version: string,
  /** JSON Schema of the parameters, as an object schema. */
  params_schema: unknown,
  /** Structure. */
  graph: Graph,
};

/** How two versions of a flow differ. */
export type FlowDiff = {
  /** The older version. */
  a: string,
  /** The newer version. */
  b: string,
  /** Lines of a unified diff; none if the texts are the same. */
  lines: Array<string>,
};

/** Names two versions of a flow. */
export type FlowDiffArgs = {
  /** Flow. */
  flow: string,
  /** The older version, or its first letters. */
  a: string,
  /** The newer version, or its first letters. */
  b: string,
};

/** How long a run took, or a task in it. */
export type FlowDuration = {
  /** Run. */
  run: string,
  /** State of the run. */
  run_state: RunState,
  /** State of the task, if one is measured. */
  task_state: TaskState | null,
  /** Task runs of the task; 0 if a whole run is measured. */
  task_runs: number,
  /** When the run was created, in milliseconds since the epoch, as all times. */
  created_at: number,
  /** When the run first started, or the first task run of the task. */
  started_at: number | null,
  /** When the run ended, or the last task run of the task. */
  ended_at: number | null,
};

/** Which runs to measure. */
export type FlowDurationsArgs = {
  /** Flow. */
  flow: string,
  /** Task that is measured instead of the whole run. */
  task?: string | null,
  /** Runs wanted, the newest first, at most 200; 0 means 50. */
  limit?: number,
};

/** What a run of a flow will do. */
export type FlowPlan = {
  /** Flow. */
  flow: string,
  /** Title. */
  title: string,
  /** Tasks, in the order of the file; hooks come last. */
  tasks: Array<PlannedTask>,
  /** Bytes that all tasks move, hooks aside, as far as known. */
  bytes: number,
  /** Tasks, hooks aside, of which not all that they need is known before the run. */
  unknown: Array<string>,
  /** Room needed in each place, as far as known, hooks aside. */
  space: Array<SpaceNeed>,
  /** The active run with the same value of the flow's guard. */
  held_by: string | null,
  /** Why the run would be refused now, or could not come to a good end. */
  refused: Array<Fault>,
  /** Nothing is refused. */
  can_start: boolean,
};

/** A flow in a list. */
export type FlowRow = {
  /** Id. */
  id: string,
  /** Title. */
  title: string,
  /** Other names under which it is found. */
  aliases?: Array<string>,
  /** Inside the binary, or the operator's own. */
  built_in: boolean,
  /** Description. */
  description?: string,
  /** How many of its runs may be active at once. */
  max_active_runs?: number,
  /** How many task runs of one run may work at once. */
  max_active_tasks?: number,
  /** Number of tasks. */
  tasks: number,
  /** Active runs. */
  active: number,
  /** State words of its last runs, newest last, at most 20. */
  last_states: Array<string>,
  /** A file of this id that is refused, and why; the good version stays in force. */
  refused: Fault | null,
  /** File of one of the operator's own, in its text form. */
  file: string | null,
  /** Its file is gone, and runs of it are not finished: they go on with the version that they started with. */
  deleted: boolean,
  /** Its schedules: `0 2 * * * (Europe/Zurich)`, `every 15m`, ... */
  schedules: Array<string>,
  /** Its schedules are paused. */
  paused: boolean,
  /** When a run is due next. */
  next: number | null,
};

/** Starts a flow. */
export type FlowRunArgs = {
  /** Id of a flow in force; or, with `source`, a name for messages. */
  flow: string,
  /** Text of a flow file to run instead of one in force. */
  source?: string | null,
  /** Parameters, an object. */
  params: Record<string, unknown>,
  /** A run of this flow with the same key that exists is given back instead of a new one. */
  key?: string | null,
  /** Weight of the run, added to that of each of its tasks: of what could start, the heaviest starts first. 0 if nothing is said. */
  priority?: number | null,
};

/** A task as its flow describes it. */
export type FlowTaskRow = {
  /** Task id. */
  id: string,
  /** Kind. */
  uses: string,
  /** `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`. */
  role: string,
  /** Has `for_each`. */
  mapped: boolean,
  /** Trigger rule. */
  trigger: string,
  /** Tasks that need it. */
  needed_by: Array<string>,
  /** How often it is tried again at most. */
  retries: number,
  /** How long it waits before it is tried again, the first time, in milliseconds. */
  retry_delay: number,
  /** Whether it waits longer each time. */
  backoff: boolean,
  /** How long an attempt may work, in milliseconds. */
  timeout: number | null,
  /** Limits that it holds while it works. */
  limits: Array<TaskClaim>,
  /** Weight. */
  priority: number,
};

/** The tasks of a flow in force, or of the version of a flow that a run has. */
export type FlowTasksArgs = {
  /** Flow. */
  flow?: string | null,
  /** Run; goes before the flow. */
  run?: string | null,
};

/** A version of a flow that was in force or that a run started with. */
export type FlowVersionRow = {
  /** Digest of the text. */
  version: string,
  /** When it was first kept; absent of one that an older Longshore kept. */
  kept_at: number | null,
  /** How many runs started with it. */
  runs: number,
  /** When the last of them was created. */
  last_run_at: number | null,
  /** New runs start with it. */
  in_force: boolean,
};

/** A file found. */
export type FoundRow = {
  /** Its dataset. */
  dataset: string,
  /** The entry. */
  entry: EntryRow,
};

/** A flow's structure. `key` is the same as long as the structure is. */
export type Graph = {
  /** Digest of the structure. */
  key: string,
  /** Tasks. */
  nodes: Array<GraphNode>,
  /** Edges. */
  edges: Array<GraphEdge>,
};

/** What needs what. */
export type GraphEdge = {
  /** Task that comes first. */
  from: string,
  /** Task that needs it. */
  to: string,
  /** A longer way between the two says it already; it is not drawn. */
  implied?: boolean,
};

/** A task in a graph. */
export type GraphNode = {
  /** Task id. */
  id: string,
  /** Kind of task. */
  uses: string,
  /** Has `for_each`. */
  mapped: boolean,
  /** `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`. */
  role: string,
  /** Group of tasks that it is shown in, if one. */
  group?: string,
  /** `setup` or `teardown`, of such a task. */
  part?: string,
  /** Condition, if one. */
  when: string | null,
  /** Trigger rule. */
  trigger: string,
  /** Place in a layered layout, in units of rows (y) and columns (x), computed from the structure alone. */
  x: number,
  /** See `x`. */
  y: number,
};

/** A run with what became of its tasks. */
export type GridRun = {
  /** The run. */
  run: RunRow,
  /** The tasks of its version of the flow, in the file's order. */
  tasks: Array<GridTask>,
};

/** All task runs of a task together. */
export type GridTask = {
  /** Task. */
  id: string,
  /** The state to show for all. */
  state: TaskState,
  /** Whether it is mapped. */
  mapped: boolean,
  /** How many are in which state. */
  counts: Array<StateCount>,
};

/** A value that is never printed. On its way in it is what was typed. */
export type Hidden = unknown;

/** A text that is never printed. */
export type HiddenText = string;

/** How long attempts took that ended alike. */
export type Histogram = {
  /** How they ended: `success`, `failed`, ... */
  ended: string,
  /** Seconds, and how many took no longer. */
  buckets: [number, number][],
  /** How many in all. */
  count: number,
  /** Seconds of all together. */
  seconds: number,
};

/** A page of a dataset's history, newest first. */
export type HistoryArgs = {
  /** Pid or name. */
  dataset: string,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500. */
  limit?: number,
};

/** One line of a history. */
export type HistoryRow = {
  /** When. */
  at: number,
  /** Stable word. */
  event: string,
  /** In words. */
  text: string,
  /** Run. */
  run: string | null,
};

/** Accepts the host key of a server. */
export type HostKeyAcceptArgs = {
  /** Name of the connection. */
  connection: string,
  /** What the connection would be, as of a test. */
  draft?: ConnectionSetArgs,
  /** The fingerprint that was compared with what the server's operator says. A key with another is refused. */
  fingerprint: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Asks a server for its host key. */
export type HostKeyArgs = {
  /** Name of the connection. */
  connection: string,
  /** What the connection would be, as of a test. */
  draft?: ConnectionSetArgs,
};

/** The first key on the way to a server that is not known yet. */
export type HostKeyFound = {
  /** The key; nothing if all are known, those of hosts on the way included. */
  key: HostKeyRow | null,
};

/** The key by which a server is known. */
export type HostKeyRow = {
  /** The server, as known_hosts names it: `name`, or `[name]:port`. */
  host: string,
  /** Type of the key, such as `ssh-ed25519`. */
  kind: string,
  /** `SHA256:` and what `ssh-keygen -l` shows. */
  fingerprint: string,
};

/** Takes over what a text says. */
export type ImportArgs = {
  /** Name of the file, by which its format may be known. */
  file: string,
  /** The text. It may hold secrets. */
  text: HiddenText,
  /** Who wrote it; found out if not said. Of variables, it is always found out. */
  format?: ImportFormat | null,
  /** Change what is there under the same name; it is left as it is otherwise. */
  replace?: boolean,
  /** Only say what would be done. */
  dry_run?: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Who wrote a text. */
export type ImportFormat = "json" | "yaml" | "env" | "rclone" | "ssh" | "aws";

/** Something in a text, and what became of it. */
export type ImportLine = {
  /** Line, from 1. */
  line: number,
  /** The name that stands there. */
  name: string,
  /** What became of it. */
  became: Imported,
  /** Why it was left. */
  why: string | null,
};

/** What became of a text, line by line. */
export type ImportReport = {
  /** What it was read as, of connections. */
  format: ImportFormat | null,
  /** The lines, in their order. */
  lines: Array<ImportLine>,
};

/** What became of something in a text. */
export type Imported = "added" | "replaced" | "kept" | "left";

/** Completes an upload. */
export type IngestCompleteArgs = {
  /** Its parts. */
  parts: Array<IngestPart>,
  /** SHA-256 of the SHA-256 of the parts one after another, in base64. */
  sha256: string,
  /** Pid of the dataset. */
  pid: string,
  /** Key of the object. */
  object: string,
  /** Id of the upload. */
  upload: string,
};

/** Says that all of a dataset was uploaded. */
export type IngestFinishArgs = {
  /** Pid of the dataset. */
  pid: string,
  /** Whether to archive it. */
  archive: boolean,
  /** Who asks for it. */
  owner?: string | null,
  /** Their group. */
  owner_group?: string | null,
  /** Whom to tell. */
  contact?: string | null,
};

/** What became of it. */
export type IngestFinished = {
  /** The job in SciCat, if one was made. */
  job: string | null,
  /** The run that archives it, if it was asked for. */
  run: string | null,
};

/** A part that was put. */
export type IngestPart = {
  /** Its number, from 1. */
  part_number: number,
  /** The ETag that the endpoint gave for it. */
  etag: string,
  /** SHA-256 of its bytes, in base64. */
  checksum_sha256: string,
};

/** Asks for room in the landing zone. */
export type IngestRequestArgs = {
  /** Pid of the dataset, at its site. */
  pid: string,
  /** Bytes of its files. */
  bytes: number,
};

/** Something that uploads and jobs depend on and that does not answer. */
export type IngestTrouble = {
  /** `scicat`. */
  dependency: string,
  /** Where it is. */
  endpoint: string,
  /** Why it does not answer. */
  message: string,
};

/** Names an upload. */
export type IngestUploadArgs = {
  /** Pid of the dataset. */
  pid: string,
  /** Key of the object. */
  object: string,
  /** Id of the upload. */
  upload: string,
};

/** Where the parts of an object are to be put. */
export type IngestUrls = {
  /** Id of the upload, of an object in more than one part. */
  upload: string | null,
  /** A URL for each part, in their order. */
  urls: Array<HiddenText>,
};

/** Asks for URLs for one object of a dataset. */
export type IngestUrlsArgs = {
  /** Pid of the dataset. */
  pid: string,
  /** Key of the object, in the folder of the dataset. */
  object: string,
  /** Parts that it is uploaded in, 1 to 10,000. */
  parts: number,
};

/** Whose it is. */
export type IngestWho = {
  /** Groups that may see what theirs is; nothing of a token that SciCat does not know. */
  groups: Array<string> | null,
};

/** A token of SciCat. */
export type IngestWhoArgs = {
  /** The token. */
  token: HiddenText,
};

/** One row of the journal. */
export type JournalRow = {
  /** Number of the row. */
  seq: number,
  /** When. */
  at: number,
  /** Task, if of one. */
  task: string | null,
  /** Map index. */
  index: number | null,
  /** Stable word for what happened. */
  event: string,
  /** In words. */
  text: string,
  /** Who asked for it, of an operator's act. */
  by?: string,
  /** The reason that was given. */
  why?: string,
};

/** What was brought. */
export type LedgerBrought = {
  /** Datasets that were looked at. */
  datasets: number,
  /** Files in them. */
  files: number,
  /** Datablocks of which more is known now. */
  blocks: number,
  /** Messages for other systems that were found. */
  messages: number,
};

/** Which dataset, and where workers find it. */
export type LedgerExportArgs = {
  /** Its pid or name. */
  dataset: string,
  /** A folder of this machine, or `CONNECTION:PATH`. */
  location: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Where workers have left what they did. */
export type LedgerImportArgs = {
  /** A folder of this machine, or `CONNECTION:PATH`. */
  location: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Names a limit. */
export type LimitArgs = {
  /** Name. */
  limit: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A limit. */
export type LimitRow = {
  /** Name. */
  name: string,
  /** Task runs that may hold it at once. With 0 nothing that names it starts. */
  slots: number,
  /** How many hold it now. May be more than there are slots, if these were made fewer: nothing is taken away. */
  held: number,
  /** Who holds it, those that have it longest first, at most 200. */
  holders: Array<SlotHolder>,
};

/** Makes or changes a limit. Takes effect at once; what holds a slot keeps it. */
export type LimitSetArgs = {
  /** Name. */
  limit: string,
  /** Slots. */
  slots: number,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Who reads, and from where on. */
export type LineageArgs = {
  /** To whom the events go: each has a place of its own in the journal. */
  target: string,
  /** After this row of the journal, if that is further on than what was delivered. */
  after: number | null,
};

/** All up to a row was delivered. */
export type LineageDeliveredArgs = {
  /** To whom. */
  target: string,
  /** The row. */
  seq: number,
};

/** A part of the journal. */
export type LineagePage = {
  /** What happened in it. */
  steps: Array<LineageStep>,
  /** The last row that was looked at. */
  upto: number,
  /** Whether the journal goes on behind it. */
  more: boolean,
  /** Whether nothing was ever delivered to this target: then the page is empty, and `upto` is the end of the journal. */
  new: boolean,
};

/** A run has begun or ended. */
export type LineageStep = {
  /** Row of the journal. */
  seq: number,
  /** Run. */
  run: string,
  /** When, in milliseconds since the epoch. */
  at: number,
  /** `running` when it began, else how it ended. */
  state: RunState,
};

/** A line that a search found. */
export type LogHit = {
  /** Its run. */
  run: string,
  /** The line. */
  line: LogRow,
};

/** What a search found. */
export type LogHits = {
  /** The lines. */
  hits: Array<LogHit>,
  /** Where to go on; `null` if all was searched. */
  next: LogPlaceRow | null,
};

/** Where a search stopped. */
export type LogPlaceRow = {
  /** In this run. */
  run: string,
  /** After this line. */
  after: number,
};

/** One line of a log. */
export type LogRow = {
  /** Number of the line. */
  seq: number,
  /** When. */
  at: number,
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** Attempt. */
  attempt: number,
  /** `debug`, `info`, `warning`, `error`. */
  level: string,
  /** Text. */
  text: string,
};

/** Writes the lines of a run to a text file. */
export type LogSaveArgs = {
  /** Run. */
  run: string,
  /** One task. */
  task?: string | null,
  /** Map index. */
  index?: number | null,
  /** One attempt. */
  attempt?: number | null,
  /** The file, absolute; it must not be there yet. */
  path: string,
};

/** Searches the logs of all runs, the newest run first. */
export type LogSearchArgs = {
  /** Text; ASCII letters in either case. */
  text: string,
  /** This level or a graver one. */
  level?: string | null,
  /** Go on from where an earlier search stopped. */
  from?: LogPlaceRow | null,
  /** Lines wanted, at most 1,000; 0 means 100. */
  limit?: number,
};

/** How an operator says that a task run ended. */
export type MarkState = "success" | "failed" | "skipped";

/** Numbers of the workspace. What is counted is counted since its owner began. */
export type Measured = {
  /** Runs by flow and state. */
  runs: Array<RunCount>,
  /** Attempts by how they ended. */
  attempts: Array<Histogram>,
  /** Bytes that attempts moved. */
  moved_bytes: number,
  /** Events journalled. */
  events: number,
  /** Seconds from the last decision to the moment when it was in the journal and told. */
  lag_seconds: number,
  /** Bytes of task logs that are kept. */
  log_bytes: number,
};

/** What is said of a dataset, by the names that SciCat has for it (the fields of its `CreateDatasetDto`). A text that is empty is not said. */
export type Metadata = {
  /** Identifier that was chosen; SciCat gives one if there is none. */
  pid?: string | null,
  /** `raw` or `derived`. */
  type: string,
  /** Name. */
  datasetName: string,
  /** Who owns it. */
  owner: string,
  /** Group that may change it. */
  ownerGroup: string,
  /** Groups that may see it. */
  accessGroups: Array<string>,
  /** Whom to ask. */
  contactEmail: string,
  /** Who answers for the work; several are separated by semicolons. */
  principalInvestigator: string,
  /** Where it was measured, as in `/site/facility/instrument`. */
  creationLocation: string,
  /** When it was measured (RFC 3339); when it was uploaded, if not said. */
  creationTime?: string | null,
  /** What it is. */
  description: string,
  /** Words by which it is found. */
  keywords: Array<string>,
  /** Of a derived dataset: the datasets that it was made from. */
  inputDatasets: Array<string>,
  /** Of a derived dataset: the software that made it. */
  usedSoftware: Array<string>,
  /** What was measured how. */
  scientificMetadata: Record<string, unknown>,
};

/** Something that SciCat would not take. */
export type MetadataWrong = {
  /** The field, by SciCat's name. */
  field: string,
  /** Why; of scientific metadata, with line and column. */
  why: string,
};

/** Notes something at a run, or at a task run of it. */
export type NoteSetArgs = {
  /** Run. */
  run: string,
  /** Task; none for the run as a whole. */
  task?: string | null,
  /** Map index. */
  index?: number | null,
  /** Text, of at most 1,000 characters; an empty one takes the note away. */
  note: string,
};

/** Nothing to say. */
export type Nothing = Record<symbol, never>;

/** What an object storage knows of an object. */
export type ObjectDetail = {
  /** Its storage class, such as `STANDARD` or `DEEP_ARCHIVE`. */
  class: string,
  /** Whether it can be read. */
  restore: Restored,
  /** Its tags, by name. */
  tags: { [key in string]: string },
  /** Its versions, the newest first; one where none are kept. */
  versions: Array<ObjectVersion>,
};

/** One version of an object. */
export type ObjectVersion = {
  /** Its id. */
  id: string,
  /** Whether it is the one that is read. */
  latest: boolean,
  /** Bytes; none where the object was deleted then. */
  size: number | null,
  /** When it was written. */
  mtime: number | null,
};

/** The first page. */
export type Overview = {
  /** Runs that failed or wait for space, newest first, at most 50; each with its first fault. */
  needs_you: Array<RunRow>,
  /** Runs that are active, at most 50. */
  running: Array<RunRow>,
  /** Runs that ended in the last 24 hours, at most 50. */
  finished: Array<RunRow>,
  /** Datasets touched last, at most 10. */
  datasets: Array<DatasetRow>,
  /** Storages. */
  storages: Array<StorageRow>,
  /** Bytes and files proved in the last 24 hours. */
  proved: Amount,
  /** Bytes and files retrieved in the last 24 hours. */
  retrieved: Amount,
};

/** A page of a list. */
export type Page<T> = {
  /** The rows. */
  rows: Array<T>,
  /** How many rows the whole list has under the same filter. */
  total: number,
};

/** Who paused the schedules of a flow. */
export type PausedBy = {
  /** When. */
  at: number,
  /** Who. */
  by: string | null,
  /** Why. */
  why: string | null,
};

/** Where a page begins. */
export type PlaceAfter = {
  /** Name of the last row. */
  name: string,
  /** Whether it is a folder. */
  folder: boolean,
};

/** Names a place. */
export type PlaceArgs = {
  /** `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path. */
  location: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What is known of a place. */
export type PlaceDetail = {
  /** `file`, `folder` or `link`. */
  kind: string,
  /** Bytes, of a file. */
  size: number,
  /** When it was changed; none where the storage does not say. */
  mtime: number | null,
  /** A checksum that the storage takes of what lies there or has kept with it: `sha256:...` or `md5:...`. */
  checksum: string | null,
  /** What an object storage knows besides. */
  object: ObjectDetail | null,
};

/** Asks for a link to an object that needs no keys. */
export type PlaceLinkArgs = {
  /** The object: `CONNECTION:PATH`. */
  location: string,
  /** Whether it may be written with the link, not read. */
  write?: boolean,
  /** How long the link is good, in seconds: 1 to 604,800. */
  seconds: number,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A link. */
export type PlaceLinked = {
  /** Whoever has it may use it. */
  url: HiddenText,
  /** Until when it is good; that of temporary keys ends with them. */
  until: number,
};

/** Lists a place. */
export type PlaceListArgs = {
  /** `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path. */
  location: string,
  /** The last row of the page before. */
  after?: PlaceAfter | null,
  /** Rows at most; 0: 100. */
  limit: number,
};

/** What lies at a place. */
export type PlaceListing = {
  /** Files and links by name, then folders by name. */
  rows: Array<PlaceRow>,
  /** More come after them. */
  more: boolean,
};

/** Gives what lies at a place another name. */
export type PlaceRenameArgs = {
  /** `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path. */
  location: string,
  /** The new name, in the same folder. */
  name: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Asks that an archived object be restored. */
export type PlaceRestoreArgs = {
  /** The object: `CONNECTION:PATH`. */
  location: string,
  /** For how many days, 1 at least. */
  days: number,
  /** How fast. */
  speed?: RestoreSpeed,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** One name at a place. */
export type PlaceRow = {
  /** Its name. */
  name: string,
  /** `file`, `folder` or `link`. */
  kind: string,
  /** Bytes, of a file. */
  size: number,
  /** When it was changed; none where the storage does not say. */
  mtime: number | null,
};

/** Tags an object. */
export type PlaceTagArgs = {
  /** The object: `CONNECTION:PATH`. */
  location: string,
  /** The tags that it has then, and no others. */
  tags: { [key in string]: string },
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A run as it is recorded, with what was said where it was started. */
export type PlainRun = {
  /** Id. */
  id: string,
  /** Name among the runs of its flow: the key that it was given, or its id. */
  name: string,
  /** Flow. */
  flow: string,
  /** Version of the flow with which it started. */
  version: string,
  /** State. */
  state: RunState,
  /** Run that started it, if one did. */
  parent: string | null,
  /** Whether a schedule started it. */
  scheduled: boolean,
  /** What was given for it, what it has no parameter for included; without secrets. */
  conf: Record<string, unknown>,
  /** What was noted at it. */
  note: string | null,
  /** Who asked for it, of one that a program asked for over a network. */
  by: string | null,
  /** The time that it stands for, if that was said or comes of its schedule. */
  logical_at: number | null,
  /** Beginning of the interval whose data it works on, if that was said. */
  since: number | null,
  /** End of that interval. */
  until: number | null,
  /** When it was created. */
  created_at: number,
  /** When it started. */
  started_at: number | null,
  /** When it ended. */
  ended_at: number | null,
};

/** Names a run of a flow. */
export type PlainRunArgs = {
  /** The flow; none for a run of any, which then is named by its id. */
  flow?: string | null,
  /** Its name, or its id. */
  name: string,
};

/** Filter of such a list, newest first unless it says otherwise. */
export type PlainRunsArgs = {
  /** Of these flows; empty for all. */
  flows?: Array<string>,
  /** States; empty for all. */
  states?: Array<RunState>,
  /** When they were created. */
  created?: Between,
  /** When they started. */
  started?: Between,
  /** When they ended. */
  ended?: Between,
  /** What they are sorted by. */
  sort?: RunSort,
  /** The lowest first. */
  ascending?: boolean,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500; 0 means 100. */
  limit?: number,
};

/** Asks what archiving these paths would do. The reply comes when all is listed; progress comes as `plan` events with the token. */
export type PlanArchiveArgs = {
  /** Absolute paths. One that ends in `/` means "what lies in it". */
  paths: Array<string>,
  /** Chosen by the caller; `plan.cancel` takes it. */
  token: string,
};

/** Stops a listing. */
export type PlanCancelArgs = {
  /** The token of the request. */
  token: string,
};

/** Asks what a run of a flow would do. Nothing is started and nothing is written. */
export type PlanFlowArgs = {
  /** Id of a flow in force; or, with `source`, a name for messages. */
  flow: string,
  /** Text of a flow file to look at instead of one in force. */
  source?: string | null,
  /** Parameters, an object. They are checked as for a run. */
  params: Record<string, unknown>,
};

/** A remark that the plan makes. */
export type PlanNote = {
  /** `info`, `warning` or `error`. With an error the archive cannot start. */
  level: string,
  /** Stable code: `source.missing`, `source.unreadable`, `source.special`, `dataset.empty`, `name.not_utf8`, `file.large`, ... */
  code: string,
  /** In words. */
  text: string,
  /** Details, such as the first paths concerned. */
  details: Array<string>,
};

/** A datablock that will be written. */
export type PlannedBlock = {
  /** From 0. */
  number: number,
  /** First path in it. */
  first: string,
  /** Last path in it. */
  last: string,
  /** Files. */
  files: number,
  /** Bytes of the tar. */
  size: number,
};

/** Slots of a limit. */
export type PlannedSlots = {
  /** Limit. */
  limit: string,
  /** Slots that each task run takes. */
  slots: number,
};

/** Bytes on a storage. */
export type PlannedSpace = {
  /** Storage, or the absolute path of a folder. */
  storage: string,
  /** Bytes. */
  bytes: number,
};

/** What a task will do. Whatever is absent is known only in the run. */
export type PlannedTask = {
  /** Id. */
  id: string,
  /** Kind. */
  uses: string,
  /** `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`. */
  role: string,
  /** Group that the graph shows it in. */
  group: string | null,
  /** Task runs to expect. */
  runs: number | null,
  /** How many task runs to expect, in words: `3`, or `as many as list gives`. */
  expects: string,
  /** Why it will be skipped, if that is known. */
  skipped: string | null,
  /** Slots that each of its task runs takes. */
  limits: Array<PlannedSlots>,
  /** Whether its kind could be asked what it needs, for every task run. */
  planned: boolean,
  /** Files that it will touch. */
  files: number | null,
  /** Bytes that it will move. */
  bytes: number | null,
  /** Room that it will take up, as far as known: by storage the larger of what each task run reserves and what its kind says. */
  space: Array<PlannedSpace>,
  /** Room that its task runs reserve, all together. */
  reserves: Array<PlannedSpace> | null,
  /** Seconds that one task run took: the median of the last ones that succeeded, at most 20. */
  seconds: number | null,
  /** Over how many task runs that median is. */
  past: number,
  /** Why its kind cannot say now what it needs. That may be right: what it needs may be made by a task before it. */
  problem: Fault | null,
};

/** Names a profile. */
export type ProfileArgs = {
  /** Name. */
  profile: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** The colour that a profile is shown in. */
export type ProfileColour = "green" | "blue" | "amber" | "red";

/** A profile. */
export type ProfileRow = {
  /** Name. */
  name: string,
  /** Colour. */
  colour: ProfileColour,
  /** Whether it is opened where none is named. */
  on: boolean,
  /** Whether it is the one that answers. */
  here: boolean,
  /** Its folder. */
  folder: string,
};

/** Makes a profile, or gives one another colour. */
export type ProfileSetArgs = {
  /** Name: lower-case letters, digits, `-` and `_`, at most 40. */
  profile: string,
  /** Colour; by the name where none is given. */
  colour?: ProfileColour | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Live amounts of a run or task. */
export type ProgressRow = {
  /** Bytes done. */
  bytes: number,
  /** Bytes in all, if known. */
  bytes_total: number | null,
  /** Files done. */
  files: number,
  /** Files in all, if known. */
  files_total: number | null,
  /** Bytes a second, over the last seconds; `null` if nothing moves or it is not known. */
  rate: number | null,
  /** Seconds left at that rate; `null` if not known. */
  seconds_left: number | null,
  /** What is worked on. */
  now: string,
};

/** A message that an operator decides about. */
export type QueueMessageArgs = {
  /** Its id. */
  message: string,
  /** The URL of its queue, where messages of several have that id. */
  queue?: string | null,
  /** Why, for the audit log. */
  why?: string | null,
};

/** A message of a queue. */
export type QueueMessageRow = {
  /** Its id. */
  message: string,
  /** The connection to its queue. */
  connection: string,
  /** The URL of its queue. */
  queue: string,
  /** What becomes of it. */
  state: QueueMessageState,
  /** What it asks for. */
  asks: Array<string>,
  /** How often it was received. */
  times: number,
  /** When it was received last, in milliseconds since the epoch. */
  at: number,
  /** The run that works on it, or did. */
  run: string,
  /** Whether it was deleted from its queue. */
  deleted: boolean,
  /** Why it came to nothing. */
  trouble: string | null,
  /** What it says, as it came. */
  body: string,
};

/** What becomes of a message. */
export type QueueMessageState = "open" | "done" | "returned" | "poison";

/** Which messages. */
export type QueueMessagesArgs = {
  /** Those that are done too. */
  all: boolean,
  /** Rows to pass over. */
  offset: number,
  /** Rows at most; 100 if not given. */
  limit: number,
};

/** A limit of bytes a second: of all connections together, or of one. What is read and what is written counts alike. */
export type RateRow = {
  /** The connection; none for all together. */
  connection: string | null,
  /** As it was written: `10 MiB/s`, `08:00 10 MiB/s, 19:00 off`, or `off`. */
  rates: string,
  /** Time zone of the times in it. */
  timezone: string,
  /** Bytes a second now; none for no limit. */
  now: number | null,
  /** When another comes into force, if one does. */
  until: number | null,
};

/** Sets a limit of bytes a second. It takes effect at once, for what moves already too. */
export type RateSetArgs = {
  /** The connection; none for all together. */
  connection?: string | null,
  /** `off`, a rate such as `10 MiB/s`, or times with rates: `mon-fri 08:00 10 MiB/s, 19:00 off`. */
  rates: string,
  /** Time zone of the times in it, such as `Europe/Zurich`; UTC if none is given, as in schedules. */
  timezone?: string | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Names an engine. */
export type RemoteArgs = {
  /** The connection that leads to it. */
  connection: string,
};

/** Names a flow of an engine. */
export type RemoteFlowArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there. */
  flow: string,
};

/** A flow that an engine knows. */
export type RemoteFlowRow = {
  /** A DAG's or a deployment's id. */
  id: string,
  /** As the engine shows it. */
  title: string,
  /** What is said of it. */
  description: string | null,
  /** Whether its schedule is stopped. */
  paused: boolean,
  /** Its schedule, as the engine words it. */
  schedule: string | null,
  /** Labels. */
  tags: Array<string>,
};

/** Takes over what an engine keeps beside its flows. */
export type RemoteImportArgs = {
  /** The connection that leads to it. */
  connection: string,
  /** `airflow` or `prefect`, to be refused where the connection leads to the other; either, if not said. */
  engine?: string | null,
  /** Change what is there under the same name; it is left as it is otherwise. */
  replace: boolean,
  /** Only say what would be done. */
  dry_run: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What became of something that an engine keeps. */
export type RemoteImportRow = {
  /** `variable`, `connection`, `limit` or `block`. */
  what: string,
  /** Its name. */
  name: string,
  /** What became of it. */
  became: Imported,
  /** Why it was left or kept, or what is still to be given by hand. */
  why: string | null,
};

/** Asks for a log. */
export type RemoteLogArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there; Prefect needs none. */
  flow: string,
  /** The run's id there. */
  run: string,
  /** Id of the task run. */
  task: string,
  /** The attempt; the latest if none is said. */
  attempt?: number | null,
};

/** A line of a log. */
export type RemoteLogLine = {
  /** When it was written, where that is told. */
  at: number | null,
  /** `debug`, `info`, `warning` or `error`, where it is told. */
  level: string | null,
  /** The text. */
  text: string,
};

/** Stops the schedule of a flow on an engine, or lets it go on. */
export type RemotePauseArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there. */
  flow: string,
  /** Whether it is to stand still. */
  paused: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Runs tasks of a run again. */
export type RemoteRetryArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there; Prefect needs none. */
  flow: string,
  /** The run's id there. */
  run: string,
  /** These tasks; all if none is named. */
  tasks: Array<string>,
  /** Those too that did not fail. */
  all: boolean,
  /** What comes after them too. */
  downstream: boolean,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Names a run of an engine. */
export type RemoteRunArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there; Prefect needs none. */
  flow: string,
  /** The run's id there. */
  run: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A run and its tasks. */
export type RemoteRunDetail = {
  /** The run. */
  run: RemoteRunRow,
  /** Its tasks. */
  tasks: Array<RemoteTaskRow>,
};

/** A run of an engine. */
export type RemoteRunRow = {
  /** By which the engine knows it. */
  id: string,
  /** Its flow's id there; none where it has none. */
  flow: string | null,
  /** As the engine shows it. */
  title: string,
  /** Its state in Longshore's words; `unknown` for a word that is new to it. */
  state: string,
  /** Its state as the engine said it. */
  said: string,
  /** When it is or was due. */
  due: number | null,
  /** When it began. */
  began: number | null,
  /** When it ended. */
  ended: number | null,
  /** What it was given. */
  params: Record<string, unknown>,
};

/** Asks for runs, the newest first. */
export type RemoteRunsArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** Of one flow. */
  flow?: string | null,
  /** Runs at most; 0: 100. */
  limit: number,
};

/** What an engine said, and when. */
export type RemoteSaid<T> = {
  /** When it was asked. */
  at: number,
  /** What it said. */
  said: T,
};

/** The parameters of a flow of an engine. */
export type RemoteSchema = {
  /** JSON Schema, as an object schema, with defaults. */
  schema: unknown,
};

/** A task run of an engine. */
export type RemoteTaskRow = {
  /** By which its log is asked for. */
  id: string,
  /** The task. */
  task: string,
  /** Which of those that it was mapped to. */
  map_index: number | null,
  /** Its state in Longshore's words; `unknown` for a word that is new to it. */
  state: string,
  /** Its state as the engine said it. */
  said: string,
  /** Which attempt it is at; 0 before the first. */
  attempt: number,
  /** When it began. */
  began: number | null,
  /** When it ended. */
  ended: number | null,
  /** What it needs: tasks, or ids of task runs. */
  needs: Array<string>,
};

/** Starts a run on an engine. */
export type RemoteTriggerArgs = {
  /** The connection that leads to the engine. */
  connection: string,
  /** The flow's id there. */
  flow: string,
  /** Parameters, an object. */
  params: Record<string, unknown>,
  /** The same key gives the same run. */
  key?: string | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What a fixity report looks like. */
export type ReportForm = "csv" | "json" | "manifest" | "page";

/** Who holds room on a storage, or waits for it. */
export type ReservationRow = {
  /** Run. */
  run: string,
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** Dataset, if one. */
  dataset: string | null,
  /** Bytes asked for. */
  bytes: number,
  /** Bytes of them already written. */
  written: number,
  /** `false`: waits for room. */
  granted: boolean,
};

/** How fast a restore is to be. */
export type RestoreSpeed = "expedited" | "standard" | "bulk";

/** How a restore stands. */
export type RestoreState = "not_needed" | "archived" | "ongoing" | "restored";

/** Whether an object can be read. */
export type Restored = {
  /** How it stands. */
  state: RestoreState,
  /** Until when its restored copy can be read, where the server says. */
  until: number | null,
};

/** Retrieves a dataset, or some of its files. */
export type RetrieveArgs = {
  /** Pid or name. */
  dataset: string,
  /** Absolute folder, made if need be; `null` for the storage `retrieval`, to which whole datablocks are brought. */
  dest?: string | null,
  /** Paths inside the dataset (a folder means all below it); `null` for all. Only into a folder. */
  files?: Array<string> | null,
};

/** Where what was retrieved of a dataset is fetched from. */
export type RetrieveLinked = {
  /** Its datablocks in the storage `retrieval`, by number. */
  blocks: Array<RetrievedBlock>,
  /** How many are not there. */
  missing: number,
  /** A script for a shell with curl that fetches them, where there are links. */
  script: HiddenText | null,
  /** Until when the links hold. */
  until: number | null,
};

/** Asks where what was retrieved of a dataset is fetched from. */
export type RetrieveLinksArgs = {
  /** Pid or name. */
  dataset: string,
  /** Days that links hold, 1 to 7; `null` for as many as the variable `minio_url_expiration_days` says. */
  days?: number | null,
  /** Also writes the script to this file, absolute, that must not be there yet; only its owner may read it. */
  script_to?: string | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What a retrieval will do. */
export type RetrievePlan = {
  /** Files. */
  files: number,
  /** Bytes. */
  bytes: number,
  /** Datablocks that will be read. */
  blocks: number,
  /** Room needed. */
  space: Array<SpaceNeed>,
  /** Remarks. */
  notes: Array<PlanNote>,
  /** No note is an error. */
  can_start: boolean,
};

/** A datablock that was retrieved. */
export type RetrievedBlock = {
  /** Name of the file. */
  name: string,
  /** Its bytes. */
  size: number,
  /** Its SHA-256 in hex. */
  sha256: string,
  /** A link to it, where it lies in an object storage. Whoever has it may use it. */
  url: HiddenText | null,
  /** Where it lies otherwise: an absolute path, or STORAGE:PATH. */
  path: string | null,
};

/** What to retry. */
export type RetryArgs = {
  /** Run. */
  run: string,
  /** One task; `null` for all that failed. */
  task?: string | null,
  /** One map index of that task. */
  index?: number | null,
  /** Also what lies downstream, even if it succeeded. */
  downstream?: boolean,
};

/** What a retry touches. */
export type RetryPreview = {
  /** Task runs that start again, the first 200. */
  touches: Array<TaskRunRow>,
  /** How many in all. */
  count: number,
  /** How many task runs are left alone. */
  leaves: number,
  /** From where they resume, in words. */
  resumes: Array<string>,
};

/** What is done with a run. */
export type RunAct = { "act": "retry",
  /** Only this task. */
  task?: string | null,
  /** Only this map index of it. */
  index?: number | null,
  /** Also what lies downstream of it, even if it succeeded. */
  downstream?: boolean,
} | { "act": "clear",
  /** The task; none for every task of the run. */
  task?: string | null,
  /** Only this map index of it. */
  index?: number | null,
  /** Also what lies downstream of it. */
  downstream?: boolean,
  /** Also what lies upstream of it. */
  upstream?: boolean,
  /** Of all these only what failed or was stopped. */
  only_failed?: boolean,
} | { "act": "mark",
  /** The task. */
  task: string,
  /** Only this map index of it. */
  index?: number | null,
  /** As what. */
  state: MarkState,
  /** Its output, if it is marked as done. */
  output?: unknown,
} | { "act": "wake",
  /** Only this task. */
  task?: string | null,
  /** Only this map index of it. */
  index?: number | null,
} | { "act": "cancel",
  /** Waits for no attempt that does not stop: it is cut off, and recorded as cancelled. */
  hard?: boolean,
} | { "act": "pause" } | { "act": "resume" };

/** Names a run. */
export type RunArgs = {
  /** Id. */
  run: string,
};

/** What may be done with a run now. */
export type RunCan = {
  /** Retry of what failed. */
  retry: boolean,
  /** Cancel. */
  cancel: boolean,
  /** Pause. */
  pause: boolean,
  /** Resume. */
  resume: boolean,
};

/** How many runs of a flow are in a state. */
export type RunCount = {
  /** Flow. */
  flow: string,
  /** State. */
  state: RunState,
  /** Number. */
  count: number,
};

/** A run in full. */
export type RunDetail = {
  /** Its row. */
  run: RunRow,
  /** Title of the flow. */
  flow_title: string,
  /** Version of the flow with which it started. */
  flow_version: string,
  /** Text of that version. */
  flow_source: string,
  /** Structure. */
  graph: Graph,
  /** Tasks, in the order of the file. */
  tasks: Array<TaskRow>,
  /** Parameters. */
  params: Record<string, unknown>,
  /** What may be done. */
  can: RunCan,
  /** Run that started it, if one did. */
  parent: string | null,
  /** Runs that it started. */
  children: Array<RunRow>,
};

/** A page of the journal of a run, in order. */
export type RunEventsArgs = {
  /** Run. */
  run: string,
  /** After this row (0 for the first). */
  after?: number,
  /** Rows wanted, at most 500. */
  limit?: number,
};

/** Which runs. */
export type RunGridArgs = {
  /** Flow. */
  flow: string,
  /** Runs to pass over, from the newest. */
  offset?: number,
  /** Runs wanted, at most 100; 0 means 24. */
  limit?: number,
};

/** Filter of the list of runs, newest first unless it says otherwise. */
export type RunListArgs = {
  /** One flow. */
  flow?: string | null,
  /** One dataset (pid or name). */
  dataset?: string | null,
  /** States; empty for all. */
  states?: Array<RunState>,
  /** Part of id or title. */
  search?: string | null,
  /** With a failed task run whose fault has this stable code. */
  fault?: string | null,
  /** Created at or after this time. */
  since: number | null,
  /** Created before this time. */
  until: number | null,
  /** What they are sorted by. */
  sort?: RunSort,
  /** The lowest first. */
  ascending?: boolean,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500; 0 means 100. */
  limit?: number,
};

/** Lines of a run. */
export type RunLogsArgs = {
  /** Run. */
  run: string,
  /** One task. */
  task?: string | null,
  /** Map index. */
  index?: number | null,
  /** One attempt. */
  attempt?: number | null,
  /** `debug`, `info`, `warning` or `error`: this level or a graver one. */
  level?: string | null,
  /** With this in the text; ASCII letters in either case. */
  text?: string | null,
  /** After this line (0 for the first). */
  after?: number,
  /** Lines wanted, at most 1,000. */
  limit?: number,
};

/** A run to which an act cannot be done. */
export type RunRefused = {
  /** The run. */
  run: string,
  /** Why. */
  fault: Fault,
};

/** A run in a list. */
export type RunRow = {
  /** Id. */
  id: string,
  /** Flow. */
  flow: string,
  /** State. */
  state: RunState,
  /** Dataset that it works on, if one. */
  dataset: string | null,
  /** Name of that dataset, or the run's key, or what the flow makes of its parameters (`run_title`), or the flow's title. */
  title: string,
  /** What it waits for, in words, if it does. */
  waits: string | null,
  /** First fault of a failed or failing task run, if one. */
  fault: Fault | null,
  /** Task that has the fault. */
  fault_task: string | null,
  /** When it was created. */
  created_at: number,
  /** When it started. */
  started_at: number | null,
  /** When it ended. */
  ended_at: number | null,
  /** Amounts of the task that moves bytes now, or of the last that did. */
  progress: ProgressRow,
};

/** Gives the value of a secret parameter of a run again. */
export type RunSecretArgs = {
  /** Run. */
  run: string,
  /** Parameter. */
  name: string,
  /** Its value. It is kept in memory only. */
  value: string,
};

/** Which runs. What is given must all be true of a run; where nothing is given, no run is meant. */
export type RunSelect = {
  /** These runs, by id; empty for all that the rest says. */
  runs?: Array<string>,
  /** Of one flow. */
  flow?: string | null,
  /** Of one dataset (pid or name). */
  dataset?: string | null,
  /** In one of these states; empty for all. */
  states?: Array<RunState>,
  /** Created at or after this time. */
  since: number | null,
  /** Created before this time. */
  until: number | null,
  /** With this text in id, key, flow or the dataset's name. */
  search?: string | null,
  /** With a failed task run whose fault has this stable code. */
  fault?: string | null,
};

/** What runs are sorted by, the highest first. */
export type RunSort = "created" | "started" | "ended" | "duration";

/** A run that was started. */
export type RunStarted = {
  /** Its id. */
  run: string,
};

/** State of a run, derived from its task runs. */
export type RunState = "queued" | "running" | "paused" | "success" | "failed" | "cancelling" | "cancelled";

/** How many runs are in a state. */
export type RunStateCount = {
  /** State. */
  state: RunState,
  /** Number. */
  count: number,
};

/** Changes of state, in the order in which they happened. */
export type RunTimeline = {
  /** The changes. */
  changes: Array<TimelineChange>,
  /** Row of the journal to which this reaches. */
  upto: number,
  /** Whether there is more behind it now. */
  more: boolean,
};

/** From where to read on. */
export type RunTimelineArgs = {
  /** Run. */
  run: string,
  /** Row of the journal after which to read on; 0 for the start. */
  after?: number,
};

/** A run that an act touches. */
export type RunTouched = {
  /** The run. */
  run: RunRow,
  /** Task runs of it that are touched. */
  task_runs: number,
};

/** The task runs that an act would change. */
export type RunTouches = {
  /** The first 200. */
  rows: Array<TaskRunRow>,
  /** How many in all. */
  count: number,
};

/** An act on one run, to be seen before it is done. */
export type RunTouchesArgs = {
  /** Run. */
  run: string,
  /** One that changes task runs. */
  act: RunAct,
};

/** Starts a flow for another program. */
export type RunTriggerArgs = {
  /** Id of a flow in force, or one of its aliases. */
  flow: string,
  /** The run's name, which no run of the flow may have yet. */
  key: string,
  /** What the flow has a parameter for becomes its value; the rest is kept beside them. */
  conf: Record<string, unknown>,
  /** Noted at the run. */
  note?: string | null,
  /** The time that the run stands for; no other run of the flow may have been asked to stand for it. */
  logical_at: number | null,
  /** Beginning of the interval whose data it works on. */
  since: number | null,
  /** End of that interval. */
  until: number | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** An act on runs. Done only to what was seen: with the token of a preview, or the number of runs that are expected, and refused with `acts.changed` where that is no longer so. For runs that are named one by one neither is needed. */
export type RunsActArgs = {
  /** Which runs. */
  select: RunSelect,
  /** What. */
  act: RunAct,
  /** From the preview. */
  token?: string | null,
  /** How many runs it is meant to touch. */
  expect?: number | null,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What an act has done. */
export type RunsDone = {
  /** Runs to which it was done. */
  done: number,
  /** Runs that had gone on in the meantime, so that it could not be done to them any more. */
  refused: Array<RunRefused>,
};

/** What an act would do. */
export type RunsPreview = {
  /** How many runs. */
  runs: number,
  /** How many task runs. */
  task_runs: number,
  /** The first 50. */
  rows: Array<RunTouched>,
  /** How many of those selected it cannot be done to. */
  refused: number,
  /** The first 50 of these. */
  refusals: Array<RunRefused>,
  /** To be given with the act: it is then done to these runs, or to none. */
  token: string,
};

/** What an act would do, and to which runs. */
export type RunsPreviewArgs = {
  /** Which runs. */
  select: RunSelect,
  /** What. */
  act: RunAct,
};

/** Asks what is due next. */
export type ScheduleNextArgs = {
  /** Of one flow; of all if absent. */
  flow?: string | null,
  /** How many times, at most 500; 20 if absent. */
  count?: number | null,
};

/** Pauses or resumes the schedules of a flow. */
export type SchedulePauseArgs = {
  /** Flow. */
  flow: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A schedule of a flow in force. */
export type ScheduleRow = {
  /** Flow. */
  flow: string,
  /** Title of the flow. */
  title: string,
  /** Position in the flow's list of schedules, from 0. */
  schedule: number,
  /** The rule: `0 2 * * *`, `every 15m`, `files *.h5 in /data`. */
  words: string,
  /** Time zone in which the rule is meant. */
  timezone: string,
  /** Starts a run for each file of a folder. */
  watches: boolean,
  /** `skip`, `once` or `all`. */
  on_missed: string,
  /** Nothing is due before it. */
  start: number | null,
  /** Nothing is due after it. */
  end: number | null,
  /** Who paused the flow's schedules, if somebody did. */
  paused: PausedBy | null,
  /** When it is due next. */
  next: number | null,
  /** The last time that a run was started for. */
  last: number | null,
  /** That run. */
  last_run: string | null,
  /** Why the last run could not be started, or the folder not be read. */
  fault: Fault | null,
};

/** A message that need not be delivered. */
export type ScicatDropArgs = {
  /** Its number. */
  message: number,
  /** Why, for the audit log. */
  why?: string | null,
};

/** Something that SciCat has to be told. */
export type ScicatMessage = {
  /** Its number. */
  id: number,
  /** The connection to SciCat. */
  connection: string,
  /** `dataset PID` or `job ID`. */
  about: string,
  /** What is told, in a few words. */
  text: string,
  /** What became of it. */
  state: ScicatState,
  /** When it was so, in milliseconds since the epoch. */
  at: number,
  /** The run that it comes from. */
  run: string | null,
  /** Tries that failed. */
  tries: number,
  /** When it was delivered, refused or dropped. */
  ended: number | null,
  /** Why the last try failed. */
  trouble: string | null,
};

/** Which messages. */
export type ScicatPendingArgs = {
  /** Those that were delivered or dropped too, and then the newest first. */
  all: boolean,
  /** Rows to pass over. */
  offset: number,
  /** Rows at most; 100 if not given. */
  limit: number,
};

/** What came of delivering now. */
export type ScicatSent = {
  /** Messages that were delivered. */
  sent: number,
  /** Messages that are left, those that were refused included. */
  left: number,
  /** Why it went no further, or why one was refused. */
  trouble: string | null,
};

/** What became of a message. */
export type ScicatState = "pending" | "refused" | "sent" | "dropped";

/** What becomes of a secret. */
export type SecretGiven = { "value": Hidden } | { "from": string } | "none";

/** Where a secret is. */
export type SecretPlace = "keyring" | "file" | "environment" | { "reference": string };

/** A secret that is set. Its value is never told. */
export type SecretRow = {
  /** `password`, or a field of `extra`. */
  field: string,
  /** Where it is. */
  place: SecretPlace,
};

/** Where secrets are kept. */
export type SecretsInfo = {
  /** Who keeps what is set now. */
  keeper: SecretPlace,
  /** Whether the encrypted file is there. */
  file: boolean,
  /** Whether secrets in the encrypted file can be read now. */
  open: boolean,
};

/** Opens the encrypted file, or chooses the passphrase of the first. */
export type SecretsUnlockArgs = {
  /** The passphrase. */
  passphrase: HiddenText,
};

/** Where the storages shall lie. */
export type SetupArgs = {
  /** One for each storage that shall not stay where it is. */
  storages: Array<StorageSetArgs>,
};

/** A task run that holds a slot. */
export type SlotHolder = {
  /** Run. */
  run: string,
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** When its attempt started. */
  since: number | null,
};

/** How the room will go, if the days to come are as the last ones. */
export type SpaceForecast = {
  /** Days that it rests on. */
  days: number,
  /** Bytes that are taken up a day; less than 0 where it becomes emptier. */
  per_day: number,
  /** The lowest and the highest that this may be by chance (90 of 100 times). */
  per_day_low: number,
  /** See above. */
  per_day_high: number,
  /** When only the floor is left, in milliseconds since the epoch; none where it does not come to that within ten years. */
  floor_at: number | null,
  /** The same at the highest use. */
  floor_earliest: number | null,
  /** The same at the lowest use. */
  floor_latest: number | null,
};

/** Who takes room. */
export type SpaceHolder = {
  /** Pid of a dataset; empty of a group. */
  pid: string,
  /** Name of the dataset, or of the group; empty of what nobody owns. */
  name: string,
  /** Bytes. */
  bytes: number,
  /** Datasets. */
  datasets: number,
};

/** What a plan asks of a storage. */
export type SpaceNeed = {
  /** Storage, or the destination folder of a retrieval. */
  storage: string,
  /** Where it lies. */
  path: string,
  /** Bytes needed there. */
  needs: number,
  /** Bytes in all, if known. */
  total: number | null,
  /** Bytes free minus reserved, if known. */
  free_unreserved: number | null,
  /** Bytes that stay free. */
  floor: number,
  /** Bytes needed beyond what can be granted; 0 if it fits. Storages of one pool count together. */
  short: number,
  /** Why it cannot be said or used (missing, read-only), if so. */
  problem: string | null,
};

/** The room at a time. */
export type SpacePoint = {
  /** When, in milliseconds since the epoch. */
  at: number,
  /** Bytes in all. */
  total: number,
  /** Bytes free. */
  free: number,
  /** Bytes of them granted and not yet written. */
  reserved: number,
};

/** Bytes that moved within one span of time. */
export type SpeedPoint = {
  /** When the span began. */
  at: number,
  /** Bytes of it. */
  bytes: number,
};

/** How many task runs of a task are in a state. */
export type StateCount = {
  /** State. */
  state: TaskState,
  /** Number. */
  count: number,
};

/** Names one storage. */
export type StorageArgs = {
  /** Name. */
  name: string,
};

/** One storage in full. */
export type StorageDetail = {
  /** Its row. */
  storage: StorageRow,
  /** Reservations on its pool, granted and waiting. */
  reservations: Array<ReservationRow>,
};

/** How a storage is. */
export type StorageHealth = "ok" | "missing" | "read_only" | "full" | "silent" | "unusable";

/** How the room of a storage went, and how it will go if it goes on so. */
export type StorageHistory = {
  /** What was seen, oldest first; at most about a thousand. */
  points: Array<SpacePoint>,
  /** What the last 30 days say of the next ones; none before three days are known. */
  forecast: SpaceForecast | null,
  /** The datasets that take most of it. */
  datasets: Array<SpaceHolder>,
  /** The groups that own them, and how much each takes. */
  groups: Array<SpaceHolder>,
};

/** Asks how the room of a storage went. */
export type StorageHistoryArgs = {
  /** Storage. */
  name: string,
  /** Days back from now, 1 to 400. */
  days: number,
};

/** Looks at a folder as if a storage lay there. */
export type StorageLookArgs = {
  /** Name of the storage. */
  name: string,
  /** Absolute folder; it need not be there yet. */
  path: string,
};

/** A storage and its room. */
export type StorageRow = {
  /** Name. */
  name: string,
  /** `local`, or `connection`. */
  kind: string,
  /** Where it lies: an absolute folder of this machine, or `CONNECTION:FOLDER`. */
  path: string,
  /** The connection that leads to it. */
  connection: string | null,
  /** The folder below the connection's top. */
  folder: string | null,
  /** Bytes that it may hold at most, where that was set. */
  quota: number | null,
  /** How it is. */
  health: StorageHealth,
  /** Why, if not ok. */
  reason: string | null,
  /** Bytes in all; `null` if not known, as of an object storage without a quota: nothing is then granted or refused by room. */
  total: number | null,
  /** Bytes free. */
  free: number | null,
  /** Bytes reserved by task runs and not yet written, on the whole pool. */
  reserved: number,
  /** Bytes that stay free. */
  floor: number,
  /** Share that stays free. */
  floor_percent: number,
  /** Bytes that can still be granted. */
  to_grant: number | null,
  /** Storages of one pool share room (one file system). */
  pool: string | null,
  /** Bytes of proved datablocks on it. */
  proved_bytes: number,
  /** Datasets of which the ledger has something on it. */
  held_datasets: number,
  /** Bytes that the ledger has on it. */
  held_bytes: number,
};

/** Changes a storage. Refused while a run uses it. */
export type StorageSetArgs = {
  /** `landing`, `staging`, `scratch`, `lts`, `retrieval`. */
  name: string,
  /** Absolute folder of this machine. Not together with `connection`. */
  path?: string | null,
  /** Connection that leads to it. */
  connection?: string | null,
  /** Folder below the connection's top: of a connection to S3 without a bucket, the first part is the bucket. Its top if left away. */
  folder?: string | null,
  /** Share of the whole to leave free, 0 to 99. */
  floor_percent?: number | null,
  /** Bytes that it may hold at most, by what the ledger knows of it; 0 for no such limit. */
  quota: number | null,
};

/** What a reply rests on. Each operation says which tags its reply provides; a `changed` event names those that are stale. */
export type Tag = { "of": "workspace" } | { "of": "storages" } | { "of": "datasets" } | { "of": "dataset", "key": string } | { "of": "runs" } | { "of": "run", "key": string } | { "of": "flows" } | { "of": "schedules" } | { "of": "limits" } | { "of": "variables" } | { "of": "connections" } | { "of": "rates" } | { "of": "audit" } | { "of": "scicat" } | { "of": "users" };

/** Answers a task run that waits for approval. */
export type TaskAnswerArgs = {
  /** Run. */
  run: string,
  /** Task, of the kind `approve`. */
  task: string,
  /** Map index. */
  index?: number | null,
  /** `true` lets it go on, `false` fails it. */
  approve: boolean,
  /** Reason; kept with the answer, and in the audit log. */
  why?: string | null,
};

/** Slots of a limit that a task holds. */
export type TaskClaim = {
  /** The limit. */
  limit: string,
  /** Slots. */
  slots: number,
};

/** Live amounts of one task of a run. */
export type TaskLive = {
  /** Task. */
  task: string,
  /** State to show. */
  state: TaskState,
  /** Task runs by state. */
  counts: Array<StateCount>,
  /** Amounts of all together. */
  progress: ProgressRow,
};

/** What is noted at a task run. */
export type TaskNote = {
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** Text. */
  note: string,
};

/** A task of a run: all its task runs together. */
export type TaskRow = {
  /** Task id. */
  id: string,
  /** Kind. */
  uses: string,
  /** The state to show for all together: the worst that needs looking at, else what is going on. */
  state: TaskState,
  /** Mapped. */
  mapped: boolean,
  /** Task runs by state; of a task that is not expanded yet, empty. */
  counts: Array<StateCount>,
  /** Number of task runs, once known. */
  expanded: number | null,
  /** What it waits for, in words. */
  waits: string | null,
  /** When the first started. */
  started_at: number | null,
  /** When the last ended. */
  ended_at: number | null,
  /** When the next of those goes on that are deferred or will be tried again. */
  next_at?: number,
  /** Amounts of all together. */
  progress: ProgressRow,
  /** First fault among them. */
  fault: Fault | null,
};

/** Names a task run. */
export type TaskRunArgs = {
  /** Run. */
  run: string,
  /** Task. */
  task: string,
  /** Map index. */
  index?: number | null,
};

/** A task run in full. */
export type TaskRunDetail = {
  /** Its row. */
  row: TaskRunRow,
  /** Kind. */
  uses: string,
  /** Attempts, newest first. */
  attempts: Array<AttemptRow>,
  /** Parameters, as rendered for the last attempt. */
  with: unknown,
  /** Output. */
  output: unknown,
  /** Last checkpoint. */
  checkpoint: unknown,
};

/** A task run. */
export type TaskRunRow = {
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** A short label of the item, such as a datablock's name. */
  label: string | null,
  /** State. */
  state: TaskState,
  /** Attempts so far. */
  attempts: number,
  /** When the first attempt started. */
  started_at: number | null,
  /** When the last attempt ended. */
  ended_at: number | null,
  /** When the next attempt comes, if one is due; of one that is deferred, when it looks again at the latest. */
  next_at: number | null,
  /** What it waits for, in words. */
  waits: string | null,
  /** Amounts. */
  progress: ProgressRow,
  /** Fault of the last attempt. */
  fault: Fault | null,
};

/** A page of the task runs of a run. */
export type TaskRunsArgs = {
  /** Run. */
  run: string,
  /** One task; `null` for all. */
  task?: string | null,
  /** States; empty for all. */
  states?: Array<TaskState>,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500. */
  limit?: number,
};

/** State of a task run. */
export type TaskState = "none" | "scheduled" | "queued" | "running" | "deferred" | "up_for_retry" | "paused" | "success" | "failed" | "upstream_failed" | "skipped" | "cancelling" | "cancelled" | "interrupted";

/** Tries one task of a flow: no run is made, and nothing is written down. What the task does outside of Longshore, it does. */
export type TaskTestArgs = {
  /** Id of a flow in force; or, with `source`, a name for messages. */
  flow: string,
  /** Text of a flow file to take instead of one in force. */
  source?: string | null,
  /** Task. */
  task: string,
  /** Parameters of the flow, an object. */
  params: Record<string, unknown>,
  /** The item, of a mapped task. */
  item?: unknown,
  /** Outputs of the tasks whose output it uses, by task. */
  outputs: Record<string, unknown>,
  /** Under this name in the place of a run, its lines are told as they come (event `log`). */
  token?: string | null,
};

/** What became of a task that was tried. */
export type TaskTested = {
  /** `success`, `skipped`, `deferred` or `failed`. */
  state: string,
  /** Output, of a success. */
  output: unknown,
  /** Why it was skipped. */
  why: string | null,
  /** Until when it would wait, in milliseconds since the epoch. */
  until: number | null,
  /** Why it failed. */
  fault: Fault | null,
  /** What it logged, the first ten thousand lines. */
  log: Array<LogRow>,
};

/** A step of a test. */
export type TestStep = {
  /** What was tried: `dns`, `tcp`, `tls`, `host_key`, `login`, `list`, `write`, `delete`. */
  name: string,
  /** Whether it worked. What follows a failure is not tried. */
  ok: boolean,
  /** What came of it, or why it failed. */
  text: string,
  /** Code of the failure. */
  code: string | null,
  /** How long it took, in milliseconds. */
  took: number,
};

/** Task runs of a task that have come into a state. */
export type TimelineChange = {
  /** When, in milliseconds since the epoch. */
  at: number,
  /** Task. */
  task: string,
  /** Map index of the first of them; none of a task that is not mapped. */
  index: number | null,
  /** How many, one index after the other; 0 for all that the task had, which it has no longer. */
  count: number,
  /** State. */
  state: TaskState,
};

/** A file that was not copied. */
export type TransferFileRow = {
  /** Task. */
  task: string,
  /** Map index. */
  index: number | null,
  /** Path on the source, text form. */
  path: string,
  /** Stable code; empty if an older version did not keep it. */
  code: string,
  /** What failed, and why. */
  why: string,
  /** What to do now; empty if nothing can be said. */
  now: string,
};

/** The files of a transfer as its copies count them, and by name those that were not copied. */
export type TransferFiles = {
  /** Files that lie at the target. */
  done: number,
  /** Of these, files that lay there already, the same. */
  already: number,
  /** Of these, copies that were proved by reading them back. */
  read_back: number,
  /** Of these, copies that were proved by a checksum that the storage took of what it stored. */
  by_server: number,
  /** Files that were left out because something else lies there. */
  left: number,
  /** Files that were not copied and are named below, all pages together. */
  failed: number,
  /** There were more of them than are kept by name: the next attempt goes through all files once more. */
  more_failed: boolean,
  /** By cause, the one of the most files first. */
  causes: Array<FileCauseRow>,
  /** A page of those that were not copied. */
  rows: Array<TransferFileRow>,
  /** How many fit the filter. */
  total: number,
};

/** Files that a transfer did not copy. */
export type TransferFilesArgs = {
  /** Run. */
  run: string,
  /** Only those with this code. */
  code?: string | null,
  /** Only those with this text in their path; ASCII letters in either case. */
  search?: string | null,
  /** Rows to pass over. */
  offset?: number,
  /** Rows wanted, at most 500; 0 means 100. */
  limit?: number,
};

/** How fast bytes moved, as it was measured. Spans in which nobody measured anything are not there. */
export type TransferSpeed = {
  /** Since when it is measured: the start of the program that owns the workspace. */
  since: number,
  /** Length of each span, in milliseconds. */
  span: number,
  /** The spans, oldest first, at most 240. */
  points: Array<SpeedPoint>,
};

/** Asks how fast bytes moved. */
export type TransferSpeedArgs = {
  /** Of one run; of all together if absent. */
  run?: string | null,
};

/** Uploads paths as a new dataset, which SciCat is told of. */
export type UploadArgs = {
  /** Absolute paths. */
  paths: Array<string>,
  /** What is said of the dataset; its name is that of the dataset. */
  metadata: Metadata,
  /** The scientific metadata as a text of JSON, in place of that within `metadata`: so no number of it is rounded on the way. */
  scientific?: string | null,
  /** Go on to archive it once it has landed. */
  archive: boolean,
  /** Have the archiving as a job of SciCat. */
  job: boolean,
  /** Connection to a remote archiver service that takes it, in place of the workspace's own landing zone. */
  archiver?: string | null,
};

/** Asks whether SciCat would take this. */
export type UploadCheckArgs = {
  /** What is said of the dataset. */
  metadata: Metadata,
  /** As in [`UploadArgs::scientific`]. */
  scientific?: string | null,
};

/** What the form of an upload begins with. */
export type UploadForm = {
  /** What was said last, without what is one dataset's alone: pid, name, time. */
  last: Metadata,
  /** Whether something was said before. */
  said: boolean,
  /** The connection to SciCat, if there is one. */
  scicat: string | null,
  /** Connections to remote archiver services. */
  archivers: Array<string>,
  /** The kinds of dataset that SciCat has. */
  types: Array<string>,
};

/** Makes a user. */
export type UserAddArgs = {
  /** Name: letters, digits, `.`, `-`, `_` and `@`, at most 64. */
  user: string,
  /** What they may do. */
  role: UserRole,
  /** Password, of at least 8 characters; only its hash is kept. */
  password: HiddenText,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Names a user. */
export type UserArgs = {
  /** Name. */
  user: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Whether a password is that of a user. */
export type UserCheckArgs = {
  /** Name. */
  user: string,
  /** What was given as the password. */
  password: HiddenText,
};

/** Gives a user another password. */
export type UserPasswordArgs = {
  /** Name. */
  user: string,
  /** Password, of at least 8 characters; only its hash is kept. */
  password: HiddenText,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** What a user may do. */
export type UserRole = "admin" | "viewer";

/** A user. */
export type UserRow = {
  /** Name. */
  name: string,
  /** What they may do. */
  role: UserRole,
  /** When the password was last set. */
  changed: number,
};

/** Names a variable. */
export type VariableArgs = {
  /** Name. */
  variable: string,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** A variable. */
export type VariableRow = {
  /** Name; flows read it as `vars.NAME`. */
  name: string,
  /** Value in force; nothing where it is hidden. */
  value: unknown,
  /** Whether its name says that it is a secret (`api_token`, `db_password`, ...), as Airflow takes it: its value is not told. */
  hidden: boolean,
  /** Where it comes from. */
  from: VariableSource,
  /** What it is for, of one that Longshore itself reads. */
  meaning: string | null,
};

/** Sets a variable. Runs that have started keep the value that they started with. */
export type VariableSetArgs = {
  /** Name: lower-case letters, digits and `_`. */
  variable: string,
  /** Value. */
  value: unknown,
  /** Reason, for the audit log. */
  why?: string | null,
};

/** Where a variable's value comes from. */
export type VariableSource = "built_in" | "set" | "environment";

/** A page of a list. */
export type WorkListArgs = {
  /** Only those that were asked of a slow archive and cannot be read yet, the one that was asked for first at the top. */
  recalls?: boolean,
  /** Rows to pass over. */
  offset: number,
  /** Rows at most; 100 if not given. */
  limit: number,
};

/** A work, and when it made each step, in milliseconds since the epoch. */
export type WorkRow = {
  /** Its id. */
  work: string,
  /** How far it is. */
  state: WorkState,
  /** Where it lies or lay. */
  place: string | null,
  /** Its restore was asked for. */
  requested: number | null,
  /** It could be read. */
  restored: number | null,
  /** Until when its restored copy can be read. */
  until: number | null,
  /** Its copy lay here. */
  downloaded: number | null,
  /** Its bag was unpacked. */
  debagged: number | null,
  /** It lay where it is read. */
  synced: number | null,
  /** Why it came to nothing. */
  trouble: string | null,
  /** The run that said so last. */
  run: string,
  /** When that was. */
  changed: number,
};

/** How far a work is. */
export type WorkState = "requested" | "restored" | "downloaded" | "debagged" | "synced" | "failed";

/** The workspace as a whole. */
export type WorkspaceInfo = {
  /** Its folder. */
  path: string,
  /** Name shown: the folder's last component. */
  name: string,
  /** Nobody has said yet where things shall lie: show the first-run page. */
  first_run: boolean,
  /** Version of Longshore. */
  version: string,
  /** What owns the workspace: `window`, `command` or `service`. */
  owner: string,
  /** Process id of the owner. */
  owner_pid: number,
  /** Rows in the journal. */
  journal_rows: number,
  /** When the last row was written. */
  journal_last: number | null,
  /** The operator's own flows lie here. */
  flows_folder: string,
  /** Its profiles; one where there is nothing to choose. */
  profiles: Array<ProfileRow>,
};

/** Every operation: what it takes and what it gives. */
export interface Operations {
  "workspace.show": { args: Nothing; reply: WorkspaceInfo };
  "workspace.setup": { args: SetupArgs; reply: WorkspaceInfo };
  "window.raise": { args: Nothing; reply: boolean };
  "overview.show": { args: Nothing; reply: Overview };
  "storage.list": { args: Nothing; reply: Array<StorageRow> };
  "storage.show": { args: StorageArgs; reply: StorageDetail };
  "storage.history": { args: StorageHistoryArgs; reply: StorageHistory };
  "storage.look": { args: StorageLookArgs; reply: StorageRow };
  "storage.set": { args: StorageSetArgs; reply: StorageRow };
  "place.list": { args: PlaceListArgs; reply: PlaceListing };
  "copy.plan": { args: CopyPlanArgs; reply: CopyPlanned };
  "plan.archive": { args: PlanArchiveArgs; reply: ArchivePlan };
  "plan.flow": { args: PlanFlowArgs; reply: FlowPlan };
  "plan.cancel": { args: PlanCancelArgs; reply: Nothing };
  "archive.start": { args: ArchiveArgs; reply: ArchiveStarted };
  "upload.form": { args: Nothing; reply: UploadForm };
  "upload.check": { args: UploadCheckArgs; reply: Array<MetadataWrong> };
  "upload.start": { args: UploadArgs; reply: ArchiveStarted };
  "plan.retrieve": { args: RetrieveArgs; reply: RetrievePlan };
  "retrieve.start": { args: RetrieveArgs; reply: RunStarted };
  "retrieve.links": { args: RetrieveLinksArgs; reply: RetrieveLinked };
  "dataset.list": { args: DatasetListArgs; reply: Page<DatasetRow> };
  "dataset.counts": { args: DatasetCountsArgs; reply: Array<DatasetStateCount> };
  "dataset.show": { args: DatasetArgs; reply: DatasetDetail };
  "dataset.entries": { args: EntriesArgs; reply: Page<EntryRow> };
  "dataset.history": { args: HistoryArgs; reply: Page<HistoryRow> };
  "dataset.verify": { args: DatasetArgs; reply: RunStarted };
  "dataset.save_report": { args: DatasetReportArgs; reply: FileWritten };
  "file.find": { args: FindArgs; reply: Array<FoundRow> };
  "flow.list": { args: Nothing; reply: Array<FlowRow> };
  "flow.show": { args: FlowArgs; reply: FlowDetail };
  "flow.check": { args: FlowCheckArgs; reply: FlowChecked };
  "flow.run": { args: FlowRunArgs; reply: RunStarted };
  "flow.versions": { args: FlowArgs; reply: Array<FlowVersionRow> };
  "flow.diff": { args: FlowDiffArgs; reply: FlowDiff };
  "flow.copy": { args: FlowCopyArgs; reply: FlowCopied };
  "flow.backfill_preview": { args: BackfillArgs; reply: Backfill };
  "flow.backfill": { args: BackfillArgs; reply: Backfill };
  "schedule.list": { args: Nothing; reply: Array<ScheduleRow> };
  "schedule.next": { args: ScheduleNextArgs; reply: Array<DueRow> };
  "schedule.pause": { args: SchedulePauseArgs; reply: Array<ScheduleRow> };
  "schedule.resume": { args: SchedulePauseArgs; reply: Array<ScheduleRow> };
  "run.list": { args: RunListArgs; reply: Page<RunRow> };
  "run.counts": { args: RunListArgs; reply: Array<RunStateCount> };
  "transfer.causes": { args: Nothing; reply: FaultCauses };
  "transfer.files": { args: TransferFilesArgs; reply: TransferFiles };
  "transfer.speed": { args: TransferSpeedArgs; reply: TransferSpeed };
  "run.grid": { args: RunGridArgs; reply: Page<GridRun> };
  "flow.days": { args: FlowDaysArgs; reply: Array<FlowDay> };
  "flow.durations": { args: FlowDurationsArgs; reply: Array<FlowDuration> };
  "run.show": { args: RunArgs; reply: RunDetail };
  "run.task_runs": { args: TaskRunsArgs; reply: Page<TaskRunRow> };
  "run.task_run": { args: TaskRunArgs; reply: TaskRunDetail };
  "run.events": { args: RunEventsArgs; reply: Array<JournalRow> };
  "run.timeline": { args: RunTimelineArgs; reply: RunTimeline };
  "run.logs": { args: RunLogsArgs; reply: Array<LogRow> };
  "run.retry_preview": { args: RetryArgs; reply: RetryPreview };
  "run.retry": { args: RetryArgs; reply: RetryPreview };
  "run.cancel": { args: RunArgs; reply: Nothing };
  "run.pause": { args: RunArgs; reply: Nothing };
  "run.resume": { args: RunArgs; reply: Nothing };
  "run.secret": { args: RunSecretArgs; reply: Nothing };
  "task.answer": { args: TaskAnswerArgs; reply: Nothing };
  "task.approvals": { args: Nothing; reply: Array<ApprovalRow> };
  "task.test": { args: TaskTestArgs; reply: TaskTested };
  "runs.preview": { args: RunsPreviewArgs; reply: RunsPreview };
  "runs.act": { args: RunsActArgs; reply: RunsDone };
  "log.search": { args: LogSearchArgs; reply: LogHits };
  "log.save": { args: LogSaveArgs; reply: FileWritten };
  "diagnostics.save": { args: DiagnosticsArgs; reply: FileWritten };
  "metrics.show": { args: Nothing; reply: Measured };
  "lineage.read": { args: LineageArgs; reply: LineagePage };
  "lineage.delivered": { args: LineageDeliveredArgs; reply: Nothing };
  "scicat.pending": { args: ScicatPendingArgs; reply: Page<ScicatMessage> };
  "scicat.send": { args: Nothing; reply: ScicatSent };
  "scicat.drop": { args: ScicatDropArgs; reply: Nothing };
  "work.list": { args: WorkListArgs; reply: Page<WorkRow> };
  "work.messages": { args: QueueMessagesArgs; reply: Page<QueueMessageRow> };
  "work.drop": { args: QueueMessageArgs; reply: QueueMessageRow };
  "work.return": { args: QueueMessageArgs; reply: QueueMessageRow };
  "ledger.import": { args: LedgerImportArgs; reply: LedgerBrought };
  "ledger.export": { args: LedgerExportArgs; reply: LedgerBrought };
  "db.check": { args: Nothing; reply: DatabaseChecked };
  "db.backup": { args: DatabaseBackupArgs; reply: FileWritten };
  "db.vacuum": { args: Nothing; reply: Nothing };
  "limit.list": { args: Nothing; reply: Array<LimitRow> };
  "limit.set": { args: LimitSetArgs; reply: LimitRow };
  "limit.remove": { args: LimitArgs; reply: Nothing };
  "variable.list": { args: Nothing; reply: Array<VariableRow> };
  "variable.set": { args: VariableSetArgs; reply: VariableRow };
  "variable.remove": { args: VariableArgs; reply: Nothing };
  "variable.import": { args: ImportArgs; reply: ImportReport };
  "profile.list": { args: Nothing; reply: Array<ProfileRow> };
  "profile.set": { args: ProfileSetArgs; reply: Array<ProfileRow> };
  "profile.use": { args: ProfileArgs; reply: Array<ProfileRow> };
  "profile.remove": { args: ProfileArgs; reply: Array<ProfileRow> };
  "archiver.import": { args: ArchiverImportArgs; reply: ArchiverReport };
  "ingest.request": { args: IngestRequestArgs; reply: Nothing };
  "ingest.urls": { args: IngestUrlsArgs; reply: IngestUrls };
  "ingest.complete": { args: IngestCompleteArgs; reply: Nothing };
  "ingest.abort": { args: IngestUploadArgs; reply: Nothing };
  "ingest.finish": { args: IngestFinishArgs; reply: IngestFinished };
  "ingest.troubles": { args: Nothing; reply: Array<IngestTrouble> };
  "ingest.who": { args: IngestWhoArgs; reply: IngestWho };
  "place.show": { args: PlaceArgs; reply: PlaceDetail };
  "place.link": { args: PlaceLinkArgs; reply: PlaceLinked };
  "place.restore": { args: PlaceRestoreArgs; reply: Restored };
  "place.tag": { args: PlaceTagArgs; reply: Nothing };
  "place.make": { args: PlaceArgs; reply: Nothing };
  "place.rename": { args: PlaceRenameArgs; reply: Nothing };
  "remote.flows": { args: RemoteArgs; reply: RemoteSaid<Array<RemoteFlowRow>> };
  "remote.params": { args: RemoteFlowArgs; reply: RemoteSchema };
  "remote.runs": { args: RemoteRunsArgs; reply: RemoteSaid<Array<RemoteRunRow>> };
  "remote.run": { args: RemoteRunArgs; reply: RemoteSaid<RemoteRunDetail> };
  "remote.log": { args: RemoteLogArgs; reply: RemoteSaid<Array<RemoteLogLine>> };
  "remote.trigger": { args: RemoteTriggerArgs; reply: RemoteRunRow };
  "remote.retry_look": { args: RemoteRetryArgs; reply: Array<RemoteTaskRow> };
  "remote.retry": { args: RemoteRetryArgs; reply: Array<RemoteTaskRow> };
  "remote.cancel": { args: RemoteRunArgs; reply: RemoteRunRow };
  "remote.pause": { args: RemotePauseArgs; reply: Nothing };
  "remote.import": { args: RemoteImportArgs; reply: Array<RemoteImportRow> };
  "connection.list": { args: Nothing; reply: Array<ConnectionRow> };
  "connection.show": { args: ConnectionArgs; reply: ConnectionDetail };
  "connection.kinds": { args: Nothing; reply: Array<ConnectionKind> };
  "connection.set": { args: ConnectionSetArgs; reply: ConnectionRow };
  "connection.duplicate": { args: ConnectionCopyArgs; reply: ConnectionRow };
  "connection.remove": { args: ConnectionArgs; reply: Nothing };
  "connection.health": { args: Nothing; reply: Array<ConnectionHealth> };
  "connection.test": { args: ConnectionTestArgs; reply: ConnectionTested };
  "connection.host_key": { args: HostKeyArgs; reply: HostKeyFound };
  "connection.host_key.accept": { args: HostKeyAcceptArgs; reply: HostKeyRow };
  "connection.import": { args: ImportArgs; reply: ImportReport };
  "connection.export": { args: ConnectionExportArgs; reply: ConnectionExported };
  "rate.list": { args: Nothing; reply: Array<RateRow> };
  "rate.set": { args: RateSetArgs; reply: RateRow };
  "secrets.show": { args: Nothing; reply: SecretsInfo };
  "secrets.unlock": { args: SecretsUnlockArgs; reply: SecretsInfo };
  "run.plain_list": { args: PlainRunsArgs; reply: Page<PlainRun> };
  "run.plain": { args: PlainRunArgs; reply: PlainRun };
  "run.trigger": { args: RunTriggerArgs; reply: PlainRun };
  "run.forget": { args: RunArgs; reply: Nothing };
  "run.note": { args: NoteSetArgs; reply: Nothing };
  "run.notes": { args: RunArgs; reply: Array<TaskNote> };
  "run.touches": { args: RunTouchesArgs; reply: RunTouches };
  "flow.tasks": { args: FlowTasksArgs; reply: Array<FlowTaskRow> };
  "user.list": { args: Nothing; reply: Array<UserRow> };
  "user.add": { args: UserAddArgs; reply: UserRow };
  "user.password": { args: UserPasswordArgs; reply: UserRow };
  "user.remove": { args: UserArgs; reply: Nothing };
  "user.check": { args: UserCheckArgs; reply: UserRow | null };
  "audit.list": { args: AuditListArgs; reply: Page<AuditRow> };
}

/** Operations that change something. */
export const writes = [
  "workspace.setup",
  "window.raise",
  "storage.set",
  "plan.cancel",
  "archive.start",
  "upload.start",
  "retrieve.start",
  "retrieve.links",
  "dataset.verify",
  "dataset.save_report",
  "flow.run",
  "flow.copy",
  "flow.backfill",
  "schedule.pause",
  "schedule.resume",
  "run.retry",
  "run.cancel",
  "run.pause",
  "run.resume",
  "run.secret",
  "task.answer",
  "task.test",
  "runs.act",
  "log.save",
  "diagnostics.save",
  "lineage.delivered",
  "scicat.send",
  "scicat.drop",
  "work.drop",
  "work.return",
  "ledger.import",
  "ledger.export",
  "db.backup",
  "db.vacuum",
  "limit.set",
  "limit.remove",
  "variable.set",
  "variable.remove",
  "variable.import",
  "profile.set",
  "profile.use",
  "profile.remove",
  "archiver.import",
  "ingest.request",
  "ingest.urls",
  "ingest.complete",
  "ingest.abort",
  "ingest.finish",
  "place.link",
  "place.restore",
  "place.tag",
  "place.make",
  "place.rename",
  "remote.trigger",
  "remote.retry",
  "remote.cancel",
  "remote.pause",
  "remote.import",
  "connection.set",
  "connection.duplicate",
  "connection.remove",
  "connection.test",
  "connection.host_key.accept",
  "connection.import",
  "connection.export",
  "rate.set",
  "secrets.unlock",
  "run.trigger",
  "run.forget",
  "run.note",
  "user.add",
  "user.password",
  "user.remove",
] as const satisfies readonly (keyof Operations)[];

/** What a read's reply rests on; what a write makes stale. */
export const tags: Record<keyof Operations, readonly TagRule[]> = {
  "workspace.show": [{ of: "workspace" }, { of: "runs" }],
  "workspace.setup": [{ of: "workspace" }, { of: "storages" }],
  "window.raise": [],
  "overview.show": [{ of: "datasets" }, { of: "runs" }, { of: "storages" }],
  "storage.list": [{ of: "storages" }],
  "storage.show": [{ of: "storages" }],
  "storage.history": [{ of: "storages" }],
  "storage.look": [{ of: "storages" }],
  "storage.set": [{ of: "storages" }, { of: "workspace" }],
  "place.list": [],
  "copy.plan": [],
  "plan.archive": [],
  "plan.flow": [{ of: "flows" }, { of: "runs" }, { of: "storages" }],
  "plan.cancel": [],
  "archive.start": [{ of: "datasets" }, { of: "runs" }],
  "upload.form": [{ of: "datasets" }],
  "upload.check": [],
  "upload.start": [{ of: "datasets" }, { of: "runs" }],
  "plan.retrieve": [{ of: "dataset", field: "dataset" }, { of: "storages" }],
  "retrieve.start": [{ of: "dataset", field: "dataset" }, { of: "runs" }],
  "retrieve.links": [],
  "dataset.list": [{ of: "datasets" }],
  "dataset.counts": [{ of: "datasets" }],
  "dataset.show": [{ of: "dataset", field: "dataset" }],
  "dataset.entries": [{ of: "dataset", field: "dataset" }],
  "dataset.history": [{ of: "dataset", field: "dataset" }],
  "dataset.verify": [{ of: "dataset", field: "dataset" }, { of: "datasets" }, { of: "runs" }],
  "dataset.save_report": [],
  "file.find": [{ of: "datasets" }],
  "flow.list": [{ of: "flows" }, { of: "runs" }],
  "flow.show": [{ of: "flows" }],
  "flow.check": [],
  "flow.run": [{ of: "flows" }, { of: "runs" }],
  "flow.versions": [{ of: "flows" }, { of: "runs" }],
  "flow.diff": [{ of: "flows" }],
  "flow.copy": [{ of: "flows" }, { of: "schedules" }],
  "flow.backfill_preview": [{ of: "flows" }, { of: "runs" }],
  "flow.backfill": [{ of: "runs" }],
  "schedule.list": [{ of: "flows" }, { of: "schedules" }],
  "schedule.next": [{ of: "flows" }, { of: "schedules" }],
  "schedule.pause": [{ of: "flows" }, { of: "schedules" }],
  "schedule.resume": [{ of: "flows" }, { of: "schedules" }],
  "run.list": [{ of: "runs" }],
  "run.counts": [{ of: "runs" }],
  "transfer.causes": [{ of: "runs" }],
  "transfer.files": [{ of: "run", field: "run" }],
  "transfer.speed": [{ of: "runs" }],
  "run.grid": [{ of: "runs" }],
  "flow.days": [{ of: "runs" }],
  "flow.durations": [{ of: "runs" }],
  "run.show": [{ of: "run", field: "run" }],
  "run.task_runs": [{ of: "run", field: "run" }],
  "run.task_run": [{ of: "run", field: "run" }],
  "run.events": [{ of: "run", field: "run" }],
  "run.timeline": [{ of: "run", field: "run" }],
  "run.logs": [{ of: "run", field: "run" }],
  "run.retry_preview": [{ of: "run", field: "run" }],
  "run.retry": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.cancel": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.pause": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.resume": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.secret": [{ of: "run", field: "run" }],
  "task.answer": [{ of: "run", field: "run" }, { of: "runs" }],
  "task.approvals": [{ of: "runs" }],
  "task.test": [],
  "runs.preview": [{ of: "runs" }],
  "runs.act": [{ of: "runs" }],
  "log.search": [{ of: "runs" }],
  "log.save": [],
  "diagnostics.save": [],
  "metrics.show": [{ of: "runs" }],
  "lineage.read": [{ of: "runs" }],
  "lineage.delivered": [],
  "scicat.pending": [{ of: "scicat" }],
  "scicat.send": [{ of: "scicat" }],
  "scicat.drop": [{ of: "scicat" }],
  "work.list": [{ of: "runs" }],
  "work.messages": [{ of: "runs" }],
  "work.drop": [{ of: "runs" }],
  "work.return": [{ of: "runs" }],
  "ledger.import": [{ of: "datasets" }],
  "ledger.export": [],
  "db.check": [],
  "db.backup": [],
  "db.vacuum": [],
  "limit.list": [{ of: "limits" }, { of: "runs" }],
  "limit.set": [{ of: "limits" }, { of: "runs" }],
  "limit.remove": [{ of: "limits" }, { of: "runs" }],
  "variable.list": [{ of: "variables" }],
  "variable.set": [{ of: "variables" }],
  "variable.remove": [{ of: "variables" }],
  "variable.import": [{ of: "variables" }],
  "profile.list": [{ of: "workspace" }],
  "profile.set": [{ of: "workspace" }],
  "profile.use": [{ of: "workspace" }],
  "profile.remove": [{ of: "workspace" }],
  "archiver.import": [{ of: "variables" }, { of: "limits" }, { of: "connections" }, { of: "storages" }],
  "ingest.request": [],
  "ingest.urls": [],
  "ingest.complete": [],
  "ingest.abort": [],
  "ingest.finish": [{ of: "runs" }],
  "ingest.troubles": [],
  "ingest.who": [],
  "place.show": [],
  "place.link": [],
  "place.restore": [],
  "place.tag": [],
  "place.make": [],
  "place.rename": [],
  "remote.flows": [],
  "remote.params": [],
  "remote.runs": [],
  "remote.run": [],
  "remote.log": [],
  "remote.trigger": [],
  "remote.retry_look": [],
  "remote.retry": [],
  "remote.cancel": [],
  "remote.pause": [],
  "remote.import": [{ of: "variables" }, { of: "connections" }, { of: "limits" }, { of: "runs" }],
  "connection.list": [{ of: "connections" }],
  "connection.show": [{ of: "connections" }, { of: "flows" }],
  "connection.kinds": [],
  "connection.set": [{ of: "connections" }],
  "connection.duplicate": [{ of: "connections" }],
  "connection.remove": [{ of: "connections" }, { of: "rates" }],
  "connection.health": [{ of: "connections" }],
  "connection.test": [{ of: "connections" }],
  "connection.host_key": [],
  "connection.host_key.accept": [{ of: "connections" }],
  "connection.import": [{ of: "connections" }],
  "connection.export": [],
  "rate.list": [{ of: "rates" }],
  "rate.set": [{ of: "rates" }],
  "secrets.show": [{ of: "connections" }],
  "secrets.unlock": [{ of: "connections" }],
  "run.plain_list": [{ of: "runs" }],
  "run.plain": [{ of: "runs" }],
  "run.trigger": [{ of: "flows" }, { of: "runs" }],
  "run.forget": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.note": [{ of: "run", field: "run" }, { of: "runs" }],
  "run.notes": [{ of: "run", field: "run" }],
  "run.touches": [{ of: "run", field: "run" }],
  "flow.tasks": [{ of: "flows" }],
  "user.list": [{ of: "users" }],
  "user.add": [{ of: "users" }],
  "user.password": [{ of: "users" }],
  "user.remove": [{ of: "users" }],
  "user.check": [{ of: "users" }],
  "audit.list": [{ of: "audit" }],
};

/** Name of an operation. */
export type OperationName = keyof Operations;

/** What a tag is made of: its variant, and the argument that gives its key. */
export type TagRule = { of: Tag["of"]; field?: string };

/** The tags of a call: what a read's reply rests on, what a write makes stale. */
export function tagsOf<O extends OperationName>(name: O, args: Operations[O]["args"]): Tag[] {
  return tags[name].map(({ of, field }) =>
    (field ? { of, key: (args as Record<string, unknown>)[field] } : { of }) as Tag);
}
