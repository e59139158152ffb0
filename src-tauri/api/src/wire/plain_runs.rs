//! Runs for other programs: as they are recorded, under the names that these programs gave them.

use longshore_engine::RunState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::{RunAct, RunSort, TaskRunRow};

/// A run as it is recorded, with what was said where it was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlainRun {
    /// Id.
    pub id: String,
    /// Name among the runs of its flow: the key that it was given, or its id.
    pub name: String,
    /// Flow.
    pub flow: String,
    /// Version of the flow with which it started.
    pub version: String,
    /// State.
    pub state: RunState,
    /// Run that started it, if one did.
    pub parent: Option<String>,
    /// Whether a schedule started it.
    pub scheduled: bool,
    /// What was given for it, what it has no parameter for included; without secrets.
    #[ts(type = "Record<string, unknown>")]
    pub conf: Map<String, Value>,
    /// What was noted at it.
    pub note: Option<String>,
    /// Who asked for it, of one that a program asked for over a network.
    pub by: Option<String>,
    /// The time that it stands for, if that was said or comes of its schedule.
    #[ts(type = "number | null")]
    pub logical_at: Option<i64>,
    /// Beginning of the interval whose data it works on, if that was said.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// End of that interval.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// When it was created.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it started.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
}

/// A span of time, from the first instant to before the second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct Between {
    /// At or after this time.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Before this time.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// Filter of such a list, newest first unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlainRunsArgs {
    /// Of these flows; empty for all.
    #[ts(as = "Option<Vec<String>>", optional)]
    pub flows: Vec<String>,
    /// States; empty for all.
    #[ts(as = "Option<Vec<RunState>>", optional)]
    pub states: Vec<RunState>,
    /// When they were created.
    #[ts(as = "Option<Between>", optional)]
    pub created: Between,
    /// When they started.
    #[ts(as = "Option<Between>", optional)]
    pub started: Between,
    /// When they ended.
    #[ts(as = "Option<Between>", optional)]
    pub ended: Between,
    /// What they are sorted by.
    #[ts(as = "Option<RunSort>", optional)]
    pub sort: RunSort,
    /// The lowest first.
    #[ts(as = "Option<bool>", optional)]
    pub ascending: bool,
    /// Rows to pass over.
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500; 0 means 100.
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// Names a run of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PlainRunArgs {
    /// The flow; none for a run of any, which then is named by its id.
    pub flow: Option<String>,
    /// Its name, or its id.
    pub name: String,
}

/// Starts a flow for another program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RunTriggerArgs {
    /// Id of a flow in force, or one of its aliases.
    #[ts(optional = false)]
    pub flow: String,
    /// The run's name, which no run of the flow may have yet.
    #[ts(optional = false)]
    pub key: String,
    /// What the flow has a parameter for becomes its value; the rest is kept beside them.
    #[ts(type = "Record<string, unknown>")]
    pub conf: Map<String, Value>,
    /// Noted at the run.
    pub note: Option<String>,
    /// The time that the run stands for; no other run of the flow may have been asked to stand for it.
    #[ts(type = "number | null")]
    pub logical_at: Option<i64>,
    /// Beginning of the interval whose data it works on.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// End of that interval.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Notes something at a run, or at a task run of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct NoteSetArgs {
    /// Run.
    pub run: String,
    /// Task; none for the run as a whole.
    #[serde(default)]
    pub task: Option<String>,
    /// Map index.
    #[serde(default)]
    pub index: Option<u32>,
    /// Text, of at most 1,000 characters; an empty one takes the note away.
    pub note: String,
}

/// What is noted at a task run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TaskNote {
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Text.
    pub note: String,
}

/// An act on one run, to be seen before it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunTouchesArgs {
    /// Run.
    pub run: String,
    /// One that changes task runs.
    pub act: RunAct,
}

/// The task runs that an act would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunTouches {
    /// The first 200.
    pub rows: Vec<TaskRunRow>,
    /// How many in all.
    pub count: u32,
}

/// The tasks of a flow in force, or of the version of a flow that a run has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct FlowTasksArgs {
    /// Flow.
    pub flow: Option<String>,
    /// Run; goes before the flow.
    pub run: Option<String>,
}

/// Slots of a limit that a task holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TaskClaim {
    /// The limit.
    pub limit: String,
    /// Slots.
    pub slots: u32,
}

/// A task as its flow describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowTaskRow {
    /// Task id.
    pub id: String,
    /// Kind.
    pub uses: String,
    /// `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`.
    pub role: String,
    /// Has `for_each`.
    pub mapped: bool,
    /// Trigger rule.
    pub trigger: String,
    /// Tasks that need it.
    pub needed_by: Vec<String>,
    /// How often it is tried again at most.
    pub retries: u32,
    /// How long it waits before it is tried again, the first time, in milliseconds.
    #[ts(type = "number")]
    pub retry_delay: u64,
    /// Whether it waits longer each time.
    pub backoff: bool,
    /// How long an attempt may work, in milliseconds.
    #[ts(type = "number | null")]
    pub timeout: Option<u64>,
    /// Limits that it holds while it works.
    pub limits: Vec<TaskClaim>,
    /// Weight.
    pub priority: i32,
}
