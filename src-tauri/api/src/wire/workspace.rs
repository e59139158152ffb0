//! The workspace, its storages, and the overview.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DatasetRow, ProfileRow, RunRow};

/// The workspace as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WorkspaceInfo {
    /// Its folder.
    pub path: String,
    /// Name shown: the folder's last component.
    pub name: String,
    /// Nobody has said yet where things shall lie: show the first-run page.
    pub first_run: bool,
    /// Version of Longshore.
    pub version: String,
    /// What owns the workspace: `window`, `command` or `service`.
    pub owner: String,
    /// Process id of the owner.
    pub owner_pid: u32,
    /// Rows in the journal.
    #[ts(type = "number")]
    pub journal_rows: u64,
    /// When the last row was written.
    #[ts(type = "number | null")]
    pub journal_last: Option<i64>,
    /// The operator's own flows lie here.
    pub flows_folder: String,
    /// Its profiles; one where there is nothing to choose.
    pub profiles: Vec<ProfileRow>,
}

/// Where the storages shall lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct SetupArgs {
    /// One for each storage that shall not stay where it is.
    pub storages: Vec<StorageSetArgs>,
}

/// Changes a storage. Refused while a run uses it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct StorageSetArgs {
    /// `landing`, `staging`, `scratch`, `lts`, `retrieval`.
    pub name: String,
    /// Absolute folder of this machine. Not together with `connection`.
    pub path: Option<String>,
    /// Connection that leads to it.
    pub connection: Option<String>,
    /// Folder below the connection's top: of a connection to S3 without a bucket, the first part is the bucket. Its top if left away.
    pub folder: Option<String>,
    /// Share of the whole to leave free, 0 to 99.
    pub floor_percent: Option<f64>,
    /// Bytes that it may hold at most, by what the ledger knows of it; 0 for no such limit.
    #[ts(type = "number | null")]
    pub quota: Option<u64>,
}

/// Looks at a folder as if a storage lay there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct StorageLookArgs {
    /// Name of the storage.
    pub name: String,
    /// Absolute folder; it need not be there yet.
    pub path: String,
}

/// How a storage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StorageHealth {
    /// Answers, can be written.
    Ok,
    /// Its folder is not there, or not mounted.
    Missing,
    /// Mounted read-only.
    ReadOnly,
    /// Nothing more can be granted above the floor.
    Full,
    /// Does not answer.
    Silent,
    /// Answers, and cannot be used: keys that are not accepted, a certificate that is not right, ...
    Unusable,
}

/// A storage and its room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageRow {
    /// Name.
    pub name: String,
    /// `local`, or `connection`.
    pub kind: String,
    /// Where it lies: an absolute folder of this machine, or `CONNECTION:FOLDER`.
    pub path: String,
    /// The connection that leads to it.
    pub connection: Option<String>,
    /// The folder below the connection's top.
    pub folder: Option<String>,
    /// Bytes that it may hold at most, where that was set.
    #[ts(type = "number | null")]
    pub quota: Option<u64>,
    /// How it is.
    pub health: StorageHealth,
    /// Why, if not ok.
    pub reason: Option<String>,
    /// Bytes in all; `null` if not known, as of an object storage without a quota: nothing is then granted or refused by room.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// Bytes free.
    #[ts(type = "number | null")]
    pub free: Option<u64>,
    /// Bytes reserved by task runs and not yet written, on the whole pool.
    #[ts(type = "number")]
    pub reserved: u64,
    /// Bytes that stay free.
    #[ts(type = "number")]
    pub floor: u64,
    /// Share that stays free.
    pub floor_percent: f64,
    /// Bytes that can still be granted.
    #[ts(type = "number | null")]
    pub to_grant: Option<u64>,
    /// Storages of one pool share room (one file system).
    pub pool: Option<String>,
    /// Bytes of proved datablocks on it.
    #[ts(type = "number")]
    pub proved_bytes: u64,
    /// Datasets of which the ledger has something on it.
    #[ts(type = "number")]
    pub held_datasets: u64,
    /// Bytes that the ledger has on it.
    #[ts(type = "number")]
    pub held_bytes: u64,
}

/// Who holds room on a storage, or waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReservationRow {
    /// Run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Dataset, if one.
    pub dataset: Option<String>,
    /// Bytes asked for.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes of them already written.
    #[ts(type = "number")]
    pub written: u64,
    /// `false`: waits for room.
    pub granted: bool,
}

/// One storage in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageDetail {
    /// Its row.
    pub storage: StorageRow,
    /// Reservations on its pool, granted and waiting.
    pub reservations: Vec<ReservationRow>,
}

/// Names one storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct StorageArgs {
    /// Name.
    pub name: String,
}

/// The first page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// Runs that failed or wait for space, newest first, at most 50; each with its first fault.
    pub needs_you: Vec<RunRow>,
    /// Runs that are active, at most 50.
    pub running: Vec<RunRow>,
    /// Runs that ended in the last 24 hours, at most 50.
    pub finished: Vec<RunRow>,
    /// Datasets touched last, at most 10.
    pub datasets: Vec<DatasetRow>,
    /// Storages.
    pub storages: Vec<StorageRow>,
    /// Bytes and files proved in the last 24 hours.
    pub proved: Amount,
    /// Bytes and files retrieved in the last 24 hours.
    pub retrieved: Amount,
}

/// Bytes and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Amount {
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
}
