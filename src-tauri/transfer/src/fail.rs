//! Why a transfer did not get through.

use crate::storage::{self, Status};

/// Result of a transfer.
pub type Result<T> = std::result::Result<T, Fail>;

/// Why a transfer did not get through.
#[derive(Debug, thiserror::Error)]
pub enum Fail {
    /// A storage failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A part of a file could not be read.
    #[error("the bytes {from} to {to} cannot be read: {error}")]
    Unreadable {
        /// First byte of the part.
        from: u64,
        /// Byte after it.
        to: u64,
        /// Why.
        error: storage::Error,
    },
    /// The caller said to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The caller could not take or give what it had to (its ledger failed).
    #[error("{0}")]
    Observer(Box<dyn std::error::Error + Send + Sync>),
    /// A source changed while, or before, it was read.
    #[error("the file changed while it was read: {why}")]
    Changed {
        /// Path on the source.
        path: Vec<u8>,
        /// What is different.
        why: String,
    },
    /// The bytes read have another checksum than the ledger holds.
    #[error("the checksum of the bytes read is {found}, the ledger holds {expected}")]
    Mismatch {
        /// Key of the member or item.
        id: i64,
        /// Path that was read.
        path: Vec<u8>,
        /// SHA-256 that the ledger holds, in hex.
        expected: String,
        /// SHA-256 of what was read, in hex.
        found: String,
    },
    /// A thread of the pipeline died; a bug.
    #[error("a transfer thread ended unexpectedly")]
    Broken,
}

impl Fail {
    /// Stable code, such as `storage.full` or `file.changed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) | Self::Unreadable { error, .. } => error.code,
            Self::Cancelled => "cancelled",
            Self::Observer(_) => "ledger.failed",
            Self::Changed { .. } => "file.changed",
            Self::Mismatch { .. } => "file.mismatch",
            Self::Broken => "internal",
        }
    }

    /// What a retry can hope for.
    pub fn status(&self) -> Status {
        match self {
            Self::Storage(error) | Self::Unreadable { error, .. } => error.status,
            Self::Cancelled => Status::Transient,
            Self::Observer(_) | Self::Broken => Status::Unusable,
            Self::Changed { .. } | Self::Mismatch { .. } => Status::Permanent,
        }
    }

    /// Path concerned, if one.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Self::Storage(error) | Self::Unreadable { error, .. } if !error.path.is_empty() => Some(&error.path),
            Self::Changed { path, .. } | Self::Mismatch { path, .. } => Some(path),
            _ => None,
        }
    }
}
