//! What differs from one operating system to the next, and nothing else.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use linux::{
    ALWAYS_READ, PATH_ONLY, advise_sequential, cached, capabilities, copy_range, drop_cache, file_system, has_medium,
    move_new, open_beneath, reflink, rename_new, set_direct, set_mode, sync_data, sync_file_system, umask,
};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{
    ALWAYS_READ, PATH_ONLY, advise_sequential, cached, capabilities, copy_range, drop_cache, file_system, has_medium,
    move_new, open_beneath, reflink, rename_new, set_direct, set_mode, sync_data, sync_file_system, umask,
};

use longshore_transfer::storage::Capabilities;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Bytes to which offsets, lengths and memory must be aligned to pass by the page cache.
pub(super) const ALIGN: usize = 4096;

/// What all file systems can do, and these two that only some can.
fn capabilities_of_files(medium: bool, reflink: bool) -> Capabilities {
    let all = Capabilities { posix: true, times: true, folders: true, batches: true, ..Capabilities::default() };
    Capabilities { space: true, resume: true, medium, reflink, ..all }
}

/// Modification time of a file: seconds and nanoseconds.
// The fields' types differ between systems.
#[allow(clippy::unnecessary_cast, clippy::cast_possible_truncation, clippy::useless_conversion)]
pub(super) fn mtime(stat: &Stat) -> (i64, u32) {
    (stat.st_mtime as i64, stat.st_mtime_nsec as u32)
}

/// Whether a file's bytes may have to be fetched from a tape or an archive before they can be read: it has a size and takes no room, as
/// hierarchical storage systems show what they have moved away. A file that is one hole, or one so small that its bytes lie beside its
/// name, looks the same; nothing but words and patience may rest on this.
// The fields' types differ between systems.
#[allow(clippy::useless_conversion)]
pub(super) fn may_be_away(stat: &Stat) -> bool {
    i64::from(stat.st_size) >= AWAY_FROM && i64::from(stat.st_blocks) == 0
}

/// Bytes of the smallest file that is not kept beside its name by any of the usual file systems.
const AWAY_FROM: i64 = 64 << 10;

/// Makes reading wait for what is not there yet.
pub(super) fn set_waiting(file: &OwnedFd) {
    // A system that does not know it waits anyway.
    let _ = rustix::fs::fcntl_getfl(file).and_then(|flags| rustix::fs::fcntl_setfl(file, flags - OFlags::NONBLOCK));
}

/// Number of names of a file.
// The field's type differs between systems.
#[allow(clippy::useless_conversion)]
pub(super) fn names(stat: &Stat) -> u64 {
    u64::from(stat.st_nlink)
}

/// Number of the device that a file lies on.
// The field's type differs between systems.
#[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)]
pub(super) fn device(stat: &Stat) -> u64 {
    stat.st_dev as u64
}

/// Opens a path beneath a folder with one call for each component; a link anywhere in it is refused.
pub(super) fn by_component(folder: &OwnedFd, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let (above, name) = super::walk::split(path);
    let mut held: Option<OwnedFd> = None;
    for step in above.split(|byte| *byte == b'/').filter(|step| !step.is_empty()) {
        let from = held.as_ref().unwrap_or(folder);
        held = Some(rustix::fs::openat(from, step, super::walk::FOLDER, Mode::empty())?);
    }
    rustix::fs::openat(held.as_ref().unwrap_or(folder), name, flags | OFlags::NOFOLLOW, mode)
}

/// Moves a folder where the system cannot refuse a name that is taken: it is looked for first. What comes between is never replaced but
/// for an empty folder.
fn move_looking(from: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
    match rustix::fs::statat(to, new, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(from, name, to, new),
        Err(errno) => Err(errno),
    }
}

/// Renames within a folder without replacing, where the system has no call for it: a second name fails if there is one.
fn rename_by_link(folder: &OwnedFd, from: &[u8], to: &[u8]) -> Result<(), Errno> {
    rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
    rustix::fs::unlinkat(folder, from, AtFlags::empty())
}
