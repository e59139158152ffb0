//! The tar of a datablock: POSIX ustar headers, and a pax extended header only where a field does not fit.
//!
//! Owners are not kept: uid and gid are 0 and their names empty. Times are kept to the second in the headers; the
//! nanoseconds of every [`GROUP`] entries stand before them in one pax global header as a `comment`, which other tars pass over silently.
//! (A pax header of its own for each entry would cost 1 KiB each.)

mod comment;
mod number;
mod pax;
mod reader;
mod sizer;
mod write;

pub use comment::group_comment;
pub use reader::{Error, Found, FoundKind, Reader};
pub use sizer::Sizer;
pub use write::header;

/// Bytes of a tar block.
pub const BLOCK: usize = 512;

/// Entries that share one comment with their nanoseconds. Groups are counted from the first entry of a datablock.
pub const GROUP: usize = 512;

/// What ends a tar.
pub const TRAILER: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// One entry, as its header describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Path: any bytes but NUL, no leading or trailing slash.
    pub path: &'a [u8],
    /// Kind.
    pub kind: Kind<'a>,
    /// Permission bits (07777).
    pub mode: u32,
    /// Modification time: seconds since the epoch, and nanoseconds.
    pub mtime: (i64, u32),
}

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A regular file of so many bytes.
    File {
        /// Bytes.
        size: u64,
    },
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// Target: any bytes but NUL.
        target: &'a [u8],
    },
}

impl Entry<'_> {
    /// Bytes of content that follow the header.
    pub fn content(&self) -> u64 {
        match self.kind {
            Kind::File { size } => size,
            Kind::Folder | Kind::Link { .. } => 0,
        }
    }
}

/// Bytes that content of `size` bytes takes up: itself and zeros up to a whole block.
pub fn padded(size: u64) -> u64 {
    size.div_ceil(BLOCK as u64) * BLOCK as u64
}

#[cfg(test)]
mod tests;
