//! Uploads of datasets with what is said of them.

use longshore_catalogue::Metadata;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Uploads paths as a new dataset, which SciCat is told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct UploadArgs {
    /// Absolute paths.
    pub paths: Vec<String>,
    /// What is said of the dataset; its name is that of the dataset.
    pub metadata: Metadata,
    /// The scientific metadata as a text of JSON, in place of that within `metadata`: so no number of it is rounded on the way.
    pub scientific: Option<String>,
    /// Go on to archive it once it has landed.
    pub archive: bool,
    /// Have the archiving as a job of SciCat.
    #[serde(default)]
    pub job: bool,
    /// Connection to a remote archiver service that takes it, in place of the workspace's own landing zone.
    #[serde(default)]
    pub archiver: Option<String>,
}

/// Asks whether SciCat would take this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct UploadCheckArgs {
    /// What is said of the dataset.
    pub metadata: Metadata,
    /// As in [`UploadArgs::scientific`].
    pub scientific: Option<String>,
}

/// Something that SciCat would not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MetadataWrong {
    /// The field, by SciCat's name.
    pub field: String,
    /// Why; of scientific metadata, with line and column.
    pub why: String,
}

/// What the form of an upload begins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UploadForm {
    /// What was said last, without what is one dataset's alone: pid, name, time.
    pub last: Metadata,
    /// Whether something was said before.
    pub said: bool,
    /// The connection to SciCat, if there is one.
    pub scicat: Option<String>,
    /// Connections to remote archiver services.
    pub archivers: Vec<String>,
    /// The kinds of dataset that SciCat has.
    pub types: Vec<String>,
}
