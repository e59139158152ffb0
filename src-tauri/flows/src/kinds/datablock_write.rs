//! `datablock.write`: packs the entries of one datablock straight to its storage, checking each file against the ledger, or copies what
//! was staged of it.

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset};
use longshore_engine::Fault;
use longshore_transfer::copy::{self, Checkpoint, Item, Observer, Options};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use super::packing::Packing;
use super::{defaults, standing};
use crate::attempt::{blocking, bytes, count};
use crate::faults::{self, Told as _, ToldAt as _, through};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};

/// Parameters of `datablock.write`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `dataset.manifest`.
    pub block: BlockItem,
    /// Storage to write to: the one that the manifest named.
    #[serde(default = "defaults::lts")]
    pub target: String,
    /// Storage that its files are in.
    #[serde(default = "defaults::landing")]
    pub from: String,
    /// SHA-256 in hex of the datablock as `datablock.stage` staged it, from where it is copied then; null where it was not.
    #[serde(default)]
    pub staged: Option<String>,
    /// Whether it was put together where it was staged, and its bytes are still to be compared with the ledger.
    #[serde(default)]
    pub composed: bool,
    /// Storage that it was staged in.
    #[serde(default = "defaults::staging")]
    pub staging: String,
}

/// `datablock.write`.
pub struct DatablockWrite;

#[async_trait]
impl TypedKind for DatablockWrite {
    type With = With;
    type Output = BlockItem;
    const NAME: &'static str = "datablock.write";
    const TITLE: &'static str = "Writes a datablock";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        let (files, bytes) = (Some(with.block.files), Some(with.block.size));
        Ok(Need { files, bytes, space: [(with.target, with.block.size)].into() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<BlockItem>, Fault> {
        blocking(move || write(&with, &context)).await.map(Done::Output)
    }
}

fn write(with: &With, context: &Context) -> Result<BlockItem, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    if block.storage != with.target {
        let why = format!("The manifest put it on {}, this task writes to {}", block.storage, with.target);
        return Err(Fault::permanent("datablock.target", format!("{} was not written", block.plan.name), why)
            .on_dataset(&dataset.pid));
    }
    let target = services.storages.storage(&with.target)?;
    if !standing::is_written(target.as_ref(), &block)? {
        let sha256 = bring(with, context, &dataset, &block, target.as_ref())?;
        let path = standing::path(&dataset, &block.plan);
        services.catalogue.block_written(block.id, &path, &sha256).told()?;
        tell(context, &dataset, &block, target.name())?;
    } else if block.state == BlockState::Written {
        // An earlier attempt may have died before this line; one that is there is not added again.
        tell(context, &dataset, &block, target.name())?;
    }
    Ok(with.block.clone())
}

/// Brings the datablock to its storage: what was staged of it, or else, as when that is gone, what lies in the landing zone.
fn bring(
    with: &With,
    context: &Context,
    dataset: &Dataset,
    block: &Block,
    target: &dyn Storage,
) -> Result<[u8; 32], Fault> {
    let storages = &context.services.storages;
    if with.composed
        && let Some(sha256) = from_composed(with, context, dataset, block, target)?
    {
        return Ok(sha256);
    }
    if let Some(sha256) = with.staged.as_deref().and_then(standing::sha256) {
        let staging = storages.storage(&with.staging)?;
        if standing::is_staged(staging.as_ref(), dataset, block)? {
            return Staged { context, dataset, block, ends: [staging.as_ref(), target], sha256 }.copy();
        }
        let text =
            format!("{} is not in {} any more: it is packed from the landing zone", block.plan.name, with.staging);
        context.host.log(Level::Warning, &text);
    }
    let source = storages.storage(&with.from)?;
    Packing::new(context, dataset, block, target).run(source.as_ref()).map(|written| written.sha256)
}

/// Brings it from where it was put together; `None` where that is gone, or is not what it should be: then it is packed anew, which shows
/// whether the files in the landing zone are.
fn from_composed(
    with: &With,
    context: &Context,
    dataset: &Dataset,
    block: &Block,
    target: &dyn Storage,
) -> Result<Option<[u8; 32]>, Fault> {
    let staging = context.services.storages.storage(&with.staging)?;
    let why = if standing::is_staged(staging.as_ref(), dataset, block)? {
        match Packing::new(context, dataset, block, target).out_of_staging().run(staging.as_ref()) {
            Ok(written) => return Ok(Some(written.sha256)),
            Err(fault) if fault.code == "landing.changed" => {
                // Wrong bytes may be in what is written of it.
                target.discard(standing::path(dataset, &block.plan).as_bytes()).told_at(target.name())?;
                fault.why
            }
            Err(fault) => return Err(fault),
        }
    } else {
        "it is not there any more".into()
    };
    let text =
        format!("{} is not taken from {}: {why}. It is packed from the landing zone", block.plan.name, with.staging);
    context.host.log(Level::Warning, &text);
    Ok(None)
}

fn tell(context: &Context, dataset: &Dataset, block: &Block, storage: &str) -> Result<(), Fault> {
    let plan = &block.plan;
    let (files, size) = (count(plan.files, "file", "files"), bytes(plan.size));
    context.history(dataset, "block_written", format!("{} written to {storage}: {files}, {size}", plan.name))
}

/// What is saved of a copy.
#[derive(Serialize, Deserialize)]
struct Saved {
    staged: Option<Checkpoint>,
}

/// A datablock on its way from where it was staged.
struct Staged<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    /// Where it was staged, and where it goes.
    ends: [&'a dyn Storage; 2],
    sha256: [u8; 32],
}

impl Staged<'_> {
    fn copy(mut self) -> Result<[u8; 32], Fault> {
        let [from, to] = self.ends;
        let path = standing::path(self.dataset, &self.block.plan);
        let saved = self.context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
        if saved.is_none() {
            Packing::new(self.context, self.dataset, self.block, to).may_replace(path.as_bytes())?;
            self.context.save(&Saved { staged: None })?;
        }
        let meta = from.stat(path.as_bytes()).told_at(from.name())?;
        let (source, target) = (path.as_bytes().to_vec(), path.as_bytes().to_vec());
        let item = Item { id: self.block.id, source, target, size: meta.size, mtime: meta.mtime, mode: 0o644 };
        let (options, resume) = (Options { replace: true, ..Options::default() }, saved.and_then(|saved| saved.staged));
        let (dataset, sha256) = (self.dataset, self.sha256);
        copy::copy_known(from, to, &item, options, sha256, resume.as_ref(), &mut self)
            .map_err(|fail| damaged(fail, [from.name(), to.name()]).on_dataset(&dataset.pid))?;
        Ok(sha256)
    }
}

/// What was staged is not what it was: it is packed again when it is gone.
fn damaged(fail: Fail, between: [&str; 2]) -> Fault {
    let mismatch = matches!(fail, Fail::Mismatch { .. });
    let fault = faults::of_transfer(fail, between);
    if mismatch { fault.now("Delete it there, then retry: it is packed again from the landing zone.") } else { fault }
}

impl Watch for Staged<'_> {
    fn progress(&mut self, bytes: u64, _: u64, _: &[u8]) {
        let plan = &self.block.plan;
        let (bytes_total, files_total, now) = (Some(plan.size), Some(plan.files), plan.name.clone());
        self.context.host.progress(Progress { bytes, bytes_total, files: 0, files_total, now, written: bytes });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Staged<'_> {
    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        self.context.save(&Saved { staged: Some(state.clone()) }).map_err(through)
    }
}
