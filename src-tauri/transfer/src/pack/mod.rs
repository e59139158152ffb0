//! Members of a block, one behind the other, into one file: each source byte read once, hashed and written in that pass.

use serde::{Deserialize, Serialize};

use crate::storage::Storage;
use crate::{Result, Watch, hash};

mod composed;
mod files;
mod layout;
mod run;

/// One member: bytes that stand before its content, the content, and zeros up to a multiple of 512.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Key; ascending.
    pub id: i64,
    /// Bytes before the content (a tar header), a multiple of 512.
    pub header: Vec<u8>,
    /// What follows, for a file.
    pub content: Option<Content>,
}

/// Content of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Path on the source storage.
    pub path: Vec<u8>,
    /// Where the content begins in the file at that path; `None` where it is the whole of it.
    pub within: Option<u64>,
    /// Bytes; another size found on the source is [`Fail::Changed`].
    pub size: u64,
    /// SHA-256 that the ledger holds; another one found is [`Fail::Mismatch`], before the block gets its final name.
    pub sha256: Option<[u8; 32]>,
    /// Take MD5 as well.
    pub md5: bool,
}

/// Gives the members, page by page.
pub trait Members: Send {
    /// The members after the key, in ascending order; an empty page ends the block. The same key must give the same page
    /// whenever it is asked, in this session or a later one. Called from a thread of the pipeline.
    fn page(&mut self, after: i64) -> Result<Vec<Member>>;
}

/// Where a member lies in the block, and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Key.
    pub id: i64,
    /// Offset in bytes of its header.
    pub header: u64,
    /// Offset in bytes of its first content byte.
    pub data: u64,
    /// SHA-256 of its content, of a file.
    pub sha256: Option<[u8; 32]>,
    /// MD5 of its content, if asked for.
    pub md5: Option<[u8; 16]>,
}

/// Takes what was packed.
pub trait Observer: Watch {
    /// Members that are in the temporary file, synced. Members reported after the checkpoint from which a session
    /// resumes are reported again.
    fn packed(&mut self, batch: &[Packed]) -> Result<()>;
    /// A state to resume from; all members before it were given to [`Observer::packed`].
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    point: Point,
    /// Hashes of the content of the member in work, if it is in the middle of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<hash::Saved>,
    /// Hash of the whole block so far.
    whole: hash::Saved,
    /// Whether all is written and synced, and only the final name is missing.
    complete: bool,
    /// Of a complete state, the last before it from which a write can be taken up, where that cannot be at its end
    /// ([`crate::storage::Writer::granule`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Box<Checkpoint>>,
}

impl Checkpoint {
    /// Bytes of the block that are written and synced.
    pub fn written(&self) -> u64 {
        self.point.written
    }
}

/// A place in a block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Point {
    /// Bytes of the block before it.
    written: u64,
    /// Key after which the page in work starts.
    after: i64,
    /// Members of that page that are whole.
    skip: usize,
    /// Bytes of the next member (header, content, padding) before it.
    within: u64,
    /// Files that are whole.
    files: u64,
}

/// How to pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Replace a file that has the final name already.
    pub replace: bool,
    /// Bytes that the block will have, where they are known: a storage chooses the size of its parts by it. The same in every session
    /// of one block.
    pub size: Option<u64>,
}

/// A block that stands under its final name, synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the whole.
    pub sha256: [u8; 32],
}

/// Lets `target` put the block together itself out of the members, files of `source` ([`Storage::compose`]); `false`, and nothing done, where
/// it cannot. The bytes of the files are not seen here: only where each member lies is told ([`Packed`] without digests), and whoever
/// reads the block compares them.
#[allow(clippy::too_many_arguments)] // as [`pack`]
pub fn compose(
    source: &dyn Storage,
    target: &dyn Storage,
    path: &[u8],
    members: &mut dyn Members,
    trailer: &[u8],
    composing: Composing,
    placed: &mut dyn FnMut(&[Packed]) -> Result<()>,
    watch: &mut dyn Watch,
) -> Result<bool> {
    composed::compose(source, target, path, members, trailer, composing, placed, watch)
}

/// How a block is put together by its storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Composing {
    /// Bytes that the block will have.
    pub size: u64,
    /// Files in it.
    pub files: u64,
    /// Replace a file that has the final name already.
    pub replace: bool,
}

/// Packs members of `source` into the file `path` of `target`, ended by `trailer`.
///
/// When it fails the temporary file stays for a resume; [`Storage::discard`] takes it away. A checkpoint whose temporary file is gone
/// starts anew, unless only the final name was missing and the block has it by now.
#[allow(clippy::too_many_arguments)] // what goes where, and who watches: nothing in it belongs together more closely
pub fn pack(
    source: &dyn Storage,
    target: &dyn Storage,
    path: &[u8],
    members: &mut dyn Members,
    trailer: &[u8],
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Written> {
    let Some(state) = resume else { return run::pack(source, target, path, members, trailer, options, None, observer) };
    let part = target.partial(path)?;
    if state.complete && part.is_none() && run::stands(target, path, state.written())? {
        return run::written(&state);
    }
    let state = state.before.clone().map_or(state, |before| *before);
    let usable = part.is_some_and(|bytes| bytes >= state.written());
    run::pack(source, target, path, members, trailer, options, usable.then_some(state), observer)
}
