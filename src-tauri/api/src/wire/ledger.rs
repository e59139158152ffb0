//! The ledger's facts, between a workspace and the place that workers of other engines share.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where workers have left what they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LedgerImportArgs {
    /// A folder of this machine, or `CONNECTION:PATH`.
    pub location: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Which dataset, and where workers find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LedgerExportArgs {
    /// Its pid or name.
    pub dataset: String,
    /// A folder of this machine, or `CONNECTION:PATH`.
    pub location: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What was brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LedgerBrought {
    /// Datasets that were looked at.
    #[ts(type = "number")]
    pub datasets: u64,
    /// Files in them.
    #[ts(type = "number")]
    pub files: u64,
    /// Datablocks of which more is known now.
    #[ts(type = "number")]
    pub blocks: u64,
    /// Messages for other systems that were found.
    #[ts(type = "number")]
    pub messages: u64,
}
