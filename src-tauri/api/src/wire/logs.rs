//! Task logs and care of the database.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::LogRow;

/// Lines of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RunLogsArgs {
    /// Run.
    #[ts(optional = false)]
    pub run: String,
    /// One task.
    pub task: Option<String>,
    /// Map index.
    pub index: Option<u32>,
    /// One attempt.
    pub attempt: Option<u32>,
    /// `debug`, `info`, `warning` or `error`: this level or a graver one.
    pub level: Option<String>,
    /// With this in the text; ASCII letters in either case.
    pub text: Option<String>,
    /// After this line (0 for the first).
    #[ts(as = "Option<u32>", optional)]
    pub after: i64,
    /// Lines wanted, at most 1,000.
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// Searches the logs of all runs, the newest run first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct LogSearchArgs {
    /// Text; ASCII letters in either case.
    #[ts(optional = false)]
    pub text: String,
    /// This level or a graver one.
    pub level: Option<String>,
    /// Go on from where an earlier search stopped.
    pub from: Option<LogPlaceRow>,
    /// Lines wanted, at most 1,000; 0 means 100.
    #[ts(as = "Option<u32>", optional)]
    pub limit: u32,
}

/// Where a search stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogPlaceRow {
    /// In this run.
    pub run: String,
    /// After this line.
    #[ts(type = "number")]
    pub after: i64,
}

/// A line that a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LogHit {
    /// Its run.
    pub run: String,
    /// The line.
    pub line: LogRow,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LogHits {
    /// The lines.
    pub hits: Vec<LogHit>,
    /// Where to go on; `null` if all was searched.
    pub next: Option<LogPlaceRow>,
}

/// Writes the lines of a run to a text file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LogSaveArgs {
    /// Run.
    pub run: String,
    /// One task.
    #[serde(default)]
    pub task: Option<String>,
    /// Map index.
    #[serde(default)]
    pub index: Option<u32>,
    /// One attempt.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// The file, absolute; it must not be there yet.
    pub path: String,
}

/// Asks for a file with what somebody who helps has to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiagnosticsArgs {
    /// The file, absolute; it must not be there yet.
    pub path: String,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileWritten {
    /// Where.
    pub path: String,
    /// How large it is.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What a check of the database found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DatabaseChecked {
    /// What is wrong, in words; empty if nothing is.
    pub problems: Vec<String>,
    /// Runs whose journal was gone through and compared with what follows from it.
    pub runs: u32,
}

/// Where to copy the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DatabaseBackupArgs {
    /// The file, absolute; it must not be there yet.
    pub path: String,
}
