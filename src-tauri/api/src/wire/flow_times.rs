//! When a flow's runs were, and how long they took.

use longshore_engine::{RunState, TaskState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which runs to count by days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowDaysArgs {
    /// Flow.
    pub flow: String,
    /// Those created at or after this time, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub since: i64,
    /// Those created before this time.
    #[ts(type = "number")]
    pub until: i64,
    /// Zone whose days are meant, such as `Europe/Zurich`; UTC if none is named.
    pub timezone: Option<String>,
}

/// A day on which a flow had runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FlowDay {
    /// The day, as in `2026-11-24`.
    pub day: String,
    /// Runs created on it, by state.
    pub runs: Vec<RunStateCount>,
}

/// How many runs are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunStateCount {
    /// State.
    pub state: RunState,
    /// Number.
    pub count: u32,
}

/// Which runs to measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowDurationsArgs {
    /// Flow.
    pub flow: String,
    /// Task that is measured instead of the whole run.
    pub task: Option<String>,
    /// Runs wanted, the newest first, at most 200; 0 means 50.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// How long a run took, or a task in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FlowDuration {
    /// Run.
    pub run: String,
    /// State of the run.
    pub run_state: RunState,
    /// State of the task, if one is measured.
    pub task_state: Option<TaskState>,
    /// Task runs of the task; 0 if a whole run is measured.
    pub task_runs: u32,
    /// When the run was created, in milliseconds since the epoch, as all times.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When the run first started, or the first task run of the task.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When the run ended, or the last task run of the task.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
}
