//! The SFTP protocol, version 3 (draft-ietf-secsh-filexfer-02), with OpenSSH's extensions (its file PROTOCOL): packets as bytes.

mod attrs;
mod fields;

pub(super) use attrs::{Attrs, Kept};
pub(super) use fields::{Fields, Malformed};

/// Numbers of requests.
pub(super) mod ask {
    pub(in super::super) const INIT: u8 = 1;
    pub(in super::super) const OPEN: u8 = 3;
    pub(in super::super) const CLOSE: u8 = 4;
    pub(in super::super) const READ: u8 = 5;
    pub(in super::super) const WRITE: u8 = 6;
    pub(in super::super) const LSTAT: u8 = 7;
    pub(in super::super) const FSTAT: u8 = 8;
    pub(in super::super) const SETSTAT: u8 = 9;
    pub(in super::super) const FSETSTAT: u8 = 10;
    pub(in super::super) const OPENDIR: u8 = 11;
    pub(in super::super) const READDIR: u8 = 12;
    pub(in super::super) const REMOVE: u8 = 13;
    pub(in super::super) const MKDIR: u8 = 14;
    pub(in super::super) const RMDIR: u8 = 15;
    pub(in super::super) const REALPATH: u8 = 16;
    pub(in super::super) const STAT: u8 = 17;
    pub(in super::super) const RENAME: u8 = 18;
    pub(in super::super) const READLINK: u8 = 19;
    pub(in super::super) const SYMLINK: u8 = 20;
    pub(in super::super) const EXTENDED: u8 = 200;
}

/// Numbers of replies.
pub(super) mod reply {
    pub(in super::super) const VERSION: u8 = 2;
    pub(in super::super) const STATUS: u8 = 101;
    pub(in super::super) const HANDLE: u8 = 102;
    pub(in super::super) const DATA: u8 = 103;
    pub(in super::super) const NAME: u8 = 104;
    pub(in super::super) const ATTRS: u8 = 105;
    pub(in super::super) const EXTENDED: u8 = 201;
}

/// Codes of a status.
pub(super) mod status {
    pub(in super::super) const OK: u32 = 0;
    pub(in super::super) const EOF: u32 = 1;
    pub(in super::super) const NO_SUCH_FILE: u32 = 2;
    pub(in super::super) const PERMISSION_DENIED: u32 = 3;
    pub(in super::super) const FAILURE: u32 = 4;
    pub(in super::super) const BAD_MESSAGE: u32 = 5;
    pub(in super::super) const UNSUPPORTED: u32 = 8;
}

/// How a file is opened.
pub(super) mod open {
    pub(in super::super) const READ: u32 = 1;
    pub(in super::super) const WRITE: u32 = 2;
    pub(in super::super) const CREATE: u32 = 8;
    pub(in super::super) const EXCLUSIVE: u32 = 0x20;
}

/// Bytes before the body of a request: its length, kind and number.
pub(super) const HEAD: usize = 9;

/// A request being put together.
pub(super) struct Packet(Vec<u8>);

impl Packet {
    /// A request of a kind, with a number by which its reply is known.
    pub(super) fn new(kind: u8, id: u32) -> Self {
        Self::with_room(kind, id, 128)
    }

    /// The same, for so many bytes behind the head.
    pub(super) fn with_room(kind: u8, id: u32, room: usize) -> Self {
        Self::within(Vec::new(), kind, id, room)
    }

    /// The same, in memory that held an earlier request.
    pub(super) fn within(mut bytes: Vec<u8>, kind: u8, id: u32, room: usize) -> Self {
        bytes.clear();
        bytes.reserve(HEAD + room);
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(kind);
        bytes.extend_from_slice(&id.to_be_bytes());
        Self(bytes)
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Bytes with their length before them. Nothing that is sent comes near four gigabytes.
    pub(super) fn text(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut packet = self.u32(length);
        packet.0.extend_from_slice(bytes);
        packet
    }

    pub(super) fn kept(self, kept: &Kept) -> Self {
        kept.put(self)
    }

    /// The whole request.
    pub(super) fn done(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

/// A reply: its kind, and what follows its number.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields(&self.body)
    }
}
