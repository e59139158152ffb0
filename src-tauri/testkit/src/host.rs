//! What a runner gives to an attempt, kept in memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_engine::Fault;
use longshore_flows::TaskHost;
use longshore_flows::kind::{Level, Progress, Waiting};
use serde_json::Value;
use tokio::sync::Notify;

use crate::fuse::Fuse;

/// The host of one task run: its checkpoint stays from attempt to attempt.
#[derive(Default)]
pub struct MemoryHost {
    notes: Mutex<Notes>,
    cancelled: AtomicBool,
    told: Notify,
    fuse: Arc<Fuse>,
}

#[derive(Default)]
struct Notes {
    logs: Vec<(Level, String)>,
    progress: Vec<Progress>,
    checkpoint: Option<Value>,
    notices: Vec<(String, String)>,
}

impl MemoryHost {
    /// One that dies with this fuse.
    pub fn new(fuse: Arc<Fuse>) -> Self {
        Self { fuse, ..Self::default() }
    }

    /// Tells the attempt to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    /// What was logged.
    pub fn logs(&self) -> Vec<(Level, String)> {
        self.notes().logs.clone()
    }

    /// What was told of the progress.
    pub fn progress(&self) -> Vec<Progress> {
        self.notes().progress.clone()
    }

    /// Titles and texts that the operator was told at once.
    pub fn notices(&self) -> Vec<(String, String)> {
        self.notes().notices.clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TaskHost for MemoryHost {
    fn log(&self, level: Level, text: &str) {
        self.notes().logs.push((level, text.into()));
    }

    fn notice(&self, title: &str, text: &str) {
        self.notes().notices.push((title.into(), text.into()));
    }

    fn progress(&self, progress: Progress) {
        self.notes().progress.push(progress);
    }

    fn checkpoint(&self) -> Option<Value> {
        self.notes().checkpoint.clone()
    }

    fn save_checkpoint(&self, checkpoint: Value) -> Result<(), Fault> {
        let dead = || Fault::fatal("test.dead", "The process is gone", "A test killed it");
        let save = || {
            self.notes().checkpoint = Some(checkpoint);
            Ok(())
        };
        self.fuse.step(save, dead)
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst) || self.fuse.blown() || self.fuse.stopped()
    }

    fn wait_cancelled(&self) -> Waiting<'_> {
        Box::pin(async {
            let told = self.told.notified();
            if !self.cancelled() {
                told.await;
            }
        })
    }
}
