//! One file from one storage to another, hashed in the pass.

use serde::{Deserialize, Serialize};

use crate::behind::ReadBack;
use crate::hash::{self, Hashes};
use crate::storage::{self, Finish, Known, Meta, ReadOptions, Reader, Receipt, Storage, UNKNOWN_SIZE, Writer};
use crate::stream::{self, Note, Stream};
use crate::{Fail, Result, Watch};

/// A file to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Key; ascending.
    pub id: i64,
    /// Path on the source.
    pub source: Vec<u8>,
    /// Path on the target.
    pub target: Vec<u8>,
    /// Bytes when it was listed; [`crate::storage::UNKNOWN_SIZE`] where nobody knew.
    pub size: u64,
    /// Modification time when it was listed. Another size or time now, before or after reading, is [`Fail::Changed`].
    pub mtime: (i64, u32),
    /// Permission bits for the copy.
    pub mode: u32,
}

/// How to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // each stands for itself
pub struct Options {
    /// Take MD5 as well as SHA-256.
    pub md5: bool,
    /// Share blocks with the source where the file system can; the copy is read once, for the checksums.
    pub reflink: bool,
    /// Replace a file that has the final name already.
    pub replace: bool,
    /// Read a large copy back while it is written ([`Copied::found`]).
    pub read_back: bool,
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
    /// Whether the target compared every byte that it stored with a checksum taken here ([`Receipt::confirmed`]).
    pub confirmed: bool,
    /// What the copy was found to be once it was synced; `None` where it was not looked at.
    pub found: Option<Found>,
}

/// What lies at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Its SHA-256 as it was read back from the medium.
    ReadBack([u8; 32]),
    /// Its SHA-256 as the storage took it of what it stored: that of what was sent.
    ByStorage([u8; 32]),
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
    id: i64,
    /// Bytes of the temporary file that are valid.
    written: u64,
    /// Hashes of them.
    hashes: hash::Saved,
    /// What the target has confirmed of them ([`Writer::seal`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
}

impl Checkpoint {
    /// Whether it is the state of this item.
    pub fn is_of(&self, item: &Item) -> bool {
        self.id == item.id
    }

    /// Key of the file.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The same state of the same file, under the key that it has in another call.
    #[must_use]
    pub fn under(self, id: i64) -> Self {
        Self { id, ..self }
    }
}

/// Copies one file; it stands under its final name, synced, when this returns.
///
/// When it fails, the temporary file stays for a resume; [`Storage::discard`] takes it away. A checkpoint of another file, or whose
/// temporary file is gone, starts anew.
#[allow(clippy::needless_pass_by_value)] // as the others of this crate
pub fn copy_file(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Copied> {
    let finish = finish(item, options, true);
    if options.reflink && target.reflink_from(source, &item.source, &item.target, &finish)? {
        return hash_clone(source, target, item, options, observer);
    }
    streamed(source, target, item, options, None, resume.as_ref(), observer)
}

/// Copies one file whose SHA-256 is known, as [`copy_file`] does: it gets its final name only if what was read has that checksum.
/// Otherwise it is [`Fail::Mismatch`], and nothing of it is left at the target. Blocks are never shared with the source.
pub fn copy_known(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    sha256: [u8; 32],
    resume: Option<&Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Copied> {
    streamed(source, target, item, options, Some(sha256), resume, observer)
}

/// The bytes from one to the other, and the final name if they are those that were `expected`.
fn streamed(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    expected: Option<[u8; 32]>,
    resume: Option<&Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Copied> {
    let (reader, start) = start(source, target, item, options, resume)?;
    let finish = Finish { mtime: Some(time_of(item, reader.as_ref())), ..finish(item, options, true) };
    let pace = observer.pace();
    let back = if options.read_back { ReadBack::start(target, item, pace) } else { None };
    let reach = back.as_ref().map(ReadBack::reach);
    let Start { writer, before, hashes } = start;
    let stream = Stream { reader, writer: Some(writer), before, hashes, size: item.size, reach };
    let moved = stream::run(stream, pace, &mut |note| tell(item, note, observer))?;
    unchanged(item, &moved.reader.meta()?)?;
    let writer = moved.writer.ok_or(Fail::Broken)?;
    if let Err(fail) = as_stated(item, moved.reader.as_ref(), &moved.digests) {
        writer.abort()?;
        return Err(fail);
    }
    if let Some(expected) = expected.filter(|sha256| *sha256 != moved.digests.sha256) {
        writer.abort()?;
        let (expected, found) = (hash::hex(&expected), hash::hex(&moved.digests.sha256));
        return Err(Fail::Mismatch { id: item.id, path: item.source.clone(), expected, found });
    }
    let Receipt { confirmed } = writer.commit(&finish)?;
    let found = back.and_then(|back| back.finish(moved.bytes, &|| observer.cancelled()));
    // Another one may be that of a file that was not read to its end: it is asked for again.
    let found = found.filter(|found| !matches!(found, Found::ByStorage(sum) if *sum != moved.digests.sha256));
    Ok(Copied { id: item.id, size: moved.bytes, digests: moved.digests, confirmed, found })
}

/// How a copy ends.
pub(crate) fn finish(item: &Item, options: Options, durable: bool) -> Finish {
    Finish { mode: Some(item.mode), mtime: Some(item.mtime), replace: options.replace, durable }
}

/// The modification time that the copy is given: the file's own, where its storage tells that apart from when it took the file.
pub(crate) fn time_of(item: &Item, reader: &dyn Reader) -> (i64, u32) {
    reader.own_time().unwrap_or(item.mtime)
}

/// Opens the source, which must be as it was listed.
pub(crate) fn open(source: &dyn Storage, item: &Item, offset: u64) -> Result<Box<dyn Reader>> {
    let reader = source.read(&item.source, ReadOptions { offset, ..ReadOptions::default() })?;
    unchanged(item, &reader.meta()?)?;
    Ok(reader)
}

/// Whether a source is as it was listed.
pub(crate) fn unchanged(item: &Item, now: &Meta) -> Result<()> {
    let why = if now.size != item.size {
        format!("it had {} bytes when it was listed, and has {} now", item.size, now.size)
    } else if now.mtime != item.mtime {
        "its modification time is not that of the listing any more".into()
    } else {
        return Ok(());
    };
    Err(Fail::Changed { path: item.source.clone(), why })
}

/// Where a copy starts.
struct Start {
    writer: Box<dyn Writer>,
    before: u64,
    hashes: Hashes,
}

/// Opens both ends, at the place where the copy goes on.
fn start(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    resume: Option<&Checkpoint>,
) -> Result<(Box<dyn Reader>, Start)> {
    let resume = resume.filter(|state| state.id == item.id);
    let written = resume.map(|state| state.written);
    let reader = open(source, item, written.unwrap_or(0))?;
    let md5 = takes_md5(options, reader.as_ref());
    let known = resume.and_then(|state| {
        let hashes = Hashes::load(&state.hashes).filter(|hashes| hashes.with_md5() == md5)?;
        Some((state.written, hashes))
    });
    let ahead = Known { size: item.size, mtime: Some(time_of(item, reader.as_ref())) };
    let ahead = Some(ahead).filter(|known| known.size != UNKNOWN_SIZE);
    let (mut writer, resumed) =
        storage::go_on(target, &item.target, known.as_ref().map(|(written, _)| *written), ahead)?;
    if let Some((before, hashes)) = known.filter(|_| resumed) {
        if let Some(seal) = resume.and_then(|state| state.seal.as_deref()) {
            writer.trust(seal);
        }
        return Ok((reader, Start { writer, before, hashes }));
    }
    let reader = if written.is_some_and(|at| at > 0) { open(source, item, 0)? } else { reader };
    Ok((reader, Start { writer, before: 0, hashes: Hashes::new(md5) }))
}

/// Whether MD5 is taken of what a reader gives: where it is asked for, or where one is stated that it is held against.
pub(crate) fn takes_md5(options: Options, reader: &dyn Reader) -> bool {
    options.md5 || reader.stated_md5().is_some()
}

/// Whether what was read is what the source states that it is.
pub(crate) fn as_stated(item: &Item, reader: &dyn Reader, read: &hash::Digests) -> Result<()> {
    if let (Some(stated), Some(found)) = (reader.stated_md5(), read.md5) {
        the_same(item, "MD5", &stated, &found)?;
    }
    match reader.stated_sha256() {
        Some(stated) => the_same(item, "SHA-256", &stated, &read.sha256),
        None => Ok(()),
    }
}

fn the_same(item: &Item, algorithm: &str, stated: &[u8], found: &[u8]) -> Result<()> {
    if stated == found {
        return Ok(());
    }
    let (stated, found) = (hash::hex(stated), hash::hex(found));
    let why = format!("its {algorithm} is stated to be {stated}, and that of the bytes is {found}");
    Err(Fail::Storage(storage::Error {
        code: "file.not_as_stated",
        status: storage::Status::Permanent,
        what: "The file is not what its source says that it is".into(),
        why,
        path: item.source.clone(),
        storage: String::new(),
    }))
}

fn tell(item: &Item, note: Note, observer: &mut dyn Observer) -> Result<()> {
    match note {
        Note::Tick => {}
        Note::At(bytes) => observer.progress(bytes, 0, &item.source),
        Note::Saved(written, hashes, seal) => {
            observer.checkpoint(&Checkpoint { id: item.id, written, hashes, seal })?;
        }
    }
    if observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
}

/// The copy shares the source's blocks, and nobody else writes to it: what is read from it is what the source held then.
fn hash_clone(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    observer: &mut dyn Observer,
) -> Result<Copied> {
    let checked = source.stat(&item.source).map_err(Fail::from).and_then(|now| unchanged(item, &now)).and_then(|()| {
        let reader = target.read(&item.target, ReadOptions::default())?;
        let stream =
            Stream { reader, writer: None, before: 0, hashes: Hashes::new(options.md5), size: item.size, reach: None };
        stream::run(stream, observer.pace(), &mut |note| tell_clone(item, &note, observer))
    });
    match checked {
        Ok(moved) if moved.bytes == item.size => {
            Ok(Copied { id: item.id, size: item.size, digests: moved.digests, confirmed: false, found: None })
        }
        other => {
            target.delete(&item.target)?;
            let why = "it was shorter than listed when its blocks were shared".into();
            Err(other.err().unwrap_or(Fail::Changed { path: item.source.clone(), why }))
        }
    }
}

/// Like [`tell`], without checkpoints: a copy that shares blocks is made anew in no time.
fn tell_clone(item: &Item, note: &Note, observer: &mut dyn Observer) -> Result<()> {
    if let Note::At(bytes) = note {
        observer.progress(*bytes, 0, &item.source);
    }
    if observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
}
