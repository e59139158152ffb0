//! `landing.release`: deletes a dataset's files from the landing zone, each against its proof.

mod ahead;
mod delete;

use async_trait::async_trait;
use longshore_catalogue::{Dataset, DatasetState, Entry, PathBytes, Released};
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;
use longshore_transfer::sweep;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::delete::Deleting;
use super::{defaults, standing};
use crate::attempt::{PAGE, blocking, bytes, count, pages};
use crate::faults::{self, Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::landing;
use crate::prune;

/// Files that are deleted between two syncs of the storage.
const BATCH: usize = 4 * PAGE;
/// Parameters of `landing.release`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Storage to release from.
    #[serde(default = "defaults::landing")]
    pub from: String,
}

/// Output of `landing.release`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Files of the dataset, none of them in the landing zone any more.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// `landing.release`.
pub struct LandingRelease;

#[async_trait]
impl TypedKind for LandingRelease {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "landing.release";
    const TITLE: &'static str = "Deletes proved files from the landing zone";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        let dataset = blocking(move || services.dataset(&with.dataset)).await?;
        Ok(Need { files: Some(dataset.totals.files), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || release(&with, &context)).await.map(Done::Output)
    }
}

fn release(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.dataset)?;
    if dataset.state != DatasetState::Archived {
        return Err(Fault::permanent(
            "landing.unproved",
            format!("The files of {} stay in the landing zone", dataset.name),
            "Not every one of them is proved on the LTS",
        )
        .now("Retry the verification first.")
        .on_dataset(&dataset.pid));
    }
    let storage = services.storages.storage(&with.from)?;
    let mut left = Progress { files_total: Some(dataset.totals.files), ..Progress::default() };
    let mut deleting = Deleting::new(context, &dataset, storage.as_ref());
    pages(
        |after| services.catalogue.releasable_after(dataset.id, after, BATCH).told(),
        |files| release_batch(&mut deleting, files, &mut left),
    )?;
    clear_folders(context, &dataset, storage.as_ref())?;
    let totals = dataset.totals;
    let text = format!(
        "{}, {}, deleted from the landing zone, each against its proof",
        count(totals.files, "file", "files"),
        bytes(totals.bytes)
    );
    context.history(&dataset, "released", text)?;
    Ok(Output { dataset: dataset.pid, files: totals.files, bytes: totals.bytes })
}

/// Deletes files, makes that durable, and only then writes it down: a file that the ledger calls released is gone.
fn release_batch(deleting: &mut Deleting<'_>, files: &[Entry], done: &mut Progress) -> Result<(), Fault> {
    deleting.batch(files)?;
    let Deleting { context, dataset, storage, .. } = deleting;
    done.files += files.len() as u64;
    done.bytes += files.iter().map(|file| file.size).sum::<u64>();
    storage.sync_all().told_at(storage.name())?;
    let at = context.services.now();
    let released: Vec<_> = files.iter().map(|file| Released { entry: file.id, at }).collect();
    for batch in released.chunks(PAGE) {
        context.services.catalogue.record_released(dataset.id, batch).told()?;
    }
    done.now = files.last().map(|file| file.path.to_text()).unwrap_or_default();
    context.host.progress(done.clone());
    Ok(())
}

/// Takes away what is left of the dataset's folder; files that are not Longshore's stay, and are named.
fn clear_folders(context: &Context, dataset: &Dataset, storage: &dyn Storage) -> Result<(), Fault> {
    let folder = landing::folder(dataset);
    let top = folder.as_bytes();
    if !standing::is_there(storage, top)? {
        return Ok(());
    }
    sweep::sweep(storage, top).map_err(|fail| faults::of_transfer(fail, [storage.name(); 2]))?;
    if !prune::empty_folders(storage, top, &|| context.host.cancelled())? {
        let text = format!("{} in the landing zone is not empty: something else was put there", PathBytes::new(top));
        context.host.log(Level::Warning, &text);
    }
    storage.sync_all().told_at(storage.name())
}
