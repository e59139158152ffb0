//! The folder into which a dataset is brought back, and what may lie there already.

use std::sync::Arc;

use longshore_catalogue::{Entry, EntryKind, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::hash::Hashes;
use longshore_transfer::storage::{Kind, Meta, ReadOptions, Storage};

use crate::faults::{self, ToldAt as _};
use crate::kind::Storages;

/// Bytes read at a time to compare a file.
const CHUNK: usize = 1 << 20;

/// The destination as a storage; the folder is made if need be.
pub(crate) fn open(storages: &dyn Storages, dest: &PathBytes) -> Result<Arc<dyn Storage>, Fault> {
    let wanted = checked(dest)?;
    match storages.folder(wanted) {
        Err(fault) if fault.code == "storage.missing" => {}
        other => return other,
    }
    let (above, rest) = nearest(storages, wanted)?;
    above.make_folder(rest).told_at(above.name())?;
    storages.folder(wanted)
}

/// The destination as a storage, if it is there.
pub(crate) fn look(storages: &dyn Storages, dest: &PathBytes) -> Result<Option<Arc<dyn Storage>>, Fault> {
    match storages.folder(checked(dest)?) {
        Ok(storage) => Ok(Some(storage)),
        Err(fault) if fault.code == "storage.missing" => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn checked(dest: &PathBytes) -> Result<&[u8], Fault> {
    let bytes = dest.as_bytes();
    if !bytes.starts_with(b"/") || bytes.split(|b| *b == b'/').any(|part| part == b"..") {
        let why = "A destination is an absolute path without .. in it";
        return Err(Fault::permanent("dest.relative", format!("Nothing can be retrieved into {dest}"), why));
    }
    let end = bytes.iter().rposition(|b| *b != b'/').map_or(1, |last| last + 1);
    Ok(&bytes[..end])
}

/// The deepest folder above a path that is there, and the path below it.
fn nearest<'a>(storages: &dyn Storages, wanted: &'a [u8]) -> Result<(Arc<dyn Storage>, &'a [u8]), Fault> {
    let mut end = wanted.len();
    loop {
        end = wanted[..end].iter().rposition(|b| *b == b'/').unwrap_or(0);
        match storages.folder(&wanted[..end.max(1)]) {
            Err(fault) if fault.code == "storage.missing" && end > 0 => {}
            Err(fault) => return Err(fault),
            Ok(storage) => return Ok((storage, without_slashes(&wanted[end..]))),
        }
    }
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|b| *b != b'/').unwrap_or(path.len());
    &path[start..]
}

/// What lies in the way of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum There {
    /// Nothing.
    Nothing,
    /// The very same: the same bytes, the same target, a folder for a folder.
    Same,
    /// Something else, which is never overwritten.
    Other,
}

/// What lies at an entry's path. A file of the same size is read and compared.
pub(crate) fn there(storage: &dyn Storage, entry: &Entry, cancelled: &dyn Fn() -> bool) -> Result<There, Fault> {
    let meta = match storage.stat(entry.path.as_bytes()) {
        Ok(meta) => meta,
        Err(error) if error.code == "file.missing" => return Ok(There::Nothing),
        // A file or a link stands where a folder above the entry must be.
        Err(error) if error.code == "path.not_folder" || error.code == "path.link" => return Ok(There::Other),
        Err(error) => return Err(error).told_at(storage.name()),
    };
    let same = match entry.kind {
        EntryKind::Folder => meta.kind == Kind::Folder,
        EntryKind::Link => meta.kind == Kind::Link && meta.link == entry.link.as_bytes(),
        EntryKind::File => same_file(storage, entry, &meta, cancelled)?,
    };
    Ok(if same { There::Same } else { There::Other })
}

fn same_file(storage: &dyn Storage, entry: &Entry, meta: &Meta, cancelled: &dyn Fn() -> bool) -> Result<bool, Fault> {
    let Some(digests) = entry.digests.filter(|_| meta.kind == Kind::File && meta.size == entry.size) else {
        return Ok(false);
    };
    let mut reader = storage.read(entry.path.as_bytes(), ReadOptions::default()).told_at(storage.name())?;
    let mut hashes = Hashes::new(false);
    let mut chunk = vec![0; CHUNK.min(usize::try_from(entry.size).unwrap_or(CHUNK) + 1)];
    loop {
        if cancelled() {
            return Err(faults::cancelled());
        }
        match reader.read(&mut chunk).told_at(storage.name())? {
            0 => return Ok(hashes.finish().sha256 == digests.sha256),
            read => hashes.update(&chunk[..read]),
        }
    }
}

/// The refusal to overwrite.
pub(crate) fn exists(dest: &PathBytes, paths: &[String], number: u64) -> Fault {
    let what = format!("Nothing was retrieved over what lies in {dest}");
    let first = paths.first().cloned().unwrap_or_default();
    let why = match number {
        1 => format!("{first} is there already, and is something else"),
        _ => format!("{first} and {} others are there already, and are something else", number.saturating_sub(1)),
    };
    let mut fault = Fault::permanent("dest.exists", what, why)
        .now("Retrieve into another folder, or move these away. Files that are there and the same need not be moved.")
        .on_file(first)
        .at_place(dest.to_text());
    fault.also = paths.iter().skip(1).cloned().collect();
    fault
}
