//! Task runs by runs of a flow.

use longshore_engine::TaskState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{RunRow, StateCount};

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunGridArgs {
    /// Flow.
    pub flow: String,
    /// Runs to pass over, from the newest.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Runs wanted, at most 100; 0 means 24.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// A run with what became of its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GridRun {
    /// The run.
    pub run: RunRow,
    /// The tasks of its version of the flow, in the file's order.
    pub tasks: Vec<GridTask>,
}

/// All task runs of a task together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GridTask {
    /// Task.
    pub id: String,
    /// The state to show for all.
    pub state: TaskState,
    /// Whether it is mapped.
    pub mapped: bool,
    /// How many are in which state.
    pub counts: Vec<StateCount>,
}
