//! Bags in a tar, plain or compressed: one stream, in which the manifests may come last.

use std::io::{self, BufRead as _, BufReader, Read};

use longshore_engine::Fault;
use longshore_formats::archive::{self, Compression, Meter, Names, open_tar, safe_path, told};
use longshore_formats::bagit::Algorithm;
use longshore_formats::tar::{self, Found, FoundKind};
use longshore_transfer::Memory;
use longshore_transfer::storage::ReadOptions;

use super::attempt::Attempt;
use super::bags::{Archive, Bags};
use super::report::{of_archive, of_io};
use super::source::{Bytes, carried};
use super::staging::Staging;
use super::unpack::{self, Digests, File};
use crate::faults::{self, ToldAt as _};
use crate::kind::Progress;

/// The checksums that are taken of files that come before any manifest: those that bags are made with.
const USUAL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];

/// Files whose checksums are held until the manifests are known. Those beyond are read again when the bag is proved.
const HELD: usize = 200_000;

/// Bytes that may follow the end of a tar: what its record was filled up with.
const TRAILING: u64 = 64 << 20;

/// Unpacks a tar into a staging folder.
pub(super) fn unpack(archive: &Archive, staging: &Staging, attempt: &Attempt<'_>) -> Result<Bags, Fault> {
    let (mut stream, _) = stream(archive)?;
    let mut unpacking = Unpacking {
        archive,
        staging,
        attempt,
        entries: Entries::new(archive),
        manifests: Vec::new(),
        digests: Vec::new(),
        paths: Vec::new(),
        files: 0,
        bytes: 0,
    };
    unpacking.all(&mut stream)?;
    end(&mut stream, archive)?;
    unpacking.bags()
}

/// The bytes of a tar, and how they are compressed where it lies.
pub(super) fn stream(archive: &Archive) -> Result<(Box<dyn Read>, Compression), Fault> {
    let opened = archive.storage.read(&archive.path, ReadOptions::default()).map_err(carried);
    let reader = opened.map_err(|error| of_io(error, &archive.name))?;
    let mut stream = BufReader::with_capacity(1 << 20, Bytes(reader));
    let start = stream.fill_buf().map_err(|error| of_io(error, &archive.name))?;
    let compression = Compression::of_start(start);
    Ok((open_tar(stream, compression).map_err(|error| of_io(error, &archive.name))?, compression))
}

/// Reads over what follows the end of a tar, so that its compression is seen to its end too.
pub(super) fn end(stream: &mut dyn Read, archive: &Archive) -> Result<(), Fault> {
    let trailing = io::copy(&mut stream.take(TRAILING + 1), &mut io::sink());
    let trailing = trailing.map_err(|error| of_archive(told(error, b""), &archive.name))?;
    if trailing > TRAILING {
        let error =
            archive::Error::refused("archive.limit", b"", "more follows the end of the tar than fills a record");
        return Err(of_archive(error, &archive.name));
    }
    Ok(())
}

/// The entries of a tar that were seen, and what of them is refused.
pub(super) struct Entries {
    names: Names,
    meter: Meter,
}

impl Entries {
    /// None seen.
    pub(super) fn new(archive: &Archive) -> Self {
        let names = Names::new(archive.twins, archive.limits);
        Self { names, meter: Meter::new(archive.limits, archive.size) }
    }

    /// The path of an entry that is taken; `None` for the folder that is unpacked to.
    pub(super) fn checked(&mut self, found: &Found) -> Result<Option<Vec<u8>>, archive::Error> {
        self.meter.entry(&found.path)?;
        match &found.kind {
            FoundKind::File | FoundKind::Folder => {}
            FoundKind::Link(_) | FoundKind::Hard(_) => {
                let why = "it is a link, which could lead elsewhere";
                return Err(archive::Error::refused("archive.link", &found.path, why));
            }
            FoundKind::Other(flag) => {
                let why = format!("it is neither a file nor a folder (type {:?})", char::from(*flag));
                return Err(archive::Error::refused("archive.special", &found.path, why));
            }
        }
        let Some(path) = safe_path(&found.path, true)? else { return Ok(None) };
        self.names.enter(&path, found.kind == FoundKind::Folder)?;
        self.meter.bytes(&path, found.size)?;
        Ok(Some(path))
    }
}

/// Whether a path is one of a payload, as far as that can be said before the bags are known.
pub(super) fn is_payload(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.next() == Some(b"data") || parts.next() == Some(b"data")
}

struct Unpacking<'a> {
    archive: &'a Archive,
    staging: &'a Staging,
    attempt: &'a Attempt<'a>,
    entries: Entries,
    /// Algorithms of the manifests that were seen so far.
    manifests: Vec<Algorithm>,
    digests: Vec<(Vec<u8>, Digests, u64)>,
    /// What could be the declaration of a bag, or lies beside all bags.
    paths: Vec<Vec<u8>>,
    files: u64,
    bytes: u64,
}

impl Unpacking<'_> {
    fn all(&mut self, stream: &mut dyn Read) -> Result<(), Fault> {
        let mut tar = tar::Reader::new(stream);
        let mut buffer = unpack::buffer();
        loop {
            let next = tar.next_entry().map_err(|error| self.refuse(damaged(error)))?;
            let Some(found) = next else { return Ok(()) };
            self.attempt.go_on()?;
            self.one(&found, &mut tar, &mut buffer)?;
        }
    }

    fn refuse(&self, error: archive::Error) -> Fault {
        of_archive(error, &self.archive.name)
    }

    fn one(&mut self, found: &Found, tar: &mut tar::Reader<&mut dyn Read>, buffer: &mut Memory) -> Result<(), Fault> {
        let path = self.entries.checked(found).map_err(|error| self.refuse(error))?;
        let Some(path) = path else { return Ok(()) };
        if found.kind == FoundKind::Folder {
            let made = self.staging.storage.make_folder(&self.staging.path(&path));
            return made.told_at(self.staging.storage.name());
        }
        let algorithms = self.algorithms(&path);
        let file = File {
            path: &path,
            executable: found.mode & 0o100 != 0,
            algorithms: &algorithms,
            alone: true,
            archive: &self.archive.name,
        };
        let (attempt, bytes, files) = (self.attempt, &mut self.bytes, self.files);
        let digests = file.write(self.staging, tar, buffer, &mut |more| {
            *bytes += more;
            let now = longshore_catalogue::PathBytes::new(path.as_slice()).to_text();
            let progress = Progress { bytes: *bytes, files, now, written: *bytes, ..Progress::default() };
            attempt.host.progress(progress);
            if attempt.host.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
        })?;
        self.files += 1;
        self.seen(path, digests, found.size);
        Ok(())
    }

    /// The checksums to take of a file: of a payload, those of the manifests as far as they are known.
    fn algorithms(&self, path: &[u8]) -> Vec<Algorithm> {
        match is_payload(path) && self.digests.len() < HELD {
            false => Vec::new(),
            true if self.manifests.is_empty() => USUAL.to_vec(),
            true => self.manifests.clone(),
        }
    }

    fn seen(&mut self, path: Vec<u8>, digests: Digests, size: u64) {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let algorithm = name.strip_prefix(b"manifest-").and_then(|rest| rest.strip_suffix(b".txt"));
        if let Some(algorithm) = algorithm.and_then(Algorithm::of_name)
            && !self.manifests.contains(&algorithm)
        {
            self.manifests.push(algorithm);
        }
        if digests.is_empty() {
            self.paths.push(path);
        } else {
            self.digests.push((path, digests, size));
        }
    }

    fn bags(self) -> Result<Bags, Fault> {
        let (paths, digests) = (self.paths.iter(), self.digests.iter().map(|(path, ..)| path));
        let mut bags = Bags::among(paths.chain(digests).map(Vec::as_slice), self.archive)?;
        bags.read(self.staging, self.archive)?;
        for (path, digests, size) in &self.digests {
            bags.settle(path, digests, *size);
        }
        Ok(bags)
    }
}

pub(super) fn damaged(error: tar::Error) -> archive::Error {
    match error {
        tar::Error::Io(error) => told(error, b""),
        other => archive::Error::refused("archive.damaged", b"", other.to_string()),
    }
}
