//! Many files from one storage to another: small ones side by side, large ones each through the pipeline of [`crate::copy`].

use crate::copy::{Checkpoint, Copied, Item, Options};
use crate::storage::Storage;
use crate::{Fail, Result, Watch};

/// Gives the files, page by page.
pub trait Items: Send {
    /// The files after the key, ascending; an empty page ends the list.
    fn page(&mut self, after: i64) -> Result<Vec<Item>>;
}

/// Takes what was copied.
pub trait Observer: Watch {
    /// Files that stand under their final names, synced. In no particular order across calls.
    fn copied(&mut self, batch: &[Copied]) -> Result<()>;
    /// A file that could not be copied. `Ok` goes on with the others, `Err` ends the call with that failure.
    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()>;
    /// A state to resume a large file from.
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// What was copied in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// Files that could not be copied.
    pub failed: u64,
}

/// Copies all files after the key `after`. A session that resumes gives the items that are not done yet.
///
/// No temporary file of a small file stays behind when it fails or is cancelled; that of a large file stays for a resume.
#[allow(clippy::too_many_arguments)]
pub fn copy_many(
    source: &dyn Storage,
    target: &dyn Storage,
    items: &mut dyn Items,
    after: i64,
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Summary> {
    let _ = (source, target, items, after, options, resume, observer);
    Err(Fail::Broken)
}
