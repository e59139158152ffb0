//! An archiving service's configuration, taken over.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ImportLine, Imported};

/// Takes over the configuration of an archiving service that ran on Prefect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct ArchiverImportArgs {
    /// Absolute paths of its files, or of the folder that they lie in. Of what two files say the first counts.
    pub paths: Vec<String>,
    /// Change what is there under the same name; it is left as it is otherwise.
    #[ts(as = "Option<bool>", optional)]
    pub replace: bool,
    /// Only say what would be done.
    #[ts(as = "Option<bool>", optional)]
    pub dry_run: bool,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// A file of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArchiverFile {
    /// Where it lies.
    pub path: String,
    /// What became of its lines; nothing of a file that was not read.
    pub lines: Vec<ImportLine>,
    /// Why it was not read.
    pub left: Option<String>,
}

/// Something that the variables of an archiving service come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArchiverSetting {
    /// `connection archiver-s3`, `storage lts`.
    pub what: String,
    /// What became of it.
    pub became: Imported,
    /// What it is now, or why it was left.
    pub how: String,
}

/// What became of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArchiverReport {
    /// The files, in the order in which they count.
    pub files: Vec<ArchiverFile>,
    /// The connections and storages.
    pub settings: Vec<ArchiverSetting>,
    /// What is missing, by the name that the archiving service has for it, and what for.
    pub missing: Vec<String>,
}
