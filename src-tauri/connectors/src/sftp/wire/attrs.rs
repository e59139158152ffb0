//! What a server says of a file, and what it is asked to keep of one.

use longshore_transfer::storage::{Kind, Meta};

use super::{Fields, Malformed, Packet};

const SIZE: u32 = 1;
const OWNER: u32 = 2;
const PERMISSIONS: u32 = 4;
const TIMES: u32 = 8;
const EXTENDED: u32 = 0x8000_0000;

/// What a server says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Attrs {
    pub(in super::super) size: Option<u64>,
    /// Kind and permissions, as in `st_mode`.
    pub(in super::super) mode: Option<u32>,
    /// Seconds since the epoch, of which the protocol sends 32 bits.
    pub(in super::super) mtime: Option<u32>,
}

impl Attrs {
    pub(in super::super) fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        let flags = fields.u32()?;
        let mut found = Self::default();
        if flags & SIZE != 0 {
            found.size = Some(fields.u64()?);
        }
        if flags & OWNER != 0 {
            fields.u64()?;
        }
        if flags & PERMISSIONS != 0 {
            found.mode = Some(fields.u32()?);
        }
        if flags & TIMES != 0 {
            fields.u32()?;
            found.mtime = Some(fields.u32()?);
        }
        if flags & EXTENDED != 0 {
            for _ in 0..fields.u32()? {
                fields.text()?;
                fields.text()?;
            }
        }
        Ok(found)
    }

    /// Kind of the file. A server that does not say has files only.
    pub(in super::super) fn kind(&self) -> Kind {
        match self.mode.map(|mode| mode & 0o170_000) {
            None | Some(0 | 0o100_000) => Kind::File,
            Some(0o040_000) => Kind::Folder,
            Some(0o120_000) => Kind::Link,
            Some(_) => Kind::Special,
        }
    }

    /// The same in the words of storages; `link` is what a link leads to.
    pub(in super::super) fn meta(&self, link: Vec<u8>) -> Meta {
        let kind = self.kind();
        Meta {
            kind,
            size: if kind == Kind::File { self.size.unwrap_or(0) } else { 0 },
            mode: self.mode.map(|mode| mode & 0o7777),
            mtime: (self.mtime.unwrap_or(0).into(), 0),
            link,
            names: 1,
        }
    }
}

/// What a server is asked to keep of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Kept {
    pub(in super::super) size: Option<u64>,
    pub(in super::super) mode: Option<u32>,
    pub(in super::super) mtime: Option<u32>,
}

impl Kept {
    /// Mode and time as a storage is told them; a time that 32 bits do not hold becomes the nearest that they do.
    pub(in super::super) fn of(mode: Option<u32>, mtime: Option<(i64, u32)>) -> Self {
        let seconds = |(seconds, _): (i64, u32)| u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
        Self { size: None, mode: mode.map(|mode| mode & 0o7777), mtime: mtime.map(seconds) }
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn put(self, packet: Packet) -> Packet {
        let flag = |there: bool, flag: u32| if there { flag } else { 0 };
        let mut packet = packet.u32(
            flag(self.size.is_some(), SIZE)
                | flag(self.mode.is_some(), PERMISSIONS)
                | flag(self.mtime.is_some(), TIMES),
        );
        if let Some(size) = self.size {
            packet = packet.u64(size);
        }
        if let Some(mode) = self.mode {
            packet = packet.u32(mode);
        }
        if let Some(mtime) = self.mtime {
            // The protocol sets the time of access with that of modification.
            packet = packet.u32(mtime).u32(mtime);
        }
        packet
    }
}
