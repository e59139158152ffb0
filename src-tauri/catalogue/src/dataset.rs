//! The words of the catalogue and the ledger, as types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Described, PathBytes};

/// Key of a dataset in the catalogue.
pub type DatasetId = i64;
/// Key of an entry; entries of a dataset have ascending keys in the order in which they were listed.
pub type EntryId = i64;
/// Key of a datablock.
pub type BlockId = i64;
/// A SHA-256 digest.
pub type Sha256 = [u8; 32];

/// Modification time as the file system gives it: seconds since the epoch (may be negative) and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Mtime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub secs: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanos: u32,
}

/// What stands of a dataset as a whole. Derived by the store from what the ledger holds; nobody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatasetState {
    /// Being listed or copied into the landing zone.
    Landing,
    /// Whole in the landing zone, with the checksums of its source.
    Landed,
    /// Some datablocks are written; not every file is proved.
    Archiving,
    /// Every entry lies in a datablock on the LTS and was read back from there with the source's checksum.
    Archived,
    /// A datablock that was written failed its verification and has not been replaced.
    Damaged,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Key.
    pub id: DatasetId,
    /// Persistent identifier: unique, safe as a file name.
    pub pid: String,
    /// The operator's name for it: unique.
    pub name: String,
    /// Derived state.
    pub state: DatasetState,
    /// Totals of its entries; zero until it is listed.
    pub totals: Totals,
    /// Whether the listing is complete.
    pub listed: bool,
    /// The paths from which it came; absolute.
    pub sources: Vec<PathBytes>,
    /// When it was created, in milliseconds since the epoch.
    pub created_at: i64,
    /// Where it stands, if it has metadata.
    pub described: Option<Described>,
}

/// Counts and bytes of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Regular files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Symbolic links.
    pub links: u64,
    /// Bytes of regular files.
    pub bytes: u64,
    /// Sockets, devices and pipes, which are named in the history and not archived.
    pub special: u64,
}

/// What it takes to create a dataset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewDataset {
    /// Wanted identifier; the store refuses one that is taken.
    pub pid: String,
    /// Name; refused when taken.
    pub name: String,
    /// Absolute source paths. One that ends in `/` means "what lies in it", else the folder itself becomes the top.
    pub sources: Vec<PathBytes>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A regular file. Each name of a hard-linked file is an entry of its own.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, kept as a link.
    Link,
}

/// An entry as the listing finds it. Folders come before what lies in them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewEntry {
    /// Index, in the same call or an earlier one of the same listing, of the folder that it lies in is not known to the
    /// lister; the store resolves `path`'s parent itself. Full path inside the dataset, no leading slash.
    pub path: PathBytes,
    /// Which of [`NewDataset::sources`] it comes from.
    pub source: u32,
    /// Kind.
    pub kind: EntryKind,
    /// Bytes of a file, else 0.
    pub size: u64,
    /// Permission bits (07777).
    pub mode: u32,
    /// Modification time.
    pub mtime: Mtime,
    /// Target of a link, else empty.
    pub link: PathBytes,
}

/// Where the copy of a file in the landing zone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandingState {
    /// Not there yet.
    Absent,
    /// There, whole, with checksums from its source.
    Present,
    /// Deleted after the proof.
    Released,
}

/// An entry with what the ledger holds of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Key; ascending within a dataset in listing order.
    pub id: EntryId,
    /// Full path inside the dataset.
    pub path: PathBytes,
    /// Which source it came from.
    pub source: u32,
    /// Kind.
    pub kind: EntryKind,
    /// Bytes of a file, else 0.
    pub size: u64,
    /// Permission bits (07777).
    pub mode: u32,
    /// Modification time.
    pub mtime: Mtime,
    /// Target of a link, else empty.
    pub link: PathBytes,
    /// Checksums taken from the source; `None` until it was read. Always `None` for folders and links.
    pub digests: Option<Digests>,
    /// The copy in the landing zone (files only; `Absent` for others).
    pub landing: LandingState,
    /// The copy on the LTS: datablock, offset of its first content byte in it, and the proof.
    pub copy: Option<Copied>,
    /// When that copy was proved, in milliseconds since the epoch.
    pub proved_at: Option<i64>,
}

/// An entry as a search across datasets finds it.
#[derive(Debug, Clone)]
pub struct FoundEntry {
    /// Its dataset's identifier.
    pub pid: String,
    /// The entry.
    pub entry: Entry,
}

/// The checksums of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// For the ledger.
    #[serde(with = "crate::hex")]
    pub sha256: Sha256,
    /// For catalogues that want it (SciCat).
    #[serde(with = "crate::hex")]
    pub md5: [u8; 16],
}

/// A datablock to be: a run of a dataset's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewBlock {
    /// Number in its dataset, from 0.
    pub number: u32,
    /// File name: `<pid>_<number>.tar`.
    pub name: String,
    /// First entry in it.
    pub first: EntryId,
    /// Last entry in it; every entry of the dataset between the two belongs to it.
    pub last: EntryId,
    /// Regular files in it.
    pub files: u64,
    /// Bytes of the files in it.
    pub bytes: u64,
    /// Bytes of the whole tar: headers, padding and trailer included.
    pub size: u64,
}

/// State of a datablock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockState {
    /// Planned; perhaps partly written under a temporary name.
    Planned,
    /// Under its final name, not read back.
    Written,
    /// Read back; its own checksum and that of every file in it are right.
    Proved,
    /// Read back, and not what was written.
    Damaged,
}

/// A datablock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Key.
    pub id: BlockId,
    /// Its dataset.
    pub dataset: DatasetId,
    /// What it holds.
    pub plan: NewBlock,
    /// State.
    pub state: BlockState,
    /// Name of the storage that it lies on.
    pub storage: String,
    /// Path on that storage, once written.
    pub path: PathBytes,
    /// Checksum of the whole tar as it was written.
    pub sha256: Option<Sha256>,
    /// When its last verification ended, in milliseconds since the epoch.
    pub verified_at: Option<i64>,
    /// How it was read back.
    pub method: Option<ProofMethod>,
}

/// How bytes were read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofMethod {
    /// From the medium: the page cache was dropped or passed by.
    Medium,
    /// The file system offers no way past its cache (tmpfs).
    Cache,
    /// From a server over the network, which alone knows where it has the bytes from.
    Server,
}

/// One entry's place in a datablock that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The datablock.
    pub block: BlockId,
    /// Offset in bytes of the entry's first header block in the tar.
    pub header: u64,
    /// Offset in bytes of its first content byte.
    pub data: u64,
}

/// One entry that was read back and is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The entry.
    pub entry: EntryId,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// One entry that was read back and is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The entry.
    pub entry: EntryId,
    /// What was found, in words for the operator.
    pub found: String,
}

/// One entry whose landing-zone file was deleted after its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The entry.
    pub entry: EntryId,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// One line of a dataset's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryLine {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Stable word: `created`, `landed`, `block_written`, `block_proved`, `damage`, `released`, `archived`, `retrieved`, ...
    pub event: String,
    /// What happened, in words.
    pub text: String,
    /// The run that did it, if one did.
    pub run: Option<String>,
}
