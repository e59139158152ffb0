//! What an archive or a retrieval will do, shown before it is done.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// Absolute folder, made if need be.
    pub dest: String,
    /// Paths inside the dataset (a folder means all below it); `null` for all.
    pub files: Option<Vec<String>>,
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
