//! Archives from strangers: what of them is refused, whatever their format.

mod names;
mod tar;

use std::io;

pub use names::{Names, Twins, safe_path};
pub use tar::{Compression, open_tar};

/// How much of an archive is taken. What goes beyond is refused, with the entry at which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries.
    pub entries: u64,
    /// Bytes of all files once they are unpacked.
    pub bytes: u64,
    /// Times that the files may be as large as the archive, where they are more than [`Limits::SMALL`].
    pub ratio: u64,
    /// Folders above an entry.
    pub depth: usize,
    /// Bytes of an entry's path.
    pub name: usize,
}

impl Limits {
    /// Bytes that any archive may unpack to, whatever its size: a small file of zeros is no attack.
    pub const SMALL: u64 = 64 << 20;

    /// Bytes that an archive of this size may unpack to.
    pub fn unpacked(&self, archive: u64) -> u64 {
        self.bytes.min(archive.saturating_mul(self.ratio).max(Self::SMALL))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 10_000_000, bytes: 1 << 50, ratio: 200, depth: 64, name: 4096 }
    }
}

/// Why an archive was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream failed.
    #[error("reading the archive failed")]
    Io(#[from] io::Error),
    /// The archive is damaged, or something in it is refused.
    #[error("{code}: {why}")]
    Refused {
        /// Stable code.
        code: &'static str,
        /// Path of the entry, as the archive has it; empty where it is the archive as a whole.
        entry: Vec<u8>,
        /// What is wrong.
        why: String,
    },
}

impl Error {
    /// A refusal.
    pub fn refused(code: &'static str, entry: &[u8], why: impl Into<String>) -> Self {
        Self::Refused { code, entry: entry.to_vec(), why: why.into() }
    }

    /// The archive is not whole, or contradicts itself.
    pub(crate) fn damaged(entry: &[u8], why: impl Into<String>) -> Self {
        Self::refused("archive.damaged", entry, why)
    }
}

/// Carries a refusal through a stream, from which [`told`] takes it out again.
pub(crate) fn through(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        refused @ Error::Refused { .. } => io::Error::new(io::ErrorKind::InvalidData, refused),
    }
}

/// What a failure of an entry's stream means: a refusal that came through it, damage, or a failure of what the archive lies on.
pub fn told(error: io::Error, entry: &[u8]) -> Error {
    match error.downcast::<Error>() {
        Ok(refused) => refused,
        Err(error) => match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Error::damaged(entry, format!("its compressed bytes are damaged: {error}"))
            }
            io::ErrorKind::UnexpectedEof => Error::damaged(entry, "the archive ends in the middle of it"),
            _ => Error::Io(error),
        },
    }
}

/// Counts what is unpacked against the limits.
#[derive(Debug)]
pub struct Meter {
    limits: Limits,
    most: u64,
    entries: u64,
    bytes: u64,
}

impl Meter {
    /// For an archive of this many bytes.
    pub fn new(limits: Limits, archive: u64) -> Self {
        Self { limits, most: limits.unpacked(archive), entries: 0, bytes: 0 }
    }

    /// One more entry.
    pub fn entry(&mut self, path: &[u8]) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(Error::refused(
                "archive.limit",
                path,
                format!("there are more than {} entries", self.limits.entries),
            ));
        }
        Ok(())
    }

    /// So many more bytes of a file.
    pub fn bytes(&mut self, path: &[u8], bytes: u64) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.most {
            let why = format!(
                "its files come to more than {} bytes, which is more than an archive of its size may hold",
                self.most
            );
            return Err(Error::refused("archive.limit", path, why));
        }
        Ok(())
    }
}
