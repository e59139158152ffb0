//! Events: what the journal holds. State is nothing but the fold of them.
//!
//! Each event says by itself which state it leads to ([`TaskEvent::state`], [`RunEvent::state`]), so that a projection can be
//! written without knowing what came before; whether it may follow is for [`crate::transition`] to say.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::schedule::Scheduled;
use crate::{Fault, Millis, RunState, TaskState};

/// Identifier of a run: a ULID in text, so that ascending order is the order of creation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct RunId(Arc<str>);

impl RunId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for RunId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for RunId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0.as_ref().into()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Run.
    pub run: RunId,
    /// When.
    pub at: Millis,
    /// What happened.
    pub what: What,
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all events are of the large kind")]
pub enum What {
    /// Something happened to the run as a whole.
    Run {
        /// What.
        event: RunEvent,
    },
    /// A mapped task knows its items. The one task run that stood for it (no index) is replaced by one for each item, with the
    /// indexes from 0, all `scheduled`. Never empty: a task mapped over nothing is skipped.
    Expanded {
        /// Task.
        task: String,
        /// Items, in order.
        items: Vec<Item>,
    },
    /// A mapped task forgets its items, because what they were made of is done anew: its task runs are replaced by one (no
    /// index) in `none`. Their attempts stay as history and their numbers are not used again; their checkpoints go.
    Reset {
        /// Task.
        task: String,
    },
    /// Something happened to one task run, or to several neighbours alike.
    Task {
        /// Task.
        task: String,
        /// Which of its task runs.
        #[serde(flatten)]
        span: Span,
        /// What.
        event: TaskEvent,
    },
}

/// One item of a mapped task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The value of `item` in expressions.
    pub value: Value,
    /// Short text for the operator, from the task's `label`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Some task runs of a task: the one without index, or those from `index` to before `index + count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First map index; none for the task run of a task that is not mapped or not expanded yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// How many, 1 or more; 1 if there is no index.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
}

impl Span {
    /// One task run.
    pub fn one(index: Option<u32>) -> Self {
        Self { index, count: 1 }
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_one(count: &u32) -> bool {
    *count == 1
}

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

/// Room that a task run holds on a storage from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Storage.
    pub storage: String,
    /// Bytes it will write in all, those of earlier attempts included.
    pub bytes: u64,
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
    /// An attempt starts.
    Started {
        /// Its number, from 1; never used twice in a task run.
        attempt: u32,
        /// Its parameters, rendered.
        with: Value,
        /// Room that it holds until it ends.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reserved: Vec<Reserved>,
    },
    /// A sensor gives its slot back and waits.
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
            Self::Cancelling => TaskState::Cancelling,
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
            Self::Cancelled => "task.cancelled",
            Self::Interrupted => "task.interrupted",
            Self::Cleared => "task.cleared",
        }
    }

    /// The fault that it tells of, if one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed { fault } | Self::Retrying { fault, .. } => Some(fault),
            _ => None,
        }
    }
}

impl Event {
    /// Something that happened to a run.
    pub fn run(run: &RunId, at: Millis, event: RunEvent) -> Self {
        Self { run: run.clone(), at, what: What::Run { event } }
    }

    /// Something that happened to task runs.
    pub fn task(run: &RunId, at: Millis, task: &str, span: Span, event: TaskEvent) -> Self {
        Self { run: run.clone(), at, what: What::Task { task: task.into(), span, event } }
    }

    /// Stable word for what happened.
    pub fn name(&self) -> &'static str {
        match &self.what {
            What::Run { event } => event.name(),
            What::Expanded { .. } => "task.expanded",
            What::Reset { .. } => "task.reset",
            What::Task { event, .. } => event.name(),
        }
    }

    /// The task that it is about, if one.
    pub fn task_id(&self) -> Option<&str> {
        match &self.what {
            What::Run { .. } => None,
            What::Expanded { task, .. } | What::Reset { task } | What::Task { task, .. } => Some(task),
        }
    }

    /// The map index that it is about, if one (the first, if it is about several).
    pub fn index(&self) -> Option<u32> {
        match &self.what {
            What::Task { span, .. } => span.index,
            _ => None,
        }
    }
}
