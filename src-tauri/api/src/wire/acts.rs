//! What an operator does with runs, one or many: seen before it is done.

use longshore_engine::{Fault, RunState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::RunRow;

/// Which runs. What is given must all be true of a run; where nothing is given, no run is meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RunSelect {
    /// These runs, by id; empty for all that the rest says.
    #[ts(as = "Option<Vec<String>>", optional)]
    pub runs: Vec<String>,
    /// Of one flow.
    pub flow: Option<String>,
    /// Of one dataset (pid or name).
    pub dataset: Option<String>,
    /// In one of these states; empty for all.
    #[ts(as = "Option<Vec<RunState>>", optional)]
    pub states: Vec<RunState>,
    /// Created at or after this time.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Created before this time.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// With this text in id, key, flow or the dataset's name.
    pub search: Option<String>,
    /// With a failed task run whose fault has this stable code.
    pub fault: Option<String>,
}

/// How an operator says that a task run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MarkState {
    /// Done.
    Success,
    /// Failed for good.
    Failed,
    /// Not needed.
    Skipped,
}

/// What is done with a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum RunAct {
    /// Does again what failed or was stopped.
    Retry {
        /// Only this task.
        #[serde(default)]
        #[ts(optional = nullable)]
        task: Option<String>,
        /// Only this map index of it.
        #[serde(default)]
        #[ts(optional = nullable)]
        index: Option<u32>,
        /// Also what lies downstream of it, even if it succeeded.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        downstream: bool,
    },
    /// Does a task again, even if it succeeded; or all of them, as if the run had never begun.
    Clear {
        /// The task; none for every task of the run.
        #[serde(default)]
        #[ts(optional = nullable)]
        task: Option<String>,
        /// Only this map index of it.
        #[serde(default)]
        #[ts(optional = nullable)]
        index: Option<u32>,
        /// Also what lies downstream of it.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        downstream: bool,
        /// Also what lies upstream of it.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        upstream: bool,
        /// Of all these only what failed or was stopped.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        only_failed: bool,
    },
    /// Says how task runs ended. One that works is stopped first.
    Mark {
        /// The task.
        task: String,
        /// Only this map index of it.
        #[serde(default)]
        #[ts(optional = nullable)]
        index: Option<u32>,
        /// As what.
        state: MarkState,
        /// Its output, if it is marked as done.
        #[serde(default)]
        #[ts(type = "unknown", optional)]
        output: Value,
    },
    /// Lets what waits for a time, a deferred task run or one that is to be tried again, look at once.
    Wake {
        /// Only this task.
        #[serde(default)]
        #[ts(optional = nullable)]
        task: Option<String>,
        /// Only this map index of it.
        #[serde(default)]
        #[ts(optional = nullable)]
        index: Option<u32>,
    },
    /// Stops it, and its bytes.
    Cancel {
        /// Waits for no attempt that does not stop: it is cut off, and recorded as cancelled.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        hard: bool,
    },
    /// Starts nothing new; a copy stops and goes on later where it was, what else runs is let finish.
    Pause,
    /// Goes on.
    Resume,
}

/// What an act would do, and to which runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RunsPreviewArgs {
    /// Which runs.
    pub select: RunSelect,
    /// What.
    pub act: RunAct,
}

/// An act on runs. Done only to what was seen: with the token of a preview, or the number of runs that are expected, and refused with
/// `acts.changed` where that is no longer so. For runs that are named one by one neither is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RunsActArgs {
    /// Which runs.
    pub select: RunSelect,
    /// What.
    pub act: RunAct,
    /// From the preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How many runs it is meant to touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u32>,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A run that an act touches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunTouched {
    /// The run.
    pub run: RunRow,
    /// Task runs of it that are touched.
    pub task_runs: u32,
}

/// A run to which an act cannot be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRefused {
    /// The run.
    pub run: String,
    /// Why.
    pub fault: Fault,
}

/// What an act would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunsPreview {
    /// How many runs.
    pub runs: u32,
    /// How many task runs.
    #[ts(type = "number")]
    pub task_runs: u64,
    /// The first 50.
    pub rows: Vec<RunTouched>,
    /// How many of those selected it cannot be done to.
    pub refused: u32,
    /// The first 50 of these.
    pub refusals: Vec<RunRefused>,
    /// To be given with the act: it is then done to these runs, or to none.
    pub token: String,
}

/// What an act has done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunsDone {
    /// Runs to which it was done.
    pub done: u32,
    /// Runs that had gone on in the meantime, so that it could not be done to them any more.
    pub refused: Vec<RunRefused>,
}
