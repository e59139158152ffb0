//! One file from one storage to another, hashed in the pass.

use serde::{Deserialize, Serialize};

use crate::storage::{Finish, Storage};
use crate::{Fail, Result, Watch, hash};

/// A file to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Key; ascending.
    pub id: i64,
    /// Path on the source.
    pub source: Vec<u8>,
    /// Path on the target.
    pub target: Vec<u8>,
    /// Bytes when it was listed.
    pub size: u64,
    /// Modification time when it was listed. Another size or time now, before or after reading, is [`Fail::Changed`].
    pub mtime: (i64, u32),
    /// Permission bits for the copy.
    pub mode: u32,
}

/// How to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Take MD5 as well as SHA-256.
    pub md5: bool,
    /// Share blocks with the source where the file system can; the copy is read once, for the checksums.
    pub reflink: bool,
    /// Replace a file that has the final name already.
    pub replace: bool,
}

/// A file that was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Key.
    pub id: i64,
    /// Bytes.
    pub size: u64,
    /// Checksums of what was read from the source.
    pub digests: hash::Digests,
}

/// Takes the states to resume from.
pub trait Observer: Watch {
    /// A state to resume from: what is before it is synced.
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// Where to go on within one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Key of the file.
    pub(crate) id: i64,
    /// Bytes of the temporary file that are valid.
    pub(crate) written: u64,
    /// Hashes of them.
    pub(crate) hashes: hash::Saved,
}

/// Copies one file; it stands under its final name, synced, when this returns.
///
/// When it fails, the temporary file stays for a resume; [`Storage::discard`] takes it away. A checkpoint of another file, or whose
/// temporary file is gone, starts anew.
pub fn copy_file(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Copied> {
    let _ = (source, target, item, options, resume, observer, Finish::default());
    Err(Fail::Broken)
}
