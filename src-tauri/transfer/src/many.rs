//! Many files from one storage to another: small ones side by side, large ones each through the pipeline of [`crate::copy`].

use std::sync::Arc;
use std::thread;

use crate::buffer::Pool;
use crate::copy::{self, Checkpoint, Copied, Item, Options, copy_file};
use crate::crew::{side_by_side, width};
use crate::hash::Hashes;
use crate::storage::{Finish, Known, Receipt, Status, Storage};
use crate::{Fail, Pace, Result, Watch};

/// Gives the files, page by page.
pub trait Items: Send {
    /// The files after the key, ascending; an empty page ends the list.
    fn page(&mut self, after: i64) -> Result<Vec<Item>>;
}

/// Takes what was copied.
pub trait Observer: Watch {
    /// Files that stand under their final names, synced. In no particular order across calls.
    fn copied(&mut self, batch: &[Copied]) -> Result<()>;
    /// A file that could not be copied. `Ok` goes on with the others, `Err` ends the call with that failure.
    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()>;
    /// A state to resume a large file from.
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()>;
}

/// What was copied in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// Files that could not be copied.
    pub failed: u64,
}

/// Copies all files after the key `after`. A session that resumes gives the items that are not done yet. Progress counts this
/// session's bytes and files.
///
/// No temporary file of a small file stays behind when it fails or is cancelled; that of a large file stays for a resume where one can
/// be hoped for. `resume` holds the states of large files that were begun before.
#[allow(clippy::too_many_arguments)] // what goes where, and who watches: nothing in it belongs together more closely
pub fn copy_many(
    source: &dyn Storage,
    target: &dyn Storage,
    items: &mut dyn Items,
    after: i64,
    options: Options,
    mut resume: Vec<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Summary> {
    let width = width([source, target]);
    let pace = observer.pace().for_width(width);
    let mut feed = Feed { items, pace, after, page: Vec::new().into_iter(), held: None };
    let buffers = Pool::new(width, pace.buffer);
    let (summary, settled) = (Summary::default(), Settled::default());
    let mut copying = Copying { source, target, options, width, buffers, observer, summary, settled };
    loop {
        let next = feed.next();
        if !matches!(next, Ok(Next::Small(_))) {
            copying.flush()?;
        }
        match next? {
            Next::Small(window) => copying.window(window)?,
            Next::Large(item) => {
                let at = resume.iter().position(|state| state.is_of(&item));
                copying.large(&item, at.map(|at| resume.swap_remove(at)))?;
            }
            Next::End => return Ok(copying.summary),
        }
    }
}

/// What to copy next.
enum Next {
    Small(Vec<Item>),
    Large(Item),
    End,
}

/// Cuts pages into windows of small files and single large ones.
struct Feed<'a> {
    items: &'a mut dyn Items,
    pace: Pace,
    after: i64,
    page: std::vec::IntoIter<Item>,
    held: Option<Item>,
}

impl Feed<'_> {
    fn next(&mut self) -> Result<Next> {
        let (mut window, mut bytes) = (Vec::new(), 0u64);
        while let Some(item) = self.item()? {
            // The size may be one that is not known.
            bytes = bytes.saturating_add(item.size);
            if window.is_empty() && item.size > self.pace.small {
                return Ok(Next::Large(item));
            }
            let full = bytes > self.pace.window_bytes || window.len() == self.pace.window;
            if item.size > self.pace.small || (full && !window.is_empty()) {
                self.held = Some(item);
                break;
            }
            window.push(item);
        }
        Ok(if window.is_empty() { Next::End } else { Next::Small(window) })
    }

    fn item(&mut self) -> Result<Option<Item>> {
        if let Some(item) = self.held.take().or_else(|| self.page.next()) {
            return Ok(Some(item));
        }
        self.page = self.items.page(self.after)?.into_iter();
        if let Some(last) = self.page.as_slice().last() {
            self.after = last.id;
        }
        Ok(self.page.next())
    }
}

struct Copying<'a> {
    source: &'a dyn Storage,
    target: &'a dyn Storage,
    options: Options,
    width: usize,
    buffers: Arc<Pool>,
    observer: &'a mut dyn Observer,
    summary: Summary,
    /// The last window: its files stand under their temporary names, and are synced and named while the next is copied.
    settled: Settled,
}

/// Files that stand under their temporary names, or why one does not.
#[derive(Default)]
struct Settled(Vec<(Item, Result<Copied>)>);

impl Copying<'_> {
    /// Copies small files side by side, and meanwhile syncs and names those of the window before.
    fn window(&mut self, items: Vec<Item>) -> Result<()> {
        let (target, options) = (self.target, self.options);
        let before = std::mem::take(&mut self.settled);
        let (named, copied) = thread::scope(|scope| {
            let naming = scope.spawn(|| before.publish(target, options.replace));
            let copied = self.copy(&items, before.sums());
            (naming.join().unwrap_or(Err(Fail::Broken)), copied)
        });
        let reported = self.end(before, named);
        if reported.is_err() || copied.is_err() {
            discard(target, items.iter());
        }
        reported?;
        self.settled = Settled(items.into_iter().zip(copied?).collect());
        Ok(())
    }

    /// Syncs and names what is settled, with nothing beside it.
    fn flush(&mut self) -> Result<()> {
        let settled = std::mem::take(&mut self.settled);
        let named = settled.publish(self.target, self.options.replace);
        self.end(settled, named)
    }

    /// Copies to temporary names; `ahead` is what is copied and not yet counted.
    fn copy(&mut self, items: &[Item], ahead: (u64, u64)) -> Result<Vec<Result<Copied>>> {
        let (source, target, options) = (self.source, self.target, self.options);
        let (mut bytes, mut files) = (self.summary.bytes + ahead.0, self.summary.files + ahead.1);
        let (observer, buffers) = (&mut *self.observer, &self.buffers);
        let (results, outcome) = side_by_side(
            self.width,
            items,
            || buffers.take(),
            |buffer, item| {
                let buffer = buffer.as_mut().ok_or(Fail::Broken)?;
                settle(source, target, item, options, buffer.bytes_mut()).map(|result| (item, result))
            },
            |result| {
                if let Some((item, Ok(copied))) = result {
                    bytes += copied.size;
                    files += 1;
                    observer.progress(bytes, files, &item.source);
                }
                if observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
            },
        );
        outcome?;
        Ok(results.into_iter().flatten().map(|(_, result)| result).collect())
    }

    /// Reports a window that was named, or takes away what was not.
    fn end(&mut self, settled: Settled, named: Result<()>) -> Result<()> {
        if named.is_err() {
            discard(self.target, settled.0.iter().map(|(item, _)| item));
        }
        named?;
        let (mut copied, mut failed) = (Vec::new(), Vec::new());
        for (item, result) in settled.0 {
            match result {
                Ok(done) => copied.push(done),
                Err(fail) => failed.push((item, fail)),
            }
        }
        self.summary.files += copied.len() as u64;
        self.summary.bytes += copied.iter().map(|done| done.size).sum::<u64>();
        if !copied.is_empty() {
            self.observer.copied(&copied)?;
        }
        failed.into_iter().try_for_each(|(item, fail)| self.failed(&item, fail))
    }

    fn large(&mut self, item: &Item, resume: Option<Checkpoint>) -> Result<()> {
        let mut observer = LargeObserver { inner: self.observer, summary: self.summary };
        match copy_file(self.source, self.target, item, self.options, resume, &mut observer) {
            Ok(copied) => {
                self.summary.files += 1;
                self.summary.bytes += copied.size;
                self.observer.copied(&[copied])
            }
            // Another try may get through, and goes on where this one came to.
            Err(fail) if may_go_on(&fail) => self.failed(item, fail),
            Err(fail) if concerns_one_file(&fail) => {
                self.target.discard(&item.target)?;
                self.failed(item, fail)
            }
            Err(fail) => Err(fail),
        }
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()> {
        self.summary.failed += 1;
        self.observer.failed(item, fail)
    }
}

impl Settled {
    fn publish(&self, target: &dyn Storage, replace: bool) -> Result<()> {
        if self.0.is_empty() || !target.capabilities().batches {
            return Ok(());
        }
        target.sync_all()?;
        for (item, _) in self.0.iter().filter(|(_, result)| result.is_ok()) {
            target.publish(&item.target, replace)?;
        }
        Ok(target.sync_all()?)
    }

    /// Bytes and files.
    fn sums(&self) -> (u64, u64) {
        let copied = self.0.iter().filter_map(|(_, result)| result.as_ref().ok());
        copied.fold((0, 0), |(bytes, files), done| (bytes + done.size, files + 1))
    }
}

/// Copies a file to its temporary name. A failure that concerns only this file is given beside the others' success.
fn settle(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    buffer: &mut [u8],
) -> Result<Result<Copied>> {
    match copy_small(source, target, item, options, buffer) {
        Err(fail) if !concerns_one_file(&fail) => Err(fail),
        result => Ok(result),
    }
}

fn copy_small(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &Item,
    options: Options,
    buffer: &mut [u8],
) -> Result<Copied> {
    let mut reader = copy::open(source, item, 0)?;
    let mtime = Some(copy::time_of(item, reader.as_ref()));
    let mut writer = target.write_sized(&item.target, None, Known { size: item.size, mtime })?;
    let mut hashes = Hashes::new(copy::takes_md5(options, reader.as_ref()));
    let mut move_all = || {
        let mut left = item.size;
        while left > 0 {
            let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let count = reader.read(&mut buffer[..wanted])?;
            hashes.update(&buffer[..count]);
            writer.write(&buffer[..count])?;
            left -= count as u64;
            if count < wanted {
                break;
            }
        }
        copy::unchanged(item, &reader.meta()?)
    };
    let moved = move_all();
    let digests = hashes.finish();
    if let Err(fail) = moved.and_then(|()| copy::as_stated(item, reader.as_ref(), &digests)) {
        // The failure is what matters; a temporary file that cannot be taken away is swept later.
        let _ = writer.abort();
        return Err(fail);
    }
    let batches = target.capabilities().batches;
    let finish = Finish { mtime, ..copy::finish(item, options, !batches) };
    let Receipt { confirmed } = if batches {
        writer.settle(&finish)?;
        Receipt::default()
    } else {
        writer.commit(&finish)?
    };
    Ok(Copied { id: item.id, size: item.size, digests, confirmed, found: None })
}

/// Whether other files may still get through.
fn concerns_one_file(fail: &Fail) -> bool {
    match fail {
        Fail::Storage(error) | Fail::Unreadable { error, .. } => error.status != Status::Unusable,
        Fail::Changed { .. } | Fail::Mismatch { .. } => true,
        Fail::Cancelled | Fail::Observer(_) | Fail::Broken => false,
    }
}

fn may_go_on(fail: &Fail) -> bool {
    matches!(fail, Fail::Storage(error) if error.status == Status::Transient)
}

/// Takes away what a window has left that will not be finished.
fn discard<'i>(target: &dyn Storage, items: impl Iterator<Item = &'i Item>) {
    for item in items {
        // The failure that led here is what matters; what cannot be taken away is swept later.
        let _ = target.discard(&item.target);
    }
}

/// A large file's share of the progress, on top of what was copied before it.
struct LargeObserver<'a> {
    inner: &'a mut dyn Observer,
    summary: Summary,
}

impl Watch for LargeObserver<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        self.inner.progress(self.summary.bytes + bytes, self.summary.files + files, now);
    }

    fn cancelled(&self) -> bool {
        self.inner.cancelled()
    }

    fn pace(&self) -> Pace {
        self.inner.pace()
    }
}

impl copy::Observer for LargeObserver<'_> {
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.inner.checkpoint(state)
    }
}
