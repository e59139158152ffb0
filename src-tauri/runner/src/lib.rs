//! Carries out what the engine decides: appends events to the journal, starts and stops attempts, keeps time.
//!
//! One task (the actor) owns the state of all active runs. Nothing is acted upon before it is in the journal, and nothing is
//! told to anybody before that either.

mod journal;
mod note;

pub use journal::{At, Journal, Saved};
pub use note::{Live, LogLine, Note, Reservation};

use std::sync::Arc;

use longshore_catalogue::Catalogue;
use longshore_engine::{Clock, Fault, Flow, RunId, RunState, event::Parent};
use longshore_flows::kind::{Kind, Storages};
use serde_json::{Map, Value};
use tokio::sync::broadcast;

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
    pub kinds: Vec<Arc<dyn Kind>>,
    /// Flows in force, for tasks that start runs.
    pub flows: Arc<dyn FlowSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many attempts may work at once, over all runs.
    pub capacity: usize,
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
}

/// What to retry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retry {
    /// One task; none for all that failed.
    pub task: Option<String>,
    /// One map index of that task.
    pub index: Option<u32>,
    /// Also what lies downstream, even if it succeeded.
    pub downstream: bool,
}

/// What a retry touches: task and map index of each task run that starts again, and how many are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The task runs that start again, the first 200.
    pub touches: Vec<(String, Option<u32>)>,
    /// How many in all.
    pub count: u32,
    /// How many task runs are left alone.
    pub leaves: u32,
}

/// The runner. A handle: cheap to clone; the work goes on as long as the runtime does, until [`Runner::shutdown`].
#[derive(Clone)]
pub struct Runner {}

impl Runner {
    /// Reads the unfinished runs from the journal, marks what was cut off as interrupted, and carries on.
    pub async fn start(_parts: Parts) -> Result<Self, Fault> {
        todo!()
    }

    /// Starts a run, or gives back the one of the same flow and key. The run is in the journal when this returns.
    pub async fn create_run(&self, _new: NewRun) -> Result<RunId, Fault> {
        todo!()
    }

    /// What a retry would touch.
    pub async fn retry_preview(&self, _run: &RunId, _retry: Retry) -> Result<Touched, Fault> {
        todo!()
    }

    /// Retries. What was confirmed is not repeated.
    pub async fn retry(&self, _run: &RunId, _retry: Retry) -> Result<Touched, Fault> {
        todo!()
    }

    /// Stops a run, and its bytes. Returns when that is in the journal; [`Runner::wait`] tells when all has stopped.
    pub async fn cancel(&self, _run: &RunId) -> Result<(), Fault> {
        todo!()
    }

    /// Lets what runs finish, and starts nothing new.
    pub async fn pause(&self, _run: &RunId) -> Result<(), Fault> {
        todo!()
    }

    /// Goes on with a paused run.
    pub async fn resume(&self, _run: &RunId) -> Result<(), Fault> {
        todo!()
    }

    /// Waits until a run has ended, and tells how.
    pub async fn wait(&self, _run: &RunId) -> Result<RunState, Fault> {
        todo!()
    }

    /// Runs that have not ended, oldest first.
    pub fn active(&self) -> Vec<RunId> {
        todo!()
    }

    /// What happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Note> {
        todo!()
    }

    /// Live amounts and waits of the task runs of a run that work or wait now.
    pub fn live(&self, _run: &RunId) -> Vec<Live> {
        todo!()
    }

    /// What a run as a whole waits for, in words (a free place among its flow's active runs).
    pub fn waits(&self, _run: &RunId) -> Option<String> {
        todo!()
    }

    /// Room held and waited for, over all runs.
    pub fn reservations(&self) -> Vec<Reservation> {
        todo!()
    }

    /// Limits, floors or storages were changed by the operator: looks at everything that waits again.
    pub fn look_again(&self) {
        todo!()
    }

    /// Stops all attempts, records them as interrupted, and ends. The next start takes them up.
    pub async fn shutdown(&self) -> Result<(), Fault> {
        todo!()
    }
}
