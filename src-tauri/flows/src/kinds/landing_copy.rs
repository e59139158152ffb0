//! `landing.copy`: brings every file of a dataset into the landing zone, with the checksums of its source.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Dataset, DatasetState, Digests, Entry, EntryId, LandingState};
use longshore_engine::Fault;
use longshore_transfer::copy::{Checkpoint, Copied, Item, Options};
use longshore_transfer::many::{Items, Observer, copy_many};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults;
use super::left_out::LeftOut;
use super::standing;
use crate::attempt::{PAGE, blocking, bytes, count, pages};
use crate::faults::{self, Told as _, through};
use crate::kind::{Context, Done, Need, Progress, Services, TypedKind};
use crate::landing;
use crate::plan;

/// Bytes that a file takes up on a storage beyond its content, at most: reserved for each.
pub(crate) const FILE_OVERHEAD: u64 = 4096;

/// Parameters of `landing.copy`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Storage to copy to.
    #[serde(default = "defaults::landing")]
    pub target: String,
}

/// Output of `landing.copy`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Files, all of them in the landing zone.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// `landing.copy`.
pub struct LandingCopy;

#[async_trait]
impl TypedKind for LandingCopy {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "landing.copy";
    const TITLE: &'static str = "Copies a dataset into the landing zone";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        let totals = blocking(move || Ok((services.dataset(&with.dataset)?.totals, with.target))).await;
        let (totals, target) = totals?;
        let space = [(target, totals.bytes + totals.files * FILE_OVERHEAD)].into();
        Ok(Need { files: Some(totals.files), bytes: Some(totals.bytes), space })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || land(&with, &context)).await.map(Done::Output)
    }
}

/// What is saved: that a first attempt began, and how far the large file in work is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    large: Option<Checkpoint>,
}

fn land(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.dataset)?;
    if !dataset.listed {
        return Err(Fault::permanent(
            "dataset.unlisted",
            format!("{} cannot be copied", dataset.name),
            "It is not listed yet",
        )
        .on_dataset(&dataset.pid));
    }
    lies_here(with, context, &dataset)?;
    if !services.catalogue.unlanded_after(dataset.id, 0, 1).told()?.is_empty() {
        copy(with, context, &dataset)?;
    }
    // An earlier attempt may have died between the last file and this line; a line that is there is not added again.
    if matches!(dataset.state, DatasetState::Landing | DatasetState::Landed) {
        let text = format!(
            "{}, {}, copied into the landing zone; SHA-256 and MD5 were taken from the source as it was read",
            count(dataset.totals.files, "file", "files"),
            bytes(dataset.totals.bytes)
        );
        context.history(&dataset, "landed", text)?;
    }
    Ok(Output { files: dataset.totals.files, bytes: dataset.totals.bytes, dataset: dataset.pid })
}

/// The ledger knows that a file was read for a landing zone; one that went to an archiver service's does not lie in this one.
fn lies_here(with: &With, context: &Context, dataset: &Dataset) -> Result<(), Fault> {
    if !matches!(dataset.state, DatasetState::Landing | DatasetState::Landed) {
        return Ok(());
    }
    let Services { catalogue, storages, .. } = &context.services;
    // Either way goes by ascending keys: whatever was uploaded begins among the first.
    let first = catalogue.entries_after(dataset.id, 0, PAGE).told()?;
    let Some(file) = first.iter().find(|entry| entry.landing == LandingState::Present) else { return Ok(()) };
    let storage = storages.storage(&with.target)?;
    if standing::is_there(storage.as_ref(), &landing::path(dataset, &file.path))? {
        return Ok(());
    }
    let why = format!("{} was uploaded before, and does not lie in {}", file.path, with.target);
    Err(Fault::permanent("landing.elsewhere", format!("{} was not copied", dataset.name), why)
        .now("If an archiver service has it, upload it there again; otherwise upload it under another name.")
        .on_dataset(&dataset.pid)
        .on_file(file.path.to_text()))
}

fn copy(with: &With, context: &Context, dataset: &Dataset) -> Result<(), Fault> {
    let services = &context.services;
    let target = services.storages.storage(&with.target)?;
    let sources = plan::locate(&dataset.sources, services.storages.as_ref())?;
    let saved: Option<Saved> = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
    let done = if saved.is_some() || context.attempt > 1 { landed_before(context, dataset)? } else { (0, 0) };
    let mut landing = Landing { context, dataset, target: target.as_ref(), done, left_out: LeftOut::new(dataset) };
    let resume = saved.and_then(|saved| saved.large);
    landing.save(resume.clone())?;
    for (number, source) in (0..).zip(&sources) {
        landing.source(number, source, resume.clone())?;
    }
    landing.left_out.verdict()
}

/// Files and bytes that earlier attempts brought in.
fn landed_before(context: &Context, dataset: &Dataset) -> Result<(u64, u64), Fault> {
    let catalogue = &context.services.catalogue;
    let (mut files, mut bytes) = (dataset.totals.files, dataset.totals.bytes);
    pages(
        |after| catalogue.unlanded_after(dataset.id, after, PAGE).told(),
        |page| {
            files = files.saturating_sub(page.len() as u64);
            bytes = bytes.saturating_sub(page.iter().map(|entry| entry.size).sum());
            context.go_on()
        },
    )?;
    Ok((files, bytes))
}

/// The copying, as the transfer sees it.
struct Landing<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    target: &'a dyn Storage,
    /// Files and bytes that earlier calls brought in.
    done: (u64, u64),
    left_out: LeftOut,
}

impl Landing<'_> {
    fn source(&mut self, number: u32, source: &Arc<dyn Storage>, resume: Option<Checkpoint>) -> Result<(), Fault> {
        let mut items = Unlanded {
            context: self.context.clone(),
            dataset: self.dataset.clone(),
            number,
            again: (self.context.attempt > 1).then(|| source.clone()),
        };
        let options = Options { md5: true, reflink: true, replace: true, read_back: false };
        let between = [source.name(), self.target.name()];
        self.left_out.source = Some(source.clone());
        let summary =
            copy_many(source.as_ref(), self.target, &mut items, 0, options, resume.into_iter().collect(), self)
                .map_err(|fail| faults::of_transfer(fail, between).on_dataset(&self.dataset.pid))?;
        self.done = (self.done.0 + summary.files, self.done.1 + summary.bytes);
        Ok(())
    }

    fn save(&self, large: Option<Checkpoint>) -> Result<(), Fault> {
        self.context.save(&Saved { large })
    }
}

impl Watch for Landing<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let (files, bytes) = (self.done.0 + files, self.done.1 + bytes);
        self.context.host.progress(Progress {
            bytes,
            bytes_total: Some(self.dataset.totals.bytes),
            files,
            files_total: Some(self.dataset.totals.files),
            now: longshore_catalogue::PathBytes::new(now).to_text(),
            written: bytes + files * FILE_OVERHEAD,
        });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Landing<'_> {
    fn copied(&mut self, batch: &[Copied]) -> longshore_transfer::Result<()> {
        let landed: Vec<_> = batch.iter().filter_map(landed).collect();
        for landed in landed.chunks(PAGE) {
            self.context.services.catalogue.record_landed(self.dataset.id, landed).told().map_err(through)?;
        }
        Ok(())
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> longshore_transfer::Result<()> {
        self.left_out.add(self.context, self.dataset, item, fail)
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        self.save(Some(state.clone())).map_err(through)
    }
}

fn landed(copied: &Copied) -> Option<(EntryId, Digests)> {
    Some((copied.id, Digests { sha256: copied.digests.sha256, md5: copied.digests.md5? }))
}

/// The files of one source that are not in the landing zone yet.
struct Unlanded {
    context: Context,
    dataset: Dataset,
    number: u32,
    /// The source, if an earlier attempt left some of these out.
    again: Option<Arc<dyn Storage>>,
}

impl Unlanded {
    /// Takes the permissions as they are now of files that an earlier attempt left out: what was mended to make them readable
    /// belongs to the dataset.
    fn permissions_now(&self, entries: &[Entry]) -> Result<(), Fault> {
        let Some(source) = &self.again else { return Ok(()) };
        for entry in entries.iter().filter(|entry| entry.source == self.number) {
            let now = source.stat(entry.path.as_bytes()).ok().and_then(|meta| meta.mode).map(|mode| mode & 0o7777);
            if let Some(mode) = now.filter(|mode| *mode != entry.mode) {
                let catalogue = &self.context.services.catalogue;
                catalogue.relist_file(self.dataset.id, entry.id, entry.size, mode, entry.mtime).told()?;
            }
        }
        Ok(())
    }

    fn item(&self, entry: &Entry) -> Item {
        Item {
            id: entry.id,
            source: entry.path.as_bytes().to_vec(),
            target: landing::path(&self.dataset, &entry.path),
            size: entry.size,
            mtime: (entry.mtime.secs, entry.mtime.nanos),
            // The copy must be readable to its owner, whatever the source's owner chose; the ledger keeps the true mode.
            mode: entry.mode & 0o777 | 0o600,
        }
    }
}

impl Items for Unlanded {
    /// Sources are listed one behind the other, so that theirs are runs of keys.
    fn page(&mut self, mut after: EntryId) -> longshore_transfer::Result<Vec<Item>> {
        loop {
            let catalogue = &self.context.services.catalogue;
            let entries = catalogue.unlanded_after(self.dataset.id, after, PAGE).told().map_err(through)?;
            self.permissions_now(&entries).map_err(through)?;
            let items: Vec<_> = entries.iter().filter(|e| e.source == self.number).map(|e| self.item(e)).collect();
            match entries.last() {
                Some(last) if items.is_empty() && last.source < self.number => after = last.id,
                _ => return Ok(items),
            }
        }
    }
}
