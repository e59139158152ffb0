//! Waiting for something to become true.

use std::time::{Duration, Instant};

/// Between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Looks until there is something, or fails after `seconds`.
pub fn until<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "not within {seconds} s: {what}");
        pause();
    }
}

/// Until the next look. Nothing may rest on how long this is.
pub fn pause() {
    std::thread::park_timeout(BETWEEN_LOOKS);
}
