//! The room of storages over time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks how the room of a storage went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StorageHistoryArgs {
    /// Storage.
    pub name: String,
    /// Days back from now, 1 to 400.
    pub days: u32,
}

/// How the room of a storage went, and how it will go if it goes on so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageHistory {
    /// What was seen, oldest first; at most about a thousand.
    pub points: Vec<SpacePoint>,
    /// What the last 30 days say of the next ones; none before three days are known.
    pub forecast: Option<SpaceForecast>,
    /// The datasets that take most of it.
    pub datasets: Vec<SpaceHolder>,
    /// The groups that own them, and how much each takes.
    pub groups: Vec<SpaceHolder>,
}

/// The room at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpacePoint {
    /// When, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: i64,
    /// Bytes in all.
    #[ts(type = "number")]
    pub total: u64,
    /// Bytes free.
    #[ts(type = "number")]
    pub free: u64,
    /// Bytes of them granted and not yet written.
    #[ts(type = "number")]
    pub reserved: u64,
}

/// How the room will go, if the days to come are as the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct SpaceForecast {
    /// Days that it rests on.
    pub days: u32,
    /// Bytes that are taken up a day; less than 0 where it becomes emptier.
    #[ts(type = "number")]
    pub per_day: i64,
    /// The lowest and the highest that this may be by chance (90 of 100 times).
    #[ts(type = "number")]
    pub per_day_low: i64,
    /// See above.
    #[ts(type = "number")]
    pub per_day_high: i64,
    /// When only the floor is left, in milliseconds since the epoch; none where it does not come to that within ten years.
    #[ts(type = "number | null")]
    pub floor_at: Option<i64>,
    /// The same at the highest use.
    #[ts(type = "number | null")]
    pub floor_earliest: Option<i64>,
    /// The same at the lowest use.
    #[ts(type = "number | null")]
    pub floor_latest: Option<i64>,
}

/// Who takes room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpaceHolder {
    /// Pid of a dataset; empty of a group.
    pub pid: String,
    /// Name of the dataset, or of the group; empty of what nobody owns.
    pub name: String,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Datasets.
    #[ts(type = "number")]
    pub datasets: u64,
}
