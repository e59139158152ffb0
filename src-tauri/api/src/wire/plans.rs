//! What an archive or a retrieval will do, shown before it is done.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::connections::HiddenText;

/// Asks what archiving these paths would do. The reply comes when all is listed; progress comes as `plan` events with the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PlanArchiveArgs {
    /// Absolute paths. One that ends in `/` means "what lies in it".
    pub paths: Vec<String>,
    /// Chosen by the caller; `plan.cancel` takes it.
    pub token: String,
}

/// Stops a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PlanCancelArgs {
    /// The token of the request.
    pub token: String,
}

/// What a plan asks of a storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SpaceNeed {
    /// Storage, or the destination folder of a retrieval.
    pub storage: String,
    /// Where it lies.
    pub path: String,
    /// Bytes needed there.
    #[ts(type = "number")]
    pub needs: u64,
    /// Bytes in all, if known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// Bytes free minus reserved, if known.
    #[ts(type = "number | null")]
    pub free_unreserved: Option<u64>,
    /// Bytes that stay free.
    #[ts(type = "number")]
    pub floor: u64,
    /// Bytes needed beyond what can be granted; 0 if it fits. Storages of one pool count together.
    #[ts(type = "number")]
    pub short: u64,
    /// Why it cannot be said or used (missing, read-only), if so.
    pub problem: Option<String>,
}

/// A datablock that will be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlannedBlock {
    /// From 0.
    pub number: u32,
    /// First path in it.
    pub first: String,
    /// Last path in it.
    pub last: String,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes of the tar.
    #[ts(type = "number")]
    pub size: u64,
}

/// A remark that the plan makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlanNote {
    /// `info`, `warning` or `error`. With an error the archive cannot start.
    pub level: String,
    /// Stable code: `source.missing`, `source.unreadable`, `source.special`, `dataset.empty`, `name.not_utf8`, `file.large`, ...
    pub code: String,
    /// In words.
    pub text: String,
    /// Details, such as the first paths concerned.
    pub details: Vec<String>,
}

/// What archiving will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ArchivePlan {
    /// Paths asked for.
    pub paths: Vec<String>,
    /// A name to propose.
    pub name: String,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// Folders.
    #[ts(type = "number")]
    pub folders: u64,
    /// Symbolic links.
    #[ts(type = "number")]
    pub links: u64,
    /// Bytes of files.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Number of datablocks.
    pub block_count: u32,
    /// The first 200 of them.
    pub blocks: Vec<PlannedBlock>,
    /// Target size of a datablock.
    #[ts(type = "number")]
    pub block_target: u64,
    /// Room needed in each place.
    pub space: Vec<SpaceNeed>,
    /// Remarks.
    pub notes: Vec<PlanNote>,
    /// No note is an error.
    pub can_start: bool,
}

/// Archives paths as a new dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ArchiveArgs {
    /// Absolute paths.
    pub paths: Vec<String>,
    /// Name of the dataset.
    pub name: String,
    /// Persistent identifier; made from the name if absent.
    pub pid: Option<String>,
    /// Stop once it is whole in the landing zone. Asked for again without this, it goes on from there.
    #[serde(default)]
    pub land_only: bool,
}

/// An archive that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ArchiveStarted {
    /// Persistent identifier of the dataset.
    pub dataset: String,
    /// The run that brings it into the landing zone, and then starts `archive_dataset`.
    pub run: String,
    /// The dataset was there, unfinished and from the same paths: this run carries it on.
    pub carried_on: bool,
}

/// Retrieves a dataset, or some of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RetrieveArgs {
    /// Pid or name.
    pub dataset: String,
    /// Absolute folder, made if need be; `null` for the storage `retrieval`, to which whole datablocks are brought.
    pub dest: Option<String>,
    /// Paths inside the dataset (a folder means all below it); `null` for all. Only into a folder.
    pub files: Option<Vec<String>>,
}

/// Asks where what was retrieved of a dataset is fetched from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RetrieveLinksArgs {
    /// Pid or name.
    pub dataset: String,
    /// Days that links hold, 1 to 7; `null` for as many as the variable `minio_url_expiration_days` says.
    pub days: Option<u32>,
    /// Also writes the script to this file, absolute, that must not be there yet; only its owner may read it.
    pub script_to: Option<String>,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Where what was retrieved of a dataset is fetched from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RetrieveLinked {
    /// Its datablocks in the storage `retrieval`, by number.
    pub blocks: Vec<RetrievedBlock>,
    /// How many are not there.
    #[ts(type = "number")]
    pub missing: u64,
    /// A script for a shell with curl that fetches them, where there are links.
    pub script: Option<HiddenText>,
    /// Until when the links hold.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// A datablock that was retrieved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RetrievedBlock {
    /// Name of the file.
    pub name: String,
    /// Its bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// A link to it, where it lies in an object storage. Whoever has it may use it.
    pub url: Option<HiddenText>,
    /// Where it lies otherwise: an absolute path, or STORAGE:PATH.
    pub path: Option<String>,
}

/// What a retrieval will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RetrievePlan {
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Datablocks that will be read.
    pub blocks: u32,
    /// Room needed.
    pub space: Vec<SpaceNeed>,
    /// Remarks.
    pub notes: Vec<PlanNote>,
    /// No note is an error.
    pub can_start: bool,
}

/// A run that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunStarted {
    /// Its id.
    pub run: String,
}
