//! When the task runs of a run were in which state.

use longshore_engine::TaskState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// From where to read on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunTimelineArgs {
    /// Run.
    pub run: String,
    /// Row of the journal after which to read on; 0 for the start.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub after: i64,
}

/// Changes of state, in the order in which they happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunTimeline {
    /// The changes.
    pub changes: Vec<TimelineChange>,
    /// Row of the journal to which this reaches.
    #[ts(type = "number")]
    pub upto: i64,
    /// Whether there is more behind it now.
    pub more: bool,
}

/// Task runs of a task that have come into a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelineChange {
    /// When, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: i64,
    /// Task.
    pub task: String,
    /// Map index of the first of them; none of a task that is not mapped.
    pub index: Option<u32>,
    /// How many, one index after the other; 0 for all that the task had, which it has no longer.
    pub count: u32,
    /// State.
    pub state: TaskState,
}
