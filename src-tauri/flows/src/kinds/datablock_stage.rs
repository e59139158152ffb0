//! `datablock.stage` and `datablock.unstage`: a datablock is written to a bucket first, and deleted there once it is proved on the LTS.

use async_trait::async_trait;
use longshore_catalogue::BlockState;
use longshore_engine::Fault;
use longshore_transfer::hash::hex;
use longshore_transfer::storage::Storage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use super::packing::Packing;
use super::{defaults, standing};
use crate::attempt::blocking;
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::prune;

/// Whether datablocks are staged: the variable `staging`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Staging {
    /// They are written to the storage for staging, and copied from there to the LTS.
    Bucket,
    /// They are written straight to the LTS.
    #[default]
    None,
}

/// Parameters of `datablock.stage` and `datablock.unstage`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `dataset.manifest`, or what a task gave that did something with it.
    pub block: BlockItem,
    /// Whether it is staged; if not, nothing is done.
    #[serde(default)]
    pub staging: Staging,
    /// Storage that its files are in.
    #[serde(default = "defaults::landing")]
    pub from: String,
    /// Storage to stage it in.
    #[serde(default = "defaults::staging")]
    pub to: String,
}

/// Output of `datablock.stage` and `datablock.unstage`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The datablock.
    #[serde(flatten)]
    pub block: BlockItem,
    /// SHA-256 in hex of what is staged; null where nothing is, or where nobody has seen its bytes yet.
    pub staged: Option<String>,
    /// Whether the storage for staging has put it together itself, out of the files in the landing zone: so it does where both are buckets of one
    /// connection and the files are large. Its bytes are compared with the ledger on their way to the LTS.
    pub composed: bool,
}

/// `datablock.stage`.
pub struct DatablockStage;

#[async_trait]
impl TypedKind for DatablockStage {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datablock.stage";
    const TITLE: &'static str = "Writes a datablock to the storage for staging, if datablocks are staged";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        if with.staging == Staging::None {
            return Ok(Need::default());
        }
        let (files, bytes) = (Some(with.block.files), Some(with.block.size));
        Ok(Need { files, bytes, space: [(with.to, with.block.size)].into() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || stage(with, &context)).await.map(Done::Output)
    }
}

fn stage(with: With, context: &Context) -> Result<Output, Fault> {
    if with.staging == Staging::None {
        return Ok(Output { block: with.block, staged: None, composed: false });
    }
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    // What stands on the LTS already need not go there.
    if standing::is_written(services.storages.storage(&block.storage)?.as_ref(), &block)? {
        return Ok(Output { block: with.block, staged: None, composed: false });
    }
    let (from, to) = (services.storages.storage(&with.from)?, services.storages.storage(&with.to)?);
    // What was begun as a stream goes on as one.
    let begun = context.host.checkpoint().is_some();
    if !begun && Packing::new(context, &dataset, &block, to.as_ref()).compose(from.as_ref())? {
        return Ok(Output { block: with.block, staged: None, composed: true });
    }
    let written = Packing::new(context, &dataset, &block, to.as_ref()).run(from.as_ref())?;
    Ok(Output { block: with.block, staged: Some(hex(&written.sha256)), composed: false })
}

/// `datablock.unstage`.
pub struct DatablockUnstage;

#[async_trait]
impl TypedKind for DatablockUnstage {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datablock.unstage";
    const TITLE: &'static str = "Deletes a staged datablock that is proved on the LTS";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || unstage(with, &context)).await.map(Done::Output)
    }
}

fn unstage(with: With, context: &Context) -> Result<Output, Fault> {
    if with.staging == Staging::None {
        return Ok(Output { block: with.block, staged: None, composed: false });
    }
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    let name = &block.plan.name;
    if block.state != BlockState::Proved {
        let what = format!("{name} stays in {}", with.to);
        return Err(Fault::permanent("dataset.not_proved", what, "It is not proved on the LTS")
            .now("Retry its verification first.")
            .on_dataset(&dataset.pid));
    }
    let staging = services.storages.storage(&with.to)?;
    if standing::is_staged(staging.as_ref(), &dataset, &block)? {
        let path = standing::path(&dataset, &block.plan);
        staging.delete(path.as_bytes()).told_at(staging.name())?;
        context.host.log(Level::Info, &format!("{name} deleted from {}, against its proof", with.to));
    }
    // Nothing is staged of it any more once all of it is proved.
    let blocks = services.catalogue.blocks(dataset.id).told()?;
    if blocks.iter().all(|block| block.state == BlockState::Proved) {
        clear(staging.as_ref(), dataset.pid.as_bytes(), context)?;
    }
    Ok(Output { block: with.block, staged: None, composed: false })
}

/// Takes away the dataset's folder if it is empty. Another task run may be faster.
fn clear(staging: &dyn Storage, folder: &[u8], context: &Context) -> Result<(), Fault> {
    if !standing::is_there(staging, folder)? {
        return Ok(());
    }
    match prune::empty_folders(staging, folder, &|| context.host.cancelled()) {
        Err(fault) if fault.code == "file.missing" => Ok(()),
        cleared => cleared.map(drop),
    }
}
