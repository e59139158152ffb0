//! Packing a datablock: its entries from the landing zone into one tar, each file against the ledger.

use longshore_catalogue::{
    Block, BlockId, BlockState, Copied, Dataset, Entry, EntryId, EntryKind, LandingState, NewBlock, PathBytes,
};
use longshore_engine::Fault;
use longshore_formats::tar;
use longshore_transfer::pack::{
    self, Checkpoint, Composing, Content, Member, Members, Observer, Options, Packed, Written,
};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use serde::{Deserialize, Serialize};

use super::{first_read, standing};
use crate::attempt::{PAGE, pages};
use crate::faults::{self, Told as _, through};
use crate::kind::{Context, Level, Progress};
use crate::landing;
use crate::plan::Item;

/// Members that are read from the ledger at a time: whole groups, so that each page begins with a group's comment.
const MEMBERS: usize = 2 * tar::GROUP;

/// What is saved: where the packing is, and of which cut of the dataset.
#[derive(Serialize, Deserialize)]
struct Saved {
    plan: NewBlock,
    replace: bool,
    pack: Option<Checkpoint>,
}

/// A datablock being packed.
pub(super) struct Packing<'a> {
    pub(super) context: &'a Context,
    pub(super) dataset: &'a Dataset,
    pub(super) block: &'a Block,
    /// Where the tar goes: the LTS, or the storage in which it is staged.
    pub(super) target: &'a dyn Storage,
    /// What stands at the datablock's path is an earlier writing of it.
    replace: bool,
    /// Where its files are read from.
    files: Files,
}

/// Where the files of a datablock are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Files {
    /// Each in the landing zone.
    Landing,
    /// All in the datablock at this path, which its storage has put together, at the places that the ledger has of them.
    Within(PathBytes),
}

impl<'a> Packing<'a> {
    /// That is to be packed.
    pub(super) fn new(context: &'a Context, dataset: &'a Dataset, block: &'a Block, target: &'a dyn Storage) -> Self {
        Self { context, dataset, block, target, replace: false, files: Files::Landing }
    }

    /// The same, with its files read from where it was put together.
    pub(super) fn out_of_staging(self) -> Self {
        let files = Files::Within(standing::path(self.dataset, &self.block.plan));
        Self { files, ..self }
    }

    /// Lets the target put it together itself, out of files of `source` on the same server; `false`, and nothing done, where it cannot. Its
    /// bytes were seen by nobody then: they are compared with the ledger when they are read.
    pub(super) fn compose(mut self, source: &dyn Storage) -> Result<bool, Fault> {
        let path = standing::path(self.dataset, &self.block.plan);
        self.replace = self.may_replace(path.as_bytes())?;
        let plan = &self.block.plan;
        let composing = Composing { size: plan.size, files: plan.files, replace: self.replace };
        let mut members = self.members();
        let (target, block, catalogue) = (self.target, self.block.id, self.context.services.catalogue.clone());
        let mut placed = |rows: &[Packed]| {
            let copies: Vec<_> = rows.iter().map(|row| copied(block, row)).collect();
            catalogue.record_copies(&copies).told().map_err(through)
        };
        pack::compose(source, target, path.as_bytes(), &mut members, &tar::TRAILER, composing, &mut placed, &mut self)
            .map_err(|fail| self.fault(fail, [source.name(), target.name()]))
    }

    fn members(&self) -> BlockMembers {
        let (context, dataset, block) = (self.context.clone(), self.dataset.clone(), self.block.clone());
        BlockMembers { context, dataset, block, files: self.files.clone() }
    }

    /// Packs it from `source`. It stands under its final name on the target then; the ledger does not know that it does.
    pub(super) fn run(mut self, source: &dyn Storage) -> Result<Written, Fault> {
        let path = standing::path(self.dataset, &self.block.plan);
        let saved = self.saved();
        self.replace = match &saved {
            Some(saved) => saved.replace,
            None => self.may_replace(path.as_bytes())?,
        };
        if saved.is_none() {
            self.save(None)?;
        }
        let mut members = self.members();
        let (target, options, resume) = (
            self.target,
            Options { replace: self.replace, size: Some(self.block.plan.size) },
            saved.and_then(|saved| saved.pack),
        );
        let written =
            pack::pack(source, target, path.as_bytes(), &mut members, &tar::TRAILER, options, resume, &mut self)
                .map_err(|fail| self.fault(fail, [source.name(), target.name()]))?;
        if written.size == self.block.plan.size {
            return Ok(written);
        }
        let why = format!("{} bytes were planned, {} were written", self.block.plan.size, written.size);
        Err(Fault::fatal("datablock.size", format!("{} has another size than planned", self.block.plan.name), why))
    }

    /// The state of an earlier attempt at this very datablock.
    fn saved(&self) -> Option<Saved> {
        let saved: Saved = serde_json::from_value(self.context.host.checkpoint()?).ok()?;
        // A datablock that is past its writing, and has to be written again, leaves that of the earlier writing behind.
        (saved.plan == self.block.plan && self.block.state == BlockState::Planned).then_some(saved)
    }

    fn save(&self, pack: Option<Checkpoint>) -> Result<(), Fault> {
        let saved = Saved { plan: self.block.plan.clone(), replace: self.replace, pack };
        self.context.save(&saved)
    }

    /// Whether a file that stands at the datablock's path may be replaced. One that the ledger does not know of may be what a process
    /// that died had named, or a damaged one that was being replaced; anything else is not Longshore's to overwrite.
    pub(super) fn may_replace(&self, path: &[u8]) -> Result<bool, Fault> {
        if self.block.state != BlockState::Planned {
            self.refuse_released()?;
            return Ok(true);
        }
        if !standing::is_there(self.target, path)? {
            return Ok(false);
        }
        self.context.host.log(Level::Warning, &format!("{} is there already: reading it back", self.block.plan.name));
        if standing::is_its_writing(self.context, self.target, path, self.block)? {
            return Ok(true);
        }
        Err(Fault::permanent(
            "datablock.exists",
            format!("{} was not written", self.block.plan.name),
            "A file of that name is there that was not written from this dataset",
        )
        .now("Move it away, then retry. Nothing of it was changed.")
        .on_dataset(&self.dataset.pid)
        .at_place(self.target.name()))
    }

    /// A datablock is written again only while the landing zone holds all of its files.
    fn refuse_released(&self) -> Result<(), Fault> {
        let members = self.members();
        pages(
            |after| members.entries(after),
            |page| page.iter().try_for_each(|entry| in_landing(self.dataset, self.block, entry)),
        )
    }

    fn fault(&self, fail: Fail, between: [&str; 2]) -> Fault {
        let changed = matches!(fail, Fail::Changed { .. } | Fail::Mismatch { .. });
        let mut fault = faults::of_transfer(fail, between).on_dataset(&self.dataset.pid);
        if changed {
            fault.code = "landing.changed".into();
            fault.what =
                format!("{} was not written: a file in the landing zone is not what landed", self.block.plan.name);
            fault.now =
                "Archive it again from its source as a new dataset, or put the right bytes back and retry.".into();
        }
        fault
    }
}

/// Refuses an entry whose content is not in the landing zone.
fn in_landing(dataset: &Dataset, block: &Block, entry: &Entry) -> Result<(), Fault> {
    let why = match entry.landing {
        _ if entry.kind != EntryKind::File => return Ok(()),
        LandingState::Present => return Ok(()),
        LandingState::Absent if landing::was_found(dataset) => return Ok(()),
        LandingState::Absent => "One of its files is not in the landing zone yet",
        LandingState::Released => "The landing zone no longer holds its files: they were released after their proof",
    };
    Err(Fault::permanent("landing.released", format!("{} cannot be written", block.plan.name), why)
        .now("Restore the datablock from another copy, or archive the data again from its source.")
        .on_dataset(&dataset.pid)
        .on_file(entry.path.to_text()))
}

impl Watch for Packing<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let plan = &self.block.plan;
        self.context.host.progress(Progress {
            bytes,
            bytes_total: Some(plan.size),
            files,
            files_total: Some(plan.files),
            now: PathBytes::new(now).to_text(),
            written: bytes,
        });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Packing<'_> {
    fn packed(&mut self, batch: &[Packed]) -> longshore_transfer::Result<()> {
        let block = self.block.id;
        for batch in batch.chunks(PAGE) {
            first_read::take(self.context, self.dataset, batch).map_err(through)?;
            let copies: Vec<_> = batch.iter().map(|row| copied(block, row)).collect();
            self.context.services.catalogue.record_copies(&copies).told().map_err(through)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        self.save(Some(state.clone())).map_err(through)
    }
}

/// Where an entry lies in its datablock.
fn copied(block: BlockId, row: &Packed) -> (EntryId, Copied) {
    (row.id, Copied { block, header: row.header, data: row.data })
}

/// The entries of a datablock as members of its tar.
struct BlockMembers {
    context: Context,
    dataset: Dataset,
    block: Block,
    files: Files,
}

impl BlockMembers {
    /// Where the content of an entry is read: a path, and the offset at it if it is a part of what lies there.
    fn source(&self, entry: &Entry) -> Result<(Vec<u8>, Option<u64>), Fault> {
        let Files::Within(path) = &self.files else { return Ok((landing::path(&self.dataset, &entry.path), None)) };
        let copy = entry.copy.filter(|copy| copy.block == self.block.id).ok_or_else(|| {
            let why = "The ledger does not say where one of its files lies in what was staged";
            Fault::permanent("datablock.staged", format!("{} was not written", self.block.plan.name), why)
                .now("Clear its staging, so that it is staged anew.")
                .on_dataset(&self.dataset.pid)
                .on_file(entry.path.to_text())
        })?;
        Ok((path.as_bytes().to_vec(), Some(copy.data)))
    }

    fn entries(&self, after: EntryId) -> Result<Vec<Entry>, Fault> {
        let after = after.max(self.block.plan.first - 1);
        let mut entries = self.context.services.catalogue.entries_after(self.dataset.id, after, MEMBERS).told()?;
        entries.retain(|entry| entry.id <= self.block.plan.last);
        Ok(entries)
    }

    fn member(&self, entry: &Entry, comment: Vec<u8>) -> Result<Member, Fault> {
        in_landing(&self.dataset, &self.block, entry)?;
        let mut header = comment;
        header.extend(tar::header(&Item::of(entry).tar));
        let content = if entry.kind == EntryKind::File {
            let (path, within) = self.source(entry)?;
            let sha256 = entry.digests.map(|digests| digests.sha256);
            Some(Content { path, within, size: entry.size, sha256, md5: entry.digests.is_none() })
        } else {
            None
        };
        Ok(Member { id: entry.id, header, content })
    }

    /// The members of a group, its comment before the first.
    fn group(&self, entries: &[Entry]) -> Result<Vec<Member>, Fault> {
        let nanos: Vec<_> = entries.iter().map(|entry| entry.mtime.nanos).collect();
        let mut comment = tar::group_comment(&nanos);
        entries.iter().map(|entry| self.member(entry, std::mem::take(&mut comment))).collect()
    }
}

impl Members for BlockMembers {
    fn page(&mut self, after: EntryId) -> longshore_transfer::Result<Vec<Member>> {
        let entries = self.entries(after).map_err(through)?;
        let groups: Result<Vec<_>, Fault> = entries.chunks(tar::GROUP).map(|group| self.group(group)).collect();
        Ok(groups.map_err(through)?.into_iter().flatten().collect())
    }
}
