//! Time as the engine sees it: handed in.

use std::fmt;
use std::future::Future;
use std::ops::{Add, Sub};
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::schedule::Reading;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// As in `2026-10-25T01:00:00Z`; a time before year -9999 or after year 9999 is that year's first or last moment.
    pub fn rfc3339(self) -> String {
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let bounded = self.0.clamp(first.as_millisecond(), last.as_millisecond());
        jiff::Timestamp::from_millisecond(bounded).unwrap_or(first).to_string()
    }
}

impl Add<Duration> for Millis {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub for Millis {
    type Output = Duration;
    /// Zero if `rhs` is later.
    fn sub(self, rhs: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(rhs.0)).unwrap_or(0))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// The time, and waiting for it. The real one never runs backwards within a process, whatever is done to the
/// machine's clock; tests hand in a simulated one.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
    /// Resolves once [`Clock::now`] is at or after `at`.
    fn sleep_until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>>;
    /// What the machine's clocks show. Unlike [`Clock::now`], the clock on the wall may go back.
    fn read(&self) -> Reading {
        let passed = self.now() - Millis::default();
        Reading { wall: self.now(), awake: passed, passed }
    }
}
