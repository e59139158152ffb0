//! What the runner tells while it works.

use std::sync::Arc;

use longshore_engine::{Event, Fault, RunId};
use longshore_flows::kind::{Level, Progress};

/// Something that happened, told after it is in the journal.
#[derive(Debug, Clone)]
pub enum Note {
    /// Events that are in the journal now, in order.
    Events(Arc<[Event]>),
    /// Amounts of a run moved; at most ten a second for each run.
    Progress {
        /// Run.
        run: RunId,
        /// Its task runs that work or wait.
        live: Arc<[Live]>,
    },
    /// New lines of a run's log; at most ten notes a second for each run.
    Log {
        /// Run.
        run: RunId,
        /// The lines.
        lines: Arc<[LogLine]>,
    },
    /// A task tells the operator something at once.
    Notice {
        /// Run.
        run: RunId,
        /// What it is about.
        title: String,
        /// What there is to say.
        text: String,
    },
    /// The runner has stopped, because the journal cannot be written. Nothing goes on unrecorded.
    Broken(Arc<Fault>),
}

/// A task run that works or waits now.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// How far it is.
    pub progress: Progress,
    /// Bytes a second over the last seconds, if any moved.
    pub rate: Option<f64>,
    /// Seconds left at that rate, if the total is known.
    pub seconds_left: Option<f64>,
    /// What it waits for, in words, if it does.
    pub waits: Option<String>,
}

/// A line of a log, as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, in milliseconds.
    pub at: i64,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Attempt.
    pub attempt: u32,
    /// Weight.
    pub level: Level,
    /// Text.
    pub text: String,
}

/// Room on a storage that a task run holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Run.
    pub run: RunId,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Storage.
    pub storage: String,
    /// Pool that the storage lies on, if known.
    pub pool: Option<String>,
    /// Bytes asked for.
    pub bytes: u64,
    /// Bytes of them already written.
    pub written: u64,
    /// `false`: waits for room.
    pub granted: bool,
}
