//! Versions of flows: which there were, how they differ, and copies to change.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A version of a flow that was in force or that a run started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowVersionRow {
    /// Digest of the text.
    pub version: String,
    /// When it was first kept; absent of one that an older Longshore kept.
    #[ts(type = "number | null")]
    pub kept_at: Option<i64>,
    /// How many runs started with it.
    pub runs: u32,
    /// When the last of them was created.
    #[ts(type = "number | null")]
    pub last_run_at: Option<i64>,
    /// New runs start with it.
    pub in_force: bool,
}

/// Names two versions of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowDiffArgs {
    /// Flow.
    pub flow: String,
    /// The older version, or its first letters.
    pub a: String,
    /// The newer version, or its first letters.
    pub b: String,
}

/// How two versions of a flow differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowDiff {
    /// The older version.
    pub a: String,
    /// The newer version.
    pub b: String,
    /// Lines of a unified diff; none if the texts are the same.
    pub lines: Vec<String>,
}

/// Copies a flow into the workspace's folder of flows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowCopyArgs {
    /// Flow.
    pub flow: String,
    /// Id of the copy.
    pub name: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowCopied {
    /// Its id.
    pub flow: String,
    /// Its file, in its text form.
    pub file: String,
}
