//! A catalogue in memory that refuses what the ledger must refuse. Slow and small: for tests.

mod books;
mod library;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_catalogue::{
    Block, BlockId, BlockState, Catalogue, Copied, Damage, Dataset, DatasetId, DatasetState, Digests, Entry, EntryId,
    EntryKind, Error, FoundEntry, HistoryLine, LandingState, Library, Metadata, Mtime, NewBlock, NewDataset, NewEntry,
    NewMessage, PathBytes, Proof, ProofMethod, Released, Result, Sha256, Totals,
};

use crate::fuse::Fuse;
use books::{Books, missing, refused};

/// A catalogue in memory.
#[derive(Default)]
pub struct MemoryCatalogue {
    books: Mutex<Books>,
    fuse: Arc<Fuse>,
    /// Keeps works and messages.
    library: Option<Arc<dyn Library>>,
}

fn dead() -> Error {
    Error::Database("the process is gone".into())
}

impl MemoryCatalogue {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one that dies with this fuse.
    pub fn with_fuse(fuse: Arc<Fuse>) -> Self {
        Self { fuse, ..Self::default() }
    }

    /// The same, with this to keep works and messages in.
    #[must_use]
    pub fn with_library(self, library: Arc<dyn Library>) -> Self {
        Self { library: Some(library), ..self }
    }

    /// A write, which is a step of the fuse.
    fn write<T>(&self, change: impl FnOnce(&mut Books) -> Result<T>) -> Result<T> {
        self.fuse.step(|| change(&mut self.books()), dead)
    }

    /// The history of a dataset, oldest first.
    pub fn history(&self, dataset: DatasetId) -> Vec<HistoryLine> {
        self.books().history.iter().filter(|(id, _)| *id == dataset).map(|(_, line)| line.clone()).collect()
    }

    /// What other systems have to be told.
    pub fn messages(&self) -> Vec<NewMessage> {
        self.books().messages.clone()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn below(entry: &PathBytes, folder: &PathBytes) -> bool {
    let (entry, folder) = (entry.as_bytes(), folder.as_bytes());
    folder.is_empty() || entry == folder || (entry.starts_with(folder) && entry.get(folder.len()) == Some(&b'/'))
}

fn hex(bytes: &[u8]) -> String {
    longshore_transfer::hash::hex(bytes)
}

impl Catalogue for MemoryCatalogue {
    fn create_dataset(&self, new: &NewDataset) -> Result<Dataset> {
        self.write(|books| {
            if books.datasets.iter().any(|d| d.pid == new.pid) {
                return Err(Error::Taken { field: "pid", value: new.pid.clone() });
            }
            if books.datasets.iter().any(|d| d.name == new.name) {
                return Err(Error::Taken { field: "name", value: new.name.clone() });
            }
            let dataset = Dataset {
                id: books.datasets.last().map_or(1, |last| last.id + 1),
                pid: new.pid.clone(),
                name: new.name.clone(),
                state: DatasetState::Landing,
                totals: Totals::default(),
                listed: false,
                sources: new.sources.clone(),
                created_at: new.created_at,
                described: None,
            };
            books.datasets.push(dataset.clone());
            Ok(dataset)
        })
    }

    fn dataset(&self, pid_or_name: &str) -> Result<Dataset> {
        let books = self.books();
        let by_pid = books.datasets.iter().find(|d| d.pid == pid_or_name);
        let by_name = || books.datasets.iter().find(|d| d.name == pid_or_name);
        let in_scicat = |d: &&Dataset| d.described.as_ref().and_then(|d| d.pid.as_deref()) == Some(pid_or_name);
        let found = by_pid.or_else(by_name).or_else(|| books.datasets.iter().find(in_scicat));
        found.map(|d| books.seen(d)).ok_or_else(|| missing("dataset", &pid_or_name))
    }

    fn describe(&self, dataset: DatasetId, metadata: &Metadata) -> Result<()> {
        self.write(|books| {
            let described = books.dataset_mut(dataset)?.described.get_or_insert_default();
            described.pid = metadata.pid.clone().or_else(|| described.pid.take());
            books.metadata.insert(dataset, metadata.clone());
            Ok(())
        })
    }

    fn metadata(&self, dataset: DatasetId) -> Result<Option<Metadata>> {
        Ok(self.books().metadata.get(&dataset).cloned())
    }

    fn registered(&self, dataset: DatasetId, pid: &str) -> Result<()> {
        self.write(|books| {
            books.described(dataset)?.pid = Some(pid.to_owned());
            Ok(())
        })
    }

    fn lands_in(&self, dataset: DatasetId, folder: &PathBytes) -> Result<Dataset> {
        self.write(|books| {
            books.described(dataset)?.folder.get_or_insert_with(|| folder.clone());
            let dataset = books.dataset_mut(dataset)?.clone();
            Ok(books.seen(&dataset))
        })
    }

    fn clear_listing(&self, dataset: DatasetId) -> Result<()> {
        self.write(|books| {
            if books.dataset_mut(dataset)?.listed {
                return refused("the listing is complete");
            }
            books.entries.retain(|_, (of, _)| *of != dataset);
            books.paths.retain(|(of, _), _| *of != dataset);
            let Books { expected, entries, .. } = &mut *books;
            expected.retain(|id, _| entries.contains_key(id));
            Ok(())
        })
    }

    fn add_entries(&self, dataset: DatasetId, entries: &[NewEntry]) -> Result<()> {
        self.write(|books| {
            if books.dataset_mut(dataset)?.listed {
                return refused("the listing is complete");
            }
            entries.iter().try_for_each(|new| books.add_entry(dataset, new))
        })
    }

    fn finish_listing(&self, dataset: DatasetId, special: u64) -> Result<Dataset> {
        self.write(|books| {
            let mut totals = Totals { special, ..Totals::default() };
            for (_, entry) in books.entries.values().filter(|(of, _)| *of == dataset) {
                match entry.kind {
                    EntryKind::File => totals.files += 1,
                    EntryKind::Folder => totals.folders += 1,
                    EntryKind::Link => totals.links += 1,
                }
                totals.bytes += entry.size;
            }
            let row = books.dataset_mut(dataset)?;
            (row.totals, row.listed) = (totals, true);
            let row = row.clone();
            Ok(books.seen(&row))
        })
    }

    fn entries_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.books().page(dataset, after, limit, |_| true))
    }

    fn unlanded_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let unlanded = |e: &Entry| e.kind == EntryKind::File && e.landing == LandingState::Absent;
        Ok(self.books().page(dataset, after, limit, unlanded))
    }

    fn releasable_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        let releasable = |e: &Entry| e.landing == LandingState::Present && e.proved_at.is_some();
        Ok(self.books().page(dataset, after, limit, releasable))
    }

    fn entry_at(&self, dataset: DatasetId, path: &PathBytes) -> Result<Entry> {
        let mut books = self.books();
        let id = books.paths.get(&(dataset, path.clone())).copied().ok_or_else(|| missing("entry", path))?;
        books.entry_mut(dataset, id).cloned()
    }

    fn entries_below(&self, dataset: DatasetId, path: &PathBytes, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.books().page(dataset, after, limit, |e| below(&e.path, path)))
    }

    fn find(&self, name_or_checksum: &str, limit: usize) -> Result<Vec<FoundEntry>> {
        let books = self.books();
        let wanted = |e: &Entry| {
            let sums = e.digests.map(|d| [hex(&d.sha256), hex(&d.md5)]);
            sums.is_some_and(|sums| sums.iter().any(|sum| sum == name_or_checksum))
                || PathBytes::new(e.path.file_name()).to_text().contains(name_or_checksum)
        };
        let found = books.entries.values().filter(|(_, e)| wanted(e)).take(limit);
        let pid = |id: DatasetId| books.datasets.iter().find(|d| d.id == id).map(|d| d.pid.clone()).unwrap_or_default();
        Ok(found.map(|(of, entry)| FoundEntry { pid: pid(*of), entry: entry.clone() }).collect())
    }

    fn relist_file(&self, dataset: DatasetId, id: EntryId, size: u64, mode: u32, mtime: Mtime) -> Result<()> {
        self.write(|books| {
            let entry = books.entry_mut(dataset, id)?;
            if entry.landing != LandingState::Absent {
                return refused(format!("{} landed already", entry.path));
            }
            let before = std::mem::replace(&mut entry.size, size);
            (entry.mode, entry.mtime) = (mode, mtime);
            let totals = &mut books.dataset_mut(dataset)?.totals;
            totals.bytes = totals.bytes - before + size;
            Ok(())
        })
    }

    fn expect(&self, dataset: DatasetId, expected: &[(EntryId, Vec<u8>)]) -> Result<()> {
        self.write(|books| {
            expected.iter().try_for_each(|(id, _)| books.entry_mut(dataset, *id).map(drop))?;
            books.expected.extend(expected.iter().cloned());
            Ok(())
        })
    }

    fn expected(&self, first: EntryId, last: EntryId) -> Result<Vec<(EntryId, Vec<u8>)>> {
        Ok(self.books().expected.range(first..=last).map(|(id, checksum)| (*id, checksum.clone())).collect())
    }

    fn record_landed(&self, dataset: DatasetId, landed: &[(EntryId, Digests)]) -> Result<()> {
        self.write(|books| {
            for (id, digests) in landed {
                let entry = books.entry_mut(dataset, *id)?;
                if entry.kind != EntryKind::File || entry.digests.is_some_and(|d| d != *digests) {
                    return refused(format!("{} landed before with other checksums, or is no file", entry.path));
                }
                entry.digests = Some(*digests);
                if entry.landing == LandingState::Absent {
                    entry.landing = LandingState::Present;
                }
            }
            Ok(())
        })
    }

    fn plan_blocks(&self, dataset: DatasetId, storage: &str, blocks: &[NewBlock]) -> Result<Vec<Block>> {
        self.write(|books| {
            let there: Vec<_> = books.blocks.iter().filter(|b| b.dataset == dataset).cloned().collect();
            if there.iter().map(|b| &b.plan).eq(blocks.iter()) {
                return Ok(there);
            }
            if there.iter().any(|b| b.state != BlockState::Planned) {
                return refused("a datablock of another plan is written");
            }
            books.blocks.retain(|b| b.dataset != dataset);
            let first = books.blocks.iter().map(|b| b.id).max().unwrap_or(0) + 1;
            let new = blocks.iter().zip(first..).map(|(plan, id)| planned(id, dataset, storage, plan));
            let new: Vec<_> = new.collect();
            books.blocks.extend(new.iter().cloned());
            Ok(new)
        })
    }

    fn blocks(&self, dataset: DatasetId) -> Result<Vec<Block>> {
        Ok(self.books().blocks.iter().filter(|b| b.dataset == dataset).cloned().collect())
    }

    fn block(&self, block: BlockId) -> Result<Block> {
        self.books().block_mut(block).cloned()
    }

    fn record_copies(&self, copies: &[(EntryId, Copied)]) -> Result<()> {
        self.write(|books| {
            for (id, copy) in copies {
                let block = books.block_mut(copy.block)?;
                if !(block.plan.first..=block.plan.last).contains(id) {
                    return refused(format!("entry {id} is not in datablock {}", block.plan.name));
                }
                let (dataset, state) = (block.dataset, block.state);
                if state != BlockState::Planned {
                    books.rewrite(copy.block)?;
                }
                let entry = books.entry_mut(dataset, *id)?;
                (entry.copy, entry.proved_at) = (Some(*copy), None);
            }
            Ok(())
        })
    }

    fn block_written(&self, block: BlockId, path: &PathBytes, sha256: &Sha256) -> Result<()> {
        self.write(|books| {
            let seen = books.block_mut(block)?.clone();
            if books.of_block(&seen).any(|e| e.copy.is_none_or(|copy| copy.block != block)) {
                return refused("an entry of the datablock has no place in it");
            }
            let row = books.block_mut(block)?;
            if row.state == BlockState::Planned || row.sha256 != Some(*sha256) {
                (row.state, row.path, row.sha256) = (BlockState::Written, path.clone(), Some(*sha256));
            }
            Ok(())
        })
    }

    fn record_proofs(&self, block: BlockId, proofs: &[Proof]) -> Result<()> {
        self.write(|books| {
            let block_row = books.block_mut(block)?;
            if block_row.state == BlockState::Planned {
                return refused("the datablock is not written");
            }
            let dataset = block_row.dataset;
            for proof in proofs {
                let entry = books.entry_mut(dataset, proof.entry)?;
                if entry.copy.is_none_or(|copy| copy.block != block) {
                    return refused(format!("{} does not lie in that datablock", entry.path));
                }
                entry.proved_at = Some(proof.at);
            }
            Ok(())
        })
    }

    fn block_verified(
        &self,
        block: BlockId,
        state: BlockState,
        damage: &[Damage],
        at: i64,
        method: ProofMethod,
    ) -> Result<()> {
        self.write(|books| {
            let seen = books.block_mut(block)?.clone();
            if seen.state == BlockState::Planned {
                return refused("the datablock is not written");
            }
            if state == BlockState::Proved && books.of_block(&seen).any(|e| e.proved_at.is_none()) {
                return refused("an entry of the datablock has no proof");
            }
            for wrong in damage {
                books.entry_mut(seen.dataset, wrong.entry)?.proved_at = None;
            }
            let row = books.block_mut(block)?;
            (row.state, row.verified_at, row.method) = (state, Some(at), Some(method));
            Ok(())
        })
    }

    fn record_released(&self, dataset: DatasetId, released: &[Released]) -> Result<()> {
        self.write(|books| {
            for release in released {
                let entry = books.entry_mut(dataset, release.entry)?;
                if entry.proved_at.is_none() {
                    return refused(format!("{} has no proof", entry.path));
                }
            }
            for release in released {
                books.entry_mut(dataset, release.entry)?.landing = LandingState::Released;
            }
            Ok(())
        })
    }

    fn add_history(&self, dataset: DatasetId, line: &HistoryLine) -> Result<()> {
        self.write(|books| {
            books.dataset_mut(dataset)?;
            let same = |(of, old): &(DatasetId, HistoryLine)| {
                *of == dataset && old.event == line.event && old.text == line.text && old.run == line.run
            };
            if !books.history.iter().any(same) {
                books.history.push((dataset, line.clone()));
            }
            Ok(())
        })
    }

    fn tell(&self, messages: &[NewMessage]) -> Result<()> {
        self.write(|books| {
            for message in messages {
                if books.messages.iter().all(|kept| kept.key != message.key) {
                    books.messages.push(message.clone());
                }
            }
            Ok(())
        })
    }
}

fn planned(id: BlockId, dataset: DatasetId, storage: &str, plan: &NewBlock) -> Block {
    Block {
        id,
        dataset,
        plan: plan.clone(),
        state: BlockState::Planned,
        storage: storage.into(),
        path: PathBytes::default(),
        sha256: None,
        verified_at: None,
        method: None,
    }
}
