//! Events: what the journal holds. State is nothing but the fold of them.
//!
//! Each event says by itself which state it leads to ([`TaskEvent::state`], [`RunEvent::state`]), so that a projection can be
//! written without knowing what came before; whether it may follow is for [`crate::transition`] to say.

mod run;
mod task;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use run::{Created, Outcome, Parent, RunEvent, Scheduled};
pub use task::{Mark, Reserved, TaskEvent};

use crate::Millis;

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
    /// Who wanted it and why, of what an operator asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<By>>,
}

/// Who asked for something, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Name of the user, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The reason that was given, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl By {
    /// This, unless it says nothing.
    fn said(&self) -> Option<Box<Self>> {
        (self.who.is_some() || self.why.is_some()).then(|| Box::new(self.clone()))
    }
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case")]
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
    /// A task that follows a mapped one item by item gets as many task runs as that one has, with the same indexes, all `none`. Each
    /// has as its item what its counterpart gives, so there are no items here.
    Followed {
        /// Task.
        task: String,
        /// The task that it follows.
        of: String,
        /// How many, 1 or more.
        count: u32,
        /// Short texts of the items; as many as there are items, or none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<Option<String>>,
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

impl Event {
    /// What happened, by itself.
    pub fn new(run: &RunId, at: Millis, what: What) -> Self {
        Self { run: run.clone(), at, what, by: None }
    }

    /// The same, because somebody asked for it.
    #[must_use]
    pub fn by(mut self, by: &By) -> Self {
        self.by = by.said();
        self
    }

    /// Something that happened to a run.
    pub fn run(run: &RunId, at: Millis, event: RunEvent) -> Self {
        Self::new(run, at, What::Run { event })
    }

    /// Something that happened to task runs.
    pub fn task(run: &RunId, at: Millis, task: &str, span: Span, event: TaskEvent) -> Self {
        Self::new(run, at, What::Task { task: task.into(), span, event })
    }

    /// Stable word for what happened.
    pub fn name(&self) -> &'static str {
        match &self.what {
            What::Run { event } => event.name(),
            What::Expanded { .. } => "task.expanded",
            What::Followed { .. } => "task.followed",
            What::Reset { .. } => "task.reset",
            What::Task { event, .. } => event.name(),
        }
    }

    /// The task that it is about, if one.
    pub fn task_id(&self) -> Option<&str> {
        match &self.what {
            What::Run { .. } => None,
            What::Expanded { task, .. }
            | What::Followed { task, .. }
            | What::Reset { task }
            | What::Task { task, .. } => Some(task),
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
