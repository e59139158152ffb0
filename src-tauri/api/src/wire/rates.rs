//! How fast bytes may move.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A limit of bytes a second: of all connections together, or of one. What is read and what is written counts alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RateRow {
    /// The connection; none for all together.
    pub connection: Option<String>,
    /// As it was written: `10 MiB/s`, `08:00 10 MiB/s, 19:00 off`, or `off`.
    pub rates: String,
    /// Time zone of the times in it.
    pub timezone: String,
    /// Bytes a second now; none for no limit.
    #[ts(type = "number | null")]
    pub now: Option<u64>,
    /// When another comes into force, if one does.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// Sets a limit of bytes a second. It takes effect at once, for what moves already too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RateSetArgs {
    /// The connection; none for all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// `off`, a rate such as `10 MiB/s`, or times with rates: `mon-fri 08:00 10 MiB/s, 19:00 off`.
    pub rates: String,
    /// Time zone of the times in it, such as `Europe/Zurich`; UTC if none is given, as in schedules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
