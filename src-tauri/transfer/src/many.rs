//! Many files from one storage to another: small ones side by side, large ones each through the pipeline of [`crate::copy`].

use crate::copy::{self, Checkpoint, Copied, Item, Options, copy_file};
use crate::crew::side_by_side;
use crate::hash::Hashes;
use crate::storage::{Status, Storage};
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
/// No temporary file of a small file stays behind when it fails or is cancelled; that of a large file stays for a resume.
#[allow(clippy::too_many_arguments)] // what goes where, and who watches: nothing in it belongs together more closely
pub fn copy_many(
    source: &dyn Storage,
    target: &dyn Storage,
    items: &mut dyn Items,
    after: i64,
    options: Options,
    mut resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Summary> {
    let pace = observer.pace();
    let mut feed = Feed { items, pace, after, page: Vec::new().into_iter(), held: None };
    let mut copying = Copying { source, target, options, observer, summary: Summary::default() };
    loop {
        match feed.next()? {
            Next::Small(window) => copying.window(&window)?,
            Next::Large(item) => copying.large(&item, resume.take())?,
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
        let (mut window, mut bytes) = (Vec::new(), 0);
        while let Some(item) = self.item()? {
            bytes += item.size;
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
    observer: &'a mut dyn Observer,
    summary: Summary,
}

impl Copying<'_> {
    /// Copies small files side by side under their temporary names, syncs them all at once, and gives them their final names.
    fn window(&mut self, items: &[Item]) -> Result<()> {
        let (source, target, options) = (self.source, self.target, self.options);
        let (mut bytes, mut files) = (self.summary.bytes, self.summary.files);
        let observer = &mut *self.observer;
        let buffer = observer.pace().buffer;
        let (results, outcome) = side_by_side(
            items,
            || vec![0; buffer],
            |buffer, item| settle(source, target, item, options, buffer),
            |result| {
                if let Some((item, Ok(copied))) = result {
                    bytes += copied.size;
                    files += 1;
                    observer.progress(bytes, files, &item.source);
                }
                if observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
            },
        );
        let settled: Vec<_> = results.into_iter().flatten().collect();
        let ended = outcome.and_then(|()| self.publish(&settled));
        if ended.is_err() {
            discard(target, items);
        }
        ended?;
        self.report(settled)
    }

    fn publish(&self, settled: &[Settled<'_>]) -> Result<()> {
        self.target.sync_all()?;
        for (item, _) in settled.iter().filter(|(_, result)| result.is_ok()) {
            self.target.publish(&item.target, self.options.replace)?;
        }
        self.target.sync_all()?;
        Ok(())
    }

    fn report(&mut self, settled: Vec<Settled<'_>>) -> Result<()> {
        let (mut copied, mut failed) = (Vec::new(), Vec::new());
        for (item, result) in settled {
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
        for (item, fail) in failed {
            self.failed(item, fail)?;
        }
        Ok(())
    }

    fn large(&mut self, item: &Item, resume: Option<Checkpoint>) -> Result<()> {
        let mut observer = LargeObserver { inner: self.observer, summary: self.summary };
        match copy_file(self.source, self.target, item, self.options, resume, &mut observer) {
            Ok(copied) => {
                self.summary.files += 1;
                self.summary.bytes += copied.size;
                self.observer.copied(&[copied])
            }
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

/// A small file that stands under its temporary name, or why it does not.
type Settled<'i> = (&'i Item, Result<Copied>);

fn settle<'i>(
    source: &dyn Storage,
    target: &dyn Storage,
    item: &'i Item,
    options: Options,
    buffer: &mut [u8],
) -> Result<Settled<'i>> {
    match copy_small(source, target, item, options, buffer) {
        Ok(copied) => Ok((item, Ok(copied))),
        Err(fail) if concerns_one_file(&fail) => Ok((item, Err(fail))),
        Err(fail) => Err(fail),
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
    let mut writer = target.write(&item.target, None)?;
    let mut hashes = Hashes::new(options.md5);
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
    if let Err(fail) = move_all() {
        // The failure is what matters; a temporary file that cannot be taken away is swept later.
        let _ = writer.abort();
        return Err(fail);
    }
    writer.settle(&copy::finish(item, options, false))?;
    Ok(Copied { id: item.id, size: item.size, digests: hashes.finish() })
}

/// Whether other files may still get through.
fn concerns_one_file(fail: &Fail) -> bool {
    match fail {
        Fail::Storage(error) => error.status != Status::Unusable,
        Fail::Changed { .. } | Fail::Mismatch { .. } => true,
        Fail::Cancelled | Fail::Observer(_) | Fail::Broken => false,
    }
}

/// Takes away what a window has left that will not be finished.
fn discard(target: &dyn Storage, items: &[Item]) {
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
