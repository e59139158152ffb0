//! A clock that stands still until a test moves it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use longshore_engine::{Clock, Millis};
use tokio::sync::watch;

/// A clock that a test moves.
#[derive(Debug)]
pub struct SimClock {
    now: watch::Sender<Millis>,
}

impl SimClock {
    /// One that stands at this time.
    pub fn at(now: Millis) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves it on, and wakes who waited for that.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = *now + by);
    }
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
}
