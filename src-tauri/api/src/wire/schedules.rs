//! Schedules: how far they are, what is due next, and runs for a time gone by.

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A schedule of a flow in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScheduleRow {
    /// Flow.
    pub flow: String,
    /// Title of the flow.
    pub title: String,
    /// Position in the flow's list of schedules, from 0.
    pub schedule: u32,
    /// The rule: `0 2 * * *`, `every 15m`, `files *.h5 in /data`.
    pub words: String,
    /// Time zone in which the rule is meant.
    pub timezone: String,
    /// Starts a run for each file of a folder.
    pub watches: bool,
    /// `skip`, `once` or `all`.
    pub on_missed: String,
    /// Nothing is due before it.
    #[ts(type = "number | null")]
    pub start: Option<i64>,
    /// Nothing is due after it.
    #[ts(type = "number | null")]
    pub end: Option<i64>,
    /// Who paused the flow's schedules, if somebody did.
    pub paused: Option<PausedBy>,
    /// When it is due next.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
    /// The last time that a run was started for.
    #[ts(type = "number | null")]
    pub last: Option<i64>,
    /// That run.
    pub last_run: Option<String>,
    /// Why the last run could not be started, or the folder not be read.
    pub fault: Option<Fault>,
}

/// Who paused the schedules of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PausedBy {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub why: Option<String>,
}

/// Asks what is due next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ScheduleNextArgs {
    /// Of one flow; of all if absent.
    pub flow: Option<String>,
    /// How many times, at most 500; 20 if absent.
    pub count: Option<u32>,
}

/// A time at which a run is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DueRow {
    /// Flow.
    pub flow: String,
    /// Title of the flow.
    pub title: String,
    /// Position in the flow's list of schedules, from 0.
    pub schedule: u32,
    /// The rule.
    pub words: String,
    /// The time.
    #[ts(type = "number")]
    pub at: i64,
    /// When the run starts: the time and the schedule's jitter.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// The flow's schedules are paused: it will not start.
    pub paused: bool,
}

/// Pauses or resumes the schedules of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct SchedulePauseArgs {
    /// Flow.
    pub flow: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Asks for the runs that a schedule would have started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct BackfillArgs {
    /// Flow.
    pub flow: String,
    /// From this time on: `2026-03-01`, `2026-03-01T06:00`, or with an offset; without one in the schedule's time zone.
    pub from: String,
    /// Up to this time; a date alone means its end.
    pub to: String,
    /// Which of the flow's schedules; the first that has times if absent.
    pub schedule: Option<u32>,
    /// How many of these runs may be unfinished at once; the flow's own bound holds too.
    pub max_active: Option<u32>,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A time of a backfill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BackfillTime {
    /// The time.
    #[ts(type = "number")]
    pub at: i64,
    /// Its run, if there is one.
    pub run: Option<String>,
}

/// A backfill, asked for or begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Backfill {
    /// Flow.
    pub flow: String,
    /// Position of the schedule, from 0.
    pub schedule: u32,
    /// Its rule.
    pub words: String,
    /// The first 500 times.
    pub times: Vec<BackfillTime>,
    /// How many times in all.
    pub count: u32,
    /// How many of them have a run already: they get no other.
    pub there: u32,
}
