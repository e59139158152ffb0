//! What can happen to a run.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RunId;
use crate::RunState;
pub use crate::schedule::Scheduled;

/// Who started a run, if a task did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Its run.
    pub run: RunId,
    /// Its task.
    pub task: String,
    /// Its map index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// It waits for the run: the run is cancelled with it, and wakes it when it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// How many runs lie above: 1 if nothing started that run. Told by the runner.
    #[serde(default)]
    pub depth: u32,
}

/// What can happen to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// It was asked for.
    Created(Box<Created>),
    /// Its flow's `max_active_runs` lets it go.
    Started,
    /// The operator holds it: what runs ends, nothing starts.
    Paused,
    /// The operator lets it go on: to `running` if it had started, else to `queued`.
    Resumed {
        /// Whether it had been let go by its flow's `max_active_runs`.
        started: bool,
    },
    /// The operator stops it.
    Cancelling,
    /// All its task runs have ended, hooks too.
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// A manual retry wakes it after its end.
    Reopened,
}

/// What a run starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Flow.
    pub flow: String,
    /// Digest of the flow file's text; the run keeps this version.
    pub version: String,
    /// Parameters, defaults filled in.
    pub params: Map<String, Value>,
    /// Variables as they were.
    pub vars: Map<String, Value>,
    /// What makes it the same run when asked for twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// The schedule that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Scheduled>,
    /// Value of its flow's guard: of runs with the same value one is active at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Value>,
    /// Weight of the run: it is added to that of each of its tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing failed.
    Success,
    /// A task run failed.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl RunEvent {
    /// The state that it leads to.
    pub fn state(&self) -> RunState {
        match self {
            Self::Created(_) | Self::Reopened | Self::Resumed { started: false } => RunState::Queued,
            Self::Started | Self::Resumed { started: true } => RunState::Running,
            Self::Paused => RunState::Paused,
            Self::Cancelling => RunState::Cancelling,
            Self::Ended { outcome: Outcome::Success } => RunState::Success,
            Self::Ended { outcome: Outcome::Failed } => RunState::Failed,
            Self::Ended { outcome: Outcome::Cancelled } => RunState::Cancelled,
        }
    }

    /// Stable word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "run.created",
            Self::Started => "run.started",
            Self::Paused => "run.paused",
            Self::Resumed { .. } => "run.resumed",
            Self::Cancelling => "run.cancelling",
            Self::Ended { .. } => "run.ended",
            Self::Reopened => "run.reopened",
        }
    }
}
