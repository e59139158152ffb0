//! Numbers of the workspace, for whoever watches it.

use longshore_engine::RunState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How many runs of a flow are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunCount {
    /// Flow.
    pub flow: String,
    /// State.
    pub state: RunState,
    /// Number.
    #[ts(type = "number")]
    pub count: u64,
}

/// How long attempts took that ended alike.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Histogram {
    /// How they ended: `success`, `failed`, ...
    pub ended: String,
    /// Seconds, and how many took no longer.
    #[ts(type = "[number, number][]")]
    pub buckets: Vec<(f64, u64)>,
    /// How many in all.
    #[ts(type = "number")]
    pub count: u64,
    /// Seconds of all together.
    pub seconds: f64,
}

/// Numbers of the workspace. What is counted is counted since its owner began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Measured {
    /// Runs by flow and state.
    pub runs: Vec<RunCount>,
    /// Attempts by how they ended.
    pub attempts: Vec<Histogram>,
    /// Bytes that attempts moved.
    #[ts(type = "number")]
    pub moved_bytes: u64,
    /// Events journalled.
    #[ts(type = "number")]
    pub events: u64,
    /// Seconds from the last decision to the moment when it was in the journal and told.
    pub lag_seconds: f64,
    /// Bytes of task logs that are kept.
    #[ts(type = "number")]
    pub log_bytes: u64,
}
