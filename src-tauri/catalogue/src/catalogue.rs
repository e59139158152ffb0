//! The trait by which tasks read and write the catalogue and the ledger.

use crate::{
    Block, BlockId, BlockState, Copied, Damage, Dataset, DatasetId, Digests, Entry, EntryId, FoundEntry, HistoryLine,
    Library, Metadata, Mtime, NewBlock, NewDataset, NewEntry, NewMessage, PathBytes, Proof, ProofMethod, Released,
    Sha256,
};

/// Why the catalogue did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such thing.
    #[error("there is no {what} {key:?}")]
    NotFound {
        /// `dataset`, `datablock`, `entry`.
        what: &'static str,
        /// What was asked for.
        key: String,
    },
    /// The name or identifier is taken.
    #[error("a dataset with the {field} {value:?} exists already")]
    Taken {
        /// `name` or `pid`.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A step that the ledger does not allow, such as a release without a proof.
    #[error("the ledger refuses: {0}")]
    Refused(String),
    /// The database failed; nothing of this call was written.
    #[error("the workspace's database failed: {0}")]
    Database(String),
}

/// Result of a call to the catalogue.
pub type Result<T> = std::result::Result<T, Error>;

/// The catalogue and the ledger.
///
/// Every call blocks, so call it off the async threads. A write is one transaction: when it returns `Ok`, all of it
/// survives a crash of the process at any later instant; when it returns `Err`, none of it was written. Batches should hold a
/// thousand rows or so, so that no journal write waits long. Every write may be repeated with the same values
/// and then changes nothing: a task that was killed between the work and the next checkpoint does it again.
pub trait Catalogue: Library {
    /// Creates a dataset. [`Error::Taken`] when name or pid are taken.
    fn create_dataset(&self, new: &NewDataset) -> Result<Dataset>;
    /// A dataset by pid, or else by name, or else by its pid in SciCat.
    fn dataset(&self, pid_or_name: &str) -> Result<Dataset>;

    /// Says what a dataset is, in place of what was said before. [`Error::Taken`] where the pid that was chosen is another dataset's.
    fn describe(&self, dataset: DatasetId, metadata: &Metadata) -> Result<()>;
    /// What is said of a dataset.
    fn metadata(&self, dataset: DatasetId) -> Result<Option<Metadata>>;
    /// SciCat knows a dataset with metadata by this pid.
    fn registered(&self, dataset: DatasetId, pid: &str) -> Result<()>;
    /// The files of a dataset with metadata lie in this folder of the landing zone, or will. The first word counts.
    fn lands_in(&self, dataset: DatasetId, folder: &PathBytes) -> Result<Dataset>;

    /// Forgets a listing that was not finished; refused once it is.
    fn clear_listing(&self, dataset: DatasetId) -> Result<()>;
    /// Adds entries, parents before children. Keys ascend in the order given.
    fn add_entries(&self, dataset: DatasetId, entries: &[NewEntry]) -> Result<()>;
    /// Closes the listing: totals are taken, folders get the counts and bytes of what lies below them.
    /// `special` counts what was left out.
    fn finish_listing(&self, dataset: DatasetId, special: u64) -> Result<Dataset>;

    /// At most `limit` entries after the key `after` (0 for the first), in ascending order.
    fn entries_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>>;
    /// Like [`Self::entries_after`], files only, and only those whose landing copy is not there yet.
    fn unlanded_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>>;
    /// Files in the landing zone whose LTS copy is proved, after the key.
    fn releasable_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>>;
    /// The entry at a path inside the dataset.
    fn entry_at(&self, dataset: DatasetId, path: &PathBytes) -> Result<Entry>;
    /// Every entry below a folder, the folder first, after the key; for a file, the file.
    fn entries_below(&self, dataset: DatasetId, path: &PathBytes, after: EntryId, limit: usize) -> Result<Vec<Entry>>;
    /// Entries across all datasets whose file name holds the text, or whose checksum (hex, SHA-256 or MD5) it is.
    fn find(&self, name_or_checksum: &str, limit: usize) -> Result<Vec<FoundEntry>>;

    /// A file that changed between its listing and its copying: takes it as it is now, for the next try, totals included. Refused
    /// once the file landed. A catalogue that does not do this leaves the file as it was listed.
    fn relist_file(&self, _: DatasetId, _: EntryId, _size: u64, _mode: u32, _mtime: Mtime) -> Result<()> {
        Ok(())
    }

    /// Checksums that files must have when they are first read, by another catalogue's word: 16 bytes are MD5, 32 SHA-256, others are
    /// no file's. The last word counts.
    fn expect(&self, dataset: DatasetId, expected: &[(EntryId, Vec<u8>)]) -> Result<()>;
    /// Those of the entries from one key to another, both included, in ascending order.
    fn expected(&self, first: EntryId, last: EntryId) -> Result<Vec<(EntryId, Vec<u8>)>>;

    /// Files that now lie whole in the landing zone, with the checksums taken from their source.
    fn record_landed(&self, dataset: DatasetId, landed: &[(EntryId, Digests)]) -> Result<()>;

    /// Lays down the datablocks of a dataset. Repeating it with the same list changes nothing; another list is refused once
    /// one of them is written.
    fn plan_blocks(&self, dataset: DatasetId, storage: &str, blocks: &[NewBlock]) -> Result<Vec<Block>>;
    /// The datablocks of a dataset by number.
    fn blocks(&self, dataset: DatasetId) -> Result<Vec<Block>>;
    /// One datablock.
    fn block(&self, block: BlockId) -> Result<Block>;
    /// Where entries lie in a datablock that is being written. Proofs of an earlier writing are forgotten.
    fn record_copies(&self, copies: &[(EntryId, Copied)]) -> Result<()>;
    /// The datablock stands under its final name, synced.
    fn block_written(&self, block: BlockId, path: &PathBytes, sha256: &Sha256) -> Result<()>;
    /// Entries that were read back and whose checksum is the source's.
    fn record_proofs(&self, block: BlockId, proofs: &[Proof]) -> Result<()>;
    /// The whole datablock was read back. `Proved` is refused unless every entry in it has its proof;
    /// `Damaged` forgets the proofs of the entries named.
    fn block_verified(
        &self,
        block: BlockId,
        state: BlockState,
        damage: &[Damage],
        at: i64,
        method: ProofMethod,
    ) -> Result<()>;

    /// Landing-zone files that were deleted. Refused, the whole batch, if one of them has no proof.
    fn record_released(&self, dataset: DatasetId, released: &[Released]) -> Result<()>;

    /// Appends to a dataset's history. A line with the event, text and run of one that is there is not added again.
    fn add_history(&self, dataset: DatasetId, line: &HistoryLine) -> Result<()>;

    /// Keeps messages for other systems until they are delivered, all or none, in this order.
    fn tell(&self, messages: &[NewMessage]) -> Result<()>;
}
