//! What lies where a copy shall lie.

use std::collections::HashMap;

use longshore_engine::Fault;
use longshore_transfer::copy::Item;
use longshore_transfer::storage::{Algorithm, Kind, ReadOptions, Status, Storage};
use longshore_transfer::sum::{md5, sha256};

use super::{Compare, With};
use crate::faults::{self, ToldAt as _, through};
use crate::kind::Context;
use crate::plan::folder::HELD;

/// Files of one folder from which on it is listed rather than each of them asked for.
const WORTH_LISTING: usize = 4;

/// What lies where a copy shall lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Nothing,
    Same,
    Other,
}

/// Names and sizes of one folder of the target, as they were before anything was copied into it.
#[derive(Default)]
pub(super) struct Seen {
    folder: Option<Vec<u8>>,
    /// Bytes of a file; none of anything else.
    names: HashMap<Box<[u8]>, Option<u64>>,
    /// All names are in it.
    whole: bool,
}

/// What is known of a path without asking for it alone.
enum Glance {
    Nothing,
    File(u64),
    Else,
    /// It must be asked for.
    Unknown,
}

impl Seen {
    /// Lists the folder of these files if they are many; all lie in it.
    pub(super) fn look(&mut self, to: &dyn Storage, folder: &[u8], files: usize) -> Result<(), Fault> {
        if self.folder.as_deref() == Some(folder) || files < WORTH_LISTING {
            return Ok(());
        }
        *self = Self { folder: Some(folder.to_vec()), names: HashMap::new(), whole: true };
        let (names, whole) = (&mut self.names, &mut self.whole);
        let listed = to.list(folder, &mut |line| {
            if names.len() < HELD {
                let size = (line.meta.kind == Kind::File).then_some(line.meta.size);
                names.insert(line.name.into(), size);
            } else {
                *whole = false;
            }
            Ok(())
        });
        match listed {
            // A storage that cannot list, or not this folder, can still be asked for each file.
            Err(error) if error.status == Status::Permanent => {
                self.whole = error.code == "file.missing";
                Ok(())
            }
            listed => listed.told_at(to.name()),
        }
    }

    /// Lists the folder in which a path lies.
    pub(super) fn look_at_folder_of(&mut self, to: &dyn Storage, path: &[u8]) -> Result<(), Fault> {
        self.look(to, split(path).0, WORTH_LISTING)
    }

    /// Bytes of the file at a path, if one lies there.
    pub(super) fn size_at(&self, to: &dyn Storage, path: &[u8]) -> Result<Option<u64>, Fault> {
        match self.glance(path) {
            Glance::Nothing | Glance::Else => Ok(None),
            Glance::File(size) => Ok(Some(size)),
            Glance::Unknown => match to.stat(path) {
                Ok(meta) => Ok((meta.kind == Kind::File).then_some(meta.size)),
                Err(error) if error.status == Status::Permanent => Ok(None),
                Err(error) => Err(error).told_at(to.name()),
            },
        }
    }

    fn glance(&self, path: &[u8]) -> Glance {
        let (folder, name) = split(path);
        if self.folder.as_deref() != Some(folder) {
            return Glance::Unknown;
        }
        match self.names.get(name) {
            Some(Some(size)) => Glance::File(*size),
            Some(None) => Glance::Else,
            None if self.whole => Glance::Nothing,
            None => Glance::Unknown,
        }
    }
}

/// The folder and the name of a path.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// What lies where the copy of a file shall lie.
pub(super) fn standing(
    [from, to]: [&dyn Storage; 2],
    item: &Item,
    seen: &Seen,
    with: &With,
    context: &Context,
) -> Result<Standing, Fault> {
    match seen.glance(&item.target) {
        Glance::Nothing => return Ok(Standing::Nothing),
        Glance::Else => return Ok(Standing::Other),
        Glance::File(size) if size != item.size => return Ok(Standing::Other),
        Glance::File(_) | Glance::Unknown => {}
    }
    let there = match to.stat(&item.target) {
        Ok(there) => there,
        Err(error) if error.code == "file.missing" => return Ok(Standing::Nothing),
        Err(error) => return Err(error).told_at(to.name()),
    };
    if there.kind != Kind::File || there.size != item.size {
        return Ok(Standing::Other);
    }
    if with.compare == Compare::Never {
        return Ok(Standing::Other);
    }
    if with.compare == Compare::SizeAndTime {
        let times = (time(from, &item.source, item.mtime)?, time(to, &item.target, there.mtime)?);
        if let (Some(here), Some(there)) = times {
            return Ok(if here == there { Standing::Same } else { Standing::Other });
        }
    }
    Ok(if same(from, to, item, with, context)? { Standing::Same } else { Standing::Other })
}

/// Whether the bytes of two files are the same. The source is not read where it keeps the MD5 that the file had when it came.
fn same(from: &dyn Storage, to: &dyn Storage, item: &Item, with: &With, context: &Context) -> Result<bool, Fault> {
    let known = |storage: &dyn Storage, path: &[u8], by| storage.checksum(path, by).told_at(storage.name());
    if let Some(taken) = known(from, &item.source, Algorithm::Sha256)? {
        return Ok(taken == digest(to, &item.target, with.verify, context)?);
    }
    if let Some(stated) = known(from, &item.source, Algorithm::Md5)? {
        let found = match known(to, &item.target, Algorithm::Md5)? {
            Some(found) => found,
            None => read_md5(to, &item.target, with.verify, context)?,
        };
        return Ok(found == stated);
    }
    let read = read(from, &item.source, with.verify, context)?;
    Ok(read == digest(to, &item.target, with.verify, context)?)
}

/// MD5 of the bytes of a file.
fn read_md5(storage: &dyn Storage, path: &[u8], medium: bool, context: &Context) -> Result<Vec<u8>, Fault> {
    let options = ReadOptions { medium, ..ReadOptions::default() };
    let found = md5(storage, path, options, &mut || context.go_on().map_err(through));
    Ok(found.map_err(|fail| faults::of_transfer(fail, [storage.name(); 2]))?.to_vec())
}

/// A file's own modification time, to the second; none where its storage does not keep one.
pub(in crate::kinds) fn time(storage: &dyn Storage, path: &[u8], known: (i64, u32)) -> Result<Option<i64>, Fault> {
    if storage.capabilities().times {
        return Ok(Some(known.0));
    }
    Ok(storage.own_time(path).told_at(storage.name())?.map(|time| time.0))
}

/// SHA-256 of a file: as the storage takes it, else of its bytes.
pub(in crate::kinds) fn digest(
    storage: &dyn Storage,
    path: &[u8],
    medium: bool,
    context: &Context,
) -> Result<Vec<u8>, Fault> {
    match storage.checksum(path, Algorithm::Sha256).told_at(storage.name())? {
        Some(known) => Ok(known),
        None => read(storage, path, medium, context),
    }
}

/// SHA-256 of the bytes of a file.
pub(super) fn read(storage: &dyn Storage, path: &[u8], medium: bool, context: &Context) -> Result<Vec<u8>, Fault> {
    let options = ReadOptions { medium, ..ReadOptions::default() };
    let found = sha256(storage, path, options, &mut || context.go_on().map_err(through));
    Ok(found.map_err(|fail| faults::of_transfer(fail, [storage.name(); 2]))?.to_vec())
}
