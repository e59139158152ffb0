//! Some files at a time: hashed, looked for in the archive, sent where they are not there, and proved.

use std::collections::BTreeMap;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_transfer::copy::{Checkpoint, Copied, Item, Options};
use longshore_transfer::crew::{side_by_side, width};
use longshore_transfer::hash::{Digests, hex};
use longshore_transfer::many::{Items, Observer, copy_many};
use longshore_transfer::storage::{Algorithm, Kind, ReadOptions, Storage, join};
use longshore_transfer::sum::digests;
use longshore_transfer::{Fail, Watch};
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use crate::attempt::cut_short;
use crate::faults::{self, ToldAt as _, through};
use crate::kind::{Context, Progress};
use crate::kinds::copy::prove;
use crate::tree::Found;

/// Large files that are remembered as sent, until the manifest is written.
const REMEMBERED: usize = 10_000;

/// Bytes from which on an object goes in parts, and has no checksum of its own that could tell it.
const LARGE: u64 = 5 << 20;

/// A file of the folder.
pub(super) struct File {
    path: Vec<u8>,
    size: u64,
    mtime: (i64, u32),
    mode: u32,
}

impl File {
    pub(super) fn of(found: Found) -> Self {
        let (size, mode, mtime) = (found.child.size, found.child.mode, found.child.mtime);
        Self { path: found.path, size, mtime: (mtime.secs, mtime.nanos), mode }
    }
}

/// What is saved.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    /// Large files that are on their way.
    begun: BTreeMap<PathBytes, Checkpoint>,
    /// Files that were sent.
    count: u64,
    /// Large files that lie there, with their SHA-256: the manifest does not name them yet.
    sent: BTreeMap<PathBytes, String>,
}

/// The way of a folder into an archive.
pub(super) struct Sending<'a> {
    context: &'a Context,
    from: &'a dyn Storage,
    to: &'a dyn Storage,
    tops: [&'a [u8]; 2],
    saved: Saved,
    files: u64,
    bytes: u64,
}

impl<'a> Sending<'a> {
    pub(super) fn begin(
        context: &'a Context,
        from: &'a dyn Storage,
        to: &'a dyn Storage,
        tops: [&'a Vec<u8>; 2],
    ) -> Self {
        let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default();
        Self { context, from, to, tops: tops.map(Vec::as_slice), saved, files: 0, bytes: 0 }
    }

    /// Files, bytes, and how many were sent.
    pub(super) fn counted(&self) -> (u64, u64, u64) {
        (self.files, self.bytes, self.saved.count)
    }

    /// Sends those of a page that do not lie there, and enters all in the manifest once they are proved.
    pub(super) fn page(&mut self, files: &[File], manifest: &mut Manifest) -> Result<(), Fault> {
        let known = self.hashed(files)?;
        let stands = self.standing(files, &known, manifest)?;
        let mut wanted = Vec::new();
        for ((id, file), (digests, stands)) in (1..).zip(files).zip(known.iter().zip(&stands)) {
            if *stands {
                manifest.enter(&file.path, digests.sha256);
            } else {
                wanted.push(self.item(id, file));
            }
        }
        for (item, copied) in self.send(&wanted)? {
            let file = usize::try_from(item.id - 1).ok().and_then(|at| Some((files.get(at)?, known.get(at)?)));
            let Some((file, known)) = file else { continue };
            if copied.digests.sha256 != known.sha256 {
                return Err(self.changed(file));
            }
            // What is archived cannot be read back: the storage's own checksum is asked for first.
            let stored = if copied.confirmed { None } else { self.stored(item)? };
            if stored.is_none() || stored.as_deref() != known.md5.as_ref().map(|md5| &md5[..]) {
                prove::one(self.to, item, &copied, self.context)??;
            }
            manifest.enter(&file.path, known.sha256);
            self.saved.count += 1;
            self.remember(file, &known.sha256);
        }
        self.files += files.len() as u64;
        self.bytes += files.iter().map(|file| file.size).sum::<u64>();
        if wanted.is_empty() { Ok(()) } else { self.context.save(&self.saved) }
    }

    fn hashed(&self, files: &[File]) -> Result<Vec<Digests>, Fault> {
        let (from, context) = (self.from, self.context);
        let one = |(): &mut (), file: &File| {
            let path = join(self.tops[0], &file.path);
            digests(from, &path, ReadOptions::default(), true, &mut || context.go_on().map_err(through))
        };
        let (found, outcome) = side_by_side(width([from, from]), files, || (), one, |_| cut_short(context));
        outcome.map_err(|fail| faults::of_transfer(fail, [from.name(), from.name()]))?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Which of them lie there with the same bytes: as the storage says by its own checksum, or by the manifest and the size.
    fn standing(&self, files: &[File], known: &[Digests], manifest: &Manifest) -> Result<Vec<bool>, Fault> {
        let (to, context) = (self.to, self.context);
        let pairs: Vec<_> = files.iter().zip(known).collect();
        let one = |(): &mut (), (file, digests): &(&File, &Digests)| -> Result<bool, Fail> {
            let path = join(self.tops[1], &file.path);
            match to.stat(&path) {
                Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => return Ok(false),
                found => {
                    let found = found?;
                    if found.kind != Kind::File || found.size != file.size {
                        return Ok(false);
                    }
                }
            }
            if let (Some(there), Some(here)) = (to.checksum(&path, Algorithm::Md5)?, digests.md5) {
                return Ok(there == here);
            }
            let remembered = self.saved.sent.get(&PathBytes::new(file.path.clone()));
            Ok(manifest.has(&file.path, &digests.sha256) || remembered.is_some_and(|sha| *sha == hex(&digests.sha256)))
        };
        let (found, outcome) = side_by_side(width([to, to]), &pairs, || (), one, |_| cut_short(context));
        outcome.map_err(|fail| faults::of_transfer(fail, [to.name(), to.name()]))?;
        Ok(found.into_iter().flatten().collect())
    }

    fn item(&self, id: i64, file: &File) -> Item {
        let File { path, size, mtime, mode } = file;
        let (source, target) = (join(self.tops[0], path), join(self.tops[1], path));
        Item { id, source, target, size: *size, mtime: *mtime, mode: *mode }
    }

    fn send<'i>(&mut self, wanted: &'i [Item]) -> Result<Vec<(&'i Item, Copied)>, Fault> {
        let (from, to) = (self.from, self.to);
        let begun =
            |item: &Item| Some(self.saved.begun.get(&PathBytes::new(item.source.clone()))?.clone().under(item.id));
        let resume = wanted.iter().filter_map(begun).collect();
        let mut page = Once(Some(wanted.to_vec()));
        let before = (self.bytes, self.files);
        let (context, saved) = (self.context, &mut self.saved);
        let mut watched = Copies { context, saved, wanted, before, copied: Vec::new() };
        let options = Options { replace: true, ..Options::default() };
        let ended = copy_many(from, to, &mut page, 0, options, resume, &mut watched);
        let done = watched.copied;
        ended.map_err(|fail| faults::of_transfer(fail, [from.name(), to.name()]))?;
        Ok(done.into_iter().filter_map(|copy| Some((of(wanted, copy.id)?, copy))).collect())
    }

    fn stored(&self, item: &Item) -> Result<Option<Vec<u8>>, Fault> {
        self.to.checksum(&item.target, Algorithm::Md5).told_at(self.to.name())
    }

    fn remember(&mut self, file: &File, sha256: &[u8; 32]) {
        self.saved.begun.remove(&PathBytes::new(join(self.tops[0], &file.path)));
        if file.size >= LARGE && self.saved.sent.len() < REMEMBERED {
            self.saved.sent.insert(PathBytes::new(file.path.clone()), hex(sha256));
        }
    }

    fn changed(&self, file: &File) -> Fault {
        let path = PathBytes::new(join(self.tops[0], &file.path)).to_text();
        Fault::transient("file.changed", format!("{path} was not stored"), "It changed while it was read")
            .on_file(path)
            .at_place(self.from.name())
    }
}

fn of(items: &[Item], id: i64) -> Option<&Item> {
    items.binary_search_by_key(&id, |item| item.id).ok().and_then(|at| items.get(at))
}

/// One page of files.
struct Once(Option<Vec<Item>>);

impl Items for Once {
    fn page(&mut self, _: i64) -> longshore_transfer::Result<Vec<Item>> {
        Ok(self.0.take().unwrap_or_default())
    }
}

/// The sending, as the transfer sees it. The first failure ends it.
struct Copies<'a> {
    context: &'a Context,
    saved: &'a mut Saved,
    wanted: &'a [Item],
    before: (u64, u64),
    copied: Vec<Copied>,
}

impl Watch for Copies<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let (bytes, files) = (self.before.0 + bytes, self.before.1 + files);
        let now = PathBytes::new(now).to_text();
        self.context.host.progress(Progress { bytes, files, now, written: bytes, ..Progress::default() });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Copies<'_> {
    fn copied(&mut self, batch: &[Copied]) -> longshore_transfer::Result<()> {
        self.copied.extend_from_slice(batch);
        Ok(())
    }

    fn failed(&mut self, _: &Item, fail: Fail) -> longshore_transfer::Result<()> {
        Err(fail)
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let item = of(self.wanted, state.id()).ok_or(Fail::Broken)?;
        self.saved.begun.insert(PathBytes::new(item.source.clone()), state.clone());
        self.context.save(self.saved).map_err(through)
    }
}
