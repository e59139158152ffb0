//! What can happen to a task run.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Fault, Millis, TaskState};

/// Room that a task run holds on a storage from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Storage.
    pub storage: String,
    /// Bytes it will write in all, those of earlier attempts included.
    pub bytes: u64,
}

/// How an operator says that a task run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Mark {
    /// Done, with this output.
    Success {
        /// Output.
        #[serde(default)]
        output: Value,
    },
    /// Failed for good.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// Not needed.
    Skipped,
}

impl Mark {
    /// The state that it stands for.
    pub fn state(&self) -> TaskState {
        match self {
            Self::Success { .. } => TaskState::Success,
            Self::Failed { .. } => TaskState::Failed,
            Self::Skipped => TaskState::Skipped,
        }
    }

    /// The fault, of a failure.
    pub fn fault(&self) -> Option<&Fault> {
        if let Self::Failed { fault } = self { Some(fault) } else { None }
    }
}

/// What can happen to a task run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TaskEvent {
    /// All that it needs is there (or its retry is due, or its sensor's time has come): it stands in line.
    Scheduled,
    /// It is first in line and waits for a slot or for space.
    Queued {
        /// For what, in words, at that moment.
        waits: String,
    },
    /// An attempt starts, or goes on after it was deferred.
    Started {
        /// Its number, from 1; never used twice in a task run.
        attempt: u32,
        /// Its parameters, rendered. Of one that goes on, null: they are those that it started with.
        with: Value,
        /// It goes on after it was deferred.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        resumes: bool,
        /// Room that it holds until it ends.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reserved: Vec<Reserved>,
    },
    /// A sensor gives its slots and its room back and waits. Its attempt goes on, under the same number, when it looks again.
    Deferred {
        /// Until when.
        until: Millis,
    },
    /// Done. Its checkpoint is no longer needed.
    Succeeded {
        /// Output.
        output: Value,
    },
    /// Failed for good, or until the operator retries.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// Failed, and will be tried again by itself.
    Retrying {
        /// Why.
        fault: Fault,
        /// When.
        next_at: Millis,
    },
    /// Not run.
    Skipped {
        /// Why, in words.
        why: String,
    },
    /// Not run, because of a failure above it.
    UpstreamFailed {
        /// The task above.
        of: String,
    },
    /// Held by the operator.
    Held,
    /// Let go by the operator.
    Released,
    /// Told to stop.
    Cancelling,
    /// Told to stop because the operator says how it ended; it is [`TaskEvent::Marked`] so once it has stopped.
    Stopping {
        /// As what.
        mark: Box<Mark>,
    },
    /// The operator says how it ended. Who that was, and why, stands at the event.
    Marked {
        /// As what.
        mark: Box<Mark>,
    },
    /// Stopped, or not started any more.
    Cancelled,
    /// Its process went away; it goes on without using up a retry.
    Interrupted,
    /// A manual retry: as if it had never run, but its checkpoint and its attempts' numbers stay.
    Cleared,
}

impl TaskEvent {
    /// The state that it leads to.
    pub fn state(&self) -> TaskState {
        match self {
            Self::Scheduled | Self::Released => TaskState::Scheduled,
            Self::Queued { .. } => TaskState::Queued,
            Self::Started { .. } => TaskState::Running,
            Self::Deferred { .. } => TaskState::Deferred,
            Self::Succeeded { .. } => TaskState::Success,
            Self::Failed { .. } => TaskState::Failed,
            Self::Retrying { .. } => TaskState::UpForRetry,
            Self::Skipped { .. } => TaskState::Skipped,
            Self::UpstreamFailed { .. } => TaskState::UpstreamFailed,
            Self::Held => TaskState::Paused,
            Self::Cancelling | Self::Stopping { .. } => TaskState::Cancelling,
            Self::Marked { mark } => mark.state(),
            Self::Cancelled => TaskState::Cancelled,
            Self::Interrupted => TaskState::Interrupted,
            Self::Cleared => TaskState::None,
        }
    }

    /// Stable word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scheduled => "task.scheduled",
            Self::Queued { .. } => "task.queued",
            Self::Started { .. } => "task.started",
            Self::Deferred { .. } => "task.deferred",
            Self::Succeeded { .. } => "task.succeeded",
            Self::Failed { .. } => "task.failed",
            Self::Retrying { .. } => "task.retrying",
            Self::Skipped { .. } => "task.skipped",
            Self::UpstreamFailed { .. } => "task.upstream_failed",
            Self::Held => "task.held",
            Self::Released => "task.released",
            Self::Cancelling => "task.cancelling",
            Self::Stopping { .. } => "task.stopping",
            Self::Marked { .. } => "task.marked",
            Self::Cancelled => "task.cancelled",
            Self::Interrupted => "task.interrupted",
            Self::Cleared => "task.cleared",
        }
    }

    /// The fault that it tells of, if one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed { fault } | Self::Retrying { fault, .. } => Some(fault),
            Self::Marked { mark } => mark.fault(),
            _ => None,
        }
    }
}
