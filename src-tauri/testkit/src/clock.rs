//! A clock that stands still until a test moves it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use longshore_engine::schedule::Reading;
use longshore_engine::{Clock, Millis};
use tokio::sync::watch;

/// A clock that a test moves.
#[derive(Debug)]
pub struct SimClock {
    now: watch::Sender<Millis>,
    /// How far the clock on the wall was set back, in milliseconds.
    behind: AtomicI64,
    /// How much of the time the machine slept.
    slept: AtomicI64,
    /// How much of the time never passed: the clock was set forward over it.
    skipped: AtomicI64,
}

impl SimClock {
    /// One that stands at this time.
    pub fn at(now: Millis) -> Self {
        let none = || AtomicI64::new(0);
        Self { now: watch::Sender::new(now), behind: none(), slept: none(), skipped: none() }
    }

    /// Moves it on, and wakes who waited for that.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = *now + by);
    }

    /// The machine sleeps for so long.
    pub fn sleep(&self, by: Duration) {
        self.slept.fetch_add(millis(by), Ordering::SeqCst);
        self.advance(by);
    }

    /// Somebody sets the clock forward.
    pub fn set_forward(&self, by: Duration) {
        self.skipped.fetch_add(millis(by), Ordering::SeqCst);
        self.advance(by);
    }

    /// Somebody sets the clock on the wall back; [`Clock::now`] stays where it is.
    pub fn set_back(&self, by: Duration) {
        self.behind.fetch_add(millis(by), Ordering::SeqCst);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Default for SimClock {
    fn default() -> Self {
        Self::at(Millis(1_790_000_000_000))
    }
}

impl Clock for SimClock {
    fn now(&self) -> Millis {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // Fails only when the clock is gone, and then nobody waits for it.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }

    fn read(&self) -> Reading {
        let now = self.now();
        let passed = Millis(now.0 - self.skipped.load(Ordering::SeqCst));
        let awake = Millis(passed.0 - self.slept.load(Ordering::SeqCst));
        let start = Millis::default();
        let wall = Millis(now.0 - self.behind.load(Ordering::SeqCst));
        Reading { wall, awake: awake - start, passed: passed - start }
    }
}
