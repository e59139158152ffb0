//! Carries out what the engine decides: appends events to the journal, starts and stops attempts, keeps time.
//!
//! One task (the actor) owns the state of all active runs. Nothing is acted upon before it is in the journal, and nothing is
//! told to anybody before that either.

mod actor;
pub mod apart;
mod attempt;
mod board;
mod change;
mod child;
mod journal;
mod load;
mod logs;
mod message;
mod note;
mod output;
mod preview;
mod rooms;
mod runner;
pub mod schedules;
mod stall;
mod store;
mod take;
mod trial;
pub mod variables;
mod vault;

pub use journal::{At, Journal, Saved};
pub use note::{Live, LogLine, Note, Reservation};
pub use preview::{Foreseen, Preview};
pub use rooms::{default_floor, floor_of};
pub use runner::Runner;
pub use schedules::{ScheduledFlows, Scheduler, SchedulerParts};
pub use trial::Trial;

/// What to retry or clear, what to mark as what, and what to wake.
pub use longshore_engine::decide::{Marking, Redo as Retry, Waking};
/// Who asks for something, and why.
pub use longshore_engine::event::By;

use std::sync::Arc;

use longshore_catalogue::Catalogue;
use longshore_engine::{
    Clock, Fault, Flow,
    event::{Parent, Scheduled},
};
use longshore_flows::KindSet;
use longshore_flows::kind::Storages;
use serde_json::{Map, Value};

/// Finds the flow that is in force under an id.
pub trait FlowSource: Send + Sync {
    /// `flow.unknown` if there is none.
    fn flow(&self, id: &str) -> Result<Arc<Flow>, Fault>;
}

/// What the runner works with.
pub struct Parts {
    /// Journal, checkpoints, logs, limits, variables: the store.
    pub journal: Arc<dyn Journal>,
    /// Catalogue and ledger, for the tasks.
    pub catalogue: Arc<dyn Catalogue>,
    /// Storages, for the tasks and for the gate of space.
    pub storages: Arc<dyn Storages>,
    /// Kinds of task.
    pub kinds: KindSet,
    /// Flows in force, for tasks that start runs.
    pub flows: Arc<dyn FlowSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many attempts may work at once, over all runs; with 0 nothing starts, and what is asked for is only recorded.
    pub capacity: usize,
    /// Variables that stand above those in the store, such as the environment's.
    pub variables: Map<String, Value>,
}

/// A run that is asked for.
pub struct NewRun {
    /// Flow, in the version that it shall keep.
    pub flow: Arc<Flow>,
    /// Parameters as given; checked, and filled up with defaults, here.
    pub params: Map<String, Value>,
    /// A run of this flow with the same key that exists is given back instead of a new one.
    pub key: Option<String>,
    /// Task run that starts it, if one does.
    pub parent: Option<Parent>,
    /// Schedule that starts it, if one does.
    pub scheduled: Option<Scheduled>,
    /// Weight of the run, added to that of each of its tasks; 0 if nothing is said.
    pub priority: Option<i32>,
}

/// What an act touches: task and map index of each task run that it marks, wakes or starts again, and how many are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The task runs that are marked, woken or start again, the first 200.
    pub touches: Vec<(String, Option<u32>)>,
    /// How many in all.
    pub count: u32,
    /// How many task runs are left alone.
    pub leaves: u32,
}
