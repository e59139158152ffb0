//! What is due, given what was done.

use std::time::Duration;

use super::{Missed, Schedule};
use crate::Millis;

/// A time that is no older than this when it is noticed was not missed.
pub const GRACE: Duration = Duration::from_mins(1);

/// A clock that is this far behind what was done shows that what was done was done by a wrong clock.
const WRONG_CLOCK: Duration = Duration::from_hours(24);

/// How far a schedule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// All times up to this one are dealt with.
    pub since: Millis,
    /// What its jitter is made from.
    pub seed: u64,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The times whose runs start now, in order.
    pub runs: Vec<Millis>,
    /// Missed times that have no run.
    pub passed: Option<Passed>,
    /// How far the schedule is once those runs are there.
    pub since: Millis,
    /// When to look again: now, if there was more than was asked for; none, if nothing will be due any more.
    pub next: Option<Millis>,
}

/// Missed times that have no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// The last of them.
    pub last: Millis,
    /// Whether a run of a later time makes up for them.
    pub made_up: bool,
}

impl Schedule {
    /// What is due now; no more than `most` runs at once.
    pub fn due(&self, standing: Standing, now: Millis, most: usize) -> Due {
        let mut due = Due { runs: Vec::new(), passed: None, since: standing.since, next: None };
        if standing.since > now + WRONG_CLOCK {
            due.since = now;
        }
        let starts = |at: &Millis| *at + self.delay(standing.seed, *at);
        if let Some(last) = self.last_missed(due.since, now, &starts) {
            self.pass_over(last, now, &starts, &mut due);
        }
        let mut next = self.next(due.since);
        while let Some(at) = next.filter(|at| starts(at) <= now && due.runs.len() < most) {
            due.runs.push(at);
            due.since = at;
            next = self.next(at);
        }
        due.next = next.map(|at| starts(&at));
        due
    }

    /// Passes over what was missed, if it has no runs of its own.
    fn pass_over(&self, last: Millis, now: Millis, starts: &impl Fn(&Millis) -> Millis, due: &mut Due) {
        let first = self.next(due.since);
        match self.on_missed {
            Missed::All => {}
            Missed::Skip => {
                due.since = last;
                due.passed = Some(Passed { last, made_up: false });
            }
            Missed::Once => {
                // The last of all that is due now: what is in time makes up for what was missed before it.
                let newest = self.times(last).take_while(|at| starts(at) <= now).last().unwrap_or(last);
                if first.is_some_and(|first| first < newest) {
                    let passed = self.before(newest, due.since).unwrap_or(last);
                    due.passed = Some(Passed { last: passed, made_up: true });
                    due.since = passed;
                }
            }
        }
    }

    /// The last time that was missed, if one was.
    fn last_missed(&self, since: Millis, now: Millis, starts: &impl Fn(&Millis) -> Millis) -> Option<Millis> {
        let missed = |at: &Millis| starts(at) + GRACE < now;
        self.next(since).filter(missed)?;
        self.last_in(since, now, missed)
    }

    /// The last time before this one and after another.
    fn before(&self, at: Millis, after: Millis) -> Option<Millis> {
        self.last_in(after, at, |one| *one < at)
    }

    /// The last time after `since` for which something holds; it holds for all that are earlier. Looks near `until` first,
    /// so that a year of seconds costs no more than an hour of them.
    fn last_in(&self, since: Millis, until: Millis, holds: impl Fn(&Millis) -> bool) -> Option<Millis> {
        let mut back = GRACE * 2 + self.jitter;
        loop {
            let from = Millis(until.0.saturating_sub(i64::try_from(back.as_millis()).unwrap_or(i64::MAX))).max(since);
            if let Some(found) = self.times(from).take_while(&holds).last() {
                return Some(found);
            }
            if from == since {
                return None;
            }
            back = back.saturating_mul(16);
        }
    }
}
