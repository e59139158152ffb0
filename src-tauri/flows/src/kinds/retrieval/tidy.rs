//! `retrieval.tidy`: takes away what a retrieval that was cancelled left unfinished in the storage `retrieval`.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::STORAGE;
use crate::attempt::blocking;
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::kinds::standing;

/// Parameters of `retrieval.tidy`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
}

/// Output of `retrieval.tidy`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
}

/// `retrieval.tidy`.
pub struct RetrievalTidy;

#[async_trait]
impl TypedKind for RetrievalTidy {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieval.tidy";
    const TITLE: &'static str = "Takes away unfinished datablocks of a dataset in the storage for retrieval";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || tidy(&with, &context)).await.map(Done::Output)
    }
}

/// Files that were brought into a folder may lie beside the datablocks: only what is unfinished of these is touched, and only where it
/// is the dataset's own.
fn tidy(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.dataset)?;
    let target = services.storages.storage(STORAGE)?;
    let blocks = services.catalogue.blocks(dataset.id).told()?;
    for block in blocks.iter().filter(|block| block.path == standing::path(&dataset, &block.plan)) {
        match target.discard(block.path.as_bytes()) {
            Err(error) if error.code != "file.missing" => return Err(error).told_at(STORAGE),
            _ => {}
        }
    }
    Ok(Output { dataset: dataset.pid })
}
