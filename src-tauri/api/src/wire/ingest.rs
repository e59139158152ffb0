//! Uploads of datasets by others, through presigned URLs into the landing zone.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::HiddenText;

/// Asks for room in the landing zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestRequestArgs {
    /// Pid of the dataset, at its site.
    pub pid: String,
    /// Bytes of its files.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Asks for URLs for one object of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestUrlsArgs {
    /// Pid of the dataset.
    pub pid: String,
    /// Key of the object, in the folder of the dataset.
    pub object: String,
    /// Parts that it is uploaded in, 1 to 10,000.
    pub parts: u32,
}

/// Where the parts of an object are to be put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct IngestUrls {
    /// Id of the upload, of an object in more than one part.
    pub upload: Option<String>,
    /// A URL for each part, in their order.
    pub urls: Vec<HiddenText>,
}

/// A part that was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestPart {
    /// Its number, from 1.
    pub part_number: i32,
    /// The ETag that the endpoint gave for it.
    pub etag: String,
    /// SHA-256 of its bytes, in base64.
    pub checksum_sha256: String,
}

/// Names an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestUploadArgs {
    /// Pid of the dataset.
    pub pid: String,
    /// Key of the object.
    pub object: String,
    /// Id of the upload.
    pub upload: String,
}

/// Completes an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestCompleteArgs {
    /// The upload.
    #[serde(flatten)]
    pub of: IngestUploadArgs,
    /// Its parts.
    pub parts: Vec<IngestPart>,
    /// SHA-256 of the SHA-256 of the parts one after another, in base64.
    pub sha256: String,
}

/// Says that all of a dataset was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct IngestFinishArgs {
    /// Pid of the dataset.
    pub pid: String,
    /// Whether to archive it.
    pub archive: bool,
    /// Who asks for it.
    pub owner: Option<String>,
    /// Their group.
    pub owner_group: Option<String>,
    /// Whom to tell.
    pub contact: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestFinished {
    /// The job in SciCat, if one was made.
    pub job: Option<String>,
    /// The run that archives it, if it was asked for.
    pub run: Option<String>,
}

/// A token of SciCat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct IngestWhoArgs {
    /// The token.
    pub token: HiddenText,
}

/// Whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestWho {
    /// Groups that may see what theirs is; nothing of a token that SciCat does not know.
    pub groups: Option<Vec<String>>,
}

/// Something that uploads and jobs depend on and that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IngestTrouble {
    /// `scicat`.
    pub dependency: String,
    /// Where it is.
    pub endpoint: String,
    /// Why it does not answer.
    pub message: String,
}
