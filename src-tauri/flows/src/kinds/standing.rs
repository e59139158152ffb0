//! What stands on a storage in the place of a datablock.

use longshore_catalogue::{Block, BlockState, Dataset, EntryId, EntryKind, NewBlock, PathBytes, Sha256};
use longshore_engine::Fault;
use longshore_transfer::check::{self, Checkpoint, Expected, ExpectedPages, Observer, Wrong};
use longshore_transfer::hash::unhex;
use longshore_transfer::storage::{Kind, Storage};
use longshore_transfer::{Watch, storage};

use crate::attempt::entries_in;
use crate::faults::{self, ToldAt as _, through};
use crate::kind::{Context, Progress};
use crate::room;

/// Where a datablock lies.
pub(super) fn path(dataset: &Dataset, plan: &NewBlock) -> PathBytes {
    PathBytes::new(storage::join(dataset.pid.as_bytes(), plan.name.as_bytes()))
}

/// Whether anything stands at a path.
pub(super) fn is_there(storage: &dyn Storage, path: &[u8]) -> Result<bool, Fault> {
    match storage.stat(path) {
        Ok(_) => Ok(true),
        Err(error) if error.code == "file.missing" => top_is_there(storage).map(|()| false),
        Err(error) => Err(error).told_at(storage.name()),
    }
}

/// Refuses to take a storage for empty whose top is not there, as when a server's disk is not mounted: what is missing on it then was
/// not lost.
pub(super) fn top_is_there(storage: &dyn Storage) -> Result<(), Fault> {
    match storage.stat(b"") {
        Ok(_) => Ok(()),
        Err(error) => room::missing_top(storage, error).told_at(storage.name()),
    }
}

/// Whether a datablock is written and its file there with its size, so that it need not be written again.
pub(super) fn is_written(storage: &dyn Storage, block: &Block) -> Result<bool, Fault> {
    if !matches!(block.state, BlockState::Written | BlockState::Proved) {
        return Ok(false);
    }
    lies_whole(storage, block.path.as_bytes(), block.plan.size)
}

/// Whether a datablock lies whole where it was staged.
pub(super) fn is_staged(staging: &dyn Storage, dataset: &Dataset, block: &Block) -> Result<bool, Fault> {
    lies_whole(staging, path(dataset, &block.plan).as_bytes(), block.plan.size)
}

fn lies_whole(storage: &dyn Storage, path: &[u8], size: u64) -> Result<bool, Fault> {
    match storage.stat(path) {
        Ok(meta) => Ok(meta.kind == Kind::File && meta.size == size),
        Err(error) if error.code == "file.missing" => top_is_there(storage).map(|()| false),
        Err(error) => Err(error).told_at(storage.name()),
    }
}

/// A SHA-256 from its hex.
pub(super) fn sha256(text: &str) -> Option<Sha256> {
    unhex(text)?.try_into().ok()
}

/// Whether the file at a path is a writing of this datablock, perhaps a damaged one: it holds a file of it where the ledger says.
pub(super) fn is_its_writing(
    context: &Context,
    storage: &dyn Storage,
    path: &[u8],
    block: &Block,
) -> Result<bool, Fault> {
    let size = block.plan.size;
    let mut expected = BlockFiles { context: context.clone(), block: block.clone() };
    let checked = check::check(storage, path, size, [0; 32], &mut expected, None, &mut Looking { context, size })
        .map_err(|fail| faults::of_transfer(fail, [storage.name(); 2]))?;
    Ok(checked.right > 0 || block.plan.files == 0 && checked.size == size)
}

/// The files of a datablock, as they must be found in it.
pub(super) struct BlockFiles {
    pub(super) context: Context,
    pub(super) block: Block,
}

impl ExpectedPages for BlockFiles {
    fn page(&mut self, mut after: EntryId) -> longshore_transfer::Result<Vec<Expected>> {
        loop {
            let catalogue = self.context.services.catalogue.as_ref();
            let entries = entries_in(catalogue, &self.block, after).map_err(through)?;
            let Some(last) = entries.last() else { return Ok(Vec::new()) };
            after = last.id;
            let files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
            let expected: Vec<_> = files
                .filter_map(|file| {
                    let copy = file.copy.filter(|copy| copy.block == self.block.id)?;
                    Some(Expected { id: file.id, data: copy.data, size: file.size, sha256: file.digests?.sha256 })
                })
                .collect();
            if !expected.is_empty() {
                return Ok(expected);
            }
        }
    }
}

/// A reading that changes nothing in the ledger.
struct Looking<'a> {
    context: &'a Context,
    size: u64,
}

impl Watch for Looking<'_> {
    fn progress(&mut self, bytes: u64, files: u64, _: &[u8]) {
        let now = "reading back what is there".into();
        self.context.host.progress(Progress { bytes, bytes_total: Some(self.size), files, now, ..Progress::default() });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Looking<'_> {
    fn proved(&mut self, _: &[EntryId]) -> longshore_transfer::Result<()> {
        Ok(())
    }

    fn wrong(&mut self, _: &[Wrong]) -> longshore_transfer::Result<()> {
        Ok(())
    }

    fn checkpoint(&mut self, _: &Checkpoint) -> longshore_transfer::Result<()> {
        Ok(())
    }
}
