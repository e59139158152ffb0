//! One file after another, and its parts: read, hashed and put; noted once it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_catalogue::{DatasetId, Digests, Entry, EntryId, EntryKind};
use longshore_connectors::archiver::{Granted, Put};
use longshore_connectors::s3::WrittenPart;
use longshore_engine::Fault;
use longshore_transfer::hash::Hashes;
use longshore_transfer::storage::{ReadOptions, Status, Storage};
use serde::{Deserialize, Serialize};
use tokio::sync::{self, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::Link;
use crate::attempt::blocking;
use crate::faults::{Told as _, ToldAt as _, of_storage};
use crate::http::or_cancelled;
use crate::kind::{Context, Level, Progress};
use crate::landing;

/// Bytes of a part, unless there would be too many.
const PART: u64 = 32 << 20;
/// Parts of an object at most, as S3 has it.
const PARTS: u64 = 10_000;
/// Parts in memory, of all files together.
const SIDE_BY_SIDE: usize = 4;

/// What outlives the process. The ledger cannot tell what the service has: it knows only which files were read, for this landing zone or another.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Saved {
    /// Uploads that were begun and are not complete: upload ids by object. They cannot be gone on with, as the service gives no second URL.
    open: BTreeMap<String, String>,
    /// The service has every file up to this key,
    upto: EntryId,
    /// and these beyond.
    beyond: BTreeSet<EntryId>,
}

/// What all files are sent with.
pub(super) struct Sending {
    context: Context,
    link: Link,
    sources: Vec<Arc<dyn Storage>>,
    connection: String,
    parts: Arc<Semaphore>,
    saved: sync::Mutex<Saved>,
    done: Mutex<Progress>,
}

/// A part that was read, and the state of the whole file's checksums behind it.
struct Read {
    put: Put,
    whole: Hashes,
    unchanged: bool,
}

impl Sending {
    pub(super) fn new(context: Context, link: Link, sources: Vec<Arc<dyn Storage>>, connection: String) -> Self {
        let totals = link.dataset.totals;
        let (bytes_total, files_total) = (Some(totals.bytes), Some(totals.files));
        let done = Mutex::new(Progress { bytes_total, files_total, ..Progress::default() });
        let parts = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        Self { context, link, sources, connection, parts, saved: sync::Mutex::default(), done }
    }

    pub(super) fn dataset(&self) -> DatasetId {
        self.link.dataset.id
    }

    fn told(&self, error: &longshore_transfer::storage::Error) -> Fault {
        of_storage(&self.connection, error).on_dataset(&self.link.dataset.pid)
    }

    /// Goes on where an earlier attempt, or another process, stopped: what that one left unfinished is aborted.
    pub(super) async fn resume(&self) {
        let saved = self.context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
        let Some(left) = saved else { return };
        *self.saved.lock().await = left;
        self.abort_open().await;
    }

    /// Aborts what is open. What the service does not know any more is said in the log; of what it cannot be told now it is told by
    /// the next attempt.
    pub(super) async fn abort_open(&self) {
        let open = self.saved.lock().await.open.clone();
        for (object, upload) in open {
            match self.link.archiver.abort(&self.link.pid, &object, &upload).await {
                Ok(()) => self.context.host.log(Level::Info, &format!("{object}: its unfinished upload was aborted")),
                Err(error) => {
                    self.context.host.log(Level::Warning, &format!("{object}: {}: {}", error.what, error.why));
                    if error.status == Status::Transient {
                        continue;
                    }
                }
            }
            if let Err(fault) = self.note(|saved| drop(saved.open.remove(&object))).await {
                self.context.host.log(Level::Warning, &fault.to_string());
            }
        }
    }

    /// Changes what outlives the process, for good before anything more is done; one change after another.
    async fn note(&self, change: impl FnOnce(&mut Saved)) -> Result<(), Fault> {
        let mut saved = self.saved.lock().await;
        change(&mut saved);
        let (context, now) = (self.context.clone(), saved.clone());
        blocking(move || context.save(&now)).await
    }

    /// The files of a page that the service does not have from this run yet; the others count as done.
    pub(super) async fn missing(&self, page: Vec<Entry>) -> Vec<Entry> {
        let saved = self.saved.lock().await;
        let there = |entry: &Entry| entry.id <= saved.upto || saved.beyond.contains(&entry.id);
        let files = page.into_iter().filter(|entry| entry.kind == EntryKind::File);
        let (sent, missing): (Vec<_>, Vec<_>) = files.partition(there);
        for entry in &sent {
            self.forward(entry.size, 1, entry);
        }
        missing
    }

    /// The service has every file up to this key.
    pub(super) async fn whole_up_to(&self, last: EntryId) -> Result<(), Fault> {
        self.note(|saved| {
            saved.upto = saved.upto.max(last);
            saved.beyond.clear();
        })
        .await
    }

    /// Sends a file, and notes it with its checksums once the service has it whole.
    pub(super) async fn file(self: Arc<Self>, entry: Entry) -> Result<(), Fault> {
        let object = self.object(&entry)?;
        let part = PART.max(entry.size.div_ceil(PARTS));
        let number = usize::try_from(entry.size.div_ceil(part).max(1)).unwrap_or(usize::MAX);
        let granted = self.link.archiver.grant(&self.link.pid, &object, number).await;
        let granted = Arc::new(granted.map_err(|error| self.told(&error))?);
        if let Some(upload) = granted.upload.clone() {
            self.note(|saved| drop(saved.open.insert(object.clone(), upload))).await?;
        }
        let (parts, digests) = self.parts_of(&entry, &object, part, &granted).await?;
        if let Some(upload) = &granted.upload {
            let done = self.link.archiver.complete(&self.link.pid, &object, upload, &parts).await;
            done.map_err(|error| self.told(&error))?;
        }
        let (services, id, landed) = (self.context.services.clone(), self.dataset(), [(entry.id, digests)]);
        blocking(move || services.catalogue.record_landed(id, &landed).told()).await?;
        self.note(|saved| {
            saved.open.remove(&object);
            saved.beyond.insert(entry.id);
        })
        .await?;
        self.forward(0, 1, &entry);
        Ok(())
    }

    /// The key of a file in the service's bucket.
    fn object(&self, entry: &Entry) -> Result<String, Fault> {
        let path = std::str::from_utf8(entry.path.as_bytes()).ok().filter(|path| !path.contains(char::is_control));
        let path = path.ok_or_else(|| {
            let why = "Its name is not UTF-8 text without control characters";
            Fault::permanent("archiver.name", format!("{} cannot be uploaded", entry.path), why)
                .on_dataset(&self.link.dataset.pid)
                .on_file(entry.path.to_text())
        })?;
        Ok(format!("{}/{path}", landing::ingest_folder(&self.link.pid)))
    }

    /// Reads the parts of a file one after another and puts them side by side.
    async fn parts_of(
        self: &Arc<Self>,
        entry: &Entry,
        object: &str,
        part: u64,
        granted: &Arc<Granted>,
    ) -> Result<(Vec<WrittenPart>, Digests), Fault> {
        let (mut work, mut whole, mut number) = (JoinSet::new(), Hashes::new(true), 0_usize);
        loop {
            self.context.go_on()?;
            let permit = self.parts.clone().acquire_owned().await;
            let permit =
                permit.map_err(|error| Fault::fatal("task.broken", "The upload broke off", error.to_string()))?;
            let read = self.read(entry, part, number, whole).await?;
            whole = read.whole;
            let last = (number as u64 + 1).saturating_mul(part) >= entry.size;
            if last && !read.unchanged {
                return Err(changed(entry).on_dataset(&self.link.dataset.pid));
            }
            work.spawn(Arc::clone(self).put(
                object.to_owned(),
                entry.clone(),
                granted.clone(),
                (number, read.put),
                permit,
            ));
            number += 1;
            if last {
                break;
            }
        }
        let mut parts = Vec::new();
        while let Some(done) = work.join_next().await {
            let done =
                done.map_err(|broken| Fault::fatal("task.broken", "The upload broke off", broken.to_string()))?;
            parts.push(done?);
        }
        parts.sort_by_key(|part| part.number);
        let digests = whole.finish();
        Ok((parts, Digests { sha256: digests.sha256, md5: digests.md5.unwrap_or_default() }))
    }

    async fn read(&self, entry: &Entry, part: u64, number: usize, whole: Hashes) -> Result<Read, Fault> {
        let source = self.sources.get(entry.source as usize).cloned();
        let source =
            source.ok_or_else(|| Fault::fatal("task.broken", "The upload broke off", "A source is missing"))?;
        let (offset, entry) = (number as u64 * part, entry.clone());
        let length = usize::try_from(part.min(entry.size - offset.min(entry.size))).unwrap_or(usize::MAX);
        blocking(move || read(source.as_ref(), &entry, offset, length, whole)).await
    }

    async fn put(
        self: Arc<Self>,
        object: String,
        entry: Entry,
        granted: Arc<Granted>,
        (number, put): (usize, Put),
        _in_memory: OwnedSemaphorePermit,
    ) -> Result<WrittenPart, Fault> {
        let put_there = self.link.archiver.put(&object, &granted, number, &put);
        let etag = or_cancelled(&self.context, put_there).await?.map_err(|error| self.told(&error))?;
        self.forward(put.bytes.len() as u64, 0, &entry);
        let number = i32::try_from(number + 1).unwrap_or(i32::MAX);
        Ok(WrittenPart { number, etag, sha256: STANDARD.encode(put.sha256) })
    }

    fn forward(&self, bytes: u64, files: u64, entry: &Entry) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        (done.bytes, done.files) = (done.bytes + bytes, done.files + files);
        done.now = entry.path.to_text();
        self.context.host.progress(done.clone());
    }
}

/// A part of a file with its checksums, and whether the file is still as it was listed.
fn read(source: &dyn Storage, entry: &Entry, offset: u64, length: usize, mut whole: Hashes) -> Result<Read, Fault> {
    let name = source.name();
    let options = ReadOptions { offset, ..ReadOptions::default() };
    let mut reader = source.read(entry.path.as_bytes(), options).told_at(name)?;
    let mut bytes = vec![0; length];
    let count = reader.read(&mut bytes).told_at(name)?;
    let meta = reader.meta().told_at(name)?;
    let as_listed = meta.size == entry.size && meta.mtime == (entry.mtime.secs, entry.mtime.nanos);
    let mut own = Hashes::new(true);
    own.update(&bytes);
    whole.update(&bytes);
    let digests = own.finish();
    let put = Put { bytes: bytes.into(), md5: digests.md5.unwrap_or_default(), sha256: digests.sha256 };
    Ok(Read { put, whole, unchanged: as_listed && count == length })
}

fn changed(entry: &Entry) -> Fault {
    let why = "It changed after it was listed";
    Fault::permanent("source.changed", format!("{} was not uploaded", entry.path), why)
        .now("Upload it as a new dataset once nobody writes to it.")
        .on_file(entry.path.to_text())
}
