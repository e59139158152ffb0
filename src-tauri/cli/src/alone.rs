//! Work that needs no workspace: told to stop when the command is, and waited for until it has.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use longshore_api::bags::Onlooker;
use longshore_api::wire::ProgressRow;
use longshore_api::{Level, Progress};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, watch};

use crate::bars::Bars;
use crate::output::Output;

/// How often the bar is drawn anew.
const EACH: Duration = Duration::from_millis(100);

/// The work of a command, if it does any by itself.
#[derive(Clone, Default)]
pub(crate) struct Alone {
    stop: Arc<watch::Sender<bool>>,
    busy: Arc<Turn<()>>,
}

impl Alone {
    /// Held while it works. A command does one thing.
    pub(crate) fn begin(&self) -> Option<OwnedMutexGuard<()>> {
        self.busy.clone().try_lock_owned().ok()
    }

    /// Turns true when it shall stop.
    pub(crate) fn told(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn end(&self) {
        self.stop.send_replace(true);
        drop(self.busy.lock().await);
    }
}

/// Shows how far it is.
pub(crate) struct Watching {
    out: Output,
    alone: Alone,
    bars: Mutex<(Bars, Instant)>,
}

impl Watching {
    pub(crate) fn new(out: Output, alone: Alone) -> Self {
        Self { out, alone, bars: Mutex::new((Bars::new(out), Instant::now())) }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner).0.clear();
    }
}

impl Onlooker for Watching {
    fn said(&self, level: Level, text: &str) {
        if level >= Level::Warning {
            self.out.remark(text);
        }
    }

    fn progress(&self, progress: Progress) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if bars.1.elapsed() < EACH {
            return;
        }
        bars.1 = Instant::now();
        let Progress { bytes, bytes_total, files, files_total, now, .. } = progress;
        let row = ProgressRow { bytes, bytes_total, files, files_total, now, ..ProgressRow::default() };
        bars.0.moves("bag", &row);
    }

    fn stopped(&self) -> bool {
        *self.alone.stop.borrow()
    }
}
