//! An archive, and the bags that it holds.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::archive::{Limits, Twins};
use longshore_formats::bagit::{Algorithm, Bag, FetchPolicy, Watch};
use longshore_transfer::storage::{Meta, ReadOptions, Storage, join};

use super::attempt::Attempt;
use super::debag::{Fetch, OnTwins, With, seal};
use super::inside::Inside;
use super::report::{BagReport, of_io};
use super::source::At;
use super::staging::Staging;
use super::unpack::Digests;
use crate::faults::ToldAt as _;
use crate::kind::Progress;
use crate::location::Location;

/// Threads that read what was not proved while it was unpacked.
const THREADS: usize = 2;

/// An archive to be unpacked.
pub(super) struct Archive {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) path: Vec<u8>,
    pub(super) size: u64,
    pub(super) limits: Limits,
    pub(super) twins: Twins,
    /// As it is shown.
    pub(super) name: String,
    fetch: FetchPolicy,
    pub(super) seal: (u64, (i64, u32)),
}

impl Archive {
    pub(super) fn open(with: &With, attempt: &Attempt<'_>) -> Result<Self, Fault> {
        let file = Location::read(attempt.storages, &with.file)?;
        let meta = file.storage.stat(&file.path).told_at(file.storage.name())?;
        Ok(Self::at(file, &meta, &with.file, with.limits.limits(), with.twins, with.fetch))
    }

    /// That lies here, shown under this name.
    pub(super) fn at(file: Location, meta: &Meta, name: &str, limits: Limits, twins: OnTwins, fetch: Fetch) -> Self {
        let (fetch, seal, twins) = (fetch.into(), seal(meta), twins.into());
        let Location { storage, path, .. } = file;
        Self { storage, path, size: meta.size, limits, twins, name: name.to_owned(), fetch, seal }
    }

    pub(super) fn is_zip(&self) -> Result<bool, Fault> {
        let place = self.storage.name();
        let mut reader = self.storage.read(&self.path, ReadOptions::default()).told_at(place)?;
        let mut start = [0; 4];
        let read = reader.read(&mut start).told_at(place)?;
        // An empty zip begins with its end.
        Ok(matches!(&start[..read], b"PK\x03\x04" | b"PK\x05\x06"))
    }

    /// What a bag, or a plain zip, without a folder of its own is called: the archive's name, without what says its kind.
    pub(super) fn stem(&self) -> String {
        let name = self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let mut name = String::from_utf8_lossy(name).into_owned();
        for end in [".gz", ".xz", ".zst", ".tgz", ".txz", ".tar", ".zip", ".bag"] {
            if let Some(rest) = name.strip_suffix(end).filter(|rest| !rest.is_empty()) {
                name.truncate(rest.len());
            }
        }
        name
    }
}

/// A bag of an archive.
pub(super) struct Opened {
    /// Name of its work.
    pub(super) id: String,
    /// Its folder on the storage of the target.
    pub(super) folder: Vec<u8>,
    pub(super) bag: Bag,
}

/// The bags of an archive, by the folder at its top that each is.
pub(super) struct Bags {
    tops: HashMap<Vec<u8>, usize>,
    names: Vec<Vec<u8>>,
    /// In the order of `names`, once they were read.
    pub(super) opened: Vec<Opened>,
}

impl Bags {
    /// Those that the files of an archive make up: what has a `bagit.txt` is a bag, and nothing may lie beside all bags.
    pub(super) fn among<'p>(paths: impl Iterator<Item = &'p [u8]> + Clone, archive: &Archive) -> Result<Self, Fault> {
        let mut names: Vec<Vec<u8>> = paths.clone().filter_map(declares).map(<[u8]>::to_vec).collect();
        names.sort_unstable();
        if names.first().is_some_and(Vec::is_empty) {
            names.truncate(1);
        }
        if names.is_empty() {
            let why = "None of the folders at its top has a bagit.txt";
            return Err(Fault::permanent("debag.no_bag", format!("There is no bag in {}", archive.name), why)
                .at_place(&archive.name));
        }
        let tops = names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        let bags = Self { tops, names, opened: Vec::new() };
        for path in paths {
            bags.claim(path, archive)?;
        }
        Ok(bags)
    }

    /// Fails for a path that lies in no bag.
    pub(super) fn claim(&self, path: &[u8], archive: &Archive) -> Result<(), Fault> {
        if self.of(path).is_some() || self.tops.contains_key(path) {
            return Ok(());
        }
        let path = PathBytes::new(path).to_text();
        Err(Fault::permanent(
            "debag.beside",
            format!("{} holds more than bags", archive.name),
            format!("{path} is part of none"),
        )
        .on_file(path)
        .at_place(&archive.name))
    }

    /// The bag that a path lies in, and its path there.
    fn of<'p>(&self, path: &'p [u8]) -> Option<(usize, &'p [u8])> {
        if let Some(at) = self.tops.get(&b""[..]) {
            return Some((*at, path));
        }
        let slash = path.iter().position(|byte| *byte == b'/')?;
        Some((*self.tops.get(&path[..slash])?, &path[slash + 1..]))
    }

    pub(super) fn is_payload(&self, path: &[u8]) -> bool {
        self.of(path).is_some_and(|(_, path)| path.starts_with(b"data/"))
    }

    /// Reads the tag files of all, which are unpacked.
    pub(super) fn read(&mut self, staging: &Staging, archive: &Archive) -> Result<(), Fault> {
        for name in &self.names {
            let folder = if name.is_empty() { staging.folder.clone() } else { join(&staging.folder, name) };
            let at = At { storage: staging.storage.as_ref(), folder: folder.clone() };
            let bag = Bag::read(&at, archive.fetch).map_err(|error| of_io(error, staging.storage.name()))?;
            self.opened.push(Opened { id: id(name, archive), folder, bag });
        }
        Ok(())
    }

    /// Reads the tag files of all where they lie in the archive; the folder of each is that at the archive's top.
    pub(super) fn read_in<'a, 'o: 'a>(
        &mut self,
        archive: &Archive,
        inside: &dyn Fn(&[u8]) -> Inside<'a, 'o>,
    ) -> Result<(), Fault> {
        for name in &self.names {
            let bag = Bag::read(&inside(name), archive.fetch).map_err(|error| of_io(error, &archive.name))?;
            self.opened.push(Opened { id: id(name, archive), folder: name.clone(), bag });
        }
        Ok(())
    }

    /// What is said of them together.
    pub(super) fn report(&self) -> BagReport {
        let reports = self.opened.iter().map(|opened| (opened.folder.clone(), BagReport::of(&opened.bag)));
        BagReport::together(reports.collect())
    }

    /// The checksums to take of a payload file.
    pub(super) fn wants(&self, path: &[u8]) -> Vec<Algorithm> {
        self.of(path).map(|(at, path)| self.opened[at].bag.wants(path)).unwrap_or_default()
    }

    /// Takes the checksums of a file that was unpacked.
    pub(super) fn settle(&mut self, path: &[u8], digests: &Digests, bytes: u64) {
        if let Some((at, path)) = self.of(path) {
            self.opened[at].bag.settle(path, digests, bytes);
        }
    }

    /// Proves what was not proved yet, and fails where a bag is not valid.
    pub(super) fn prove(&mut self, staging: &Staging, attempt: &Attempt<'_>) -> Result<(), Fault> {
        let name = staging.storage.name();
        for opened in &mut self.opened {
            let at = At { storage: staging.storage.as_ref(), folder: opened.folder.clone() };
            opened.bag.walk(&at).map_err(|error| of_io(error, name))?;
            opened.bag.prove(&at, THREADS, &mut Proving(attempt)).map_err(|error| of_io(error, name))?;
            if let Some(fault) = BagReport::of(&opened.bag).fault(&opened.id) {
                return Err(fault);
            }
        }
        Ok(())
    }
}

/// Name of the work of the bag in this folder at an archive's top.
fn id(folder: &[u8], archive: &Archive) -> String {
    match String::from_utf8_lossy(folder.strip_suffix(b".bag").unwrap_or(folder)).into_owned() {
        id if id.is_empty() => archive.stem(),
        id => id,
    }
}

/// The folder whose `bagit.txt` this is: empty for the archive's top.
pub(super) fn declares(path: &[u8]) -> Option<&[u8]> {
    let above = path.strip_suffix(b"bagit.txt")?;
    match above.strip_suffix(b"/") {
        Some(folder) => (!folder.contains(&b'/')).then_some(folder),
        None => above.is_empty().then_some(above),
    }
}

/// Tells how far the proving of a bag is.
pub(super) struct Proving<'c>(pub(super) &'c Attempt<'c>);

impl Watch for Proving<'_> {
    fn progress(&mut self, bytes: u64, files: u64) {
        self.0.host.progress(Progress { bytes, files, ..Progress::default() });
    }

    fn cancelled(&self) -> bool {
        self.0.host.cancelled()
    }
}
