//! Starts and ends of runs, in the order of the journal, for whoever passes them on.

use longshore_engine::RunState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who reads, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LineageArgs {
    /// To whom the events go: each has a place of its own in the journal.
    pub target: String,
    /// After this row of the journal, if that is further on than what was delivered.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub after: Option<i64>,
}

/// A run has begun or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineageStep {
    /// Row of the journal.
    #[ts(type = "number")]
    pub seq: i64,
    /// Run.
    pub run: String,
    /// When, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: i64,
    /// `running` when it began, else how it ended.
    pub state: RunState,
}

/// A part of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineagePage {
    /// What happened in it.
    pub steps: Vec<LineageStep>,
    /// The last row that was looked at.
    #[ts(type = "number")]
    pub upto: i64,
    /// Whether the journal goes on behind it.
    pub more: bool,
    /// Whether nothing was ever delivered to this target: then the page is empty, and `upto` is the end of the journal.
    pub new: bool,
}

/// All up to a row was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineageDeliveredArgs {
    /// To whom.
    pub target: String,
    /// The row.
    #[ts(type = "number")]
    pub seq: i64,
}
