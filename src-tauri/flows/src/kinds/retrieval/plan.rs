//! `retrieval.plan`: the datablocks of a dataset, and the room that those need that are not in the storage `retrieval` yet.

use async_trait::async_trait;
use longshore_catalogue::Dataset;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{STORAGE, stands};
use crate::attempt::{blocking, bytes, count};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::kinds::block_item::BlockItem;
use crate::kinds::dataset_blocks::standing_blocks;

/// Parameters of `retrieval.plan`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Its pid in SciCat, where that is not its name here.
    #[serde(default)]
    pub pid: Option<String>,
}

/// A datablock to be brought back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Wanted {
    /// The datablock.
    #[serde(flatten)]
    pub block: BlockItem,
    /// Bytes of room that it needs: none where a file of its size lies there.
    pub room: u64,
}

/// Output of `retrieval.plan`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Its pid in SciCat: the one that was given, or its name, if that has a slash as all of SciCat's have; null where there is none.
    pub pid: Option<String>,
    /// Its datablocks by number.
    pub blocks: Vec<Wanted>,
    /// Bytes of room that they need.
    pub room: u64,
}

/// `retrieval.plan`.
pub struct RetrievalPlan;

#[async_trait]
impl TypedKind for RetrievalPlan {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieval.plan";
    const TITLE: &'static str = "Finds out which datablocks are not in the storage for retrieval yet";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        let (_, output) = blocking(move || look(&with, &services)).await?;
        let files = output.blocks.iter().map(|wanted| wanted.block.files).sum();
        let space = [(STORAGE.to_owned(), output.room)].into();
        Ok(Need { files: Some(files), bytes: Some(output.room), space })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let (dataset, output) = look(&with, &context.services)?;
            context.host.log(Level::Info, &told(&dataset, &output));
            Ok(output.into())
        })
        .await
    }
}

fn look(with: &With, services: &Services) -> Result<(Dataset, Output), Fault> {
    let (dataset, blocks) = standing_blocks(services, &with.dataset, "be retrieved")?;
    let target = services.storages.storage(STORAGE)?;
    let wanted = blocks.iter().map(|block| {
        let room = if stands(target.as_ref(), block)? { 0 } else { block.plan.size };
        Ok(Wanted { block: BlockItem::of(&dataset, block), room })
    });
    let blocks = wanted.collect::<Result<Vec<_>, Fault>>()?;
    let room = blocks.iter().map(|wanted| wanted.room).sum();
    let pid = with.pid.clone().or_else(|| dataset.name.contains('/').then(|| dataset.name.clone()));
    let output = Output { dataset: dataset.pid.clone(), pid, blocks, room };
    Ok((dataset, output))
}

fn told(dataset: &Dataset, output: &Output) -> String {
    let (all, there) = (output.blocks.len(), output.blocks.iter().filter(|wanted| wanted.room == 0).count());
    let blocks = count(all as u64, "datablock", "datablocks");
    format!("{}: {blocks}, {there} of them in {STORAGE} already; {} to bring back", dataset.name, bytes(output.room))
}
