//! Bags in a zip: their tag files first, so that every payload file is compared with its manifests as it is unpacked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use longshore_engine::Fault;
use longshore_formats::bagit::Algorithm;
use longshore_formats::zip::{self, Entry, Index};
use longshore_transfer::crew::side_by_side;
use longshore_transfer::storage::{ReadOptions, Storage};

use super::attempt::Attempt;
use super::bags::{Archive, Bags};
use super::report::{of_archive, of_io};
use super::source::{Bytes, Jumping, carried};
use super::staging::Staging;
use super::unpack::{self, Digests, File};
use crate::faults::{self, ToldAt as _, through};
use crate::kind::Progress;

/// Threads that unpack. More than cores to count on, as they wait for the medium; enough that the crew hands out files one by one.
const THREADS: usize = 5;

/// Files whose checksums are held at a time.
const SLAB: usize = 10_000;

/// Unpacks a zip into a staging folder.
pub(super) fn unpack(archive: &Archive, staging: &Staging, attempt: &Attempt<'_>) -> Result<Bags, Fault> {
    let index = index(archive)?;
    let files = index.entries.iter().filter(|entry| !entry.folder).map(|entry| entry.path.as_slice());
    let mut bags = Bags::among(files, archive)?;
    let mut unpacking = Unpacking { archive, staging, attempt, index: &index, files: 0, bytes: AtomicU64::new(0) };
    unpacking.folders(&|path| bags.claim(path, archive))?;
    let all: Vec<&Entry> = index.entries.iter().filter(|entry| !entry.folder).collect();
    let (payload, tags): (Vec<&Entry>, Vec<&Entry>) = all.into_iter().partition(|entry| bags.is_payload(&entry.path));
    for slab in tags.chunks(SLAB) {
        unpacking.slab(slab, |_| Vec::new())?;
    }
    bags.read(staging, archive)?;
    for slab in payload.chunks(SLAB) {
        let digests = unpacking.slab(slab, |entry| bags.wants(&entry.path))?;
        for (entry, digests) in slab.iter().zip(digests) {
            bags.settle(&entry.path, &digests, entry.size);
        }
    }
    Ok(bags)
}

/// What a zip without bags held.
pub(super) struct Plain {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// The one folder at its top, if all that it holds lies in one.
    pub(super) top: Option<Vec<u8>>,
}

/// Unpacks a zip that holds no bags into a staging folder. The checksums of its own list are compared as it is read.
pub(super) fn unpack_plain(archive: &Archive, staging: &Staging, attempt: &Attempt<'_>) -> Result<Plain, Fault> {
    let index = index(archive)?;
    let mut unpacking = Unpacking { archive, staging, attempt, index: &index, files: 0, bytes: AtomicU64::new(0) };
    unpacking.folders(&|_| Ok(()))?;
    let files: Vec<&Entry> = index.entries.iter().filter(|entry| !entry.folder).collect();
    for slab in files.chunks(SLAB) {
        unpacking.slab(slab, |_| Vec::new())?;
    }
    let mut tops = index.entries.iter().map(|entry| {
        let slash = entry.path.iter().position(|byte| *byte == b'/');
        slash.map(|at| &entry.path[..at]).or(entry.folder.then_some(&entry.path[..]))
    });
    let first = tops.next().flatten();
    let top = first.filter(|first| tops.all(|other| other == Some(first))).map(<[u8]>::to_vec);
    Ok(Plain { files: files.len() as u64, bytes: index.bytes, top })
}

/// The list of a zip.
pub(super) fn index(archive: &Archive) -> Result<Index, Fault> {
    let mut file = Jumping::new(archive.storage.clone(), archive.path.clone(), archive.size);
    Index::read(&mut file, archive.size, archive.limits, archive.twins)
        .map_err(|error| of_archive(error, &archive.name))
}

struct Unpacking<'a> {
    archive: &'a Archive,
    staging: &'a Staging,
    attempt: &'a Attempt<'a>,
    index: &'a Index,
    files: u64,
    bytes: AtomicU64,
}

impl Unpacking<'_> {
    /// Makes the folders that have an entry of their own, as an empty one can only be seen there.
    fn folders(&self, may_be: &dyn Fn(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        for entry in self.index.entries.iter().filter(|entry| entry.folder) {
            may_be(&entry.path)?;
            let made = self.staging.storage.make_folder(&self.staging.path(&entry.path));
            made.told_at(self.staging.storage.name())?;
        }
        Ok(())
    }

    /// Unpacks some files side by side.
    fn slab(
        &mut self,
        entries: &[&Entry],
        algorithms: impl Fn(&Entry) -> Vec<Algorithm> + Sync,
    ) -> Result<Vec<Digests>, Fault> {
        let (before, attempt) = (self.files, self.attempt);
        let alone = entries.len() == 1;
        let (mut done, mut now) = (0, Vec::new());
        let (digests, outcome) = side_by_side(
            THREADS,
            entries,
            unpack::buffer,
            |buffer, entry| {
                self.one(entry, (&algorithms(entry), alone), buffer)
                    .map(|digests| (digests, &entry.path))
                    .map_err(through)
            },
            |told| {
                if let Some((_, path)) = told {
                    done += 1;
                    now.clone_from(path);
                }
                attempt.host.progress(self.progress(before + done, &now));
                if attempt.host.cancelled() { Err(longshore_transfer::Fail::Cancelled) } else { Ok(()) }
            },
        );
        let place = self.staging.storage.name();
        outcome.map_err(|fail| faults::of_transfer(fail, [&self.archive.name, place]))?;
        self.files += entries.len() as u64;
        Ok(digests.into_iter().flatten().map(|(digests, _)| digests).collect())
    }

    fn progress(&self, files: u64, now: &[u8]) -> Progress {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let now = longshore_catalogue::PathBytes::new(now).to_text();
        let (bytes_total, files_total) = (Some(self.index.bytes), Some(self.index.entries.len() as u64));
        Progress { bytes, bytes_total, files, files_total, now, written: bytes }
    }

    fn one(
        &self,
        entry: &Entry,
        (algorithms, alone): (&[Algorithm], bool),
        buffer: &mut longshore_transfer::Memory,
    ) -> Result<Digests, Fault> {
        let name = &self.archive.name;
        let stream = at(&self.archive.storage, &self.archive.path, entry.offset).map_err(|error| of_io(error, name))?;
        let content = zip::open(stream, entry).map_err(|error| of_archive(error, name))?;
        let file = File { path: &entry.path, executable: entry.executable, algorithms, alone, archive: name };
        file.write(self.staging, content, buffer, &mut |bytes| {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            if self.attempt.host.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
        })
    }
}

/// A stream of a file from an offset on.
pub(super) fn at(storage: &Arc<dyn Storage>, path: &[u8], offset: u64) -> std::io::Result<std::io::BufReader<Bytes>> {
    let reader = storage.read(path, ReadOptions { offset, ..ReadOptions::default() }).map_err(carried)?;
    Ok(std::io::BufReader::with_capacity(64 << 10, Bytes(reader)))
}
