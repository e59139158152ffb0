//! What lies in folders.

use longshore_transfer::storage::{Kind, Listed, Meta};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;

use super::os;

/// What the system knows of a path, in the words of storages.
pub(super) fn meta(stat: &Stat, link: Vec<u8>) -> Meta {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Special,
    };
    Meta {
        kind,
        size: if kind == Kind::File { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 },
        mode: Some(stat.st_mode & 0o7777),
        mtime: os::mtime(stat),
        link,
        names: os::names(stat),
    }
}

/// What lies at a name of an open folder.
pub(super) fn look(folder: &OwnedFd, name: &[u8]) -> Result<Meta, Errno> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let mut found = meta(&stat, Vec::new());
    if found.kind == Kind::Link {
        found.link = rustix::fs::readlinkat(folder, name, Vec::new())?.into_bytes();
    }
    Ok(found)
}

/// Calls `each` with every name in an open folder. A name that vanishes meanwhile is passed over.
pub(super) fn list<E: From<Errno>>(
    folder: OwnedFd,
    walk: &OwnedFd,
    mut each: impl FnMut(Listed) -> Result<(), E>,
) -> Result<(), E> {
    for line in Dir::new(folder)? {
        let line = line?;
        let name = line.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        match look(walk, name) {
            Ok(meta) => each(Listed::new(name.to_vec(), meta))?,
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
