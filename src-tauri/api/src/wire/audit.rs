//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Filter of the audit log, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct AuditListArgs {
    /// Operation, or its first word (`run` for `run.cancel`).
    pub op: Option<String>,
    /// What it was done to: `run 01J...`, or the kind or the name alone.
    pub object: Option<String>,
    /// User.
    pub by: Option<String>,
    /// At or after this time.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Before this time.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// Rows to pass over.
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500; 0 means 100.
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ActState {
    /// It has not ended, or the process ended before it could say.
    Unknown,
    /// Done.
    Done,
    /// Refused, or failed.
    Failed,
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AuditRow {
    /// Number; ascends.
    #[ts(type = "number")]
    pub seq: i64,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// User.
    pub by: String,
    /// Program of the process that asked.
    pub program: String,
    /// Operation.
    pub op: String,
    /// What it was done to: a kind and a name.
    pub object: String,
    /// The reason that was given.
    pub why: Option<String>,
    /// How it ended.
    pub state: ActState,
    /// Code of the fault with which it ended.
    pub fault: Option<String>,
    /// More: arguments, what was made.
    #[ts(type = "Record<string, unknown>")]
    pub detail: Value,
    /// Row of the act over many things that this is a part of.
    #[ts(type = "number | null")]
    pub part_of: Option<i64>,
}
