//! `dataset.tidy` and `retrieve.tidy`: take away the temporary files of work that was cancelled.

use async_trait::async_trait;
use longshore_catalogue::EntryKind;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;
use longshore_transfer::sweep;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::retrieve_plan;
use super::standing;
use crate::attempt::{blocking, pages};
use crate::destination;
use crate::faults::{self, ToldAt as _};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::prune;
use crate::selection::Selection;

/// Parameters of `dataset.tidy`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Storages to tidy.
    pub storages: Vec<String>,
}

/// Output of `dataset.tidy` and `retrieve.tidy`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
}

/// `dataset.tidy`.
pub struct DatasetTidy;

#[async_trait]
impl TypedKind for DatasetTidy {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "dataset.tidy";
    const TITLE: &'static str = "Takes away unfinished files of a dataset";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || tidy(&with, &context)).await.map(Done::Output)
    }
}

fn tidy(with: &With, context: &Context) -> Result<Output, Fault> {
    let dataset = context.services.dataset(&with.dataset)?;
    for name in &with.storages {
        let storage = context.services.storages.storage(name)?;
        clear(storage.as_ref(), dataset.pid.as_bytes(), context)?;
        if let Some(folder) = dataset.described.as_ref().and_then(|described| described.folder.as_ref()) {
            clear(storage.as_ref(), folder.as_bytes(), context)?;
        }
    }
    Ok(Output { dataset: dataset.pid })
}

/// The dataset's folder on a storage is Longshore's alone: whatever is unfinished in it goes, and then what is empty.
fn clear(storage: &dyn Storage, folder: &[u8], context: &Context) -> Result<(), Fault> {
    if !standing::is_there(storage, folder)? {
        // An object storage shows nothing of what is not complete.
        return storage.discard_below(folder).map(drop).told_at(storage.name());
    }
    sweep::sweep(storage, folder).map_err(|fail| faults::of_transfer(fail, [storage.name(); 2]))?;
    prune::empty_folders(storage, folder, &|| context.host.cancelled()).map(drop)
}

/// `retrieve.tidy`.
pub struct RetrieveTidy;

#[async_trait]
impl TypedKind for RetrieveTidy {
    type With = retrieve_plan::With;
    type Output = Output;
    const NAME: &'static str = "retrieve.tidy";
    const TITLE: &'static str = "Takes away unfinished files of a retrieval";

    async fn plan(&self, _: Self::With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: Self::With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || discard(&with, &context)).await.map(Done::Output)
    }
}

/// The destination is the operator's: only the temporary names of the files that were asked for are touched.
fn discard(with: &retrieve_plan::With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.dataset)?;
    let selection = Selection::of(services, &dataset, with.files.as_deref())?;
    let Some(dest) = destination::look(services.storages.as_ref(), &with.dest)? else {
        return Ok(Output { dataset: dataset.pid });
    };
    pages(
        |after| selection.page(services, after),
        |entries| {
            context.go_on()?;
            let mut files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
            files
                .try_for_each(|file| match dest.discard(file.path.as_bytes()) {
                    Err(error) if !["file.missing", "path.not_folder", "path.link"].contains(&error.code) => Err(error),
                    _ => Ok(()),
                })
                .told_at(dest.name())
        },
    )?;
    Ok(Output { dataset: dataset.pid })
}
