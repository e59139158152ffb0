//! The real time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use longshore_engine::schedule::Reading;
use longshore_engine::{Clock, Millis};

/// A machine that slept, or whose clock was set, is noticed at the latest after this.
const LOOK: Duration = Duration::from_secs(30);

/// The machine's clock, which never runs backwards here: when it is set back, time goes on from where it was; when it is set
/// forward, or the machine slept, time follows.
#[derive(Clone)]
pub(crate) struct SystemClock {
    started: Instant,
    /// Milliseconds since the epoch at `started`; only ever raised.
    base: Arc<AtomicI64>,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), base: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    fn at(&self, wall: i64, passed: i64) -> Millis {
        let base = wall.saturating_sub(passed);
        let highest = self.base.fetch_max(base, Ordering::Relaxed).max(base);
        Millis(highest.saturating_add(passed))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(millis(wall), millis(self.started.elapsed()))
    }

    fn sleep_until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = self.clone();
        Box::pin(async move {
            loop {
                let left = at - clock.now();
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LOOK)).await;
            }
        })
    }

    fn read(&self) -> Reading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let awake = self.started.elapsed();
        Reading { wall: Millis(millis(wall)), awake, passed: since_boot().unwrap_or(awake) }
    }
}

/// How long ago the machine was started, its sleep included.
#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime)).ok()
}

/// Not told apart: a sleep looks like a clock that was set forward.
#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

/// `2026-11-03T13:02:11.123Z`.
pub(crate) fn in_words(millis: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(millis);
    at.map_or_else(|_| format!("{millis} ms since 1970"), |at| format!("{at:.3}"))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_millisecond() {
        assert_eq!(in_words(1_793_710_931_000), "2026-11-03T13:02:11.000Z");
    }

    #[test]
    fn time_never_runs_backwards() {
        let clock = SystemClock::new();
        assert_eq!(clock.at(1_000_000, 0), Millis(1_000_000));
        // Set back by an hour after a second: a second has passed.
        assert_eq!(clock.at(1_000_000 + 1_000 - 3_600_000, 1_000), Millis(1_001_000));
        // Set forward by an hour: an hour has passed.
        assert_eq!(clock.at(1_000_000 + 2_000 + 3_600_000, 2_000), Millis(4_602_000));
    }
}
