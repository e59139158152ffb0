//! Some files at a time: what lies there is compared, the others are copied, and the copies read back.

use std::sync::Mutex;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_transfer::copy::{Checkpoint, Copied, Item, Options};
use longshore_transfer::hash::Hashes;
use longshore_transfer::many::{Items, Observer, copy_many};
use longshore_transfer::storage::{Kind, ReadOptions, Storage};
use longshore_transfer::{Fail, Watch};

use super::With;
use super::tree::Saved;
use crate::faults::{self, ToldAt as _, through};
use crate::kind::{Context, Progress};

/// Copies that are read back at a time.
const READERS: usize = 4;
/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Some files, on their way.
pub(super) struct Batch<'a> {
    pub(super) from: &'a dyn Storage,
    pub(super) to: &'a dyn Storage,
    pub(super) with: &'a With,
    pub(super) context: &'a Context,
    pub(super) saved: &'a mut Saved,
}

/// What came of them.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) bytes: u64,
    pub(super) already: u64,
    pub(super) failed: Vec<Fault>,
}

impl Batch<'_> {
    pub(super) fn copy(self, items: Vec<Item>) -> Result<Summary, Fault> {
        let mut summary = Summary { bytes: items.iter().map(|item| item.size).sum(), ..Summary::default() };
        let mut wanted = Vec::new();
        for item in items {
            match self.standing(&item)? {
                Standing::Nothing => wanted.push(item),
                Standing::Same => summary.already += 1,
                Standing::Other => summary.failed.push(self.exists(&item)),
            }
        }
        let (context, verify) = (self.context, self.with.verify);
        let (from, to, with) = (self.from, self.to, self.with);
        let resume = self.saved.large.clone();
        let options = Options { md5: false, reflink: true, replace: with.replace };
        let mut copies = Copies { batch: self, copied: Vec::new(), failed: Vec::new() };
        let mut page = Once(Some(wanted.clone()));
        copy_many(from, to, &mut page, 0, options, resume, &mut copies)
            .map_err(|fail| faults::of_transfer(fail, [from.name(), to.name()]))?;
        let Copies { copied, failed, .. } = copies;
        summary.failed.extend(failed);
        if verify {
            summary.failed.extend(read_back(to, &wanted, &copied, context)?);
        }
        Ok(summary)
    }

    fn standing(&self, item: &Item) -> Result<Standing, Fault> {
        if self.with.replace {
            return Ok(Standing::Nothing);
        }
        let there = match self.to.stat(&item.target) {
            Ok(there) => there,
            Err(error) if error.code == "file.missing" => return Ok(Standing::Nothing),
            Err(error) => return Err(error).told_at(self.to.name()),
        };
        if there.kind != Kind::File || there.size != item.size {
            return Ok(Standing::Other);
        }
        let read = |storage, path| digest(storage, path, self.with.verify, self.context);
        let same = read(self.from, &item.source)? == read(self.to, &item.target)?;
        Ok(if same { Standing::Same } else { Standing::Other })
    }

    fn exists(&self, item: &Item) -> Fault {
        let path = PathBytes::new(item.target.clone()).to_text();
        Fault::permanent("file.exists", format!("{path} was not copied"), "Something else lies there")
            .now("Move it away, or allow `replace`.")
            .on_file(path)
            .at_place(self.to.name())
    }
}

/// What lies where a copy shall lie.
enum Standing {
    Nothing,
    Same,
    Other,
}

/// Reads the copies back, some side by side. A copy that is not what was read from the source is taken away.
fn read_back(to: &dyn Storage, items: &[Item], copied: &[Copied], context: &Context) -> Result<Vec<Fault>, Fault> {
    let failed = Mutex::new(Vec::new());
    let check = |share: &[Copied]| {
        share.iter().try_for_each(|copy| {
            let Some(item) = items.iter().find(|item| item.id == copy.id) else { return Ok(()) };
            if digest(to, &item.target, true, context)? == copy.digests.sha256 {
                return Ok(());
            }
            to.delete(&item.target).told_at(to.name())?;
            failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(damaged(item, to));
            Ok(())
        })
    };
    let shares = copied.chunks(copied.len().div_ceil(READERS).max(1));
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares.map(|share| scope.spawn(move || check(share))).collect();
        let ends: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ends.into_iter().try_for_each(|end| end.unwrap_or_else(|_| Err(broken())))
    })?;
    Ok(failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn broken() -> Fault {
    Fault::fatal("task.broken", "The reading back broke off", "One of its threads ended unexpectedly")
}

fn damaged(item: &Item, to: &dyn Storage) -> Fault {
    let path = PathBytes::new(item.target.clone()).to_text();
    let why = "What was read back is not what was read from the source; the copy was taken away";
    Fault::transient("copy.damaged", format!("The copy {path} is damaged"), why)
        .now("If it happens again, the target's medium or the way to it is at fault.")
        .on_file(path)
        .at_place(to.name())
}

/// SHA-256 of a file.
fn digest(storage: &dyn Storage, path: &[u8], medium: bool, context: &Context) -> Result<[u8; 32], Fault> {
    let mut reader = storage.read(path, ReadOptions { medium, ..ReadOptions::default() }).told_at(storage.name())?;
    let mut hashes = Hashes::new(false);
    let mut chunk = vec![0; CHUNK];
    loop {
        context.go_on()?;
        match reader.read(&mut chunk).told_at(storage.name())? {
            0 => return Ok(hashes.finish().sha256),
            read => hashes.update(&chunk[..read]),
        }
    }
}

/// One page of files.
struct Once(Option<Vec<Item>>);

impl Items for Once {
    fn page(&mut self, _: i64) -> longshore_transfer::Result<Vec<Item>> {
        Ok(self.0.take().unwrap_or_default())
    }
}

/// The copying, as the transfer sees it.
struct Copies<'a> {
    batch: Batch<'a>,
    copied: Vec<Copied>,
    failed: Vec<Fault>,
}

impl Watch for Copies<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let (bytes, files) = self.batch.saved.progress(bytes, files);
        let now = PathBytes::new(now).to_text();
        let progress = Progress { bytes, files, now, written: bytes, ..Progress::default() };
        self.batch.context.host.progress(progress);
    }

    fn cancelled(&self) -> bool {
        self.batch.context.host.cancelled()
    }
}

impl Observer for Copies<'_> {
    fn copied(&mut self, batch: &[Copied]) -> longshore_transfer::Result<()> {
        self.copied.extend_from_slice(batch);
        Ok(())
    }

    fn failed(&mut self, _: &Item, fail: Fail) -> longshore_transfer::Result<()> {
        self.failed.push(faults::of_transfer(fail, [self.batch.from.name(), self.batch.to.name()]));
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        self.batch.saved.large = Some(state.clone());
        self.batch.context.save(self.batch.saved).map_err(through)
    }
}
