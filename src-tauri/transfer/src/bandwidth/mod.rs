//! A limit of bytes a second, over any number of transfers, changed while they run.
//!
//! A token bucket: who wants to move bytes waits until what was moved before is paid for, and then may owe for its own. So the rate is
//! kept over a second or so whatever the size of the pieces; what a storage fetches ahead, or sends in one part, goes at the speed of the line.

mod storage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::halt;

pub use storage::limited;

/// What is not used is kept for this long.
const KEPT: Duration = Duration::from_millis(100);

/// How often the rate in force is asked for.
const ASK: Duration = Duration::from_secs(1);

/// How long is waited before it is seen whether to stop, and whether the rate is another.
const PATIENCE: Duration = Duration::from_millis(25);

/// Pieces of a second that are moved at a time, and the least that one is.
const PIECES: u64 = 10;
const PIECE_MIN: u64 = 64 << 10;

/// The time as a limit needs it.
pub trait Time: Send + Sync {
    /// Time since any fixed moment; it never runs backwards.
    fn now(&self) -> Duration;
    /// Waits for so long.
    fn wait(&self, time: Duration);
}

/// The machine's own.
struct Real(Instant);

impl Time for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// The rate in force: bytes a second; none for no limit.
type Rate = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// A limit of bytes a second.
pub struct Bandwidth {
    time: Arc<dyn Time>,
    state: Mutex<State>,
}

struct State {
    source: Rate,
    /// What the source said, and when.
    rate: Option<u64>,
    asked: Option<Duration>,
    /// Bytes that may be moved now; below 0 what is owed.
    tokens: f64,
    filled: Duration,
}

impl Default for Bandwidth {
    fn default() -> Self {
        Self::timed(Arc::new(Real(Instant::now())))
    }
}

impl Bandwidth {
    /// None yet, by this time.
    pub fn timed(time: Arc<dyn Time>) -> Self {
        let filled = time.now();
        let state = State { source: Box::new(|| None), rate: None, asked: None, tokens: 0.0, filled };
        Self { time, state: Mutex::new(state) }
    }

    /// From now on `rate` says how many bytes a second there may be, none for any number; it is asked once a second. What waits
    /// goes by it at once.
    pub fn follow(&self, rate: impl Fn() -> Option<u64> + Send + Sync + 'static) {
        let mut state = self.locked();
        (state.source, state.asked) = (Box::new(rate), None);
    }

    /// Waits until so many more bytes may be moved; not longer than until the thread's work is told to stop.
    fn pass(&self, bytes: u64) {
        while let Some(left) = self.take(bytes) {
            if halt::told() {
                return;
            }
            self.time.wait(left.min(PATIENCE));
        }
    }

    /// Takes so many bytes; or says how long to wait for them.
    fn take(&self, bytes: u64) -> Option<Duration> {
        let mut state = self.locked();
        let rate = state.fill(self.time.now())? as f64;
        if state.tokens < 0.0 {
            return Some(Duration::from_secs_f64(-state.tokens / rate).max(Duration::from_millis(1)));
        }
        state.tokens -= bytes as f64;
        None
    }

    /// So many bytes that were taken were not moved.
    fn give_back(&self, bytes: u64) {
        self.locked().tokens += bytes as f64;
    }

    /// Bytes that are moved at a time, so that the line is neither idle for long nor used in bursts; none without a limit.
    fn piece(&self) -> Option<u64> {
        let rate = self.locked().fill(self.time.now())?;
        Some((rate / PIECES).max(PIECE_MIN).next_multiple_of(PIECE_MIN))
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts what has come since the last time; gives the rate in force.
    fn fill(&mut self, now: Duration) -> Option<u64> {
        let passed = now.saturating_sub(std::mem::replace(&mut self.filled, now)).as_secs_f64();
        if let Some(rate) = self.rate {
            self.tokens = (self.tokens + passed * rate as f64).min(KEPT.as_secs_f64() * rate as f64);
        }
        if self.asked.is_none_or(|asked| now.saturating_sub(asked) >= ASK) {
            (self.asked, self.rate) = (Some(now), (self.source)().map(|rate| rate.max(1)));
            if self.rate.is_none() {
                self.tokens = 0.0;
            }
        }
        self.rate
    }
}
