//! `datablock.extract`: brings entries of one datablock back, each compared with its source's checksum as it is written and read back.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Block, Dataset, Entry, EntryId, EntryKind, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::extract::{self, Checkpoint, Item, Items, Observer, Options, What};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use crate::attempt::blocking;
use crate::destination::{self, There};
use crate::faults::{self, Told as _, ToldAt as _, through};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::selection::Selection;

/// Files that a failure names after the first.
const NAMED: usize = 100;

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

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || extract(&with, &context)).await.map(Done::Output)
    }
}

fn extract(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    let selection = Selection::of(services, &dataset, with.files.as_deref())?;
    let dest = destination::open(services.storages.as_ref(), &with.dest)?;
    let lts = services.storages.storage(&block.storage)?;
    let mut wanted =
        Wanted { context: context.clone(), block, selection, dest: dest.clone(), folder: with.dest.clone() };
    let block = wanted.block.clone();
    let mut bringing =
        Bringing { context, dataset: &dataset, block: &block, item: &with.block, failed: None, also: Vec::new() };
    let (resume, options) = (bringing.saved(), Options { replace: false });
    extract::extract(lts.as_ref(), block.path.as_bytes(), dest.as_ref(), &mut wanted, options, resume, &mut bringing)
        .map_err(|fail| faults::of_transfer(fail, [lts.name(), dest.name()]).on_dataset(&dataset.pid))?;
    // Another retrieval shall not pass over what is gone by then.
    context.forget_checkpoint()?;
    bringing.verdict()?;
    Ok(Output { name: block.plan.name, files: with.block.files, bytes: with.block.bytes })
}

/// What is saved: where the extraction is, and from which writing of the datablock.
#[derive(Serialize, Deserialize)]
struct Saved {
    sha256: Option<[u8; 32]>,
    /// A file before that place was not brought back: the next attempt starts anew, past all that is there and right.
    failed: bool,
    extract: Checkpoint,
}

struct Bringing<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    item: &'a BlockItem,
    /// The first file that could not be brought back, and lines on the others.
    failed: Option<Fault>,
    also: Vec<String>,
}

impl Bringing<'_> {
    fn saved(&self) -> Option<Checkpoint> {
        let saved: Saved = serde_json::from_value(self.context.host.checkpoint()?).ok()?;
        (saved.sha256 == self.block.sha256 && !saved.failed).then_some(saved.extract)
    }

    fn verdict(self) -> Result<(), Fault> {
        let Some(mut fault) = self.failed else { return Ok(()) };
        if !self.also.is_empty() {
            fault.what = format!("{} files were not retrieved from {}", self.also.len() + 1, self.block.plan.name);
            fault.also = self.also;
        }
        Err(fault)
    }

    fn fault(&self, item: &Item, fail: Fail) -> Fault {
        let path = PathBytes::new(item.path.clone()).to_text();
        let what = format!("{path} was not retrieved");
        let fault = match fail {
            Fail::Mismatch { found, .. } => {
                let why = format!(
                    "Its bytes in {} are not those of its source: their SHA-256 is {found}",
                    self.block.plan.name
                );
                Fault::permanent("fixity.mismatch", what, why)
                    .now("The other files were retrieved. Verify the dataset, and restore the datablock from another copy.")
                    .at_place(format!("{}:{}", self.block.storage, self.block.path))
            }
            other => Fault { what, ..faults::of_transfer(other, [&self.block.storage, "the destination"]) },
        };
        fault.on_dataset(&self.dataset.pid).on_file(path)
    }
}

impl Watch for Bringing<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        self.context.host.progress(Progress {
            bytes,
            bytes_total: Some(self.item.bytes),
            files,
            files_total: Some(self.item.files),
            now: PathBytes::new(now).to_text(),
            written: bytes,
        });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Bringing<'_> {
    fn extracted(&mut self, _: &[EntryId]) -> longshore_transfer::Result<()> {
        Ok(())
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> longshore_transfer::Result<()> {
        let fault = self.fault(item, fail);
        self.context.host.log(Level::Error, &format!("{}: {}", fault.what, fault.why));
        match &self.failed {
            None => self.failed = Some(fault),
            Some(_) if self.also.len() < NAMED => self.also.push(format!("{}: {}", fault.what, fault.why)),
            Some(_) => {}
        }
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let saved = Saved { sha256: self.block.sha256, failed: self.failed.is_some(), extract: state.clone() };
        self.context.save(&saved).map_err(through)
    }
}

/// The entries to bring back from the datablock.
struct Wanted {
    context: Context,
    block: Block,
    selection: Selection,
    dest: Arc<dyn Storage>,
    /// Where that is.
    folder: PathBytes,
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
            There::Other => return Err(destination::exists(&self.folder, &[entry.path.to_text()], 1)),
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
            let items: Result<Vec<_>, _> = entries.iter().filter_map(|entry| self.item(entry).transpose()).collect();
            let items = items.map_err(through)?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
    }
}
