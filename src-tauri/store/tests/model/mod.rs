//! The ledger of one dataset of eight entries in two datablocks, as simply as it can be said.
#![allow(clippy::unwrap_used, reason = "test code")]

use longshore_catalogue::{BlockState, DatasetState, EntryKind, NewEntry};

use crate::common::entry;

/// Entries in the listing.
pub(crate) const ENTRIES: usize = 8;
/// Entries in the first datablock.
pub(crate) const CUT: usize = 4;

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Done,
    Refused,
    NotFound,
}

/// What is known of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) kind: EntryKind,
    pub(crate) size: u64,
    pub(crate) sum: Option<u8>,
    pub(crate) released: bool,
    pub(crate) place: Option<(usize, u64)>,
    pub(crate) proved: Option<i64>,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) entries: Vec<Slot>,
    /// State and checksum of each datablock, once planned.
    pub(crate) blocks: Vec<(BlockState, Option<u8>)>,
    /// Entries in the first datablock, once planned.
    pub(crate) cut: Option<usize>,
}

/// What is listed.
pub(crate) fn listing() -> Vec<NewEntry> {
    vec![
        entry("data", EntryKind::Folder, 0),
        entry("data/a", EntryKind::File, 10),
        entry("data/b", EntryKind::File, 0),
        entry("data/c", EntryKind::Link, 0),
        entry("data/deep", EntryKind::Folder, 0),
        entry("data/deep/d", EntryKind::File, 30),
        entry("data/empty", EntryKind::Folder, 0),
        entry("z", EntryKind::File, 40),
    ]
}

impl Model {
    pub(crate) fn new() -> Self {
        let slot = |new: NewEntry| Slot {
            kind: new.kind,
            size: new.size,
            sum: None,
            released: false,
            place: None,
            proved: None,
        };
        Self { entries: listing().into_iter().map(slot).collect(), blocks: Vec::new(), cut: None }
    }

    /// One whose files have all landed and whose datablocks are planned, for calls that name all of them.
    pub(crate) fn full() -> Self {
        let mut model = Self::new();
        model.plan(CUT);
        model.entries.iter_mut().filter(|slot| slot.kind == EntryKind::File).for_each(|slot| slot.sum = Some(0));
        model.blocks = vec![(BlockState::Proved, Some(1)); 2];
        model.entries.iter_mut().for_each(|slot| slot.proved = Some(5));
        model
    }

    pub(crate) fn files(&self) -> Vec<usize> {
        (0..ENTRIES).filter(|at| self.entries[*at].kind == EntryKind::File).collect()
    }

    fn range(&self, block: usize) -> std::ops::Range<usize> {
        let cut = self.cut.unwrap_or(CUT);
        if block == 0 { 0..cut } else { cut..ENTRIES }
    }

    pub(crate) fn of_block(&self, block: usize) -> Vec<usize> {
        self.range(block).collect()
    }

    pub(crate) fn releasable(&self) -> Vec<usize> {
        let block = |at: usize| usize::from(at >= self.cut.unwrap_or(CUT));
        let proved = |at: &usize| self.blocks.get(block(*at)).is_some_and(|block| block.0 == BlockState::Proved);
        let there = |at: &usize| {
            let slot = &self.entries[*at];
            slot.kind == EntryKind::File && slot.sum.is_some() && slot.proved.is_some() && !slot.released
        };
        (0..ENTRIES).filter(proved).filter(there).collect()
    }

    pub(crate) fn in_landing(&self) -> u64 {
        self.entries.iter().filter(|slot| slot.sum.is_some() && !slot.released).count() as u64
    }

    pub(crate) fn state(&self) -> DatasetState {
        let files = || self.entries.iter().filter(|slot| slot.kind == EntryKind::File);
        let any = |state| self.blocks.iter().any(|block| block.0 == state);
        if any(BlockState::Damaged) {
            DatasetState::Damaged
        } else if !self.blocks.is_empty() && self.blocks.iter().all(|block| block.0 == BlockState::Proved) {
            DatasetState::Archived
        } else if any(BlockState::Written) || any(BlockState::Proved) {
            DatasetState::Archiving
        } else if files().all(|slot| slot.sum.is_some()) {
            DatasetState::Landed
        } else {
            DatasetState::Landing
        }
    }

    pub(crate) fn land(&mut self, at: &[usize], sum: u8) -> Kind {
        let mut new = self.entries.clone();
        for at in at {
            let slot = &mut new[*at];
            if slot.kind != EntryKind::File || slot.sum.is_some_and(|there| there != sum) {
                return Kind::Refused;
            }
            slot.sum = Some(sum);
        }
        self.entries = new;
        Kind::Done
    }

    pub(crate) fn plan(&mut self, cut: usize) -> Kind {
        if self.cut == Some(cut) {
            return Kind::Done;
        }
        if self.blocks.iter().any(|block| block.0 != BlockState::Planned) {
            return Kind::Refused;
        }
        for slot in &mut self.entries {
            slot.place = None;
        }
        (self.cut, self.blocks) = (Some(cut), vec![(BlockState::Planned, None); 2]);
        Kind::Done
    }

    /// Makes the datablock one that is being written anew, unless a file of it has left the landing zone.
    fn rewrite(&mut self, block: usize) -> Kind {
        let range = self.range(block);
        if self.entries[range.clone()].iter().any(|slot| slot.released) {
            return Kind::Refused;
        }
        self.entries[range].iter_mut().for_each(|slot| slot.proved = None);
        self.blocks[block] = (BlockState::Planned, None);
        Kind::Done
    }

    pub(crate) fn copy(&mut self, block: usize, at: &[usize], shift: u64) -> Kind {
        if at.is_empty() {
            return Kind::Done;
        }
        if self.blocks.is_empty() {
            return Kind::NotFound;
        }
        let before = self.clone();
        let mut changed = false;
        for at in at {
            if !self.range(block).contains(at) {
                *self = before;
                return Kind::Refused;
            }
            let place = Some((block, *at as u64 * 1_024 + shift));
            changed |= self.entries[*at].place != place;
            self.entries[*at].place = place;
        }
        let proofs = self.entries[self.range(block)].iter().any(|slot| slot.proved.is_some());
        let as_it_was = self.blocks[block].0 == BlockState::Written && !changed && !proofs;
        if self.blocks[block].0 != BlockState::Planned && !as_it_was && self.rewrite(block) == Kind::Refused {
            *self = before;
            return Kind::Refused;
        }
        Kind::Done
    }

    pub(crate) fn written(&mut self, block: usize, sum: u8) -> Kind {
        let Some((state, there)) = self.blocks.get(block).copied() else { return Kind::NotFound };
        if state != BlockState::Planned && there == Some(sum) {
            return Kind::Done;
        }
        let range = self.range(block);
        let whole = |slot: &Slot| slot.place.is_some() && (slot.kind != EntryKind::File || slot.sum.is_some());
        if !self.entries[range].iter().all(whole) {
            return Kind::Refused;
        }
        if state != BlockState::Planned && self.rewrite(block) == Kind::Refused {
            return Kind::Refused;
        }
        self.blocks[block] = (BlockState::Written, Some(sum));
        Kind::Done
    }

    pub(crate) fn prove(&mut self, block: usize, at: &[usize], time: i64) -> Kind {
        let Some((state, _)) = self.blocks.get(block).copied() else { return Kind::NotFound };
        if state == BlockState::Planned || !at.iter().all(|at| self.range(block).contains(at)) {
            return Kind::Refused;
        }
        for at in at {
            self.entries[*at].proved = Some(time);
        }
        Kind::Done
    }

    pub(crate) fn verified(&mut self, block: usize, good: bool, damage: &[usize]) -> Kind {
        let Some((state, _)) = self.blocks.get(block).copied() else { return Kind::NotFound };
        let range = self.range(block);
        let all = self.entries[range.clone()].iter().all(|slot| slot.proved.is_some());
        let wrong = if good { !damage.is_empty() || !all } else { !damage.iter().all(|at| range.contains(at)) };
        if state == BlockState::Planned || wrong {
            return Kind::Refused;
        }
        for at in damage {
            self.entries[*at].proved = None;
        }
        self.blocks[block].0 = if good { BlockState::Proved } else { BlockState::Damaged };
        Kind::Done
    }

    pub(crate) fn release(&mut self, at: &[usize]) -> Kind {
        let allowed = |at: &usize| self.entries[*at].proved.is_some() && self.entries[*at].sum.is_some();
        if !at.iter().all(allowed) {
            return Kind::Refused;
        }
        for at in at {
            self.entries[*at].released = true;
        }
        Kind::Done
    }
}
