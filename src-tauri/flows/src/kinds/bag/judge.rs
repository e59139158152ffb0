//! Bags in an archive, judged where they lie: nothing is unpacked.

use std::io::{self, Read};

use longshore_engine::Fault;
use longshore_formats::archive::{self, Compression};
use longshore_formats::bagit::{Digester, ItemKind};
use longshore_formats::tar;
use longshore_formats::zip::{self, Index};
use longshore_transfer::storage::ReadOptions;

use super::attempt::Attempt;
use super::bags::{Archive, Bags, Proving};
use super::inside::{Contents, Held, Inside, Opener, refusal};
use super::report::{BagReport, of_archive, of_io};
use super::source::{Bytes, Jumping, carried};
use super::staging::Staging;
use super::tarred::{Entries, damaged, is_payload, stream};
use super::zipped::at;
use crate::faults::ToldAt as _;
use crate::kind::Progress;

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Judges the bags of an archive, together.
pub(super) fn judge(archive: &Archive, attempt: &Attempt<'_>, threads: usize) -> Result<BagReport, Fault> {
    if archive.is_zip()? {
        return zip(archive, attempt, threads);
    }
    let (_, compression) = stream(archive)?;
    if compression == Compression::None {
        return plain(archive, attempt, threads);
    }
    let spool = Staging { storage: attempt.storages.storage("scratch")?, folder: Vec::new(), into: Vec::new() };
    let spool = Staging { folder: [b"bags/", attempt.staging.as_bytes()].concat(), ..spool };
    spool.clear(attempt)?;
    let judged = compressed(archive, attempt, &spool);
    // The failure is what is told.
    spool.clear(attempt).and(judged)
}

fn zip(archive: &Archive, attempt: &Attempt<'_>, threads: usize) -> Result<BagReport, Fault> {
    let mut file = Jumping::new(archive.storage.clone(), archive.path.clone(), archive.size);
    let index = Index::read(&mut file, archive.size, archive.limits, archive.twins);
    let index = index.map_err(|error| of_archive(error, &archive.name))?;
    let held = index.entries.iter().enumerate().map(|(place, entry)| {
        let kind = if entry.folder { ItemKind::Folder } else { ItemKind::File(entry.size) };
        Held { path: entry.path.clone(), kind, place }
    });
    let contents = Contents::new(held.collect());
    let open: Opener<'_> = Box::new(|place| {
        let entry = &index.entries[place];
        let stream = at(&archive.storage, &archive.path, entry.offset)?;
        Ok(Box::new(zip::open(stream, entry).map_err(refusal)?))
    });
    in_place(archive, attempt, &contents, &open, threads)
}

/// A tar that is not compressed: each file is read where it lies.
fn plain(archive: &Archive, attempt: &Attempt<'_>, threads: usize) -> Result<BagReport, Fault> {
    let file = Jumping::new(archive.storage.clone(), archive.path.clone(), archive.size);
    let mut tar = tar::Reader::new(io::BufReader::with_capacity(64 << 10, file));
    let (mut held, mut places) = (Vec::new(), Vec::new());
    let mut entries = Entries::new(archive);
    while let Some(found) = tar.next_entry().map_err(|error| of_archive(damaged(error), &archive.name))? {
        attempt.go_on()?;
        let path = entries.checked(&found).map_err(|error| of_archive(error, &archive.name))?;
        if found.data.checked_add(found.size).is_none_or(|end| end > archive.size) {
            let error = archive::told(io::ErrorKind::UnexpectedEof.into(), &found.path);
            return Err(of_archive(error, &archive.name));
        }
        tar.jump().map_err(|error| of_archive(damaged(error), &archive.name))?;
        let Some(path) = path else { continue };
        held.push(Held { path, kind: kind(&found), place: places.len() });
        places.push((found.data, found.size));
    }
    let contents = Contents::new(held);
    let open: Opener<'_> = Box::new(|place| {
        let (offset, size) = places[place];
        let options = ReadOptions { offset, ..ReadOptions::default() };
        let reader = archive.storage.read(&archive.path, options).map_err(carried)?;
        Ok(Box::new(Bytes(reader).take(size)))
    });
    in_place(archive, attempt, &contents, &open, threads)
}

fn kind(found: &tar::Found) -> ItemKind {
    if found.kind == tar::FoundKind::Folder { ItemKind::Folder } else { ItemKind::File(found.size) }
}

fn in_place(
    archive: &Archive,
    attempt: &Attempt<'_>,
    contents: &Contents,
    open: &Opener<'_>,
    threads: usize,
) -> Result<BagReport, Fault> {
    let mut bags = Bags::among(contents.files(), archive)?;
    contents.folders().try_for_each(|folder| bags.claim(folder, archive))?;
    let near = archive.storage.capabilities().posix;
    let inside = |top: &[u8]| Inside { contents, top: top.to_vec(), open, near };
    let told = |error| of_io(error, &archive.name);
    bags.read_in(archive, &inside)?;
    for opened in &mut bags.opened {
        let folder = inside(&opened.folder);
        opened.bag.walk(&folder).map_err(told)?;
        opened.bag.prove(&folder, threads, &mut Proving(attempt)).map_err(told)?;
    }
    Ok(bags.report())
}

/// A compressed tar: it is unpacked twice and never kept, first for the tag files, which may come last, then for the payload.
fn compressed(archive: &Archive, attempt: &Attempt<'_>, spool: &Staging) -> Result<BagReport, Fault> {
    let (mut held, mut places) = (Vec::new(), Vec::new());
    let mut entries = Entries::new(archive);
    each_entry(archive, attempt, &mut |found, tar| {
        let Some(path) = entries.checked(found).map_err(|error| of_archive(error, &archive.name))? else {
            return Ok(());
        };
        let spooled = found.kind == tar::FoundKind::File && !is_payload(&path);
        if spooled {
            keep(spool, places.len(), &path, tar, archive)?;
        } else {
            let over = io::copy(tar, &mut io::sink());
            over.map_err(|error| of_archive(archive::told(error, &path), &archive.name))?;
        }
        held.push(Held { path, kind: kind(found), place: places.len() });
        places.push(spooled);
        Ok(())
    })?;
    let contents = Contents::new(held);
    let open: Opener<'_> = Box::new(|place| {
        if !places[place] {
            let why = "a compressed tar whose bag lies in a folder `data` is judged only where it is unpacked";
            return Err(refusal(archive::Error::refused("archive.unsupported", b"", why)));
        }
        let reader = spool.storage.read(&spool.path(&name(place)), ReadOptions::default()).map_err(carried)?;
        Ok(Box::new(Bytes(reader)))
    });
    let mut bags = Bags::among(contents.files(), archive)?;
    contents.folders().try_for_each(|folder| bags.claim(folder, archive))?;
    let inside = |top: &[u8]| Inside { contents: &contents, top: top.to_vec(), open: &open, near: true };
    let told = |error| of_io(error, &archive.name);
    bags.read_in(archive, &inside)?;
    settle(archive, attempt, &mut bags)?;
    for opened in &mut bags.opened {
        let folder = inside(&opened.folder);
        opened.bag.walk(&folder).map_err(told)?;
        opened.bag.prove(&folder, 1, &mut Proving(attempt)).map_err(told)?;
    }
    Ok(bags.report())
}

/// Takes the checksums of the payload.
fn settle(archive: &Archive, attempt: &Attempt<'_>, bags: &mut Bags) -> Result<(), Fault> {
    let (mut chunk, mut bytes, mut files) = (vec![0; CHUNK], 0, 0);
    let mut entries = Entries::new(archive);
    each_entry(archive, attempt, &mut |found, tar| {
        let path = entries.checked(found).map_err(|error| of_archive(error, &archive.name))?;
        let Some(path) = path.filter(|path| found.kind == tar::FoundKind::File && bags.is_payload(path)) else {
            return Ok(());
        };
        let mut digester = Digester::new(bags.wants(&path)).apart();
        loop {
            let count = tar.read(&mut chunk).map_err(|error| of_archive(archive::told(error, &path), &archive.name))?;
            if count == 0 {
                break;
            }
            digester.update(&chunk[..count]);
            bytes += count as u64;
            attempt.host.progress(Progress { bytes, files, ..Progress::default() });
            attempt.go_on()?;
        }
        files += 1;
        bags.settle(&path, &digester.finish(), found.size);
        Ok(())
    })
}

/// Reads a compressed tar from its start, up to its end.
fn each_entry(
    archive: &Archive,
    attempt: &Attempt<'_>,
    each: &mut dyn FnMut(&tar::Found, &mut dyn Read) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (mut stream, _) = stream(archive)?;
    let mut tar = tar::Reader::new(&mut stream);
    while let Some(found) = tar.next_entry().map_err(|error| of_archive(damaged(error), &archive.name))? {
        attempt.go_on()?;
        each(&found, &mut tar)?;
    }
    super::tarred::end(&mut stream, archive)
}

/// Name of a spooled file.
fn name(place: usize) -> Vec<u8> {
    place.to_string().into_bytes()
}

fn keep(spool: &Staging, place: usize, path: &[u8], tar: &mut dyn Read, archive: &Archive) -> Result<(), Fault> {
    let storage = spool.storage.name();
    let mut writer = spool.write(&name(place)).told_at(storage)?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = tar.read(&mut chunk).map_err(|error| of_archive(archive::told(error, path), &archive.name))?;
        if count == 0 {
            return Staging::close(writer, false).told_at(storage);
        }
        writer.write(&chunk[..count]).told_at(storage)?;
    }
}
