//! Sleeps and clocks that were set, from two readings of the machine's clocks.

use std::time::Duration;

use crate::Millis;

/// Differences below this are the clocks' own.
const NOTICED: i64 = 5_000;

/// The machine's clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What the clock on the wall shows. It can be set.
    pub wall: Millis,
    /// How long the machine has run since some moment, its sleep left out.
    pub awake: Duration,
    /// The same with its sleep.
    pub passed: Duration,
}

/// Why time did not go on as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// The machine slept for so long.
    Slept(Duration),
    /// Its clock was set forward by so much.
    Forward(Duration),
    /// Its clock was set back by so much.
    Back(Duration),
}

impl Reading {
    /// What happened to the clocks since an earlier reading: a sleep, a clock that was set, or both.
    pub fn jumps(&self, earlier: &Self) -> Vec<Jump> {
        let slept = millis(self.passed) - millis(earlier.passed) - (millis(self.awake) - millis(earlier.awake));
        let set = self.wall.0 - earlier.wall.0 - (millis(self.passed) - millis(earlier.passed));
        let length = |millis: i64| Duration::from_millis(millis.unsigned_abs());
        let slept = (slept > NOTICED).then(|| Jump::Slept(length(slept)));
        let set = match set {
            set if set > NOTICED => Some(Jump::Forward(length(set))),
            set if set < -NOTICED => Some(Jump::Back(length(set))),
            _ => None,
        };
        slept.into_iter().chain(set).collect()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(wall: i64, awake: u64, passed: u64) -> Reading {
        Reading { wall: Millis(wall * 1000), awake: Duration::from_secs(awake), passed: Duration::from_secs(passed) }
    }

    #[test]
    fn sleeps_and_set_clocks_are_told_apart() {
        let first = reading(1_000_000, 10, 10);
        let hour = Duration::from_hours(1);
        assert_eq!(reading(1_000_030, 40, 40).jumps(&first), []);
        assert_eq!(reading(1_003_630, 40, 3640).jumps(&first), [Jump::Slept(hour)]);
        assert_eq!(reading(1_003_630, 40, 40).jumps(&first), [Jump::Forward(hour)]);
        assert_eq!(reading(996_430, 40, 40).jumps(&first), [Jump::Back(hour)]);
        assert_eq!(reading(1_000_030, 40, 3640).jumps(&first), [Jump::Slept(hour), Jump::Back(hour)]);
    }
}
