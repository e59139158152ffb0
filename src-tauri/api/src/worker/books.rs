//! The ledger of workers: what lies of it in the shared place, read into a database of this process, and written there with each change.
//!
//! Each dataset has a folder `ledger/KEY`, and each change a document in it, whose name begins with a number: one higher than that of all
//! changes that its writer had seen. So what follows from something is read after it, on every worker, whatever its clock says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use longshore_catalogue::{
    Block, BlockId, BlockState, Catalogue, Copied, Damage, Dataset, DatasetId, Digests, Entry, EntryId, Error,
    FoundEntry, HistoryLine, Library, Metadata, Mtime, NewBlock, NewDataset, NewEntry, NewMessage, PathBytes, Proof,
    ProofMethod, ReceivedMessage, Released, Result, Sha256, WorkNote,
};
use longshore_engine::{Clock as _, Fault};
use longshore_store::Store;
use longshore_transfer::storage::Kind;

use super::fact::{Fact, ONLY};
use super::ground::Ground;
use super::state::State;
use crate::events::lock;

/// Bits of a key that tell what it is within its dataset; those above tell the dataset.
const BITS: u32 = 32;

/// The ledger of a worker.
pub(crate) struct Books {
    state: State,
    ground: Arc<Ground>,
    /// Told in the names of what it writes.
    writer: String,
    open: Mutex<BTreeMap<u32, Arc<Book>>>,
    /// Messages and notes that were written.
    loose: Mutex<u32>,
}

/// The ledger of one dataset.
pub(crate) struct Book {
    pub(crate) store: Store,
    /// The highest number of a change that is in it.
    last: Mutex<u64>,
}

/// Which of the datasets: the same on every worker.
fn key_of(pid: &str) -> u32 {
    let hash = pid.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x7fff_ffff
}

fn split(id: i64) -> (u32, i64) {
    let key = u32::try_from(id >> BITS).unwrap_or(0);
    (key, id & 0xffff_ffff)
}

fn joined(key: u32, id: i64) -> i64 {
    i64::from(key) << BITS | split(id).1
}

/// The key of an entry in a ledger that holds its dataset alone.
fn entry(id: EntryId) -> EntryId {
    ONLY << BITS | split(id).1
}

/// The same of a datablock.
fn block(id: BlockId) -> BlockId {
    split(id).1
}

pub(crate) fn failed(fault: &Fault) -> Error {
    Error::Database(fault.to_string())
}

impl Books {
    pub(crate) fn new(state: &State, ground: Arc<Ground>, writer: String) -> Self {
        let state = state.below("ledger");
        Self { state, ground, writer, open: Mutex::default(), loose: Mutex::default() }
    }

    /// The datasets of which there are facts.
    pub(crate) fn keys(&self) -> Result<Vec<u32>> {
        let names = self.state.names(Kind::Folder).map_err(|fault| failed(&fault))?;
        Ok(names.iter().filter_map(|name| u32::from_str_radix(name, 16).ok()).collect())
    }

    fn folder(&self, key: u32) -> State {
        self.state.below(&format!("{key:08x}"))
    }

    /// The facts of a dataset, in their order, each given to `each` with its number.
    pub(crate) fn facts(&self, key: u32, mut each: impl FnMut(u64, Fact) -> Result<()>) -> Result<()> {
        let folder = self.folder(key);
        for name in folder.names(Kind::File).map_err(|fault| failed(&fault))? {
            let number = name.split('-').next().and_then(|number| number.parse::<u64>().ok());
            let Some(number) = number else { continue };
            if let Some(fact) = folder.read::<Fact>(&name).map_err(|fault| failed(&fault))? {
                each(number, fact)?;
            }
        }
        Ok(())
    }

    /// The ledger of a dataset as it stood when it was first asked for, with what was changed here since.
    pub(crate) fn book(&self, key: u32) -> Result<Arc<Book>> {
        let mut open = lock(&self.open);
        if let Some(book) = open.get(&key) {
            return Ok(book.clone());
        }
        let store = self.ground.database(&format!("{key:08x}")).map_err(|fault| failed(&fault))?;
        let mut last = 0;
        self.facts(key, |number, fact| {
            last = last.max(number);
            fact.apply(&store)
        })?;
        let book = Arc::new(Book { store, last: Mutex::new(last) });
        open.insert(key, book.clone());
        Ok(book)
    }

    /// Makes a change. It is kept where all workers find it once this returns.
    fn change(&self, key: u32, fact: &Fact) -> Result<Arc<Book>> {
        let book = self.book(key)?;
        let mut last = lock(&book.last);
        fact.apply(&book.store)?;
        let name = format!("{:010}-{}.json", *last + 1, self.writer);
        if let Err(fault) = self.folder(key).write(&name, fact) {
            // What is not kept did not happen: it is read anew.
            lock(&self.open).remove(&key);
            self.ground.forget(&format!("{key:08x}"));
            return Err(failed(&fault));
        }
        *last += 1;
        drop(last);
        Ok(book)
    }

    fn change_of(&self, dataset: DatasetId, fact: &Fact) -> Result<Arc<Book>> {
        self.change(split(dataset).0, fact)
    }

    fn read<T>(&self, id: i64, read: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        read(&self.book(split(id).0)?.store)
    }

    fn keep(&self, folder: &str, document: &impl serde::Serialize) -> Result<()> {
        let mut count = lock(&self.loose);
        *count += 1;
        let name = format!("{:013}-{}-{:06}.json", self.ground.clock().now().0, self.writer, *count);
        self.state.below(folder).write(&name, document).map_err(|fault| failed(&fault))
    }

    /// Everything of one sort that is kept beside the datasets.
    pub(crate) fn kept<T: serde::de::DeserializeOwned>(&self, folder: &str) -> Result<Vec<T>> {
        let folder = self.state.below(folder);
        let names = folder.names(Kind::File).map_err(|fault| failed(&fault))?;
        let read = names.iter().map(|name| folder.read(name).map_err(|fault| failed(&fault)));
        read.filter_map(Result::transpose).collect()
    }
}

/// Where messages for other systems are kept.
pub(crate) const MESSAGES: &str = "messages";
/// Where notes on works are kept.
pub(crate) const WORKS: &str = "works";

fn out_dataset(key: u32, dataset: Dataset) -> Dataset {
    Dataset { id: joined(key, dataset.id), ..dataset }
}

fn out_entry(key: u32, entry: Entry) -> Entry {
    let copy = entry.copy.map(|copy| Copied { block: joined(key, copy.block), ..copy });
    Entry { id: joined(key, entry.id), copy, ..entry }
}

fn out_entries(key: u32, entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().map(|entry| out_entry(key, entry)).collect()
}

fn out_block(key: u32, block: Block) -> Block {
    let (first, last) = (joined(key, block.plan.first), joined(key, block.plan.last));
    let plan = NewBlock { first, last, ..block.plan };
    Block { id: joined(key, block.id), dataset: joined(key, block.dataset), plan, ..block }
}

impl Catalogue for Books {
    fn create_dataset(&self, new: &NewDataset) -> Result<Dataset> {
        let key = key_of(&new.pid);
        let book = self.change(key, &Fact::Created { new: new.clone() })?;
        Ok(out_dataset(key, book.store.dataset(&new.pid)?))
    }

    fn dataset(&self, pid_or_name: &str) -> Result<Dataset> {
        let keys = self.keys()?;
        let likely = key_of(pid_or_name);
        let first = keys.iter().filter(|key| **key == likely);
        for key in first.chain(keys.iter().filter(|key| **key != likely)) {
            match self.book(*key)?.store.dataset(pid_or_name) {
                Err(Error::NotFound { .. }) => {}
                found => return found.map(|dataset| out_dataset(*key, dataset)),
            }
        }
        Err(Error::NotFound { what: "dataset", key: pid_or_name.to_owned() })
    }

    fn describe(&self, dataset: DatasetId, metadata: &Metadata) -> Result<()> {
        self.change_of(dataset, &Fact::Described { metadata: Box::new(metadata.clone()) }).map(drop)
    }

    fn metadata(&self, dataset: DatasetId) -> Result<Option<Metadata>> {
        self.read(dataset, |store| store.metadata(ONLY))
    }

    fn registered(&self, dataset: DatasetId, pid: &str) -> Result<()> {
        self.change_of(dataset, &Fact::Registered { pid: pid.to_owned() }).map(drop)
    }

    fn lands_in(&self, dataset: DatasetId, folder: &PathBytes) -> Result<Dataset> {
        let book = self.change_of(dataset, &Fact::LandsIn { folder: folder.clone() })?;
        Ok(out_dataset(split(dataset).0, book.store.lands_in(ONLY, folder)?))
    }

    fn clear_listing(&self, dataset: DatasetId) -> Result<()> {
        self.change_of(dataset, &Fact::ListingCleared).map(drop)
    }

    fn add_entries(&self, dataset: DatasetId, entries: &[NewEntry]) -> Result<()> {
        self.change_of(dataset, &Fact::Listed { entries: entries.to_vec() }).map(drop)
    }

    fn finish_listing(&self, dataset: DatasetId, special: u64) -> Result<Dataset> {
        let book = self.change_of(dataset, &Fact::ListingFinished { special })?;
        Ok(out_dataset(split(dataset).0, book.store.finish_listing(ONLY, special)?))
    }

    fn entries_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let entries = self.read(dataset, |store| store.entries_after(ONLY, entry(after), limit))?;
        Ok(out_entries(split(dataset).0, entries))
    }

    fn unlanded_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let entries = self.read(dataset, |store| store.unlanded_after(ONLY, entry(after), limit))?;
        Ok(out_entries(split(dataset).0, entries))
    }

    fn releasable_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let entries = self.read(dataset, |store| store.releasable_after(ONLY, entry(after), limit))?;
        Ok(out_entries(split(dataset).0, entries))
    }

    fn entry_at(&self, dataset: DatasetId, path: &PathBytes) -> Result<Entry> {
        self.read(dataset, |store| store.entry_at(ONLY, path)).map(|entry| out_entry(split(dataset).0, entry))
    }

    fn entries_below(&self, dataset: DatasetId, path: &PathBytes, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let entries = self.read(dataset, |store| store.entries_below(ONLY, path, entry(after), limit))?;
        Ok(out_entries(split(dataset).0, entries))
    }

    fn find(&self, _: &str, _: usize) -> Result<Vec<FoundEntry>> {
        Err(Error::Refused("a worker does not search across datasets".to_owned()))
    }

    fn relist_file(&self, dataset: DatasetId, entry: EntryId, size: u64, mode: u32, mtime: Mtime) -> Result<()> {
        self.change_of(dataset, &Fact::Relisted { entry: self::entry(entry), size, mode, mtime }).map(drop)
    }

    fn expect(&self, dataset: DatasetId, expected: &[(EntryId, Vec<u8>)]) -> Result<()> {
        let expected = expected.iter().map(|(id, sum)| (entry(*id), sum.clone())).collect();
        self.change_of(dataset, &Fact::Expected { expected }).map(drop)
    }

    fn expected(&self, first: EntryId, last: EntryId) -> Result<Vec<(EntryId, Vec<u8>)>> {
        let key = split(first).0;
        let found = self.read(first, |store| store.expected(entry(first), entry(last)))?;
        Ok(found.into_iter().map(|(entry, sum)| (joined(key, entry), sum)).collect())
    }

    fn record_landed(&self, dataset: DatasetId, landed: &[(EntryId, Digests)]) -> Result<()> {
        let landed = landed.iter().map(|(id, digests)| (entry(*id), *digests)).collect();
        self.change_of(dataset, &Fact::Landed { landed }).map(drop)
    }

    fn plan_blocks(&self, dataset: DatasetId, storage: &str, blocks: &[NewBlock]) -> Result<Vec<Block>> {
        let inside =
            |block: &NewBlock| NewBlock { first: entry(block.first), last: entry(block.last), ..block.clone() };
        let fact = Fact::Planned { storage: storage.to_owned(), blocks: blocks.iter().map(inside).collect() };
        self.change_of(dataset, &fact)?;
        self.blocks(dataset)
    }

    fn blocks(&self, dataset: DatasetId) -> Result<Vec<Block>> {
        let blocks = self.read(dataset, |store| store.blocks(ONLY))?;
        Ok(blocks.into_iter().map(|block| out_block(split(dataset).0, block)).collect())
    }

    fn block(&self, block: BlockId) -> Result<Block> {
        self.read(block, |store| store.block(self::block(block))).map(|found| out_block(split(block).0, found))
    }

    fn record_copies(&self, copies: &[(EntryId, Copied)]) -> Result<()> {
        let Some((first, _)) = copies.first() else { return Ok(()) };
        let inside = |(id, copy): &(EntryId, Copied)| (entry(*id), Copied { block: block(copy.block), ..*copy });
        self.change_of(*first, &Fact::Copied { copies: copies.iter().map(inside).collect() }).map(drop)
    }

    fn block_written(&self, block: BlockId, path: &PathBytes, sha256: &Sha256) -> Result<()> {
        let fact = Fact::Written { block: self::block(block), path: path.clone(), sha256: *sha256 };
        self.change_of(block, &fact).map(drop)
    }

    fn record_proofs(&self, block: BlockId, proofs: &[Proof]) -> Result<()> {
        let proofs = proofs.iter().map(|proof| Proof { entry: entry(proof.entry), ..*proof }).collect();
        self.change_of(block, &Fact::Proved { block: self::block(block), proofs }).map(drop)
    }

    fn block_verified(
        &self,
        block: BlockId,
        state: BlockState,
        damage: &[Damage],
        at: i64,
        method: ProofMethod,
    ) -> Result<()> {
        let damage = damage.iter().map(|one| Damage { entry: entry(one.entry), ..one.clone() }).collect();
        let fact = Fact::Verified { block: self::block(block), state, damage, at, method };
        self.change_of(block, &fact).map(drop)
    }

    fn record_released(&self, dataset: DatasetId, released: &[Released]) -> Result<()> {
        let released = released.iter().map(|one| Released { entry: entry(one.entry), ..*one }).collect();
        self.change_of(dataset, &Fact::Released { released }).map(drop)
    }

    fn add_history(&self, dataset: DatasetId, line: &HistoryLine) -> Result<()> {
        self.change_of(dataset, &Fact::History { line: line.clone() }).map(drop)
    }

    fn tell(&self, messages: &[NewMessage]) -> Result<()> {
        self.keep(MESSAGES, &messages)
    }
}

impl Library for Books {
    fn note_works(&self, notes: &[WorkNote]) -> Result<()> {
        self.keep(WORKS, &notes)
    }

    fn hold_messages(&self, _: &[ReceivedMessage]) -> Result<()> {
        Err(Error::Refused("a worker keeps no messages of queues".to_owned()))
    }
}
