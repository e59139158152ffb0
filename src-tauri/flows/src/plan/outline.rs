//! The outline of an archive: everything that the operator sees before it starts.

use longshore_catalogue::{EntryId, NewBlock, NewEntry, PathBytes, Totals};
use longshore_engine::Fault;

use super::{Item, Partition, Sink, Walked, walk};
use crate::kind::Storages;

/// Datablocks that an outline shows; more are counted.
const SHOWN: usize = 200;

/// A datablock that would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it would be; its keys count the entries from 1.
    pub plan: NewBlock,
    /// First path in it.
    pub first: PathBytes,
    /// Last path in it.
    pub last: PathBytes,
}

/// What archiving would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Totals and remarks.
    pub walked: Walked,
    /// The first two hundred datablocks.
    pub blocks: Vec<Block>,
    /// Number of datablocks.
    pub block_count: u32,
    /// Bytes of all datablocks.
    pub block_bytes: u64,
    /// Datablocks larger than the target, each for a single file.
    pub oversized: u32,
}

/// Lists the sources and cuts what is there into datablocks of about `target` bytes, writing nothing. `progress` is told about every
/// thousand entries and says whether to go on.
pub fn outline(
    sources: &[PathBytes],
    storages: &dyn Storages,
    pid: &str,
    target: u64,
    progress: &mut dyn FnMut(&Totals) -> bool,
) -> Result<Outline, Fault> {
    let cut = Partition::new(pid, target);
    let mut drawing =
        Drawing { cut, target, progress, stopped: false, outline: Outline::default(), key: 0, first: None, last: None };
    let walked = walk(sources, storages, &mut drawing)?;
    Ok(drawing.finish(walked))
}

struct Drawing<'a> {
    cut: Partition,
    target: u64,
    progress: &'a mut dyn FnMut(&Totals) -> bool,
    stopped: bool,
    outline: Outline,
    key: EntryId,
    /// First path of the datablock being filled.
    first: Option<PathBytes>,
    last: Option<PathBytes>,
}

impl Drawing<'_> {
    fn take(&mut self, entry: NewEntry) {
        self.key += 1;
        let closed = self.cut.push(&Item::of_new(self.key, &entry));
        if let Some(plan) = closed {
            self.close(plan);
        }
        self.first.get_or_insert_with(|| entry.path.clone());
        self.last = Some(entry.path);
    }

    fn close(&mut self, plan: NewBlock) {
        let outline = &mut self.outline;
        outline.block_count += 1;
        outline.block_bytes += plan.size;
        outline.oversized += u32::from(plan.size > self.target);
        let (first, last) = (self.first.take().unwrap_or_default(), self.last.take().unwrap_or_default());
        if outline.blocks.len() < SHOWN {
            outline.blocks.push(Block { plan, first, last });
        }
    }

    fn finish(mut self, walked: Walked) -> Outline {
        let cut = std::mem::replace(&mut self.cut, Partition::new("", 0));
        if let Some(plan) = cut.finish() {
            self.close(plan);
        }
        self.outline.walked = walked;
        self.outline
    }
}

impl Sink for Drawing<'_> {
    fn entries(&mut self, batch: Vec<NewEntry>, so_far: &Totals) -> Result<(), Fault> {
        for entry in batch {
            self.take(entry);
        }
        self.stopped = !(self.progress)(so_far);
        Ok(())
    }

    fn cancelled(&self) -> bool {
        self.stopped
    }
}
