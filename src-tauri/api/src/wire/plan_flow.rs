//! What a run of a flow will do, shown before it is started.

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::SpaceNeed;

/// Asks what a run of a flow would do. Nothing is started and nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PlanFlowArgs {
    /// Id of a flow in force; or, with `source`, a name for messages.
    pub flow: String,
    /// Text of a flow file to look at instead of one in force.
    pub source: Option<String>,
    /// Parameters, an object. They are checked as for a run.
    #[ts(type = "Record<string, unknown>")]
    pub params: Value,
}

/// Slots of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlannedSlots {
    /// Limit.
    pub limit: String,
    /// Slots that each task run takes.
    pub slots: u32,
}

/// Bytes on a storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlannedSpace {
    /// Storage, or the absolute path of a folder.
    pub storage: String,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What a task will do. Whatever is absent is known only in the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlannedTask {
    /// Id.
    pub id: String,
    /// Kind.
    pub uses: String,
    /// `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`.
    pub role: String,
    /// Group that the graph shows it in.
    pub group: Option<String>,
    /// Task runs to expect.
    pub runs: Option<u32>,
    /// How many task runs to expect, in words: `3`, or `as many as list gives`.
    pub expects: String,
    /// Why it will be skipped, if that is known.
    pub skipped: Option<String>,
    /// Slots that each of its task runs takes.
    pub limits: Vec<PlannedSlots>,
    /// Whether its kind could be asked what it needs, for every task run.
    pub planned: bool,
    /// Files that it will touch.
    #[ts(type = "number | null")]
    pub files: Option<u64>,
    /// Bytes that it will move.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// Room that it will take up, as far as known: by storage the larger of what each task run reserves and what its kind says.
    pub space: Vec<PlannedSpace>,
    /// Room that its task runs reserve, all together.
    pub reserves: Option<Vec<PlannedSpace>>,
    /// Seconds that one task run took: the median of the last ones that succeeded, at most 20.
    pub seconds: Option<f64>,
    /// Over how many task runs that median is.
    pub past: u32,
    /// Why its kind cannot say now what it needs. That may be right: what it needs may be made by a task before it.
    pub problem: Option<Fault>,
}

/// What a run of a flow will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowPlan {
    /// Flow.
    pub flow: String,
    /// Title.
    pub title: String,
    /// Tasks, in the order of the file; hooks come last.
    pub tasks: Vec<PlannedTask>,
    /// Bytes that all tasks move, hooks aside, as far as known.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Tasks, hooks aside, of which not all that they need is known before the run.
    pub unknown: Vec<String>,
    /// Room needed in each place, as far as known, hooks aside.
    pub space: Vec<SpaceNeed>,
    /// The active run with the same value of the flow's guard.
    pub held_by: Option<String>,
    /// Why the run would be refused now, or could not come to a good end.
    pub refused: Vec<Fault>,
    /// Nothing is refused.
    pub can_start: bool,
}
