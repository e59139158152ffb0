//! The files of datablocks that another archiver wrote, on their way into the catalogue.

use std::collections::HashSet;

use longshore_catalogue::{Dataset, EntryKind, Mtime, NewBlock, NewEntry, PathBytes};
use longshore_connectors::scicat::{DataFile, Datablock};
use longshore_engine::Fault;
use longshore_transfer::storage::Algorithm;

use crate::attempt::{bytes, count};
use crate::faults::Told as _;
use crate::kind::Context;
use crate::kinds::scicat::compare::algorithm;
use crate::kinds::scicat::listing::Batch;
use crate::landing;

/// A datablock, before its entries have keys.
struct Listed {
    path: String,
    entries: u64,
    files: u64,
    bytes: u64,
    size: u64,
}

/// The listing as far as it is. What SciCat lists are files: the folders around them are entries too, each before what lies in it.
pub(super) struct Listing {
    context: Context,
    dataset: Dataset,
    /// Entries of the batches before, and of this one; none where the dataset was listed before.
    batch: Option<Batch>,
    blocks: Vec<Listed>,
    /// Folders around the last file, the outermost first, and those that were left.
    open: Vec<String>,
    left: HashSet<String>,
}

impl Listing {
    /// Begins anew, unless an earlier attempt came to the end of it: then it is gone through to see that it is the same.
    pub(super) fn begin(context: &Context, dataset: Dataset) -> Result<Self, Fault> {
        let batch = if dataset.listed { None } else { Some(Batch::begin(context, &dataset)?) };
        let (blocks, open, left) = (Vec::new(), Vec::new(), HashSet::new());
        Ok(Self { context: context.clone(), dataset, batch, blocks, open, left })
    }

    /// Takes in the files of the next datablock.
    pub(super) fn add(&mut self, block: &Datablock) -> Result<(), Fault> {
        self.context.go_on()?;
        let (path, size) = (block.archive_id.clone(), block.packed_size);
        self.blocks.push(Listed { path, entries: 0, files: 0, bytes: 0, size });
        let by = block.chk_alg.as_deref().and_then(algorithm);
        block.data_file_list.iter().try_for_each(|file| self.file(file, by))
    }

    fn file(&mut self, file: &DataFile, by: Option<Algorithm>) -> Result<(), Fault> {
        let path = file.path.strip_prefix("./").unwrap_or(&file.path);
        if !landing::is_plain(path) || path.contains('\0') {
            let why = "SciCat lists it with a path that leads out of its dataset, or nowhere";
            return Err(self.refused("adopt.path", path, why));
        }
        let mtime = mtime(&file.time);
        self.enter(path, mtime)?;
        let entry = new(path, EntryKind::File, file.size, mtime);
        let wanted = by.and(file.chk.clone()).map(|text| text.to_ascii_lowercase());
        if let Some(block) = self.blocks.last_mut() {
            (block.files, block.bytes) = (block.files + 1, block.bytes + file.size);
        }
        self.entry(entry, wanted)
    }

    /// Leaves the folders that a file is not in, and enters those that it is.
    fn enter(&mut self, path: &str, mtime: Mtime) -> Result<(), Fault> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let holds =
            |outer: &str| folder.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        while self.open.last().is_some_and(|open| !holds(open)) {
            self.left.extend(self.open.pop());
        }
        let inside = self.open.last().map_or(0, String::len);
        let ends = folder.char_indices().skip_while(|(at, _)| *at <= inside).filter(|(_, c)| *c == '/');
        let ends: Vec<usize> = ends.map(|(at, _)| at).chain([folder.len()]).filter(|end| *end > inside).collect();
        for end in ends {
            let folder = &folder[..end];
            if self.left.contains(folder) {
                let why =
                    "Files of other folders lie between those of its folder, so that they cannot be kept in one run";
                return Err(self.refused("adopt.order", path, why));
            }
            self.open.push(folder.to_owned());
            self.entry(new(folder, EntryKind::Folder, 0, mtime), None)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: NewEntry, wanted: Option<String>) -> Result<(), Fault> {
        if let Some(block) = self.blocks.last_mut() {
            block.entries += 1;
        }
        self.batch.as_mut().map_or(Ok(()), |batch| batch.add(entry, wanted))
    }

    fn refused(&self, code: &'static str, path: &str, why: &str) -> Fault {
        Fault::permanent(code, format!("{} cannot be taken in", self.dataset.name), why)
            .now("Copy its datablocks from the LTS as files, unpack them, and archive what is in them anew.")
            .on_dataset(&self.dataset.pid)
            .on_file(path)
    }

    /// All is listed. Gives the dataset, and the paths of its datablocks by number.
    pub(super) fn finish(mut self, storage: &str) -> Result<(Context, Dataset, Vec<String>), Fault> {
        if let Some(batch) = &mut self.batch {
            batch.flush()?;
        }
        let catalogue = &self.context.services.catalogue;
        let dataset = catalogue.finish_listing(self.dataset.id, 0).told()?;
        let first = catalogue.entries_after(dataset.id, 0, 1).told()?.first().map_or(1, |entry| entry.id);
        catalogue.plan_blocks(dataset.id, storage, &planned(&self.blocks, first)).told()?;
        if self.batch.is_some() {
            let (files, size) = (count(dataset.totals.files, "file", "files"), bytes(dataset.totals.bytes));
            let text = format!("Taken in as SciCat knows it, from another archiver: {files}, {size}");
            self.context.history(&dataset, "adopted", text)?;
        }
        let paths = self.blocks.into_iter().map(|block| block.path).collect();
        Ok((self.context, dataset, paths))
    }
}

fn planned(blocks: &[Listed], mut first: i64) -> Vec<NewBlock> {
    let numbered = (0_u32..).zip(blocks).map(|(number, block)| {
        let name = block.path.rsplit('/').next().unwrap_or_default().to_owned();
        let last = first.saturating_add_unsigned(block.entries) - 1;
        let new = NewBlock { number, name, first, last, files: block.files, bytes: block.bytes, size: block.size };
        first = last + 1;
        new
    });
    numbered.collect()
}

/// Modes are not kept by every archiver: those of the tar are taken when it is read.
fn new(path: &str, kind: EntryKind, size: u64, mtime: Mtime) -> NewEntry {
    let mode = if kind == EntryKind::Folder { 0o755 } else { 0o644 };
    NewEntry { path: PathBytes::from(path), source: 0, kind, size, mode, mtime, link: PathBytes::default() }
}

/// A time as SciCat writes it; the epoch where it is none.
fn mtime(text: &str) -> Mtime {
    let at: jiff::Timestamp = text.parse().unwrap_or_default();
    Mtime { secs: at.as_second(), nanos: at.subsec_nanosecond().unsigned_abs() }
}
