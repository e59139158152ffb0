//! Reading a block back and comparing the whole and every member with what the ledger holds.

use serde::{Deserialize, Serialize};

use crate::storage::Storage;
use crate::{Result, Watch, hash};

mod ranges;
mod run;

/// One file that must be in the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Key; ascending.
    pub id: i64,
    /// Offset in bytes of its first content byte; ascending, and no two overlap.
    pub data: u64,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its source.
    pub sha256: [u8; 32],
}

/// Gives the files that must be there, page by page.
pub trait ExpectedPages: Send {
    /// The files after the key, ascending; an empty page ends the list. Called from a thread of the pipeline.
    fn page(&mut self, after: i64) -> Result<Vec<Expected>>;
}

/// One file that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Key.
    pub id: i64,
    /// What was found, in words.
    pub found: String,
}

/// Takes what was found.
pub trait Observer: Watch {
    /// Files that were read back and are right. Those reported after the checkpoint of a resumed session come again.
    fn proved(&mut self, batch: &[i64]) -> Result<()>;
    /// Files that were read back and are wrong.
    fn wrong(&mut self, batch: &[Wrong]) -> Result<()>;
    /// A state to resume from.
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Bytes of the block that were read.
    read: u64,
    /// What was found in them.
    found: Found,
    /// Hashes of the file in work, if the place is in the middle of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<hash::Saved>,
    /// Hash of the whole so far.
    whole: hash::Saved,
}

/// What was found so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    /// Key of the last file that is judged.
    after: i64,
    /// Files that are right.
    right: u64,
    /// Files that are wrong.
    wrong: u64,
    /// The first hundred of them.
    first_wrong: Vec<Wrong>,
    /// Whether all was read past the page cache.
    medium: bool,
}

/// What the reading back gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Bytes of the block as found.
    pub size: u64,
    /// Whether size and SHA-256 of the whole are right.
    pub whole_ok: bool,
    /// SHA-256 of the whole as found.
    pub sha256: [u8; 32],
    /// Files that are right.
    pub right: u64,
    /// Files that are wrong.
    pub wrong: u64,
    /// The first hundred of them.
    pub first_wrong: Vec<Wrong>,
    /// Whether all was read past the page cache.
    pub from_medium: bool,
}

impl Checked {
    /// Whether whole and files are right.
    pub fn ok(&self) -> bool {
        self.whole_ok && self.wrong == 0
    }
}

/// Reads the block at `path` from the medium, once, and compares it with its `size` and `sha256` and with the `expected` files.
///
/// Damage is a result, not a failure: `Err` means that the block could not be read to its end.
#[allow(clippy::needless_pass_by_value)] // as the others of this crate
pub fn check(
    storage: &dyn Storage,
    path: &[u8],
    size: u64,
    sha256: [u8; 32],
    expected: &mut dyn ExpectedPages,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Checked> {
    run::check(storage, path, (size, sha256), expected, resume.as_ref(), observer)
}
