//! `dataset.find`: a dataset of the workspace, or one that lies in the landing zone where the OpenEM Ingestor put it.

use async_trait::async_trait;
use longshore_catalogue::{Catalogue, Dataset, Error, NewDataset, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::storage::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scicat::{connection, reach};
use super::{defaults, standing};
use crate::attempt::blocking;
use crate::faults::{Told as _, of_catalogue};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::landing;
use crate::plan::naming::file_name;
use crate::scicat::of_scicat;

/// Parameters of `dataset.find`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here, or its pid in SciCat.
    pub dataset: String,
    /// The landing zone.
    #[serde(default = "defaults::landing")]
    pub landing: String,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `dataset.find`.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset here.
    pub dataset: String,
    /// Its pid in SciCat; null where SciCat has said that it does not know it. Where SciCat cannot be asked it may know it.
    pub pid: Option<String>,
    /// Where its files lie: STORAGE:PATH.
    pub folder: String,
}

/// `dataset.find`.
pub struct DatasetFind;

#[async_trait]
impl TypedKind for DatasetFind {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "dataset.find";
    const TITLE: &'static str = "Finds a dataset here or in the landing zone, and what SciCat calls it";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (services, asked) = (context.services.clone(), with.dataset.clone());
        let own = blocking(move || ours(&services, &asked)).await?;
        let pid = own.as_ref().map_or(with.dataset.as_str(), landing::scicat_pid).to_owned();
        // What SciCat is told of it waits until it is registered there.
        let known = match own.as_ref().and_then(|own| own.described.as_ref()) {
            Some(_) => None,
            None => knows(&context, &with.connection, &pid, own.is_some()).await?,
        };
        blocking(move || {
            let dataset = match own {
                Some(dataset) => dataset,
                None => take_in(&context, &with, known == Some(true))?,
            };
            let folder = format!("{}:{}", with.landing, landing::folder(&dataset));
            Ok(Output { dataset: dataset.pid, pid: known.unwrap_or(true).then_some(pid), folder })
        })
        .await
        .map(Done::Output)
    }
}

/// The dataset of the workspace that has this pid or name.
pub(super) fn ours(services: &Services, asked: &str) -> Result<Option<Dataset>, Fault> {
    match services.catalogue.dataset(asked) {
        Ok(dataset) => Ok(Some(dataset)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(of_catalogue(&error)),
    }
}

/// Whether SciCat knows a dataset; none where nobody can be asked. A SciCat that is away holds up no dataset that is known here.
async fn knows(context: &Context, connection: &str, pid: &str, ours: bool) -> Result<Option<bool>, Fault> {
    let Some(scicat) = reach(context, connection).await? else { return Ok(None) };
    match scicat.dataset(pid).await {
        Ok(_) => Ok(Some(true)),
        Err(error) if error.code == "scicat.unknown" => Ok(Some(false)),
        Err(error) if error.status == Status::Transient && ours => Ok(None),
        Err(error) => Err(of_scicat(&error)),
    }
}

/// Makes a dataset of what lies in the landing zone, or should. It is listed when it is compared with what SciCat knows.
fn take_in(context: &Context, with: &With, known: bool) -> Result<Dataset, Fault> {
    let services = &context.services;
    let folder = landing::ingested(&with.dataset)?;
    let storage = services.storages.storage(&with.landing)?;
    if !known && !standing::is_there(storage.as_ref(), folder.as_bytes())? {
        let why = format!("It is neither in this workspace nor at {}:{folder}", with.landing);
        return Err(Fault::permanent("dataset.unknown", format!("There is no dataset {}", with.dataset), why)
            .now("See whether its pid is spelt right, and whether it was uploaded."));
    }
    create(services, &with.dataset, &landing::source(&folder))
}

/// A dataset of this name whose pid is like it, and safe as a file name.
pub(super) fn create(services: &Services, name: &str, source: &PathBytes) -> Result<Dataset, Fault> {
    let catalogue: &dyn Catalogue = services.catalogue.as_ref();
    for number in 1_u32.. {
        let (pid, created_at) = (file_name(name, number), services.now());
        let new = NewDataset { pid, name: name.to_owned(), sources: vec![source.clone()], created_at };
        match catalogue.create_dataset(&new) {
            Err(Error::Taken { field: "pid", .. }) => {}
            // Another run was faster.
            Err(Error::Taken { .. }) => return catalogue.dataset(name).told(),
            made => return made.told(),
        }
    }
    catalogue.dataset(name).told()
}
