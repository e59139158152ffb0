//! What the runner asks of the store, and what each call guarantees after a crash.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::{Event, Fault, RunId, RunState};
use longshore_flows::room::Quota;
use serde_json::{Map, Value};

use crate::LogLine;

/// A place for a checkpoint or a log line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// Run.
    pub run: RunId,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
}

/// What an attempt saved to go on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// What the kind gave.
    pub checkpoint: Value,
    /// Bytes of its reservation that lay on the storage at that moment.
    pub written: u64,
}

/// The journal and what lies beside it. Calls that are not async block.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends events and what follows from them (states of runs, task runs and attempts) in one transaction. `Ok` only once
    /// all of it survives a crash; with `Err` none of it was written, and the caller must not act as if it were.
    async fn append(&self, events: Vec<Event>) -> Result<(), Fault>;
    /// Runs that have not ended, oldest first.
    fn unfinished(&self) -> Result<Vec<RunId>, Fault>;
    /// All events of a run, in order. `run.unknown` if there is no such run.
    fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault>;
    /// State of a run. `run.unknown` if there is no such run.
    fn run_state(&self, run: &RunId) -> Result<RunState, Fault>;
    /// The run of a flow that has this key, if there is one.
    fn run_of_key(&self, flow: &str, key: &str) -> Result<Option<RunId>, Fault>;

    /// Keeps the text of a version of a flow. The same text again changes nothing.
    fn keep_flow(&self, flow: &str, version: &str, text: &str) -> Result<(), Fault>;
    /// The text of a version of a flow.
    fn flow_text(&self, flow: &str, version: &str) -> Result<String, Fault>;

    /// Saves a checkpoint, replacing the last. Survives a crash once it returns `Ok`.
    fn save_checkpoint(&self, at: &At, saved: &Saved) -> Result<(), Fault>;
    /// The last checkpoint of a task run.
    fn checkpoint(&self, at: &At) -> Result<Option<Saved>, Fault>;

    /// Appends lines to a run's log.
    fn log(&self, run: &RunId, lines: &[LogLine]) -> Result<(), Fault>;

    /// Slots of each limit. A limit that is not named has no slot at all.
    fn limits(&self) -> Result<BTreeMap<String, u32>, Fault>;
    /// Share of each storage that stays free, in percent.
    fn floors(&self) -> Result<BTreeMap<String, f64>, Fault>;
    /// Bytes that a storage may hold at most, and what the ledger knows to lie there; `None` where no such limit was set.
    fn quota(&self, storage: &str) -> Result<Option<Quota>, Fault>;
    /// Variables that were set.
    fn variables(&self) -> Result<Map<String, Value>, Fault>;
}
