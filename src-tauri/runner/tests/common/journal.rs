//! The store, with a fuse: at the n-th append the process is gone, before the append or after it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use longshore_engine::{Event, Fault, RunId, RunState};
use longshore_runner::{At, Journal, LogLine, Saved};
use longshore_store::Store;
use serde_json::{Map, Value};

pub(crate) struct Fused {
    store: Store,
    /// Append at which it blows (from 0), and whether that append is still made.
    fuse: Option<(u64, bool)>,
    appends: AtomicU64,
    blown: AtomicBool,
}

impl Fused {
    pub(crate) fn new(store: Store, fuse: Option<(u64, bool)>) -> Self {
        Self { store, fuse, appends: AtomicU64::new(0), blown: AtomicBool::new(false) }
    }

    fn dead(&self) -> Result<(), Fault> {
        if self.blown.load(Ordering::SeqCst) {
            return Err(Fault::fatal("test.dead", "The journal cannot be written", "the process is gone"));
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for Fused {
    async fn append(&self, events: Vec<Event>) -> Result<(), Fault> {
        self.dead()?;
        let number = self.appends.fetch_add(1, Ordering::SeqCst);
        match self.fuse {
            Some((at, made)) if at == number => {
                self.blown.store(true, Ordering::SeqCst);
                if made {
                    Journal::append(&self.store, events).await?;
                }
                self.dead()
            }
            _ => Journal::append(&self.store, events).await,
        }
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
        self.dead()?;
        Journal::save_checkpoint(&self.store, at, saved)
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

    fn variables(&self) -> Result<Map<String, Value>, Fault> {
        Journal::variables(&self.store)
    }
}
