//! What can go wrong, in words that name no secret.

use std::io;
use std::path::PathBuf;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Secrets are there, or are to be kept, and nobody has said the passphrase. What helps stands in the text.
    #[error("{0}")]
    Locked(String),
    /// The passphrase is another one.
    #[error("the passphrase does not open {}", .0.display())]
    Passphrase(PathBuf),
    /// The encrypted file is not what this program has written.
    #[error("{}: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The keyring of the operating system refused, or failed.
    #[error("the keyring of the operating system: {0}")]
    Keyring(String),
    /// The secret is not where it was put: somebody has removed it there.
    #[error("{0} is not there any more")]
    Missing(String),
    /// A reference that is not understood.
    #[error("{0}")]
    Reference(String),
    /// There is no such secret at the place that a reference names.
    #[error("{reference}: {why}")]
    NotFound {
        /// The reference.
        reference: String,
        /// What is not there.
        why: String,
    },
    /// Whoever asks may not read what a reference names.
    #[error("{reference}: {why}")]
    Denied {
        /// The reference.
        reference: String,
        /// Why.
        why: String,
    },
    /// Where a reference leads cannot be asked.
    #[error("{reference}: {why}")]
    Unreachable {
        /// The reference.
        reference: String,
        /// Why.
        why: String,
        /// Whether it may be there later.
        passing: bool,
    },
}

impl Error {
    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked(_) => "secrets.locked",
            Self::Passphrase(_) => "secrets.passphrase",
            Self::Damaged { .. } => "secrets.damaged",
            Self::File { .. } => "secrets.file",
            Self::Keyring(_) => "secrets.keyring",
            Self::Missing(_) => "secrets.missing",
            Self::Reference(_) => "secrets.reference",
            Self::NotFound { .. } => "secrets.not_found",
            Self::Denied { .. } => "secrets.denied",
            Self::Unreachable { .. } => "secrets.unreachable",
        }
    }
}
