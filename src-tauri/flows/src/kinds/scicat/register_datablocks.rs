//! `scicat.register_datablocks`: what of a dataset is archived, for SciCat.

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{connection, tell};
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scicat::Tell;

/// Parameters of `scicat.register_datablocks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here.
    pub dataset: String,
    /// Pid of the dataset in SciCat; null where SciCat does not know it, and nothing is registered.
    pub pid: Option<String>,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.register_datablocks`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset in SciCat; null where SciCat does not know it.
    pub pid: Option<String>,
    /// Paths of the datablocks on the LTS, which are their names in SciCat.
    pub blocks: Vec<String>,
}

/// `scicat.register_datablocks`.
pub struct ScicatRegisterDatablocks;

#[async_trait]
impl TypedKind for ScicatRegisterDatablocks {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.register_datablocks";
    const TITLE: &'static str = "Registers a dataset's proved datablocks in SciCat, as soon as SciCat can be told";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (looking, asked) = (context.clone(), with.dataset.clone());
        let blocks = blocking(move || proved(&looking, &asked)).await?;
        let Some(pid) = with.pid else { return Ok(Output { pid: None, blocks: Vec::new() }.into()) };
        // A datablock of folders and links alone has nothing that SciCat could be told: it takes none without files.
        let told = blocks.iter().filter(|block| block.plan.files > 0);
        let all = told.clone().map(|block| Tell::Datablock { pid: pid.clone(), block: block.id }).collect();
        tell(&context, &with.connection, all).await?;
        Ok(Output { blocks: told.map(|block| block.path.to_text()).collect(), pid: Some(pid) }.into())
    }
}

/// Nothing is told of what is not proved.
fn proved(context: &Context, dataset: &str) -> Result<Vec<Block>, Fault> {
    let dataset = context.services.dataset(dataset)?;
    let blocks = context.services.catalogue.blocks(dataset.id).told()?;
    if let Some(block) = blocks.iter().find(|block| block.state != BlockState::Proved) {
        let what = format!("The datablocks of {} were not registered in SciCat", dataset.name);
        return Err(Fault::permanent("dataset.not_proved", what, format!("{} is not proved", block.plan.name))
            .on_dataset(&dataset.pid));
    }
    Ok(blocks)
}
