//! `dataset.blocks`: the datablocks that stand on the LTS, to be read back.

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use super::block_item::Blocks;
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `dataset.blocks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
}

/// `dataset.blocks`.
pub struct DatasetBlocks;

#[async_trait]
impl TypedKind for DatasetBlocks {
    type With = With;
    type Output = Blocks;
    const NAME: &'static str = "dataset.blocks";
    const TITLE: &'static str = "Gives the datablocks of a dataset";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Blocks>, Fault> {
        blocking(move || blocks(&with, &context)).await.map(Done::Output)
    }
}

fn blocks(with: &With, context: &Context) -> Result<Blocks, Fault> {
    let (dataset, blocks) = standing_blocks(&context.services, &with.dataset, "be read back")?;
    Ok(Blocks::of(&dataset, &blocks))
}

/// A dataset and its datablocks by number, each of which was written; `wanted` says what cannot be done otherwise.
pub(super) fn standing_blocks(services: &Services, name: &str, wanted: &str) -> Result<(Dataset, Vec<Block>), Fault> {
    let dataset = services.dataset(name)?;
    let blocks = services.catalogue.blocks(dataset.id).told()?;
    let unwritten = |block: &&Block| block.state == BlockState::Planned;
    if blocks.is_empty() || blocks.iter().any(|block| unwritten(&block)) {
        let why = match blocks.iter().find(unwritten) {
            Some(block) => format!("The datablock {} is not written yet", block.plan.name),
            None => "It has no datablocks yet".into(),
        };
        return Err(Fault::permanent("dataset.not_archived", format!("{} cannot {wanted}", dataset.name), why)
            .now("Wait until it is archived, or retry its archive run.")
            .on_dataset(&dataset.pid));
    }
    Ok((dataset, blocks))
}
