//! The root folder of a storage, and whether it is still the one that was opened.

use std::sync::{Mutex, PoisonError};

use longshore_transfer::storage::{Error, Result, Status};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{os, walk};
use crate::place;

/// A root folder.
pub(super) struct Root {
    storage: String,
    path: Vec<u8>,
    /// Device of the last time it was looked at. A device that comes back may have another number.
    device: Mutex<u64>,
    /// The file system's own identifier, kept over unmounting and reboots.
    file_system: u64,
}

impl Root {
    /// The folder at `path`, on the file system of `identity` if that is given, and its handle.
    pub(super) fn open(storage: &str, path: &[u8], identity: Option<&str>) -> Result<(Self, OwnedFd)> {
        let mut root = Self { storage: storage.into(), path: path.to_vec(), device: Mutex::new(0), file_system: 0 };
        if !path.starts_with(b"/") {
            return Err(root.missing("its path is not absolute"));
        }
        let handle = open_path(path).map_err(|errno| root.absent(errno))?;
        let (device, file_system) = place_of(&handle).map_err(|errno| root.absent(errno))?;
        root.device = Mutex::new(device);
        root.file_system = file_system;
        match identity {
            Some(text) if text != root.identity() => Err(root.replaced()),
            _ => Ok((root, handle)),
        }
    }

    /// A handle of the folder; `storage.missing` when it is not there, or is on another file system than it was.
    pub(super) fn handle(&self) -> Result<OwnedFd> {
        let handle = open_path(&self.path).map_err(|errno| self.absent(errno))?;
        let device = os::device(&rustix::fs::fstat(&handle).map_err(|errno| self.absent(errno))?);
        let mut known = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != device {
            let (_, file_system) = place_of(&handle).map_err(|errno| self.absent(errno))?;
            if file_system != self.file_system || file_system == 0 {
                return Err(self.replaced());
            }
            *known = device;
        }
        Ok(handle)
    }

    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    pub(super) fn identity(&self) -> String {
        format!("fs-{:016x}", self.file_system)
    }

    fn absent(&self, errno: Errno) -> Error {
        match errno {
            Errno::NOENT => self.missing("the folder is not there"),
            Errno::NOTDIR => self.missing("it is not a folder"),
            other => self.missing(&format!("the folder cannot be reached ({other})")),
        }
    }

    fn replaced(&self) -> Error {
        self.missing("another file system lies there than before: is the disk or share mounted?")
    }

    pub(super) fn missing(&self, why: &str) -> Error {
        Error {
            code: "storage.missing",
            status: Status::Unusable,
            what: format!("Storage {} at {}", self.storage, place::text(&self.path)),
            why: why.into(),
            path: Vec::new(),
            storage: self.storage.clone(),
        }
    }
}

/// Opens an absolute path in steps, as it may be longer than the system takes at once. The operator chose it: links are followed.
fn open_path(path: &[u8]) -> std::result::Result<OwnedFd, Errno> {
    let flags = os::PATH_ONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut rest = path;
    let mut handle: Option<OwnedFd> = None;
    while rest.len() > walk::STEP {
        let (step, behind) = walk::cut(rest).ok_or(Errno::NAMETOOLONG)?;
        handle = Some(open_from(handle.as_ref(), step, flags)?);
        rest = behind;
    }
    open_from(handle.as_ref(), if rest.is_empty() { b"." } else { rest }, flags)
}

fn open_from(handle: Option<&OwnedFd>, path: &[u8], flags: OFlags) -> std::result::Result<OwnedFd, Errno> {
    rustix::fs::openat(handle.map_or(CWD, AsFd::as_fd), path, flags, Mode::empty())
}

/// Device number, and the file system's identifier (0 where it has none).
fn place_of(handle: &OwnedFd) -> std::result::Result<(u64, u64), Errno> {
    let device = os::device(&rustix::fs::fstat(handle)?);
    Ok((device, rustix::fs::fstatvfs(handle)?.f_fsid))
}
