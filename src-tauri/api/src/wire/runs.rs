//! Runs, task runs, attempts, logs.

use longshore_engine::{Fault, RunState, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::Graph;

/// Live amounts of a run or task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct ProgressRow {
    /// Bytes done.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes in all, if known.
    #[ts(type = "number | null")]
    pub bytes_total: Option<u64>,
    /// Files done.
    #[ts(type = "number")]
    pub files: u64,
    /// Files in all, if known.
    #[ts(type = "number | null")]
    pub files_total: Option<u64>,
    /// Bytes a second, over the last seconds; `null` if nothing moves or it is not known.
    pub rate: Option<f64>,
    /// Seconds left at that rate; `null` if not known.
    pub seconds_left: Option<f64>,
    /// What is worked on.
    pub now: String,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRow {
    /// Id.
    pub id: String,
    /// Flow.
    pub flow: String,
    /// State.
    pub state: RunState,
    /// Dataset that it works on, if one.
    pub dataset: Option<String>,
    /// Name of that dataset, or the run's key, or what the flow makes of its parameters (`run_title`), or the flow's title.
    pub title: String,
    /// What it waits for, in words, if it does.
    pub waits: Option<String>,
    /// First fault of a failed or failing task run, if one.
    pub fault: Option<Fault>,
    /// Task that has the fault.
    pub fault_task: Option<String>,
    /// When it was created.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it started.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// Amounts of the task that moves bytes now, or of the last that did.
    pub progress: ProgressRow,
}

/// Names a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RunArgs {
    /// Id.
    pub run: String,
}

/// How many task runs of a task are in a state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StateCount {
    /// State.
    pub state: TaskState,
    /// Number.
    pub count: u32,
}

/// A task of a run: all its task runs together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TaskRow {
    /// Task id.
    pub id: String,
    /// Kind.
    pub uses: String,
    /// The state to show for all together: the worst that needs looking at, else what is going on.
    pub state: TaskState,
    /// Mapped.
    pub mapped: bool,
    /// Task runs by state; of a task that is not expanded yet, empty.
    pub counts: Vec<StateCount>,
    /// Number of task runs, once known.
    pub expanded: Option<u32>,
    /// What it waits for, in words.
    pub waits: Option<String>,
    /// When the first started.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When the last ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// When the next of those goes on that are deferred or will be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub next_at: Option<i64>,
    /// Amounts of all together.
    pub progress: ProgressRow,
    /// First fault among them.
    pub fault: Option<Fault>,
}

/// What may be done with a run now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
// Four independent answers, not states of one thing.
#[allow(clippy::struct_excessive_bools)]
pub struct RunCan {
    /// Retry of what failed.
    pub retry: bool,
    /// Cancel.
    pub cancel: bool,
    /// Pause.
    pub pause: bool,
    /// Resume.
    pub resume: bool,
}

/// A run in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunDetail {
    /// Its row.
    pub run: RunRow,
    /// Title of the flow.
    pub flow_title: String,
    /// Version of the flow with which it started.
    pub flow_version: String,
    /// Text of that version.
    pub flow_source: String,
    /// Structure.
    pub graph: Graph,
    /// Tasks, in the order of the file.
    pub tasks: Vec<TaskRow>,
    /// Parameters.
    #[ts(type = "Record<string, unknown>")]
    pub params: Value,
    /// What may be done.
    pub can: RunCan,
    /// Run that started it, if one did.
    pub parent: Option<String>,
    /// Runs that it started.
    pub children: Vec<RunRow>,
}

/// A page of the task runs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TaskRunsArgs {
    /// Run.
    pub run: String,
    /// One task; `null` for all.
    pub task: Option<String>,
    /// States; empty for all.
    #[serde(default)]
    #[ts(as = "Option<Vec<TaskState>>", optional)]
    pub states: Vec<TaskState>,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// A task run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TaskRunRow {
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// A short label of the item, such as a datablock's name.
    pub label: Option<String>,
    /// State.
    pub state: TaskState,
    /// Attempts so far.
    pub attempts: u32,
    /// When the first attempt started.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When the last attempt ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// When the next attempt comes, if one is due; of one that is deferred, when it looks again at the latest.
    #[ts(type = "number | null")]
    pub next_at: Option<i64>,
    /// What it waits for, in words.
    pub waits: Option<String>,
    /// Amounts.
    pub progress: ProgressRow,
    /// Fault of the last attempt.
    pub fault: Option<Fault>,
}

/// Names a task run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TaskRunArgs {
    /// Run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AttemptRow {
    /// From 1.
    pub number: u32,
    /// How it ended, or `running`, or `deferred` while it waits.
    pub state: TaskState,
    /// When it started.
    #[ts(type = "number")]
    pub started_at: i64,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// Its fault.
    pub fault: Option<Fault>,
}

/// A task run in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TaskRunDetail {
    /// Its row.
    pub row: TaskRunRow,
    /// Kind.
    pub uses: String,
    /// Attempts, newest first.
    pub attempts: Vec<AttemptRow>,
    /// Parameters, as rendered for the last attempt.
    #[ts(type = "unknown")]
    pub with: Value,
    /// Output.
    #[ts(type = "unknown")]
    pub output: Option<Value>,
    /// Last checkpoint.
    #[ts(type = "unknown")]
    pub checkpoint: Option<Value>,
}

/// A page of the journal of a run, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RunEventsArgs {
    /// Run.
    pub run: String,
    /// After this row (0 for the first).
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub after: i64,
    /// Rows wanted, at most 500.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JournalRow {
    /// Number of the row.
    #[ts(type = "number")]
    pub seq: i64,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// Task, if of one.
    pub task: Option<String>,
    /// Map index.
    pub index: Option<u32>,
    /// Stable word for what happened.
    pub event: String,
    /// In words.
    pub text: String,
    /// Who asked for it, of an operator's act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
    /// The reason that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub why: Option<String>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LogRow {
    /// Number of the line.
    #[ts(type = "number")]
    pub seq: i64,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Attempt.
    pub attempt: u32,
    /// `debug`, `info`, `warning`, `error`.
    pub level: String,
    /// Text.
    pub text: String,
}

/// What to retry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RetryArgs {
    /// Run.
    pub run: String,
    /// One task; `null` for all that failed.
    pub task: Option<String>,
    /// One map index of that task.
    pub index: Option<u32>,
    /// Also what lies downstream, even if it succeeded.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub downstream: bool,
}

/// What a retry touches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RetryPreview {
    /// Task runs that start again, the first 200.
    pub touches: Vec<TaskRunRow>,
    /// How many in all.
    pub count: u32,
    /// How many task runs are left alone.
    pub leaves: u32,
    /// From where they resume, in words.
    pub resumes: Vec<String>,
}
