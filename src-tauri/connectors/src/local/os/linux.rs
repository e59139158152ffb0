//! Linux.

use std::io::IoSliceMut;
use std::num::NonZeroU64;
use std::os::fd::AsRawFd as _;
use std::sync::OnceLock;

use longshore_transfer::storage::Capabilities;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Advice, FileType, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags};

/// Opens a handle for walking only.
pub(in super::super) const PATH_ONLY: OFlags = OFlags::PATH;

/// Flags with which a file is read where the system allows them: reading leaves the time of the last access as it is.
pub(in super::super) const ALWAYS_READ: OFlags = OFlags::NOATIME;

/// Bytes that are copied within the kernel in one call.
const COPY: usize = 64 << 20;

const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const BTRFS: u64 = 0x9123_683e;
const XFS: u64 = 0x5846_5342;
const BCACHEFS: u64 = 0xca45_1a4e;

/// What the file system of a folder can do.
pub(in super::super) fn capabilities(folder: &OwnedFd) -> Result<Capabilities, Errno> {
    let kind = file_system(folder)?;
    let (medium, reflink) = (has_medium(kind), matches!(kind, BTRFS | XFS | BCACHEFS));
    Ok(super::capabilities_of_files(medium, reflink))
}

/// Magic number of the file system of an open file.
pub(in super::super) fn file_system(file: &OwnedFd) -> Result<u64, Errno> {
    // The field's type differs between architectures; as a number of 32 bits it is the same on all.
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, clippy::cast_possible_truncation)]
    Ok(u64::from(rustix::fs::fstatfs(file)?.f_type as u32))
}

/// Whether a file system keeps its files anywhere but in memory.
pub(in super::super) fn has_medium(kind: u64) -> bool {
    !matches!(kind, TMPFS | RAMFS)
}

/// Opens a path beneath a folder; a link anywhere in it is refused.
pub(in super::super) fn open_beneath(
    folder: &OwnedFd,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    static BY_COMPONENT: OnceLock<()> = OnceLock::new();
    if BY_COMPONENT.get().is_some() {
        return super::by_component(folder, path, flags, mode);
    }
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
    loop {
        match rustix::fs::openat2(folder, path, flags, mode, resolve) {
            // A rename somewhere on the machine raced with the walk, or a signal came.
            Err(Errno::AGAIN | Errno::INTR) => {}
            // A kernel before 5.6.
            Err(Errno::NOSYS) => {
                let _ = BY_COMPONENT.set(());
                return super::by_component(folder, path, flags, mode);
            }
            result => return result,
        }
    }
}

/// Switches passing by the page cache on or off; `false` where the file system cannot.
pub(in super::super) fn set_direct(file: &OwnedFd, on: bool) -> bool {
    rustix::fs::fcntl_getfl(file)
        .and_then(|flags| {
            rustix::fs::fcntl_setfl(file, if on { flags | OFlags::DIRECT } else { flags - OFlags::DIRECT })
        })
        .is_ok()
}

/// Says that a file is read from front to back.
pub(in super::super) fn advise_sequential(file: &OwnedFd) {
    // Advice only: a file system that does not take it reads all the same.
    let _ = rustix::fs::fadvise(file, 0, None, Advice::Sequential);
}

/// Drops the clean pages of a range from the page cache.
pub(in super::super) fn drop_cache(file: &OwnedFd, from: u64, length: u64) {
    let _ = rustix::fs::fadvise(file, from, NonZeroU64::new(length), Advice::DontNeed);
}

/// Whether a byte would be answered from the page cache; `None` where that cannot be known.
pub(in super::super) fn cached(file: &OwnedFd, at: u64) -> Option<bool> {
    let mut byte = [0];
    match rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT) {
        Ok(_) => Some(true),
        Err(Errno::AGAIN) => Some(false),
        Err(_) => None,
    }
}

/// Shares the blocks of `source` with `file`; `false` where the file systems cannot.
pub(in super::super) fn reflink(file: &OwnedFd, source: &OwnedFd) -> Result<bool, Errno> {
    match rustix::fs::ioctl_ficlone(file, source) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL | Errno::NOTTY | Errno::NOSYS | Errno::PERM) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Copies some bytes from one file to another within the kernel, each from where its handle stands; none at the end of `source`. `None` where
/// the file systems cannot.
pub(in super::super) fn copy_range(file: &OwnedFd, source: &OwnedFd) -> Result<Option<usize>, Errno> {
    match rustix::fs::copy_file_range(source, None, file, None, COPY) {
        Ok(count) => Ok(Some(count)),
        Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Makes a file's content survive power loss.
pub(in super::super) fn sync_data(file: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::fdatasync(file)
}

/// Makes all that was written to a folder's file system survive power loss.
pub(in super::super) fn sync_file_system(folder: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::syncfs(folder)
}

/// Renames within a folder, and fails with [`Errno::EXIST`] if the new name is taken.
pub(in super::super) fn rename_new(folder: &OwnedFd, from: &[u8], to: &[u8]) -> Result<(), Errno> {
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // Not on this file system.
        Err(Errno::INVAL | Errno::NOSYS) => super::rename_by_link(folder, from, to),
        result => result,
    }
}

/// Moves a folder, and fails with [`Errno::EXIST`] if the new name is taken.
pub(in super::super) fn move_new(from: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
    match rustix::fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => super::move_looking(from, name, to, new),
        result => result,
    }
}

/// Sets the permission bits of a file or folder, never through a link.
pub(in super::super) fn set_mode(folder: &OwnedFd, name: &[u8], mode: Mode) -> Result<(), Errno> {
    let handle = rustix::fs::openat(folder, name, PATH_ONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if FileType::from_raw_mode(rustix::fs::fstat(&handle)?.st_mode) == FileType::Symlink {
        return Ok(());
    }
    // The handle allows no chmod of itself; its name in /proc does, and needs no right to read the file.
    rustix::fs::chmod(format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd()), mode)
}

/// Permission bits that new files do not get.
pub(in super::super) fn umask() -> u32 {
    static MASK: OnceLock<u32> = OnceLock::new();
    // Asking the system for it means setting it; the kernel also writes it here.
    *MASK.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o022)
    })
}
