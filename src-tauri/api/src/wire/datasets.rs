//! Datasets, their entries, datablocks and history.

use longshore_catalogue::Metadata;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::RunRow;

/// State of a dataset as a whole; see `longshore_catalogue::DatasetState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DatasetStateText {
    /// Being copied into the landing zone.
    Landing,
    /// Whole in the landing zone.
    Landed,
    /// Being written to the LTS, or not all proved.
    Archiving,
    /// Every file proved on the LTS.
    Archived,
    /// A datablock failed its verification.
    Damaged,
}

/// A dataset in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DatasetRow {
    /// Persistent identifier.
    pub pid: String,
    /// Name.
    pub name: String,
    /// State.
    pub state: DatasetStateText,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes of files that are proved on the LTS.
    #[ts(type = "number")]
    pub proved_bytes: u64,
    /// Files that are proved on the LTS.
    #[ts(type = "number")]
    pub proved_files: u64,
    /// Files still in the landing zone.
    #[ts(type = "number")]
    pub landing_files: u64,
    /// Number of datablocks.
    pub blocks: u32,
    /// When it was created.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When its last file was proved, if all are.
    #[ts(type = "number | null")]
    pub archived_at: Option<i64>,
    /// Its newest run, if any.
    pub run: Option<String>,
}

/// Filter of the list of datasets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct DatasetListArgs {
    /// Part of a name or pid.
    pub search: Option<String>,
    /// One state.
    pub state: Option<DatasetStateText>,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500; 0 means 100.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// Names a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct DatasetArgs {
    /// Pid or name.
    pub dataset: String,
}

/// A datablock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BlockRow {
    /// Number, from 0.
    pub number: u32,
    /// File name.
    pub name: String,
    /// `planned`, `written`, `proved`, `damaged`.
    pub state: String,
    /// Storage.
    pub storage: String,
    /// Absolute path of the file, once written.
    pub path: Option<String>,
    /// Files in it.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes of the tar.
    #[ts(type = "number")]
    pub size: u64,
    /// Checksum of the tar, hex.
    pub sha256: Option<String>,
    /// When it was last read back.
    #[ts(type = "number | null")]
    pub verified_at: Option<i64>,
    /// `medium` or `cache`.
    pub method: Option<String>,
}

/// A dataset in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DatasetDetail {
    /// Its row.
    pub dataset: DatasetRow,
    /// Folders in it.
    #[ts(type = "number")]
    pub folders: u64,
    /// Links in it.
    #[ts(type = "number")]
    pub links: u64,
    /// Sockets, devices and pipes that were left out.
    #[ts(type = "number")]
    pub special: u64,
    /// Where it came from.
    pub sources: Vec<String>,
    /// What is said of it for SciCat, if something is.
    pub metadata: Option<Metadata>,
    /// Its identifier in SciCat, once it has one there.
    pub scicat: Option<String>,
    /// Datablocks, the first 1,000.
    pub blocks: Vec<BlockRow>,
    /// Runs that worked on it, newest first, at most 50.
    pub runs: Vec<RunRow>,
}

/// An entry of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct EntryRow {
    /// Key; ascends in listing order.
    #[ts(type = "number")]
    pub id: i64,
    /// Full path inside the dataset, text form.
    pub path: String,
    /// Last component, text form.
    pub name: String,
    /// `file`, `folder` or `link`.
    pub kind: String,
    /// Bytes; of a folder, of all files below it.
    #[ts(type = "number")]
    pub size: u64,
    /// Files below a folder, else 0.
    #[ts(type = "number")]
    pub files: u64,
    /// Permission bits, octal as in `0644`.
    pub mode: String,
    /// Modification time, milliseconds.
    #[ts(type = "number")]
    pub mtime: i64,
    /// Target of a link.
    pub link: Option<String>,
    /// Hex.
    pub md5: Option<String>,
    /// Hex.
    pub sha256: Option<String>,
    /// `absent`, `present`, `released`.
    pub landing: String,
    /// Number of its datablock, once written.
    pub block: Option<u32>,
    /// Offset in it of its first byte.
    #[ts(type = "number | null")]
    pub offset: Option<u64>,
    /// When it was proved.
    #[ts(type = "number | null")]
    pub proved_at: Option<i64>,
}

/// A page of a dataset's entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct EntriesArgs {
    /// Pid or name.
    pub dataset: String,
    /// Only what lies directly in this folder (its path; empty for the top). `null`: all entries, flat.
    pub folder: Option<String>,
    /// Flat only: part of a file name, or a checksum.
    pub search: Option<String>,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// A page of a dataset's history, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct HistoryArgs {
    /// Pid or name.
    pub dataset: String,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct HistoryRow {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// Stable word.
    pub event: String,
    /// In words.
    pub text: String,
    /// Run.
    pub run: Option<String>,
}

/// A search across datasets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FindArgs {
    /// Part of a file name, or a whole checksum in hex.
    pub text: String,
    /// Rows wanted, at most 500.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// A file found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FoundRow {
    /// Its dataset.
    pub dataset: String,
    /// The entry.
    pub entry: EntryRow,
}

/// Writes a fixity report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DatasetReportArgs {
    /// Pid or name.
    pub dataset: String,
    /// What it looks like.
    pub form: ReportForm,
    /// The file, absolute; it must not be there yet.
    pub path: String,
}

/// What a fixity report looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportForm {
    /// Comma-separated values (RFC 4180): a line for each entry.
    Csv,
    /// One JSON document: the dataset, its datablocks, its entries.
    Json,
    /// `manifest-sha256.txt` of a bag (RFC 8493) with the dataset as its payload.
    Manifest,
    /// HTML to be printed.
    Page,
}
