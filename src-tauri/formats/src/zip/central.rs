//! The list of a zip's entries.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::fields::{Fields, completed};
use super::{CENTRAL, ENCRYPTED, LOCAL_BYTES, MASKED, PATCH, STRONG, UTF8, end};
use crate::archive::{Error, Limits, Meter, Names, Twins, safe_path};

/// Bytes of an entry in the list before its name.
const CENTRAL_BYTES: usize = 46;

/// How an entry's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As they are.
    Stored,
    /// Deflate.
    Deflated,
}

/// An entry of the list, which passed all that can be asked of it without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the folder that it is unpacked to.
    pub path: Vec<u8>,
    /// Whether it is a folder.
    pub folder: bool,
    /// Bytes once it is unpacked.
    pub size: u64,
    /// Bytes that it takes up.
    pub packed: u64,
    /// How it is packed.
    pub method: Method,
    /// Where its own header begins.
    pub offset: u64,
    /// Whether its owner may run it.
    pub executable: bool,
    pub(super) crc: u32,
    pub(super) flags: u16,
    /// Its name as it is written.
    pub(super) written: Vec<u8>,
    /// Where the next entry, or the list, begins.
    pub(super) until: u64,
}

/// The entries of a zip, by their place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Entries.
    pub entries: Vec<Entry>,
    /// Bytes of all of them once they are unpacked.
    pub bytes: u64,
}

impl Index {
    /// Reads the list of a file of this many bytes, and refuses it where one of its entries must be refused.
    pub fn read(file: &mut (impl Read + Seek), size: u64, limits: Limits, twins: Twins) -> Result<Self, Error> {
        let end = end::find(file, size)?;
        if end.entries > limits.entries {
            let why = format!("it lists {} entries, and at most {} are taken", end.entries, limits.entries);
            return Err(Error::refused("archive.limit", b"", why));
        }
        if end.entries > end.bytes / CENTRAL_BYTES as u64 {
            return Err(Error::damaged(b"", "its list of entries is shorter than its end says"));
        }
        file.seek(SeekFrom::Start(end.offset))?;
        let mut list = Listing {
            stream: BufReader::with_capacity(1 << 16, file.take(end.bytes)),
            names: Names::new(twins, limits),
            meter: Meter::new(limits, size),
            before: end.offset,
        };
        let (mut entries, mut bytes) = (Vec::new(), 0_u64);
        for _ in 0..end.entries {
            if let Some(entry) = list.next()? {
                bytes += entry.size;
                entries.push(entry);
            }
        }
        if list.stream.read(&mut [0])? != 0 {
            return Err(Error::damaged(b"", "something follows its list of entries"));
        }
        apart(&mut entries, end.offset)?;
        Ok(Self { entries, bytes })
    }
}

/// Puts entries into the order of their place, and refuses those that lie upon one another.
fn apart(entries: &mut [Entry], end: u64) -> Result<(), Error> {
    entries.sort_by_key(|entry| entry.offset);
    let mut until = end;
    for entry in entries.iter_mut().rev() {
        let least = (LOCAL_BYTES + entry.written.len()) as u64;
        if entry.offset.checked_add(least).and_then(|data| data.checked_add(entry.packed)).is_none_or(|own| own > until)
        {
            return Err(Error::refused("archive.overlap", &entry.path, "its bytes lie upon those of another entry"));
        }
        entry.until = until;
        until = entry.offset;
    }
    Ok(())
}

struct Listing<R> {
    stream: BufReader<R>,
    names: Names,
    meter: Meter,
    before: u64,
}

impl<R: Read> Listing<R> {
    /// The next entry; `None` for one that stands for the folder that is unpacked to.
    fn next(&mut self) -> Result<Option<Entry>, Error> {
        let mut fixed = [0; CENTRAL_BYTES];
        self.fill(&mut fixed)?;
        let header = header(&fixed).ok_or_else(|| Error::damaged(b"", "its list of entries is damaged"))?;
        let mut written = vec![0; header.name.into()];
        self.fill(&mut written)?;
        let mut extra = vec![0; usize::from(header.extra) + usize::from(header.comment)];
        self.fill(&mut extra)?;
        self.meter.entry(&written)?;
        header.check(&written)?;
        let sizes = completed(header.sizes, Fields(&extra[..header.extra.into()]), &written)?;
        if sizes.offset >= self.before {
            return Err(Error::damaged(&written, "it lies behind the list of entries"));
        }
        let Some(path) = safe_path(&written, false)? else { return Ok(None) };
        let folder = written.ends_with(b"/");
        if folder && sizes.unpacked != 0 {
            return Err(Error::damaged(&written, "it is a folder with bytes of its own"));
        }
        self.names.enter(&path, folder)?;
        self.meter.bytes(&path, sizes.unpacked)?;
        Ok(Some(Entry {
            path,
            folder,
            size: sizes.unpacked,
            packed: sizes.packed,
            method: header.method(&written)?,
            offset: sizes.offset,
            executable: header.mode() & 0o100 != 0,
            crc: header.crc,
            flags: header.flags,
            written,
            until: 0,
        }))
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), Error> {
        self.stream.read_exact(buf).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::damaged(b"", "its list of entries is cut short"),
            _ => Error::Io(error),
        })
    }
}

struct Header {
    host: u8,
    flags: u16,
    method: u16,
    crc: u32,
    sizes: [u32; 3],
    name: u16,
    extra: u16,
    comment: u16,
    attributes: u32,
}

fn header(fixed: &[u8]) -> Option<Header> {
    let mut fields = Fields(fixed);
    if fields.u32()? != CENTRAL {
        return None;
    }
    let host = fields.bytes(2)?[1];
    fields.u16()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.u32()?;
    let (crc, packed, unpacked) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    fields.bytes(4)?;
    let (attributes, offset) = (fields.u32()?, fields.u32()?);
    Some(Header { host, flags, method, crc, sizes: [unpacked, packed, offset], name, extra, comment, attributes })
}

impl Header {
    /// Mode as Unix has it, kind included; 0 where the archive was made elsewhere.
    fn mode(&self) -> u32 {
        if matches!(self.host, 3 | 19) { self.attributes >> 16 } else { 0 }
    }

    fn check(&self, name: &[u8]) -> Result<(), Error> {
        if self.flags & (ENCRYPTED | STRONG | MASKED) != 0 {
            return Err(Error::refused("archive.encrypted", name, "it is encrypted"));
        }
        if self.flags & PATCH != 0 {
            return Err(Error::refused("archive.unsupported", name, "it is a patch to another file"));
        }
        if self.flags & UTF8 != 0 && std::str::from_utf8(name).is_err() {
            return Err(Error::damaged(name, "its name is said to be UTF-8 and is not"));
        }
        match self.mode() & 0o170_000 {
            0 | 0o100_000 => Ok(()),
            0o040_000 if name.ends_with(b"/") => Ok(()),
            0o120_000 => Err(Error::refused("archive.link", name, "it is a link, which could lead elsewhere")),
            _ => Err(Error::refused("archive.special", name, "it is neither a file nor a folder")),
        }
    }

    fn method(&self, name: &[u8]) -> Result<Method, Error> {
        match self.method {
            0 => Ok(Method::Stored),
            8 => Ok(Method::Deflated),
            other => {
                let why = format!("it is packed by method {other}: stored and deflated entries are read");
                Err(Error::refused("archive.unsupported", name, why))
            }
        }
    }
}
