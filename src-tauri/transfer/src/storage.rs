//! What every storage implements, and what it may say that it can.
//!
//! Calls block: they are made from threads that are meant to wait. A connector whose library is asynchronous
//! bridges inside. Paths are bytes, relative to the storage's root, with `/` between components and no leading slash;
//! `..`, empty components and NUL are refused by every implementation, and no path may leave the root through a link.

pub use crate::composer::Composer;
pub use crate::follow::Follow;
pub use crate::part::{NAME_MAX, go_on, is_part, part_name};

/// What kind of thing lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file or object.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, socket or device.
    Special,
}

/// [`Meta::size`] of a file whose storage does not say how long it is (a server that makes it as it is sent). It is read to its end,
/// and how long it was is known then.
pub const UNKNOWN_SIZE: u64 = u64::MAX;

/// What is known of a path without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Kind.
    pub kind: Kind,
    /// Bytes; of a file only. [`UNKNOWN_SIZE`] where they are not known.
    pub size: u64,
    /// Permission bits (07777), where the storage has them.
    pub mode: Option<u32>,
    /// Seconds since the epoch and nanoseconds.
    pub mtime: (i64, u32),
    /// Target, of a link.
    pub link: Vec<u8>,
    /// Number of names of this file, where the storage knows (1 if not).
    pub names: u64,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Last component of the path.
    pub name: Vec<u8>,
    /// What lies there.
    pub meta: Meta,
    /// What the listing says of a file that has the form of an MD5. Where it is the MD5 of what is known to have been there, the same
    /// bytes lie there now; another one says nothing, as with objects that were encrypted on arrival.
    pub md5: Option<[u8; 16]>,
}

impl Listed {
    /// Of which a listing says no more than this.
    pub fn new(name: Vec<u8>, meta: Meta) -> Self {
        Self { name, meta, md5: None }
    }
}

/// Room on a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all.
    pub total: u64,
    /// Bytes free to this user.
    pub free: u64,
    /// Which pool the bytes come from. Storages that give the same text share their room (one file system).
    pub pool: String,
    /// Whether writing is refused as a whole (mounted read-only).
    pub read_only: bool,
}

/// What a storage can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // each stands for itself
pub struct Capabilities {
    /// Links, modes and modification times are kept, and names may hold any byte but NUL and `/`.
    pub posix: bool,
    /// A modification time that a write ends with is given back by [`Storage::stat`], to the second at least.
    pub times: bool,
    /// Folders exist by themselves. Where not (object storages), a folder is there as long as something lies in it, and making
    /// one does nothing.
    pub folders: bool,
    /// Small files can be written under temporary names and named together ([`Writer::settle`], [`Storage::publish`]). Where
    /// not, a file is committed by itself, in as few requests as can be.
    pub batches: bool,
    /// [`Storage::space`] knows.
    pub space: bool,
    /// A write can go on at an offset after a restart.
    pub resume: bool,
    /// Files can be read past the cache.
    pub medium: bool,
    /// A file can share another's blocks ([`Storage::reflink_from`]).
    pub reflink: bool,
    /// Many files are deleted in one request ([`Storage::delete_many`]).
    pub delete_many: bool,
}

/// Kind of a failure: what a retry can hope for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Another try may do.
    Transient,
    /// The data or the request is wrong; a retry gives the same.
    Permanent,
    /// The storage as a whole is unusable (missing, read-only, full).
    Unusable,
}

/// A storage's failure. `code` is stable (`storage.missing`, `storage.full`, `storage.read_only`, `file.missing`,
/// `file.denied`, `file.changed`, `file.exists`, `path.too_long`, `io.error`, ...).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Error {
    /// Stable code.
    pub code: &'static str,
    /// What a retry can hope for.
    pub status: Status,
    /// What was being done, on what.
    pub what: String,
    /// Why it failed, in the system's words.
    pub why: String,
    /// Path on the storage, if one.
    pub path: Vec<u8>,
    /// Name of the storage; empty where the one who failed does not know it.
    pub storage: String,
}

/// The code by which a listing is ended that has given enough.
const ENOUGH: &str = "list.enough";

impl Error {
    /// What is given back to a listing to end it early. It is no failure of the storage.
    pub fn enough() -> Self {
        let (what, why) = (String::new(), String::new());
        Self { code: ENOUGH, status: Status::Permanent, what, why, path: Vec::new(), storage: String::new() }
    }

    /// Whether a listing was ended by [`Error::enough`].
    pub fn is_enough(&self) -> bool {
        self.code == ENOUGH
    }
}

/// A checksum that a storage may know of what lies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-256, 32 bytes.
    Sha256,
}

/// What a storage says of the bytes that it took when it gave them their final name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Every byte was covered by a checksum that this side took of what it sent and that the storage compared with what it
    /// stored, before the file had its name.
    pub confirmed: bool,
}

/// Result of a storage's call.
pub type Result<T> = std::result::Result<T, Error>;

/// A file open for reading.
pub trait Reader: Send {
    /// Fills as much of `buf` as there is: less only at the end of the file.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize>;
    /// The file's metadata now, through the open handle: compared before and after to see a change under the reader.
    fn meta(&self) -> Result<Meta>;
    /// Whether what is read comes from the medium.
    fn reads_medium(&self) -> bool;
    /// The modification time that the file was written with, where [`Reader::meta`] says when the storage took it instead.
    fn own_time(&self) -> Option<(i64, u32)> {
        None
    }
    /// MD5 of the whole file as whoever keeps it states it apart from its bytes (the record of a repository): a copy of bytes that have
    /// another is [`crate::Fail::Mismatch`] and gets no final name.
    fn stated_md5(&self) -> Option<[u8; 16]> {
        None
    }
    /// SHA-256 of the whole file, stated and held against as [`Reader::stated_md5`] is.
    fn stated_sha256(&self) -> Option<[u8; 32]> {
        None
    }
}

/// A file being written under a temporary name.
pub trait Writer: Send {
    /// Appends all of `bytes`.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
    /// Bytes appended so far, those of earlier sessions included.
    fn written(&self) -> u64;
    /// Makes what was written so far survive power loss; called only where [`Writer::written`] is a multiple of
    /// [`Writer::granule`].
    fn sync(&mut self) -> Result<()>;
    /// Begins to make what was written so far survive power loss, where that can go on beside further writing; called as
    /// [`Writer::sync`] is. How far it has come, [`Writer::synced`] says.
    fn sync_soon(&mut self) -> Result<()> {
        self.sync()
    }
    /// Bytes, from the file's start, that survive power loss by now, as far as a call of [`Writer::sync_soon`] covers them. It does not
    /// wait.
    fn synced(&mut self) -> Result<u64> {
        Ok(self.written())
    }
    /// Bytes after which a write can be taken up again: a resume is at a multiple of this. 1 for files; the size of a part for
    /// a multipart upload.
    fn granule(&self) -> u64 {
        1
    }
    /// What the storage has confirmed ([`Receipt::confirmed`]) of the first `bytes`, which are synced, as a text that is kept with a
    /// checkpoint; `None` where it has not confirmed all of them.
    fn seal(&self, _bytes: u64) -> Option<String> {
        None
    }
    /// Given the [`Writer::seal`] of an earlier session, from whose bytes this one goes on: where the storage still holds what was
    /// sealed, it counts as confirmed, and need not be read back.
    fn trust(&mut self, _seal: &str) {}
    /// Syncs, sets mode and mtime if given, gives the final name (replacing what has it only if `replace`), and syncs the folder.
    /// After this, and not before, the file exists for others.
    fn commit(self: Box<Self>, finish: &Finish) -> Result<Receipt>;
    /// Sets mode and mtime and closes the file, which keeps its temporary name and is not synced: for batches, in which
    /// [`Storage::sync_all`] and then [`Storage::publish`] follow. Only where [`Capabilities::batches`] says so.
    fn settle(self: Box<Self>, finish: &Finish) -> Result<()>;
    /// Takes the temporary file away.
    fn abort(self: Box<Self>) -> Result<()>;
}

/// What is known of a file before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// Bytes that it will have.
    pub size: u64,
    /// Modification time that it will be given: seconds and nanoseconds.
    pub mtime: Option<(i64, u32)>,
}

/// How a write ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Finish {
    /// Permission bits.
    pub mode: Option<u32>,
    /// Modification time: seconds and nanoseconds.
    pub mtime: Option<(i64, u32)>,
    /// Replace a file of that name.
    pub replace: bool,
    /// Sync file and folder before returning. Off only for trees that are synced as a whole afterwards ([`Storage::sync_all`]).
    pub durable: bool,
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// First byte.
    pub offset: u64,
    /// Nothing from this byte on will be read, so that none of it need be asked for ahead; it may be given all the same.
    pub until: Option<u64>,
    /// Read from the medium and leave nothing in the cache.
    pub medium: bool,
    /// Read the temporary file of the path instead of what has the final name.
    pub part: bool,
}

/// A storage.
pub trait Storage: Send + Sync {
    /// Its name in this workspace.
    fn name(&self) -> &str;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// Room. Fails with `storage.missing` when its root is not there.
    fn space(&self) -> Result<Space>;
    /// What lies at a path; a link is not followed.
    fn stat(&self, path: &[u8]) -> Result<Meta>;
    /// What lies in a folder, unsorted, given to `each` one by one so that a folder of a million names is never held.
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()>;
    /// Opens a file. A link is not followed.
    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>>;
    /// Opens a file for writing under a temporary name beside its final one; folders above are made. `resume` goes on after
    /// that many bytes of the temporary file, which must be there, and cuts off what lies behind them; `None` starts anew.
    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>>;
    /// The same, for a file of which this is known: a storage may choose the size of its parts by it, or must be told the time
    /// before the bytes.
    fn write_sized(&self, path: &[u8], resume: Option<u64>, _known: Known) -> Result<Box<dyn Writer>> {
        self.write(path, resume)
    }
    /// Bytes of the temporary file of a path, if there is one.
    fn partial(&self, path: &[u8]) -> Result<Option<u64>>;
    /// Takes away the temporary file of a path, if there is one.
    fn discard(&self, path: &[u8]) -> Result<()>;
    /// Takes away all that is unfinished below a folder where that is not seen in a listing (uploads in parts), and says how much it
    /// was. Where temporary files lie beside the final ones there is nothing to do.
    fn discard_below(&self, _folder: &[u8]) -> Result<u64> {
        Ok(0)
    }
    /// Gives a settled file ([`Writer::settle`]) its final name, replacing what has it only if `replace`. Survives power loss
    /// after the next [`Storage::sync_all`].
    fn publish(&self, path: &[u8], replace: bool) -> Result<()>;
    /// Makes the file at `path` share the blocks of an open file of the same file system; `false` where that cannot be done.
    fn reflink_from(&self, source: &dyn Storage, source_path: &[u8], path: &[u8], finish: &Finish) -> Result<bool>;
    /// Makes a folder, and those above it. It may be there already.
    fn make_folder(&self, path: &[u8]) -> Result<()>;
    /// Makes a symbolic link. One that is there with the same target is left; anything else is `file.exists`.
    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()>;
    /// Sets permission bits and modification time, of the link itself for a link (whose mode is left).
    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()>;
    /// Deletes a file or link. One that is not there is not an error.
    fn delete(&self, path: &[u8]) -> Result<()>;
    /// Deletes files or links as [`Storage::delete`] does, in as few requests as can be where [`Capabilities::delete_many`] says so.
    /// There is an outcome for each, in their order; one that fails keeps none of the others from being deleted.
    fn delete_many(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        paths.iter().map(|path| self.delete(path)).collect()
    }
    /// Deletes a folder if it is empty; `false` if it is not.
    fn delete_folder(&self, path: &[u8]) -> Result<bool>;
    /// Makes everything written so far survive power loss (syncfs).
    fn sync_all(&self) -> Result<()>;
    /// Every file at or below `prefix` (a folder, or empty), those behind `after` only: for storages that list all levels in one go.
    /// The order is the storage's own and always the same; nearly always that of the bytes of the whole paths, but there are servers
    /// that list a folder before its neighbours whose names go on with what is less than a slash. `false`, and nothing listed, where
    /// [`Storage::list`] must be asked level by level. The names given are whole paths.
    fn list_all(
        &self,
        _prefix: &[u8],
        _after: Option<&[u8]>,
        _each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<bool> {
        Ok(false)
    }
    /// The checksum of a file as the storage itself takes it of the bytes that lie there, or took it when they came and has kept
    /// it with them; `None` where it cannot say.
    fn checksum(&self, _path: &[u8], _algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
    /// Lets the storage take the SHA-256 of the temporary file of a path, which is being written, behind the writing. `None` where it cannot.
    fn follow(&self, _path: &[u8]) -> Option<Box<dyn Follow>> {
        None
    }
    /// The modification time that a file was written with, where [`Storage::stat`] and listings say when the storage took it
    /// instead ([`Capabilities::times`] is off). It may cost a request.
    fn own_time(&self, _path: &[u8]) -> Result<Option<(i64, u32)>> {
        Ok(None)
    }
    /// Copies a file within the storage, without its bytes passing through this machine; `false` where that cannot be done.
    fn copy_within(&self, _from: &[u8], _to: &[u8], _finish: &Finish) -> Result<bool> {
        Ok(false)
    }
    /// Begins a file that the storage puts together itself, of bytes and of whole files of `source`, whose bytes do not pass through this
    /// machine: `files` of them, and `known` bytes in all. `None` where that cannot be done, or is not worth it for files of that size.
    /// What an earlier one of the same path has put together, and did not finish, may be taken up.
    fn compose(
        &self,
        _source: &dyn Storage,
        _path: &[u8],
        _known: Known,
        _files: u64,
    ) -> Result<Option<Box<dyn Composer>>> {
        Ok(None)
    }
    /// Gives a file, or a folder with all that is in it, another path of the storage in one step that survives power loss; folders above
    /// are made. `false`, and nothing moved, where that cannot be done; `file.exists` where something has that path already.
    fn rename(&self, _from: &[u8], _to: &[u8]) -> Result<bool> {
        Ok(false)
    }
    /// Files that it takes, or gives, side by side before more of them do not help.
    fn width(&self) -> usize {
        4
    }
    /// How many pieces of work are under way on it and may be, where it takes turns ([`crate::level`]).
    fn level(&self) -> Option<crate::level::Standing> {
        None
    }
    /// The concrete storage, for calls between two of one kind such as [`Storage::reflink_from`].
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A path with one more component.
pub fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
