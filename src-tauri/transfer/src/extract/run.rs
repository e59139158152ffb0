//! Goes through the entries: windows of small ones, and large files one by one.

use super::feed::{Feed, Next};
use super::{Checkpoint, Extracted, Item, Items, Observer, Options, large, small};
use crate::storage::{Status, Storage};
use crate::{Fail, Result, hash};

/// From where to where.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) block: &'a dyn Storage,
    pub(super) path: &'a [u8],
    pub(super) target: &'a dyn Storage,
    pub(super) options: Options,
}

/// One call's state.
pub(super) struct Extraction<'a> {
    pub(super) places: Places<'a>,
    pub(super) observer: &'a mut dyn Observer,
    pub(super) so_far: Extracted,
    /// Key of the last entry that is done.
    pub(super) after: i64,
}

pub(super) fn extract(
    places: Places<'_>,
    items: &mut dyn Items,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Extracted> {
    let Checkpoint { after, so_far, large: mut begun } =
        resume.unwrap_or(Checkpoint { after: 0, so_far: Extracted::default(), large: None });
    let mut feed = Feed::new(items, observer.pace(), after);
    let mut extraction = Extraction { places, observer, so_far, after };
    loop {
        match feed.next()? {
            Next::Small(window) => small::window(&mut extraction, &window)?,
            Next::Large(item) => large::file(&mut extraction, &item, begun.take())?,
            Next::End => return Ok(extraction.so_far),
        }
        begun = None;
    }
}

/// An entry that stands under its final name.
pub(super) struct Done {
    pub(super) id: i64,
    /// Bytes, of a file.
    pub(super) bytes: Option<u64>,
    /// Whether it was read back from the medium.
    pub(super) medium: bool,
}

impl Extraction<'_> {
    /// Reports entries that are done or given up, all those up to the last of them, and saves where to go on.
    pub(super) fn report(&mut self, done: &[Done], failed: Vec<(&Item, Fail)>, last: i64) -> Result<()> {
        for entry in done {
            self.so_far.files += u64::from(entry.bytes.is_some());
            self.so_far.bytes += entry.bytes.unwrap_or(0);
            self.so_far.from_medium &= entry.medium;
        }
        let ids: Vec<i64> = done.iter().map(|entry| entry.id).collect();
        if !ids.is_empty() {
            self.observer.extracted(&ids)?;
        }
        for (item, fail) in failed {
            self.so_far.failed += 1;
            self.observer.failed(item, fail)?;
        }
        self.after = last;
        self.save(None)
    }

    pub(super) fn save(&mut self, large: Option<(u64, hash::Saved)>) -> Result<()> {
        self.observer.checkpoint(&Checkpoint { after: self.after, so_far: self.so_far, large })
    }

    /// Tells that so many bytes and files more than so far are under way, and gives a chance to stop.
    pub(super) fn tick(&mut self, bytes: u64, files: u64, now: Option<&Item>) -> Result<()> {
        if let Some(item) = now {
            self.observer.progress(self.so_far.bytes + bytes, self.so_far.files + files, &item.path);
        }
        if self.observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
    }
}

/// Whether other files may still get through.
pub(super) fn concerns_one_file(fail: &Fail) -> bool {
    match fail {
        Fail::Storage(error) | Fail::Unreadable { error, .. } => error.status != Status::Unusable,
        Fail::Changed { .. } | Fail::Mismatch { .. } => true,
        Fail::Cancelled | Fail::Observer(_) | Fail::Broken => false,
    }
}

/// The failure of a file whose bytes are not those of the ledger.
pub(super) fn mismatch(item: &Item, expected: &[u8; 32], found: &[u8; 32]) -> Fail {
    let (expected, found) = (hash::hex(expected), hash::hex(found));
    Fail::Mismatch { id: item.id, path: item.path.clone(), expected, found }
}
