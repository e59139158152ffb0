//! Places that are copied from and to.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Lists a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PlaceListArgs {
    /// `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path.
    pub location: String,
    /// The last row of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PlaceAfter>,
    /// Rows at most; 0: 100.
    #[serde(default)]
    pub limit: u32,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlaceAfter {
    /// Name of the last row.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
}

/// What lies at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlaceListing {
    /// Files and links by name, then folders by name.
    pub rows: Vec<PlaceRow>,
    /// More come after them.
    pub more: bool,
}

/// One name at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlaceRow {
    /// Its name.
    pub name: String,
    /// `file`, `folder` or `link`.
    pub kind: String,
    /// Bytes, of a file.
    #[ts(type = "number")]
    pub size: u64,
    /// When it was changed; none where the storage does not say.
    #[ts(type = "number | null")]
    pub mtime: Option<i64>,
}

/// Asks what a copy would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CopyPlanArgs {
    /// Parameters of the kind `copy`.
    #[ts(type = "Record<string, unknown>")]
    pub with: Value,
}

/// What a copy would do, told by names and sizes: no content is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CopyPlanned {
    /// Files to copy, those that lie there included.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes of them.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Files at whose place one of the same size lies: most likely the same.
    #[ts(type = "number")]
    pub there: u64,
    /// Bytes that the copies need at the target beyond what lies there.
    #[ts(type = "number")]
    pub space: u64,
    /// Files that would be deleted at the target because the source has none such.
    #[ts(type = "number")]
    pub extra: u64,
    /// The first hundred of them.
    pub extra_names: Vec<String>,
}
