//! Unix systems other than Linux: what they have no call for is done the long way, or not claimed.

use longshore_transfer::storage::Capabilities;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

/// Opens a handle for walking only.
pub(in super::super) const PATH_ONLY: OFlags = OFlags::RDONLY;

/// Flags with which a file is read where the system allows them.
pub(in super::super) const ALWAYS_READ: OFlags = OFlags::empty();

/// What the file system of a folder can do.
#[allow(clippy::unnecessary_wraps)] // it can fail on other systems
pub(in super::super) fn capabilities(_: &OwnedFd) -> Result<Capabilities, Errno> {
    Ok(super::capabilities_of_files(false, false))
}

/// Kind of the file system of an open file, which nothing here depends on.
#[allow(clippy::unnecessary_wraps)] // it can fail on other systems
pub(in super::super) fn file_system(_: &OwnedFd) -> Result<u64, Errno> {
    Ok(0)
}

/// Whether reading past the page cache is known to be possible.
pub(in super::super) fn has_medium(_: u64) -> bool {
    false
}

/// Opens a path beneath a folder; a link anywhere in it is refused.
pub(in super::super) fn open_beneath(
    folder: &OwnedFd,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    super::by_component(folder, path, flags, mode)
}

/// Switches passing by the page cache on or off: not here.
pub(in super::super) fn set_direct(_: &OwnedFd, on: bool) -> bool {
    !on
}

/// Says that a file is read from front to back.
pub(in super::super) fn advise_sequential(_: &OwnedFd) {}

/// Drops a range from the page cache: not here.
pub(in super::super) fn drop_cache(_: &OwnedFd, _: u64, _: u64) {}

/// Whether a byte would be answered from the page cache: not known.
pub(in super::super) fn cached(_: &OwnedFd, _: u64) -> Option<bool> {
    None
}

/// Shares the blocks of a file with another: not here.
#[allow(clippy::unnecessary_wraps)] // it can fail on other systems
pub(in super::super) fn reflink(_: &OwnedFd, _: &OwnedFd) -> Result<bool, Errno> {
    Ok(false)
}

/// Copies within the kernel: not here.
#[allow(clippy::unnecessary_wraps)] // it can fail on other systems
pub(in super::super) fn copy_range(_: &OwnedFd, _: &OwnedFd) -> Result<Option<usize>, Errno> {
    Ok(None)
}

/// Makes a file's content survive power loss.
pub(in super::super) fn sync_data(file: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::fsync(file)
}

/// Makes all that was written survive power loss, on every file system.
#[allow(clippy::unnecessary_wraps)] // it can fail on other systems
pub(in super::super) fn sync_file_system(_: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::sync();
    Ok(())
}

/// Renames within a folder, and fails with [`Errno::EXIST`] if the new name is taken.
pub(in super::super) fn rename_new(folder: &OwnedFd, from: &[u8], to: &[u8]) -> Result<(), Errno> {
    super::rename_by_link(folder, from, to)
}

/// Moves a folder, and fails with [`Errno::EXIST`] if the new name is taken.
pub(in super::super) fn move_new(from: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
    super::move_looking(from, name, to, new)
}

/// Sets the permission bits of a file or folder; those of a link where the system keeps them.
pub(in super::super) fn set_mode(folder: &OwnedFd, name: &[u8], mode: Mode) -> Result<(), Errno> {
    rustix::fs::chmodat(folder, name, mode, AtFlags::SYMLINK_NOFOLLOW)
}

/// Permission bits that new files do not get: the usual ones, as asking for them means setting them.
pub(in super::super) fn umask() -> u32 {
    0o022
}
