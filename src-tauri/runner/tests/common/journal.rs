//! The store, with a fuse: an append of the journal and the saving of a checkpoint are steps at which the process may go.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use longshore_engine::{Event, Fault, RunId, RunState};
use longshore_flows::room::Quota;
use longshore_runner::{At, Journal, LogLine, Saved};
use longshore_store::Store;
use longshore_testkit::Fuse;
use serde_json::{Map, Value};

pub(crate) struct Fused {
    store: Store,
    fuse: Arc<Fuse>,
}

impl Fused {
    pub(crate) fn new(store: Store, fuse: Arc<Fuse>) -> Self {
        Self { store, fuse }
    }
}

fn dead() -> Fault {
    Fault::fatal("test.dead", "The journal cannot be written", "the process is gone")
}

#[async_trait]
impl Journal for Fused {
    async fn append(&self, events: Vec<Event>) -> Result<(), Fault> {
        self.fuse.step_of(Journal::append(&self.store, events), dead).await
    }

    fn unfinished(&self) -> Result<Vec<RunId>, Fault> {
        Journal::unfinished(&self.store)
    }

    fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        Journal::events(&self.store, run)
    }

    fn run_state(&self, run: &RunId) -> Result<RunState, Fault> {
        Journal::run_state(&self.store, run)
    }

    fn run_of_key(&self, flow: &str, key: &str) -> Result<Option<RunId>, Fault> {
        Journal::run_of_key(&self.store, flow, key)
    }

    fn keep_flow(&self, flow: &str, version: &str, text: &str) -> Result<(), Fault> {
        Journal::keep_flow(&self.store, flow, version, text)
    }

    fn flow_text(&self, flow: &str, version: &str) -> Result<String, Fault> {
        Journal::flow_text(&self.store, flow, version)
    }

    fn save_checkpoint(&self, at: &At, saved: &Saved) -> Result<(), Fault> {
        self.fuse.step(|| Journal::save_checkpoint(&self.store, at, saved), dead)
    }

    fn checkpoint(&self, at: &At) -> Result<Option<Saved>, Fault> {
        Journal::checkpoint(&self.store, at)
    }

    fn log(&self, run: &RunId, lines: &[LogLine]) -> Result<(), Fault> {
        Journal::log(&self.store, run, lines)
    }

    fn limits(&self) -> Result<BTreeMap<String, u32>, Fault> {
        Journal::limits(&self.store)
    }

    fn floors(&self) -> Result<BTreeMap<String, f64>, Fault> {
        Journal::floors(&self.store)
    }

    fn quota(&self, storage: &str) -> Result<Option<Quota>, Fault> {
        Journal::quota(&self.store, storage)
    }

    fn variables(&self) -> Result<Map<String, Value>, Fault> {
        Journal::variables(&self.store)
    }
}
