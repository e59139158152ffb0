//! `landing.release`: deletes a dataset's files from the landing zone, each against its proof.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, DatasetState, Entry, PathBytes, Released};
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, Meta, Storage};
use longshore_transfer::sweep;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::copy::standing as copied;
use super::defaults;
use super::standing;
use crate::attempt::{PAGE, blocking, bytes, count, pages};
use crate::faults::{self, Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::landing;
use crate::prune;

/// Files that are deleted between two syncs of the storage.
const BATCH: usize = 4 * PAGE;
/// Threads that delete: each deletion may wait for the device, which on a file system that discards what it frees is milliseconds.
const DELETERS: usize = 8;
/// Seconds after which no second write has the same time any more: storages tell it to the second, and may lag behind.
const SETTLED: i64 = 5;

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
    pages(
        |after| services.catalogue.releasable_after(dataset.id, after, BATCH).told(),
        |files| release_batch(context, &dataset, storage.as_ref(), files, &mut left),
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
fn release_batch(
    context: &Context,
    dataset: &Dataset,
    storage: &dyn Storage,
    files: &[Entry],
    done: &mut Progress,
) -> Result<(), Fault> {
    delete_side_by_side(context, dataset, storage, files)?;
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

fn delete_side_by_side(
    context: &Context,
    dataset: &Dataset,
    storage: &dyn Storage,
    files: &[Entry],
) -> Result<(), Fault> {
    let delete_each = |files: &[Entry]| {
        files.iter().try_for_each(|file| context.go_on().and_then(|()| delete(context, dataset, storage, file)))
    };
    let shares = files.chunks(files.len().div_ceil(DELETERS).max(1));
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares.map(|share| scope.spawn(move || delete_each(share))).collect();
        // All are waited for, so that none deletes on after the task is told to have ended.
        let ends: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ends.into_iter().try_for_each(|end| end.unwrap_or_else(|_| Err(broken())))
    })
}

fn broken() -> Fault {
    Fault::fatal("task.broken", "The release broke off", "One of its threads ended unexpectedly")
}

/// Deletes a file if it is still the copy that was archived; one that is gone already was deleted by an earlier attempt.
fn delete(context: &Context, dataset: &Dataset, storage: &dyn Storage, file: &Entry) -> Result<(), Fault> {
    let path = landing::path(dataset, &file.path);
    let meta = match storage.stat(&path) {
        Ok(meta) => meta,
        Err(error) if error.code == "file.missing" => return standing::top_is_there(storage),
        Err(error) => return Err(error).told_at(storage.name()),
    };
    if !as_landed(context, dataset, storage, (&path, &meta), file)? {
        return Err(Fault::permanent(
            "landing.changed",
            format!("{} stays in the landing zone", file.path),
            "It was changed after it landed, and what it holds now is archived nowhere",
        )
        .now("Move the file away if it is wanted, then retry.")
        .on_dataset(&dataset.pid)
        .on_file(file.path.to_text())
        .at_place(storage.name()));
    }
    storage.delete(&path).told_at(storage.name())
}

/// Whether what lies there is what landed. Size and time tell; where the storage keeps times only in part, or not at all, another time
/// says nothing, and the bytes are compared with the ledger.
fn as_landed(
    context: &Context,
    dataset: &Dataset,
    storage: &dyn Storage,
    (path, meta): (&[u8], &Meta),
    file: &Entry,
) -> Result<bool, Fault> {
    if meta.kind != Kind::File || meta.size != file.size {
        return Ok(false);
    }
    let same_time = meta.mtime == (file.mtime.secs, file.mtime.nanos);
    // What was found there may have been put right after it was listed, and before it was read; the time is then another.
    let found = landing::was_found(dataset);
    if storage.capabilities().posix && (same_time || !found) {
        return Ok(same_time);
    }
    // An object has the time at which the storage took it. The same time says that nothing took its place, unless that was so near to
    // the listing that two writes may share it.
    if same_time && found && (file.mtime.secs + SETTLED) * 1000 < dataset.created_at {
        return Ok(true);
    }
    if copied::time(storage, path, meta.mtime)? == Some(file.mtime.secs) {
        return Ok(true);
    }
    let found = copied::digest(storage, path, false, context)?;
    Ok(file.digests.is_some_and(|digests| found == digests.sha256))
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
