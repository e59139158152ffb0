//! `retrieval.finish`: a dataset is retrieved when each of its datablocks lies in the storage `retrieval`, proved there.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{STORAGE, stands};
use crate::attempt::{blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::kinds::dataset_blocks::standing_blocks;

/// Parameters of `retrieval.finish`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
}

/// Output of `retrieval.finish`: a dataset whose datablocks all lie in the storage `retrieval`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Paths of its datablocks on that storage.
    pub blocks: Vec<String>,
    /// Files in them.
    pub files: u64,
    /// Bytes of the datablocks.
    pub bytes: u64,
}

/// `retrieval.finish`.
pub struct RetrievalFinish;

#[async_trait]
impl TypedKind for RetrievalFinish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieval.finish";
    const TITLE: &'static str = "Finishes the retrieval of a dataset's datablocks";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || finish(&with, &context)).await.map(Done::Output)
    }
}

fn finish(with: &With, context: &Context) -> Result<Output, Fault> {
    let (dataset, blocks) = standing_blocks(&context.services, &with.dataset, "be retrieved")?;
    let target = context.services.storages.storage(STORAGE)?;
    target.sync_all().told_at(STORAGE)?;
    for block in &blocks {
        context.go_on()?;
        if !stands(target.as_ref(), block)? {
            let what = format!("{} is not in the storage {STORAGE}", block.plan.name);
            return Err(Fault::permanent("retrieve.incomplete", what, "It was taken away since it was brought back")
                .now("Retry the task that fetches it, with what lies downstream.")
                .on_dataset(&dataset.pid)
                .at_place(STORAGE));
        }
    }
    let (files, size) = blocks.iter().fold((0, 0), |(files, size), one| (files + one.plan.files, size + one.plan.size));
    let number = count(blocks.len() as u64, "datablock", "datablocks");
    let text = format!("{number}, {}, retrieved into {STORAGE}, each with the checksum of the ledger", bytes(size));
    context.history(&dataset, "retrieved", text)?;
    let blocks = blocks.iter().map(|block| block.path.to_text()).collect();
    Ok(Output { dataset: dataset.pid, blocks, files, bytes: size })
}
