//! What the catalogue in memory holds.

use std::collections::{BTreeMap, BTreeSet};

use longshore_catalogue::{
    Block, BlockId, BlockState, Dataset, DatasetId, DatasetState, Described, Entry, EntryId, EntryKind, Error,
    HistoryLine, LandingState, Metadata, NewEntry, NewMessage, PathBytes, Result,
};

/// Keys do not begin at 1, as those of a second dataset do not.
const BEFORE_FIRST: EntryId = 7_000_000;

#[derive(Default)]
pub(super) struct Books {
    pub(super) datasets: Vec<Dataset>,
    pub(super) entries: BTreeMap<EntryId, (DatasetId, Entry)>,
    pub(super) paths: BTreeMap<(DatasetId, PathBytes), EntryId>,
    pub(super) expected: BTreeMap<EntryId, Vec<u8>>,
    pub(super) blocks: Vec<Block>,
    pub(super) history: Vec<(DatasetId, HistoryLine)>,
    pub(super) messages: Vec<NewMessage>,
    pub(super) metadata: BTreeMap<DatasetId, Metadata>,
    pub(super) done: BTreeSet<String>,
    pub(super) last_key: EntryId,
}

pub(super) fn refused<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::Refused(why.into()))
}

pub(super) fn missing(what: &'static str, key: &dyn ToString) -> Error {
    Error::NotFound { what, key: key.to_string() }
}

impl Books {
    pub(super) fn dataset_mut(&mut self, id: DatasetId) -> Result<&mut Dataset> {
        self.datasets.iter_mut().find(|d| d.id == id).ok_or_else(|| missing("dataset", &id))
    }

    pub(super) fn described(&mut self, id: DatasetId) -> Result<&mut Described> {
        let Some(described) = self.dataset_mut(id)?.described.as_mut() else {
            return refused("the dataset has no metadata");
        };
        Ok(described)
    }

    pub(super) fn block_mut(&mut self, id: BlockId) -> Result<&mut Block> {
        self.blocks.iter_mut().find(|b| b.id == id).ok_or_else(|| missing("datablock", &id))
    }

    pub(super) fn entry_mut(&mut self, dataset: DatasetId, id: EntryId) -> Result<&mut Entry> {
        match self.entries.get_mut(&id) {
            Some((of, entry)) if *of == dataset => Ok(entry),
            _ => Err(missing("entry", &id)),
        }
    }

    /// Entries of a dataset after a key that the test takes.
    pub(super) fn page(
        &self,
        dataset: DatasetId,
        after: EntryId,
        limit: usize,
        want: impl Fn(&Entry) -> bool,
    ) -> Vec<Entry> {
        let wanted = self.entries.range(after + 1..).filter(|(_, (of, entry))| *of == dataset && want(entry));
        wanted.take(limit).map(|(_, (_, entry))| entry.clone()).collect()
    }

    pub(super) fn of_block(&self, block: &Block) -> impl Iterator<Item = &Entry> {
        let dataset = block.dataset;
        self.entries
            .range(block.plan.first..=block.plan.last)
            .filter_map(move |(_, (of, entry))| (*of == dataset).then_some(entry))
    }

    /// A datablock is written anew: refused once a file of it left the landing zone.
    pub(super) fn rewrite(&mut self, id: BlockId) -> Result<()> {
        let block = self.block_mut(id)?.clone();
        if self.of_block(&block).any(|entry| entry.landing == LandingState::Released) {
            return refused("a file of the datablock has left the landing zone");
        }
        for (_, entry) in self.entries.range_mut(block.plan.first..=block.plan.last).map(|(_, row)| row) {
            entry.proved_at = None;
        }
        let row = self.block_mut(id)?;
        (row.state, row.path, row.sha256) = (BlockState::Planned, PathBytes::default(), None);
        (row.verified_at, row.method) = (None, None);
        Ok(())
    }

    pub(super) fn state(&self, dataset: &Dataset) -> DatasetState {
        let blocks = || self.blocks.iter().filter(|b| b.dataset == dataset.id);
        let entries = || self.entries.values().filter(|(of, _)| *of == dataset.id).map(|(_, entry)| entry);
        if blocks().any(|b| b.state == BlockState::Damaged) {
            DatasetState::Damaged
        } else if dataset.listed && entries().all(|e| e.proved_at.is_some()) {
            DatasetState::Archived
        } else if blocks().any(|b| b.state != BlockState::Planned) {
            DatasetState::Archiving
        } else if dataset.listed && entries().all(|e| e.kind != EntryKind::File || e.landing != LandingState::Absent) {
            DatasetState::Landed
        } else {
            DatasetState::Landing
        }
    }

    pub(super) fn seen(&self, dataset: &Dataset) -> Dataset {
        Dataset { state: self.state(dataset), ..dataset.clone() }
    }

    pub(super) fn add_entry(&mut self, dataset: DatasetId, new: &NewEntry) -> Result<()> {
        let place = (dataset, new.path.clone());
        if let Some(id) = self.paths.get(&place) {
            let same = self.entries.get(id).is_some_and(|(_, e)| e.size == new.size && e.kind == new.kind);
            return if same { Ok(()) } else { refused(format!("{} is listed twice", new.path)) };
        }
        let parent = new.path.as_bytes().iter().rposition(|b| *b == b'/').map(|at| &new.path.as_bytes()[..at]);
        if let Some(parent) = parent
            && !self.paths.contains_key(&(dataset, PathBytes::new(parent)))
        {
            return refused(format!("{} comes before its folder", new.path));
        }
        self.last_key = self.last_key.max(BEFORE_FIRST) + 1;
        self.paths.insert(place, self.last_key);
        self.entries.insert(self.last_key, (dataset, entry(self.last_key, new)));
        Ok(())
    }
}

pub(super) fn entry(id: EntryId, new: &NewEntry) -> Entry {
    Entry {
        id,
        path: new.path.clone(),
        source: new.source,
        kind: new.kind,
        size: new.size,
        mode: new.mode,
        mtime: new.mtime,
        link: new.link.clone(),
        digests: None,
        landing: LandingState::Absent,
        copy: None,
        proved_at: None,
    }
}
