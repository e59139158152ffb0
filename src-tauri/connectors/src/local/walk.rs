//! Paths below a root: checked, and opened beneath it without following a link, however long they are.

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::os;

/// Bytes of a path that are given to one system call.
pub(super) const STEP: usize = 4000;

/// Refuses what is no path below a root. The empty path is the root.
pub(crate) fn check(path: &[u8]) -> Result<(), &'static str> {
    if path.is_empty() {
        return Ok(());
    }
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" => return Err("a path has no empty component and does not begin or end with a slash"),
            b"." | b".." => return Err("a path has no . or .. as a component"),
            _ if name.contains(&0) => return Err("a path holds no NUL"),
            _ => {}
        }
    }
    Ok(())
}

/// The folder of a path, and its last component.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// The first part of a long path, at most [`STEP`] bytes, and what is behind it. `None` if a component is longer than that.
pub(super) fn cut(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = path[..STEP].iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0)?;
    Some((&path[..at], &path[at + 1..]))
}

/// Opens a path below `root`.
pub(super) fn open(root: &OwnedFd, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut held: Option<OwnedFd> = None;
    let mut rest = path;
    while rest.len() > STEP {
        let (step, behind) = cut(rest).ok_or(Errno::NAMETOOLONG)?;
        held = Some(os::open_beneath(held.as_ref().unwrap_or(root), step, FOLDER, Mode::empty())?);
        rest = behind;
    }
    let from = held.as_ref().unwrap_or(root);
    if rest.is_empty() {
        return openat(from, ".", flags, mode);
    }
    os::open_beneath(from, rest, flags, mode)
}

/// Flags for a folder that is only walked through.
pub(super) const FOLDER: OFlags = os::PATH_ONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// The folder that a path lies in, and the path's last component.
pub(super) fn parent<'p>(root: &OwnedFd, path: &'p [u8]) -> Result<(OwnedFd, &'p [u8]), Errno> {
    let (folder, name) = split(path);
    Ok((open(root, folder, FOLDER, Mode::empty())?, name))
}

/// The folder at `path`, made with all above it if it is not there; and whether any was made.
pub(super) fn make(root: &OwnedFd, path: &[u8]) -> Result<(OwnedFd, bool), Errno> {
    match open(root, path, FOLDER, Mode::empty()) {
        Ok(folder) => Ok((folder, false)),
        Err(Errno::NOENT) => make_each(root, path).map(|folder| (folder, true)),
        Err(errno) => Err(errno),
    }
}

fn make_each(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let mut folder = openat(root, ".", FOLDER, Mode::empty())?;
    for name in path.split(|byte| *byte == b'/') {
        match rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
        folder = openat(&folder, name, FOLDER, Mode::empty())?;
    }
    Ok(folder)
}

/// Makes a folder's names, and those of all folders above it up to the root, survive power loss.
pub(super) fn sync_chain(root: &OwnedFd, path: &[u8]) -> Result<(), Errno> {
    let mut path = path;
    loop {
        sync_folder(&open(root, path, FOLDER, Mode::empty())?)?;
        if path.is_empty() {
            return Ok(());
        }
        path = split(path).0;
    }
}

/// Makes a folder's names survive power loss.
pub(super) fn sync_folder(folder: &OwnedFd) -> Result<(), Errno> {
    let handle = openat(folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    match rustix::fs::fsync(handle) {
        // Some network file systems cannot sync a folder; their servers do it with the rename.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(errno) => Err(errno),
    }
}
