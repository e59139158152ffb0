//! Deleting a batch of files, each only if it is still the copy that was archived.

use std::thread::ScopedJoinHandle;

use longshore_catalogue::{Dataset, Entry};
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, Meta, Storage};

use super::ahead::Ahead;
use crate::faults::ToldAt as _;
use crate::kind::Context;
use crate::kinds::copy::standing as copied;
use crate::kinds::standing;
use crate::landing;

/// Threads that delete: each deletion may wait for the device, which on a file system that discards what it frees is milliseconds.
const DELETERS: usize = 8;
/// Files that go in one request, at most, where many do.
const TOGETHER: usize = 1000;
/// Seconds after which no second write has the same time any more: storages tell it to the second, and may lag behind.
const SETTLED: i64 = 5;

/// The release of a dataset's files.
pub(super) struct Deleting<'a> {
    pub(super) context: &'a Context,
    pub(super) dataset: &'a Dataset,
    pub(super) storage: &'a dyn Storage,
    ahead: Ahead<'a>,
}

impl<'a> Deleting<'a> {
    pub(super) fn new(context: &'a Context, dataset: &'a Dataset, storage: &'a dyn Storage) -> Self {
        Self { context, dataset, storage, ahead: Ahead::new(storage, landing::folder(dataset).as_bytes()) }
    }

    /// Deletes files, or fails with the first that cannot be: others of the batch may be gone then.
    pub(super) fn batch(&mut self, files: &[Entry]) -> Result<(), Fault> {
        let paths: Vec<Vec<u8>> = files.iter().map(|file| landing::path(self.dataset, &file.path)).collect();
        self.ahead.look(self.context, &paths)?;
        let (mut same, mut others) = (Vec::new(), Vec::new());
        for (path, file) in paths.into_iter().zip(files) {
            let shown = self.ahead.take(&path, self.context).is_some_and(|line| {
                line.size == file.size && line.md5.is_some() && line.md5 == file.digests.map(|digests| digests.md5)
            });
            if shown { same.push(path) } else { others.push((path, file)) }
        }
        let this = &*self;
        let share = same.len().div_ceil(DELETERS);
        let share = if this.storage.capabilities().delete_many { share.max(TOGETHER / 2) } else { share };
        side_by_side(&same, share.min(TOGETHER), &|share| this.together(share))?;
        side_by_side(&others, others.len().div_ceil(DELETERS), &|share| {
            share.iter().try_for_each(|(path, file)| this.context.go_on().and_then(|()| this.one(path, file)))
        })
    }

    /// Deletes files that are what was archived.
    fn together(&self, paths: &[Vec<u8>]) -> Result<(), Fault> {
        self.context.go_on()?;
        self.storage.delete_many(paths).into_iter().collect::<Result<(), _>>().told_at(self.storage.name())
    }

    /// Deletes a file if it is still the copy that was archived; one that is gone already was deleted by an earlier attempt.
    fn one(&self, path: &[u8], file: &Entry) -> Result<(), Fault> {
        let storage = self.storage;
        let meta = match storage.stat(path) {
            Ok(meta) => meta,
            Err(error) if error.code == "file.missing" => return standing::top_is_there(storage),
            Err(error) => return Err(error).told_at(storage.name()),
        };
        if !self.as_landed(path, &meta, file)? {
            return Err(Fault::permanent(
                "landing.changed",
                format!("{} stays in the landing zone", file.path),
                "It was changed after it landed, and what it holds now is archived nowhere",
            )
            .now("Move the file away if it is wanted, then retry.")
            .on_dataset(&self.dataset.pid)
            .on_file(file.path.to_text())
            .at_place(storage.name()));
        }
        storage.delete(path).told_at(storage.name())
    }

    /// Whether what lies there is what landed. Size and time tell; where the storage keeps times only in part, or not at all, another time
    /// says nothing, and the bytes are compared with the ledger.
    fn as_landed(&self, path: &[u8], meta: &Meta, file: &Entry) -> Result<bool, Fault> {
        if meta.kind != Kind::File || meta.size != file.size {
            return Ok(false);
        }
        let same_time = meta.mtime == (file.mtime.secs, file.mtime.nanos);
        // What was found there may have been put right after it was listed, and before it was read; the time is then another.
        let found = landing::was_found(self.dataset);
        if self.storage.capabilities().posix && (same_time || !found) {
            return Ok(same_time);
        }
        // An object has the time at which the storage took it. The same time says that nothing took its place, unless that was so near to
        // the listing that two writes may share it.
        if same_time && found && (file.mtime.secs + SETTLED) * 1000 < self.dataset.created_at {
            return Ok(true);
        }
        if copied::time(self.storage, path, meta.mtime)? == Some(file.mtime.secs) {
            return Ok(true);
        }
        let found = copied::digest(self.storage, path, false, self.context)?;
        Ok(file.digests.is_some_and(|digests| found == digests.sha256))
    }
}

/// Does the work on shares of so many items, each in a thread of its own. All threads are waited for, so that none deletes on after the
/// task is told to have ended.
fn side_by_side<T: Sync>(
    items: &[T],
    share: usize,
    work: &(dyn Fn(&[T]) -> Result<(), Fault> + Sync),
) -> Result<(), Fault> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.chunks(share.max(1)).map(|share| scope.spawn(move || work(share))).collect();
        let ends: Vec<_> = threads.into_iter().map(ScopedJoinHandle::join).collect();
        ends.into_iter().try_for_each(|end| end.unwrap_or_else(|_| Err(broken())))
    })
}

fn broken() -> Fault {
    Fault::fatal("task.broken", "The release broke off", "One of its threads ended unexpectedly")
}
