//! Writing a file under a temporary name beside its final one.

use longshore_transfer::storage::{Error, Finish, NAME_MAX, Receipt, Result, Status, Writer, is_part, part_name};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

use super::read::aligned;
use super::sync::Syncing;
use super::{os, walk};
use crate::place::Place;

/// Pieces of at least this many bytes go past the page cache: the writing back that a cache needs in the end is several times
/// slower than writing at once, and what is written here is read next from the medium.
const DIRECT_FROM: usize = 256 << 10;

/// A file under its temporary name.
pub(super) struct FileWriter {
    file: OwnedFd,
    root: OwnedFd,
    folder: OwnedFd,
    name: Vec<u8>,
    place: Place,
    at: u64,
    /// Whether the file is being written past the cache now, and whether that can be done at all.
    direct: bool,
    may_direct: bool,
    /// Folders above were made for it, and must be synced with it.
    made: bool,
    /// Bytes that are synced, without what is synced beside the writing.
    synced: u64,
    syncing: Option<Syncing>,
}

impl FileWriter {
    pub(super) fn open(root: OwnedFd, place: Place, resume: Option<u64>) -> Result<Self> {
        let (folder_path, name) = walk::split(&place.path);
        if is_part(name) || name.is_empty() {
            let why = "names of the form .*.longshore-part are kept for unfinished files";
            return Err(place.told("Writing", "path.reserved", Status::Permanent, why));
        }
        if name.len() > NAME_MAX {
            // Its temporary name would fit: it would only come out when all is written.
            return Err(place.fail("Writing", Errno::NAMETOOLONG));
        }
        let name = name.to_vec();
        let fail = |errno| place.fail("Writing", errno);
        let (folder, made) = walk::make(&root, folder_path).map_err(fail)?;
        let file = open_part(&folder, &name, resume.is_some()).map_err(fail)?;
        let at = resume.unwrap_or(0);
        if resume.is_some() {
            cut_at(&file, at, &place)?;
        }
        Ok(Self {
            file,
            root,
            folder,
            name,
            place,
            at,
            direct: false,
            may_direct: true,
            made,
            synced: at,
            syncing: None,
        })
    }

    /// Shares the blocks of `source`; `false` where the file systems cannot.
    pub(super) fn reflink(&mut self, source: &OwnedFd) -> Result<bool> {
        os::reflink(&self.file, source).map_err(|errno| self.place.fail("Sharing blocks for", errno))
    }

    /// Takes all of `source`, whose handle stands at its start, without its bytes passing through this process; `false` where the file
    /// systems cannot, and then nothing or a part of it was taken.
    pub(super) fn take(&mut self, source: &OwnedFd) -> Result<bool> {
        if self.reflink(source)? {
            return Ok(true);
        }
        loop {
            match os::copy_range(&self.file, source) {
                Ok(Some(0)) => return Ok(true),
                Ok(Some(count)) => self.at += count as u64,
                Ok(None) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(self.place.fail("Copying", errno)),
            }
        }
    }

    /// Writes some of `bytes`, past the cache if they allow it.
    fn some(&mut self, bytes: &[u8]) -> std::result::Result<usize, Errno> {
        let whole = bytes.len() - bytes.len() % os::ALIGN;
        let direct = whole >= DIRECT_FROM && aligned(bytes) && self.at.is_multiple_of(os::ALIGN as u64);
        self.switch(direct && self.may_direct);
        let part = if self.direct { &bytes[..whole] } else { bytes };
        match rustix::io::pwrite(&self.file, part, self.at) {
            Err(Errno::INVAL) if self.direct => {
                self.may_direct = false;
                Ok(0)
            }
            result => result,
        }
    }

    fn switch(&mut self, direct: bool) {
        if direct != self.direct {
            let done = os::set_direct(&self.file, direct);
            self.direct = direct && done;
            self.may_direct &= done;
        }
    }

    fn set_meta(&self, finish: &Finish) -> std::result::Result<(), Errno> {
        let mode = finish.mode.unwrap_or(0o666 & !os::umask());
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(mode & 0o7777))?;
        match finish.mtime {
            Some(mtime) => rustix::fs::futimens(&self.file, &times(mtime)),
            None => Ok(()),
        }
    }

    fn fail(&self, errno: Errno) -> Error {
        self.place.fail("Writing", errno)
    }

    /// Makes the temporary file to be found again after a power loss, as it can be resumed.
    fn sync_names(&mut self) -> Result<()> {
        if std::mem::take(&mut self.made) {
            walk::sync_chain(&self.root, walk::split(&self.place.path).0).map_err(|errno| self.fail(errno))?;
        }
        Ok(())
    }

    fn end_syncing(&mut self) -> std::result::Result<(), Errno> {
        self.syncing.take().map_or(Ok(()), Syncing::end)
    }

    fn finish(&mut self, finish: &Finish) -> std::result::Result<(), Errno> {
        self.end_syncing()?;
        self.set_meta(finish)?;
        if finish.durable {
            rustix::fs::fsync(&self.file)?;
        }
        publish(&self.folder, &self.name, finish.replace)?;
        if !finish.durable {
            return Ok(());
        }
        if self.made {
            return walk::sync_chain(&self.root, walk::split(&self.place.path).0);
        }
        walk::sync_folder(&self.folder)
    }
}

impl Writer for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.some(rest) {
                Ok(count) => {
                    rest = &rest[count..];
                    self.at += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(self.fail(errno)),
            }
        }
        Ok(())
    }

    fn written(&self) -> u64 {
        self.at
    }

    fn sync(&mut self) -> Result<()> {
        self.end_syncing().and_then(|()| os::sync_data(&self.file)).map_err(|errno| self.fail(errno))?;
        self.synced = self.at;
        self.sync_names()
    }

    fn sync_soon(&mut self) -> Result<()> {
        self.sync_names()?;
        let syncing = match self.syncing.take() {
            Some(syncing) => syncing,
            None => Syncing::start(&self.file).map_err(|errno| self.fail(errno))?,
        };
        syncing.want(self.at);
        self.syncing = Some(syncing);
        Ok(())
    }

    fn synced(&mut self) -> Result<u64> {
        let synced = self.syncing.as_ref().map_or(Ok(0), Syncing::synced);
        synced.map(|beside| beside.max(self.synced)).map_err(|errno| self.fail(errno))
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        self.finish(finish).map_err(|errno| self.fail(errno))?;
        Ok(Receipt::default())
    }

    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        self.set_meta(finish).map_err(|errno| self.fail(errno))
    }

    fn abort(self: Box<Self>) -> Result<()> {
        rustix::fs::unlinkat(&self.folder, part_name(&self.name), AtFlags::empty()).map_err(|errno| self.fail(errno))
    }
}

/// Opens the temporary file: the one that is there, to go on with it, or a new one.
fn open_part(folder: &OwnedFd, name: &[u8], resume: bool) -> std::result::Result<OwnedFd, Errno> {
    let part = part_name(name);
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    if resume {
        return rustix::fs::openat(folder, part, flags, Mode::empty());
    }
    let private = Mode::from_raw_mode(0o600);
    match rustix::fs::openat(folder, part.as_slice(), flags | OFlags::CREATE | OFlags::EXCL, private) {
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(folder, part.as_slice(), AtFlags::empty())?;
            rustix::fs::openat(folder, part.as_slice(), flags | OFlags::CREATE | OFlags::EXCL, private)
        }
        result => result,
    }
}

/// Cuts off what lies behind the bytes that are known to be good; fails if there are fewer.
fn cut_at(file: &OwnedFd, at: u64, place: &Place) -> Result<()> {
    let fail = |errno| place.fail("Going on with", errno);
    let size = rustix::fs::fstat(file).map_err(fail)?.st_size;
    if u64::try_from(size).unwrap_or(0) < at {
        let why = format!("its temporary file has {size} bytes, {at} were written before");
        return Err(place.told("Going on with", "file.cut_short", Status::Permanent, why));
    }
    rustix::fs::ftruncate(file, at).map_err(fail)
}

/// Gives the temporary file of `name` its final name.
pub(super) fn publish(folder: &OwnedFd, name: &[u8], replace: bool) -> std::result::Result<(), Errno> {
    let part = part_name(name);
    if replace { rustix::fs::renameat(folder, part, folder, name) } else { os::rename_new(folder, &part, name) }
}

/// Times to set: that of modification, and none of access.
pub(super) fn times((secs, nanos): (i64, u32)) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: secs, tv_nsec: nanos.into() },
    }
}
