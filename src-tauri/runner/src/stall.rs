//! Attempts that stand still: told to stop when they have given no sign of coming forward for as long as the flow allows.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use longshore_engine::{Clock, Fault};
use tokio::sync::watch;

/// How many times within its limit an attempt is looked at.
const LOOKS: u32 = 4;

/// Whether an attempt stands still.
pub(crate) struct Stall {
    limit: Option<Duration>,
    clock: Arc<dyn Clock>,
    /// Steps that it has made.
    steps: AtomicU64,
    stands: watch::Sender<bool>,
}

impl Stall {
    /// Of an attempt that may go so long without a step; for ever, where nothing is said.
    pub(crate) fn new(limit: Option<Duration>, clock: Arc<dyn Clock>) -> Self {
        Self { limit, clock, steps: AtomicU64::new(0), stands: watch::Sender::new(false) }
    }

    /// It made a step.
    pub(crate) fn came_forward(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it was seen to stand still, and so told to stop.
    pub(crate) fn is(&self) -> bool {
        *self.stands.borrow()
    }

    /// Waits until it is seen to stand still.
    pub(crate) async fn wait(&self) {
        // The sender lives as long as this does.
        drop(self.stands.subscribe().wait_for(|stands| *stands).await.map(|_| ()));
    }

    /// Does the work, and looks now and then whether it comes forward. It ends when the work does, as what was told to stop does soon.
    pub(crate) async fn watch<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(limit) = self.limit else { return work.await };
        let mut work = pin!(work);
        let (mut seen, mut since) = (self.steps.load(Ordering::Relaxed), self.clock.now());
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.clock.sleep_until(self.clock.now() + limit / LOOKS) => {}
            }
            let (steps, now) = (self.steps.load(Ordering::Relaxed), self.clock.now());
            if steps != seen {
                (seen, since) = (steps, now);
            } else if now - since >= limit {
                self.stands.send_replace(true);
                return work.await;
            }
        }
    }

    /// Why it was told to stop.
    pub(crate) fn fault(&self, task: &str) -> Fault {
        let seconds = self.limit.unwrap_or_default().as_secs_f64();
        let why = format!("nothing was moved, and nothing said, for {seconds} s");
        Fault::transient("task.stalled", format!("{task} came forward no more"), why)
            .now("See whether the storages that it speaks of answer, or raise `stall_timeout` in the flow file.")
    }
}
