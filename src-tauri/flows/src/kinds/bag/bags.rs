//! An archive, and the bags that it holds.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::archive::{Limits, Twins};
use longshore_formats::bagit::{Algorithm, Bag, FetchPolicy, Watch};
use longshore_transfer::storage::{ReadOptions, Storage, join};

use super::debag::{OnTwins, With, seal};
use super::report::{BagReport, of_io};
use super::source::At;
use super::staging::Staging;
use super::unpack::Digests;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Progress};
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
    pub(super) fn open(with: &With, context: &Context) -> Result<Self, Fault> {
        let file = Location::read(context.services.storages.as_ref(), &with.file)?;
        let meta = file.storage.stat(&file.path).told_at(file.storage.name())?;
        let twins = match with.twins {
            OnTwins::Refuse => Twins::Refuse,
            OnTwins::Take => Twins::Take,
        };
        let (limits, fetch, name) = (with.limits.limits(), with.fetch.into(), with.file.clone());
        Ok(Self {
            storage: file.storage,
            path: file.path,
            size: meta.size,
            limits,
            twins,
            name,
            fetch,
            seal: seal(&meta),
        })
    }

    pub(super) fn is_zip(&self) -> Result<bool, Fault> {
        let place = self.storage.name();
        let mut reader = self.storage.read(&self.path, ReadOptions::default()).told_at(place)?;
        let mut start = [0; 4];
        let read = reader.read(&mut start).told_at(place)?;
        // An empty zip begins with its end.
        Ok(matches!(&start[..read], b"PK\x03\x04" | b"PK\x05\x06"))
    }

    /// What a bag without a folder of its own is called: the archive's name, without what says its kind.
    fn stem(&self) -> String {
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
            let id = match String::from_utf8_lossy(name.strip_suffix(b".bag").unwrap_or(name)).into_owned() {
                id if id.is_empty() => archive.stem(),
                id => id,
            };
            let at = At { storage: staging.storage.as_ref(), folder: folder.clone() };
            let bag = Bag::read(&at, archive.fetch).map_err(|error| of_io(error, staging.storage.name()))?;
            self.opened.push(Opened { id, folder, bag });
        }
        Ok(())
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
    pub(super) fn prove(&mut self, staging: &Staging, context: &Context) -> Result<(), Fault> {
        let name = staging.storage.name();
        for opened in &mut self.opened {
            let at = At { storage: staging.storage.as_ref(), folder: opened.folder.clone() };
            opened.bag.walk(&at).map_err(|error| of_io(error, name))?;
            opened.bag.prove(&at, THREADS, &mut Proving(context)).map_err(|error| of_io(error, name))?;
            if let Some(fault) = BagReport::of(&opened.bag).fault(&opened.id) {
                return Err(fault);
            }
        }
        Ok(())
    }
}

/// The folder whose `bagit.txt` this is: empty for the archive's top.
fn declares(path: &[u8]) -> Option<&[u8]> {
    let above = path.strip_suffix(b"bagit.txt")?;
    match above.strip_suffix(b"/") {
        Some(folder) => (!folder.contains(&b'/')).then_some(folder),
        None => above.is_empty().then_some(above),
    }
}

/// Tells how far the proving of a bag is.
pub(super) struct Proving<'c>(pub(super) &'c Context);

impl Watch for Proving<'_> {
    fn progress(&mut self, bytes: u64, files: u64) {
        self.0.host.progress(Progress { bytes, files, ..Progress::default() });
    }

    fn cancelled(&self) -> bool {
        self.0.host.cancelled()
    }
}
