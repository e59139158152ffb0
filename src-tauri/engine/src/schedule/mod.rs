//! Schedules: when runs of a flow start by themselves. Pure: given what was done and the time, it says what is due.

mod cron;
mod due;
mod field;
mod glob;
mod jump;
mod timetable;
pub(crate) mod zone;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use cron::Cron;
pub use due::{Due, GRACE, Passed, Standing};
pub use field::Error;
pub use glob::Pattern;
pub use jump::{Jump, Reading};
pub use timetable::{InForce, Timetable, Unread};

use crate::Millis;

/// A schedule of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// What starts a run.
    pub rule: Rule,
    /// Nothing is due before it. Intervals are counted from it.
    pub start: Option<Millis>,
    /// Nothing is due after it.
    pub end: Option<Millis>,
    /// What becomes of the times that nobody was there for.
    pub on_missed: Missed,
    /// Each run starts later by up to this, so that many schedules do not start as one.
    pub jitter: Duration,
    /// Parameters of the runs; those of the flow that are not here have their defaults.
    pub params: Map<String, Value>,
    /// The rule as it stands in the file, in one line: `0 2 * * *`, `every 15m`, `files *.h5 in /data`.
    pub words: String,
    /// Name of the time zone.
    pub zone_name: String,
    /// Digest of all that its times follow from. What was noted under another one does not count any more.
    pub digest: String,
}

/// What starts a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// A clock on the wall.
    Cron(Box<Cron>, TimeZone),
    /// An interval.
    Every(Duration),
    /// A file that was put into a folder.
    Watch(Watch),
}

/// A folder into which files are put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Absolute path, in its text form.
    pub folder: String,
    /// Which of its files.
    pub pattern: Pattern,
    /// A file is whole when its size and its time of change have stayed the same for this long.
    pub settle: Duration,
    /// Files that are there when the schedule comes into force start runs too.
    pub existing: bool,
}

/// What becomes of times that were missed: the machine slept, or nobody had the workspace open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// They are passed over.
    Skip,
    /// One run makes up for all of them: that of the last.
    Once,
    /// Each has its run.
    All,
}

impl Missed {
    /// Every choice, with its word.
    pub const WORDS: [(&'static str, Self); 3] = [("skip", Self::Skip), ("once", Self::Once), ("all", Self::All)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, missed)| *missed == self).map_or("once", |(word, _)| word)
    }
}

/// Which schedule started a run, if one did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Position in the flow's list of schedules, from 0.
    pub schedule: u32,
    /// The time that it was due at, or that its file was found settled: not when it started. `run.scheduled_at` in expressions.
    pub at: Millis,
    /// Asked for by the operator for a time gone by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backfill: bool,
}

/// Seconds of a time, as jiff has it.
pub(crate) fn stamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.0).ok()
}

/// Reads a time: a date, a date and time on the wall of a zone, or one with an offset of its own.
pub(crate) fn time(text: &str, zone: &TimeZone) -> Option<Millis> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Millis(at.as_millisecond()));
    }
    let local: DateTime = text.parse().ok()?;
    zone::instant(zone, local).map(|at| Millis(at.as_millisecond()))
}

impl Schedule {
    /// The first time after this one at which a run is due, its jitter left out; none for a watched folder, or if there is none.
    pub fn next(&self, after: Millis) -> Option<Millis> {
        let after = self.start.map_or(after, |start| after.max(Millis(start.0.saturating_sub(1))));
        let found = match &self.rule {
            Rule::Cron(cron, zone) => Millis(zone::next(cron, zone, stamp(after)?)?.as_millisecond()),
            Rule::Every(every) => next_of(self.start.unwrap_or_default(), *every, after)?,
            Rule::Watch(_) => return None,
        };
        self.end.is_none_or(|end| found <= end).then_some(found)
    }

    /// The times at which runs are due, after this one.
    pub fn times(&self, after: Millis) -> impl Iterator<Item = Millis> + '_ {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    /// Reads a time in its time zone; `end`: a date alone means the end of the day.
    pub fn moment(&self, text: &str, end: bool) -> Option<Millis> {
        let utc = TimeZone::UTC;
        let zone = if let Rule::Cron(_, zone) = &self.rule { zone } else { &utc };
        match text.parse::<jiff::civil::Date>() {
            Ok(date) if end && !text.contains('T') => {
                let next = zone::instant(zone, date.tomorrow().ok()?.into())?;
                Some(Millis(next.as_millisecond() - 1))
            }
            _ => time(text, zone),
        }
    }

    /// The folder that it watches, if it does.
    pub fn watch(&self) -> Option<&Watch> {
        if let Rule::Watch(watch) = &self.rule { Some(watch) } else { None }
    }

    /// Whether files that are found now start runs.
    pub fn in_time(&self, now: Millis) -> bool {
        self.start.is_none_or(|start| start <= now) && self.end.is_none_or(|end| now <= end)
    }

    /// How much later a time's run starts. The same for the same seed and time.
    pub fn delay(&self, seed: u64, at: Millis) -> Duration {
        let most = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX);
        if most == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(mixed(seed ^ at.0.unsigned_abs()) % most.saturating_add(1))
    }
}

/// The next time of an interval that is counted from an anchor.
fn next_of(anchor: Millis, every: Duration, after: Millis) -> Option<Millis> {
    let every = i64::try_from(every.as_millis()).ok().filter(|every| *every > 0)?;
    let gone = after.0.checked_sub(anchor.0)?;
    let count = if gone < 0 { 0 } else { gone / every + 1 };
    anchor.0.checked_add(count.checked_mul(every)?).map(Millis)
}

/// A number that looks like chance (the last step of splitmix64).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
