//! `scicat.register_dataset`: makes a dataset with metadata known in SciCat, before its files are brought in.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Dataset, Metadata};
use longshore_connectors::s3::S3;
use longshore_engine::Fault;
use longshore_transfer::storage::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{connection, reach, tell};
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::kinds::defaults;
use crate::landing;
use crate::scicat::{Tell, new_dataset, note, of_scicat};

/// Parameters of `scicat.register_dataset`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here. One without metadata is passed over.
    pub dataset: String,
    /// The landing zone.
    #[serde(default = "defaults::landing")]
    pub landing: String,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.register_dataset`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset here.
    pub dataset: String,
    /// Its pid in SciCat; null while it has none.
    pub pid: Option<String>,
    /// Where its files will lie: STORAGE:PATH.
    pub folder: String,
}

/// `scicat.register_dataset`.
pub struct ScicatRegisterDataset;

#[async_trait]
impl TypedKind for ScicatRegisterDataset {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.register_dataset";
    const TITLE: &'static str =
        "Makes a dataset with metadata in SciCat, or has that done as soon as SciCat can be told";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (looking, asked) = (context.clone(), with.dataset.clone());
        let (dataset, said) = blocking(move || look(&looking, &asked)).await?;
        if let Some(said) = said {
            register(&context, &with.connection, &dataset, &said).await?;
        }
        blocking(move || place(&with, &context)).await.map(Done::Output)
    }
}

fn look(context: &Context, asked: &str) -> Result<(Dataset, Option<Metadata>), Fault> {
    let dataset = context.services.dataset(asked)?;
    let said = context.services.catalogue.metadata(dataset.id).told()?;
    Ok((dataset, said))
}

/// What SciCat does not take ends the run before a byte is moved; a SciCat that is away, or not there yet, is told later.
async fn register(context: &Context, connection: &str, dataset: &Dataset, said: &Metadata) -> Result<(), Fault> {
    let Some(scicat) = reach(context, connection).await? else { return later(context, connection, dataset).await };
    match scicat.create_dataset(&new_dataset(dataset, said)).await {
        Ok(made) => {
            let (catalogue, dataset) = (Arc::clone(&context.services.catalogue), dataset.clone());
            let when = (context.services.now(), Some(context.run.clone()));
            blocking(move || note(catalogue.as_ref(), &dataset, &made.pid, when)).await
        }
        Err(error) if error.status == Status::Transient => {
            context.host.log(Level::Warning, &format!("{error}; it is told as soon as it can be"));
            later(context, connection, dataset).await
        }
        Err(error) => Err(of_scicat(&error).on_dataset(&dataset.pid)),
    }
}

async fn later(context: &Context, connection: &str, dataset: &Dataset) -> Result<(), Fault> {
    let (pid, dataset) = (landing::scicat_pid(dataset).to_owned(), dataset.pid.clone());
    tell(context, connection, vec![Tell::Dataset { pid, dataset }]).await
}

/// Where its files will lie. In a bucket to which others upload too that is where they would put them.
fn place(with: &With, context: &Context) -> Result<Output, Fault> {
    let mut dataset = context.services.dataset(&with.dataset)?;
    if dataset.described.is_some() {
        let storage = context.services.storages.storage(&with.landing)?;
        if storage.as_any().downcast_ref::<S3>().is_some() {
            let folder = landing::ingested(landing::scicat_pid(&dataset))?;
            dataset = context.services.catalogue.lands_in(dataset.id, &folder).told()?;
        }
    }
    let folder = format!("{}:{}", with.landing, landing::folder(&dataset));
    let pid = dataset.described.and_then(|described| described.pid);
    Ok(Output { dataset: dataset.pid, pid, folder })
}
