//! Files out of a block, by their offsets, into another storage: compared with the ledger while written, and read back.

use serde::{Deserialize, Serialize};

use crate::storage::Storage;
use crate::{Fail, Result, Watch, hash};

mod feed;
mod large;
mod run;
mod small;

/// One entry to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Key; ascending.
    pub id: i64,
    /// Path on the target.
    pub path: Vec<u8>,
    /// What to make there.
    pub what: What,
    /// Permission bits; set on files. Folders get theirs afterwards, as writing into them changes them.
    pub mode: u32,
    /// Modification time; set on files and links.
    pub mtime: (i64, u32),
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A folder.
    Folder,
    /// A symbolic link with this target.
    Link(Vec<u8>),
    /// A file.
    File {
        /// Offset in the block of its first byte; ascending over the items.
        data: u64,
        /// Bytes.
        size: u64,
        /// SHA-256 that it must have.
        sha256: [u8; 32],
    },
}

/// Gives the entries, page by page.
pub trait Items: Send {
    /// The entries after the key, ascending; an empty page ends the list.
    fn page(&mut self, after: i64) -> Result<Vec<Item>>;
}

/// Takes what was brought back.
pub trait Observer: Watch {
    /// Entries that stand under their final names, synced, read back and right.
    fn extracted(&mut self, batch: &[i64]) -> Result<()>;
    /// A file that could not be brought back: [`Fail::Mismatch`] if the block's bytes are not those of the ledger. `Ok` goes
    /// on with the others, `Err` ends the call with that failure.
    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()>;
    /// A state to resume from: all entries before it were given to [`Observer::extracted`] or [`Observer::failed`].
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Key of the last entry that is done, all before it included.
    after: i64,
    /// What was brought back.
    so_far: Extracted,
    /// The large file after it: bytes of its temporary file that are valid, and their hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    large: Option<(u64, hash::Saved)>,
}

/// How to extract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Replace files that have a final name already.
    pub replace: bool,
}

/// What was brought back, earlier sessions included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Files that could not be brought back.
    pub failed: u64,
    /// Whether every file was read back past the page cache.
    pub from_medium: bool,
}

impl Default for Extracted {
    fn default() -> Self {
        Self { files: 0, bytes: 0, failed: 0, from_medium: true }
    }
}

/// Brings back the `items` from the block at `path`. Only their ranges are read.
///
/// Every file is hashed while it is written under its temporary name, synced, read back, and only then given its final name. The temporary
/// file of a large file stays for a resume when the call fails or is cancelled, others do not.
pub fn extract(
    block: &dyn Storage,
    path: &[u8],
    target: &dyn Storage,
    items: &mut dyn Items,
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Extracted> {
    run::extract(run::Places { block, path, target, options }, items, resume, observer)
}
