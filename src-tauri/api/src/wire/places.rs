//! Places that are copied from and to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::connections::HiddenText;

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

/// Names a place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlaceArgs {
    /// `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path.
    pub location: String,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Gives what lies at a place another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlaceRenameArgs {
    /// `STORAGE:PATH`, `CONNECTION:PATH`, or an absolute path.
    pub location: String,
    /// The new name, in the same folder.
    pub name: String,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// What is known of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlaceDetail {
    /// `file`, `folder` or `link`.
    pub kind: String,
    /// Bytes, of a file.
    #[ts(type = "number")]
    pub size: u64,
    /// When it was changed; none where the storage does not say.
    #[ts(type = "number | null")]
    pub mtime: Option<i64>,
    /// A checksum that the storage takes of what lies there or has kept with it: `sha256:...` or `md5:...`.
    pub checksum: Option<String>,
    /// What an object storage knows besides.
    pub object: Option<ObjectDetail>,
}

/// What an object storage knows of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ObjectDetail {
    /// Its storage class, such as `STANDARD` or `DEEP_ARCHIVE`.
    pub class: String,
    /// Whether it can be read.
    pub restore: Restored,
    /// Its tags, by name.
    pub tags: BTreeMap<String, String>,
    /// Its versions, the newest first; one where none are kept.
    pub versions: Vec<ObjectVersion>,
}

/// Whether an object can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Restored {
    /// How it stands.
    pub state: RestoreState,
    /// Until when its restored copy can be read, where the server says.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// How a restore stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RestoreState {
    /// It lies in a class that is read at once.
    NotNeeded,
    /// It is archived: no restore was asked for, or the restored copy has expired.
    Archived,
    /// It is being restored.
    Ongoing,
    /// It can be read.
    Restored,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ObjectVersion {
    /// Its id.
    pub id: String,
    /// Whether it is the one that is read.
    pub latest: bool,
    /// Bytes; none where the object was deleted then.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// When it was written.
    #[ts(type = "number | null")]
    pub mtime: Option<i64>,
}

/// Asks for a link to an object that needs no keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlaceLinkArgs {
    /// The object: `CONNECTION:PATH`.
    pub location: String,
    /// Whether it may be written with the link, not read.
    #[ts(as = "Option<bool>", optional)]
    pub write: bool,
    /// How long the link is good, in seconds: 1 to 604,800.
    pub seconds: u32,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlaceLinked {
    /// Whoever has it may use it.
    pub url: HiddenText,
    /// Until when it is good; that of temporary keys ends with them.
    #[ts(type = "number")]
    pub until: i64,
}

/// Asks that an archived object be restored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlaceRestoreArgs {
    /// The object: `CONNECTION:PATH`.
    pub location: String,
    /// For how many days, 1 at least.
    pub days: u32,
    /// How fast.
    #[ts(as = "Option<RestoreSpeed>", optional)]
    pub speed: RestoreSpeed,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// How fast a restore is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RestoreSpeed {
    /// Minutes; not from `DEEP_ARCHIVE`, and not always to be had.
    Expedited,
    /// Hours.
    Standard,
    /// The cheapest: up to two days.
    #[default]
    Bulk,
}

/// Tags an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct PlaceTagArgs {
    /// The object: `CONNECTION:PATH`.
    pub location: String,
    /// The tags that it has then, and no others.
    pub tags: BTreeMap<String, String>,
    /// Reason, for the audit log.
    pub why: Option<String>,
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
