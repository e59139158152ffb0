//! States of runs and task runs, under Airflow's names where it has one.

use serde::{Deserialize, Serialize};

/// State of a task run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for what it needs.
    None,
    /// All it needs is there; waits to be looked at.
    Scheduled,
    /// Waits for a slot of a limit or for space.
    Queued,
    /// Works.
    Running,
    /// A sensor that waits without a slot.
    Deferred,
    /// Failed, and will be tried again by itself.
    UpForRetry,
    /// Held by the operator.
    Paused,
    /// Done.
    Success,
    /// Failed.
    Failed,
    /// Not run, because something that it needs failed.
    UpstreamFailed,
    /// Not run, because its condition was false or what it needs was skipped.
    Skipped,
    /// Told to stop, not yet stopped.
    Cancelling,
    /// Stopped.
    Cancelled,
    /// Its process vanished; it is taken up again without using up a retry.
    Interrupted,
}

/// State of a run, derived from its task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Created; waits for its flow's `max_active_runs`.
    Queued,
    /// Works, or waits for something that will come.
    Running,
    /// Starts nothing new until resumed.
    Paused,
    /// All done.
    Success,
    /// Ended with a failure.
    Failed,
    /// Told to stop.
    Cancelling,
    /// Stopped.
    Cancelled,
}
