//! `dataset.manifest`: lays down which entries come into which datablock.

use async_trait::async_trait;
use longshore_catalogue::{BlockState, Dataset, NewBlock};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use super::block_item::Blocks;
use super::defaults;
use crate::attempt::{PAGE, blocking, bytes, count, pages};
use crate::faults::Told as _;
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::landing;
use crate::plan::{Item, Partition};
use crate::size::Size;

/// Parameters of `dataset.manifest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Storage that the datablocks will lie on.
    #[serde(default = "defaults::lts")]
    pub target: String,
    /// Size to aim at for a datablock, as bytes or as a text such as `20GiB`.
    #[serde(default = "twenty_gib")]
    pub block_size: Size,
}

fn twenty_gib() -> Size {
    Size(20 << 30)
}

/// `dataset.manifest`.
pub struct DatasetManifest;

#[async_trait]
impl TypedKind for DatasetManifest {
    type With = With;
    type Output = Blocks;
    const NAME: &'static str = "dataset.manifest";
    const TITLE: &'static str = "Plans the datablocks of a dataset";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Blocks>, Fault> {
        blocking(move || manifest(&with, &context)).await.map(Done::Output)
    }
}

fn manifest(with: &With, context: &Context) -> Result<Blocks, Fault> {
    let catalogue = &context.services.catalogue;
    let dataset = context.services.dataset(&with.dataset)?;
    // What was found in the landing zone lies there whole; its checksums are taken when it is packed.
    let landed = || Ok(landing::was_found(&dataset) || catalogue.unlanded_after(dataset.id, 0, 1).told()?.is_empty());
    if !dataset.listed || !landed()? {
        return Err(Fault::permanent(
            "dataset.not_landed",
            format!("{} cannot be packed", dataset.name),
            "It is not whole in the landing zone",
        )
        .now("Retry its upload first.")
        .on_dataset(&dataset.pid));
    }
    let mut blocks = catalogue.blocks(dataset.id).told()?;
    // Once one is written the cut stands, whatever the target size is by now.
    if blocks.iter().all(|block| block.state == BlockState::Planned) {
        let cut = cut(with, context, &dataset)?;
        blocks = catalogue.plan_blocks(dataset.id, &with.target, &cut).told()?;
    }
    let size = blocks.iter().map(|block| block.plan.size).sum();
    let blocks_told = count(blocks.len() as u64, "datablock", "datablocks");
    context.host.log(Level::Info, &format!("{blocks_told}, {}", bytes(size)));
    Ok(Blocks::of(&dataset, &blocks))
}

fn cut(with: &With, context: &Context, dataset: &Dataset) -> Result<Vec<NewBlock>, Fault> {
    let mut partition = Partition::new(&dataset.pid, with.block_size.0);
    let mut cut = Vec::new();
    let mut progress = Progress { files_total: Some(dataset.totals.files), ..Progress::default() };
    pages(
        |after| context.services.catalogue.entries_after(dataset.id, after, PAGE).told(),
        |entries| {
            for item in entries.iter().map(Item::of) {
                cut.extend(partition.push(&item));
            }
            progress.files += entries.iter().filter(|entry| entry.digests.is_some()).count() as u64;
            context.host.progress(progress.clone());
            context.go_on()
        },
    )?;
    cut.extend(partition.finish());
    Ok(cut)
}
