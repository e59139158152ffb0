//! The list of runs.

use longshore_engine::RunState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What runs are sorted by, the highest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunSort {
    /// When they were created.
    #[default]
    Created,
    /// When they started.
    Started,
    /// When they ended.
    Ended,
    /// How long they took.
    Duration,
}

/// Filter of the list of runs, newest first unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RunListArgs {
    /// One flow.
    pub flow: Option<String>,
    /// One dataset (pid or name).
    pub dataset: Option<String>,
    /// States; empty for all.
    #[serde(default)]
    #[ts(as = "Option<Vec<RunState>>", optional)]
    pub states: Vec<RunState>,
    /// Part of id or title.
    pub search: Option<String>,
    /// With a failed task run whose fault has this stable code.
    pub fault: Option<String>,
    /// Created at or after this time.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Created before this time.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// What they are sorted by.
    #[ts(as = "Option<RunSort>", optional)]
    pub sort: RunSort,
    /// The lowest first.
    #[ts(as = "Option<bool>", optional)]
    pub ascending: bool,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500; 0 means 100.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}
