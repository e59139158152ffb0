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

impl TaskState {
    /// Every state.
    pub const ALL: [Self; 14] = [
        Self::None,
        Self::Scheduled,
        Self::Queued,
        Self::Running,
        Self::Deferred,
        Self::UpForRetry,
        Self::Paused,
        Self::Success,
        Self::Failed,
        Self::UpstreamFailed,
        Self::Skipped,
        Self::Cancelling,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// Nothing more happens to it by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::UpstreamFailed | Self::Skipped | Self::Cancelled)
    }

    /// Its stable word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Deferred => "deferred",
            Self::UpForRetry => "up_for_retry",
            Self::Paused => "paused",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::UpstreamFailed => "upstream_failed",
            Self::Skipped => "skipped",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Type and name under which Prefect knows the state, for its users, imports and exports. One to one.
    pub fn prefect(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("PENDING", "NotReady"),
            Self::Scheduled => ("SCHEDULED", "Scheduled"),
            Self::Queued => ("PENDING", "Pending"),
            Self::Running => ("RUNNING", "Running"),
            Self::Deferred => ("SCHEDULED", "Deferred"),
            Self::UpForRetry => ("SCHEDULED", "AwaitingRetry"),
            Self::Paused => ("PAUSED", "Paused"),
            Self::Success => ("COMPLETED", "Completed"),
            Self::Failed => ("FAILED", "Failed"),
            Self::UpstreamFailed => ("FAILED", "UpstreamFailed"),
            Self::Skipped => ("COMPLETED", "Skipped"),
            Self::Cancelling => ("CANCELLING", "Cancelling"),
            Self::Cancelled => ("CANCELLED", "Cancelled"),
            Self::Interrupted => ("CRASHED", "Crashed"),
        }
    }
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Running, Self::Paused, Self::Success, Self::Failed, Self::Cancelling, Self::Cancelled];

    /// The run has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    /// Its stable word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}
