//! `datablock.extract`: brings entries of one datablock back, each compared with its source's checksum as it is written and read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Block, Dataset, Entry, EntryId, EntryKind, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::extract::{self, Checkpoint, Extracted, Item, Items, Observer, Options, What};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use crate::attempt::{blocking, count};
use crate::destination::{self, There};
use crate::faults::{self, Told as _, ToldAt as _, through};
use crate::kind::{Context, Level, Need, Progress, Services, TypedKind};
use crate::selection::Selection;

/// Damaged files that are passed over before the task gives up.
const PASSED_OVER: usize = 100;

/// Parameters of `datablock.extract`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `retrieve.plan`.
    pub block: BlockItem,
    /// Absolute folder to retrieve into.
    pub dest: PathBytes,
    /// Paths inside the dataset, a folder meaning all below it; all of it if absent.
    #[serde(default)]
    pub files: Option<Vec<PathBytes>>,
}

/// Output of `datablock.extract`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Name of the datablock.
    pub name: String,
    /// Files that stand in the destination, each with the checksum of its source.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// `datablock.extract`.
pub struct DatablockExtract;

#[async_trait]
impl TypedKind for DatablockExtract {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datablock.extract";
    const TITLE: &'static str = "Brings files back from a datablock";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need { files: Some(with.block.files), bytes: Some(with.block.bytes), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Output, Fault> {
        blocking(move || extract(&with, &context)).await
    }
}

fn extract(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    let selection = Selection::of(services, &dataset, with.files.as_deref())?;
    let dest = destination::open(services.storages.as_ref(), &with.dest)?;
    let wanted = Wanted {
        context: context.clone(),
        block: block.clone(),
        selection,
        dest: dest.clone(),
        with_dest: with.dest.clone(),
        skip: BTreeSet::new(),
    };
    let mut bringing =
        Bringing { context, dataset: &dataset, item: &with.block, last: saved(context, &block), wrong: Vec::new() };
    bringing.run(&block, wanted, dest.as_ref())?;
    Ok(Output { name: block.plan.name, files: with.block.files, bytes: with.block.bytes })
}

/// What is saved: where the extraction is, and from which writing of the datablock.
#[derive(Serialize, Deserialize)]
struct Saved {
    sha256: Option<[u8; 32]>,
    extract: Checkpoint,
}

fn saved(context: &Context, block: &Block) -> Option<Saved> {
    let saved: Saved = serde_json::from_value(context.host.checkpoint()?).ok()?;
    (saved.sha256 == block.sha256).then_some(saved)
}

struct Bringing<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    item: &'a BlockItem,
    last: Option<Saved>,
    /// Files whose bytes in the datablock are not those of their source.
    wrong: Vec<String>,
}

impl Bringing<'_> {
    /// Goes on after a damaged file, so that all that is right comes back.
    fn run(&mut self, block: &Block, mut wanted: Wanted, dest: &dyn Storage) -> Result<(), Fault> {
        let lts = self.context.services.storages.storage(&block.storage)?;
        loop {
            match self.once(block, lts.as_ref(), &mut wanted, dest) {
                Err(Fail::Mismatch { id, path, found, .. }) if self.wrong.len() < PASSED_OVER => {
                    let line = format!("{}: its SHA-256 in {} is {found}", PathBytes::new(path), block.plan.name);
                    self.context.host.log(Level::Error, &line);
                    self.wrong.push(line);
                    wanted.skip.insert(id);
                }
                Err(fail) => {
                    let between = [lts.name(), dest.name()];
                    return Err(faults::of_transfer(fail, between).on_dataset(&self.dataset.pid));
                }
                Ok(_) => return self.verdict(block),
            }
        }
    }

    fn once(
        &mut self,
        block: &Block,
        lts: &dyn Storage,
        wanted: &mut Wanted,
        dest: &dyn Storage,
    ) -> Result<Extracted, Fail> {
        let resume = self.last.as_ref().map(|saved| saved.extract.clone());
        let sha256 = block.sha256;
        extract::extract(
            lts,
            block.path.as_bytes(),
            dest,
            wanted,
            Options { replace: false },
            resume,
            &mut Told { bringing: self, sha256 },
        )
    }

    fn verdict(&self, block: &Block) -> Result<(), Fault> {
        let Some(first) = self.wrong.first() else { return Ok(()) };
        let what = format!("{} could not be retrieved", count(self.wrong.len() as u64, "file", "files"));
        let mut fault = Fault::permanent("fixity.mismatch", what, first)
            .now("The other files were retrieved. Verify the dataset, and restore the datablock from another copy.")
            .on_dataset(&self.dataset.pid)
            .at_place(format!("{}:{}", block.storage, block.path));
        fault.file = first.split(": ").next().map(String::from);
        fault.also = self.wrong.iter().skip(1).cloned().collect();
        Err(fault)
    }
}

/// The extraction's observer.
struct Told<'a, 'b> {
    bringing: &'a mut Bringing<'b>,
    sha256: Option<[u8; 32]>,
}

impl Watch for Told<'_, '_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let item = self.bringing.item;
        self.bringing.context.host.progress(Progress {
            bytes,
            bytes_total: Some(item.bytes),
            files,
            files_total: Some(item.files),
            now: PathBytes::new(now).to_text(),
            written: bytes,
        });
    }

    fn cancelled(&self) -> bool {
        self.bringing.context.host.cancelled()
    }
}

impl Observer for Told<'_, '_> {
    fn extracted(&mut self, _: &[EntryId]) -> longshore_transfer::Result<()> {
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let saved = Saved { sha256: self.sha256, extract: state.clone() };
        let text = serde_json::to_value(&saved).map_err(|error| Fail::Observer(error.into()))?;
        self.bringing.last = Some(saved);
        self.bringing.context.host.save_checkpoint(text).map_err(through)
    }
}

/// The entries to bring back from the datablock.
struct Wanted {
    context: Context,
    block: Block,
    selection: Selection,
    dest: Arc<dyn Storage>,
    with_dest: PathBytes,
    /// Entries that are passed over.
    skip: BTreeSet<EntryId>,
}

impl Wanted {
    /// What to do about an entry; nothing for a file that is there already and the same.
    fn item(&self, entry: &Entry) -> Result<Option<Item>, Fault> {
        let (mode, mtime) = (entry.mode, (entry.mtime.secs, entry.mtime.nanos));
        match destination::there(self.dest.as_ref(), entry, &|| self.context.host.cancelled())? {
            There::Nothing => {}
            There::Same if entry.kind == EntryKind::Folder => return Ok(None),
            There::Same => {
                let mode = (entry.kind == EntryKind::File).then_some(mode);
                let path = entry.path.as_bytes();
                return self.dest.set_meta(path, mode, Some(mtime)).told_at(self.dest.name()).map(|()| None);
            }
            There::Other => return Err(destination::exists(&self.with_dest, &[entry.path.to_text()], 1)),
        }
        let what = what(entry).ok_or_else(|| no_place(entry))?;
        Ok(Some(Item { id: entry.id, path: entry.path.as_bytes().to_vec(), what, mode, mtime }))
    }
}

fn what(entry: &Entry) -> Option<What> {
    Some(match entry.kind {
        EntryKind::Folder => What::Folder,
        EntryKind::Link => What::Link(entry.link.as_bytes().to_vec()),
        EntryKind::File => What::File { data: entry.copy?.data, size: entry.size, sha256: entry.digests?.sha256 },
    })
}

fn no_place(entry: &Entry) -> Fault {
    let why = "The ledger does not say where it lies";
    Fault::permanent("dataset.not_archived", format!("{} cannot be retrieved", entry.path), why)
        .on_file(entry.path.to_text())
}

impl Items for Wanted {
    fn page(&mut self, mut after: EntryId) -> longshore_transfer::Result<Vec<Item>> {
        loop {
            let entries = self.selection.page_in(&self.context.services, &self.block, after).map_err(through)?;
            let Some(last) = entries.last() else { return Ok(Vec::new()) };
            after = last.id;
            let wanted = entries.iter().filter(|entry| !self.skip.contains(&entry.id));
            let items: Result<Vec<_>, _> = wanted.filter_map(|entry| self.item(entry).transpose()).collect();
            let items = items.map_err(through)?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
    }
}
