//! What transfers moved and how fast, which files they did not copy, and why runs failed.

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::DatasetStateText;

/// Failed runs with one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FaultCauseRow {
    /// Stable code.
    pub code: String,
    /// Failed runs in which a task run failed of it.
    #[ts(type = "number")]
    pub runs: u64,
    /// These task runs.
    #[ts(type = "number")]
    pub task_runs: u64,
    /// The newest of these runs.
    pub run: String,
    /// A task of it that failed so.
    pub task: String,
    /// Its fault, as an example.
    pub fault: Fault,
}

/// Why runs failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FaultCauses {
    /// Failed runs in all. The newest 10,000 of them are looked at.
    #[ts(type = "number")]
    pub failed: u64,
    /// By cause, the one of the most runs first, at most 100. A run that failed of two counts with both.
    pub causes: Vec<FaultCauseRow>,
}

/// Files that a transfer did not copy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TransferFilesArgs {
    /// Run.
    pub run: String,
    /// Only those with this code.
    #[serde(default)]
    pub code: Option<String>,
    /// Only those with this text in their path; ASCII letters in either case.
    #[serde(default)]
    pub search: Option<String>,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub offset: u64,
    /// Rows wanted, at most 500; 0 means 100.
    #[serde(default)]
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// A file that was not copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferFileRow {
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Path on the source, text form.
    pub path: String,
    /// Stable code; empty if an older version did not keep it.
    pub code: String,
    /// What failed, and why.
    pub why: String,
    /// What to do now; empty if nothing can be said.
    pub now: String,
}

/// How many files of a transfer were not copied for one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FileCauseRow {
    /// Stable code.
    pub code: String,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// The first of them.
    pub example: TransferFileRow,
}

/// The files of a transfer as its copies count them, and by name those that were not copied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferFiles {
    /// Files that lie at the target.
    #[ts(type = "number")]
    pub done: u64,
    /// Of these, files that lay there already, the same.
    #[ts(type = "number")]
    pub already: u64,
    /// Of these, copies that were proved by reading them back.
    #[ts(type = "number")]
    pub read_back: u64,
    /// Of these, copies that were proved by a checksum that the storage took of what it stored.
    #[ts(type = "number")]
    pub by_server: u64,
    /// Files that were left out because something else lies there.
    #[ts(type = "number")]
    pub left: u64,
    /// Files that were not copied and are named below, all pages together.
    #[ts(type = "number")]
    pub failed: u64,
    /// There were more of them than are kept by name: the next attempt goes through all files once more.
    pub more_failed: bool,
    /// By cause, the one of the most files first.
    pub causes: Vec<FileCauseRow>,
    /// A page of those that were not copied.
    pub rows: Vec<TransferFileRow>,
    /// How many fit the filter.
    #[ts(type = "number")]
    pub total: u64,
}

/// Asks how fast bytes moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TransferSpeedArgs {
    /// Of one run; of all together if absent.
    #[serde(default)]
    pub run: Option<String>,
}

/// Bytes that moved within one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct SpeedPoint {
    /// When the span began.
    #[ts(type = "number")]
    pub at: i64,
    /// Bytes of it.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// How fast bytes moved, as it was measured. Spans in which nobody measured anything are not there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferSpeed {
    /// Since when it is measured: the start of the program that owns the workspace.
    #[ts(type = "number")]
    pub since: i64,
    /// Length of each span, in milliseconds.
    #[ts(type = "number")]
    pub span: i64,
    /// The spans, oldest first, at most 240.
    pub points: Vec<SpeedPoint>,
}

/// Which datasets are counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct DatasetCountsArgs {
    /// With this part of a name or pid.
    #[serde(default)]
    pub search: Option<String>,
}

/// How many datasets are in which state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DatasetStateCount {
    /// State.
    pub state: DatasetStateText,
    /// Datasets.
    #[ts(type = "number")]
    pub count: u64,
}

/// How the last test of a connection ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionHealth {
    /// Connection.
    pub connection: String,
    /// When it was tested.
    #[ts(type = "number")]
    pub at: i64,
    /// Every step went well.
    pub ok: bool,
    /// The step that did not, or the last one.
    pub step: String,
    /// What came of it.
    pub text: String,
    /// Stable code of what went wrong.
    pub code: Option<String>,
}
