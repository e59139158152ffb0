//! Reading a file, from the page cache or past it.

use longshore_transfer::storage::{Kind, Meta, ReadOptions, Reader, Result, Status};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::{list, os};
use crate::place::Place;

/// Files of at least this many bytes are read ahead of, and leave nothing in the cache.
const LARGE: u64 = 1 << 20;

/// Bytes between two calls that drop what was read from the cache.
const BEHIND: u64 = 8 << 20;

/// Bytes that are read at once for a caller whose buffer or offset is not aligned.
const BOUNCE: usize = 256 << 10;

/// How the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Through the cache.
    Cached,
    /// Past the cache.
    Direct,
    /// Through the cache, after dropping what it held: where the file system allows no way past it.
    Dropped,
}

/// An open file.
pub(super) struct FileReader {
    file: OwnedFd,
    place: Place,
    at: u64,
    way: Way,
    /// Whether everything so far came from the medium.
    medium: bool,
    large: bool,
    /// Bytes when that was last looked at.
    size: u64,
    /// Whether its bytes may have to be fetched from a tape or an archive first.
    away: bool,
    /// Bytes below this offset were dropped from the cache.
    dropped: u64,
    bounce: Bounce,
}

impl FileReader {
    pub(super) fn new(file: OwnedFd, place: Place, options: ReadOptions) -> Result<Self> {
        let stat = rustix::fs::fstat(&file).map_err(|errno| place.fail("Opening", errno))?;
        let meta = list::meta(&stat, Vec::new());
        if meta.kind != Kind::File {
            return Err(place.told("Opening", "file.special", Status::Permanent, "it is not a regular file"));
        }
        let (large, away) = (meta.size >= LARGE, os::may_be_away(&stat));
        if away {
            // It was opened so that nothing could make that wait; what fetches it back is waited for, however long that takes.
            os::set_waiting(&file);
        }
        let mut reader = Self {
            file,
            place,
            at: options.offset,
            way: Way::Cached,
            medium: false,
            large,
            size: meta.size,
            away,
            dropped: options.offset,
            bounce: Bounce::default(),
        };
        if options.medium {
            reader.pass_by_cache()?;
        } else if large {
            os::advise_sequential(&reader.file);
        }
        Ok(reader)
    }

    fn pass_by_cache(&mut self) -> Result<()> {
        let kind = os::file_system(&self.file).map_err(|errno| self.place.fail("Opening", errno))?;
        self.medium = os::has_medium(kind);
        if self.medium {
            self.way = if os::set_direct(&self.file, true) { Way::Direct } else { Way::Dropped };
        }
        if self.way == Way::Dropped {
            os::drop_cache(&self.file, 0, 0);
        }
        Ok(())
    }

    /// At most `buf.len()` bytes; none only at the end of the file.
    fn some(&mut self, buf: &mut [u8]) -> std::result::Result<usize, Errno> {
        match self.way {
            Way::Cached => rustix::io::pread(&self.file, buf, self.at),
            Way::Dropped => {
                // What the cache still holds did not come from the medium now. Where that cannot be known, it is not claimed.
                self.medium &= os::cached(&self.file, self.at) == Some(false);
                rustix::io::pread(&self.file, buf, self.at)
            }
            Way::Direct => match self.direct(buf) {
                Err(Errno::INVAL) => {
                    os::set_direct(&self.file, false);
                    os::drop_cache(&self.file, 0, 0);
                    self.way = Way::Dropped;
                    self.some(buf)
                }
                result => result,
            },
        }
    }

    fn direct(&mut self, buf: &mut [u8]) -> std::result::Result<usize, Errno> {
        if self.at >= self.size {
            self.size = u64::try_from(rustix::fs::fstat(&self.file)?.st_size).unwrap_or(0);
        }
        // Past the end the system would fill the rest of a large buffer with zeros, only to say that nothing was read into it.
        let left = self.size.saturating_sub(self.at).max(1).next_multiple_of(os::ALIGN as u64);
        let whole = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let whole = whole - whole % os::ALIGN;
        if whole > 0 && aligned(buf) && self.at.is_multiple_of(os::ALIGN as u64) {
            return rustix::io::pread(&self.file, &mut buf[..whole], self.at);
        }
        self.bounce.read(&self.file, self.at, buf)
    }

    fn drop_behind(&mut self, end: bool) {
        let wanted = self.large && self.way != Way::Direct || self.way == Way::Dropped;
        if wanted && (end || self.at - self.dropped >= BEHIND) {
            os::drop_cache(&self.file, self.dropped, self.at - self.dropped);
            self.dropped = self.at;
        }
    }
}

impl Reader for FileReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.some(&mut buf[filled..]) {
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.at += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(errno) if self.away => return Err(self.place.fail_away("Reading", errno)),
                Err(errno) => return Err(self.place.fail("Reading", errno)),
            }
        }
        self.drop_behind(filled < buf.len());
        Ok(filled)
    }

    fn meta(&self) -> Result<Meta> {
        let stat = rustix::fs::fstat(&self.file).map_err(|errno| self.place.fail("Looking at", errno))?;
        Ok(list::meta(&stat, Vec::new()))
    }

    fn reads_medium(&self) -> bool {
        self.medium
    }
}

/// Whether memory may be read into, or written from, past the cache.
pub(super) fn aligned(buf: &[u8]) -> bool {
    buf.as_ptr().align_offset(os::ALIGN) == 0
}

/// An aligned piece of the file, for reads that are not aligned.
#[derive(Default)]
struct Bounce {
    memory: Vec<u8>,
    /// Where the aligned part of `memory` starts.
    start: usize,
    /// Offset in the file of what it holds, and how much.
    at: u64,
    length: usize,
}

impl Bounce {
    fn read(&mut self, file: &OwnedFd, at: u64, buf: &mut [u8]) -> std::result::Result<usize, Errno> {
        if !(self.at..self.at + self.length as u64).contains(&at) {
            self.fill(file, at - at % os::ALIGN as u64)?;
        }
        let from = usize::try_from(at - self.at).map_or(self.length, |skip| skip.min(self.length));
        let held = &self.memory[self.start + from..self.start + self.length];
        let count = held.len().min(buf.len());
        buf[..count].copy_from_slice(&held[..count]);
        Ok(count)
    }

    fn fill(&mut self, file: &OwnedFd, at: u64) -> std::result::Result<(), Errno> {
        if self.memory.is_empty() {
            self.memory = vec![0; BOUNCE + os::ALIGN];
            self.start = self.memory.as_ptr().align_offset(os::ALIGN).min(os::ALIGN);
        }
        self.at = at;
        self.length = 0;
        self.length = rustix::io::pread(file, &mut self.memory[self.start..self.start + BOUNCE], at)?;
        Ok(())
    }
}
