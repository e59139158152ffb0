//! How large a tar gets, known without reading or writing anything.

use super::{Entry, GROUP, TRAILER, comment, padded, write};

/// Adds up the exact size of a tar as entries are put into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizer {
    /// Bytes of headers and contents, and of the comments of full groups.
    bytes: u64,
    /// Entries of the group that is not full.
    group: usize,
    entries: u64,
}

impl Sizer {
    /// Of an empty tar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an entry in.
    pub fn push(&mut self, entry: &Entry<'_>) {
        self.bytes += write::header_size(entry) as u64 + padded(entry.content());
        self.entries += 1;
        self.group += 1;
        if self.group == GROUP {
            self.bytes += comment::size(GROUP) as u64;
            self.group = 0;
        }
    }

    /// Bytes of the tar if it ended here: headers, comments, padding and trailer included.
    pub fn size(&self) -> u64 {
        self.bytes + comment::size(self.group) as u64 + TRAILER.len() as u64
    }

    /// Bytes of the tar if it ended after this entry too.
    pub fn size_with(&self, entry: &Entry<'_>) -> u64 {
        let mut longer = *self;
        longer.push(entry);
        longer.size()
    }

    /// Entries put in.
    pub fn entries(&self) -> u64 {
        self.entries
    }
}
