//! The bytes of an entry.

use std::io::{self, BufReader, Read, Take};

use flate2::read::DeflateDecoder;

use super::central::{Entry, Method};
use super::fields::{Fields, completed};
use super::{FOLLOWS, LOCAL, LOCAL_BYTES, REFUSED};
use crate::archive::{Error, through};

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// The unpacked bytes of an entry, compared with its size and CRC-32 where they end.
pub struct Content<'e, R> {
    entry: &'e Entry,
    stream: Stream<R>,
    crc: crc32fast::Hasher,
    left: u64,
    ended: bool,
}

enum Stream<R> {
    Stored(Take<R>),
    Deflated(Box<DeflateDecoder<BufReader<Take<R>>>>),
}

/// Opens an entry in a stream that stands at its own header.
pub fn open<R: Read>(mut stream: R, entry: &Entry) -> Result<Content<'_, R>, Error> {
    let mut fixed = [0; LOCAL_BYTES];
    fill(&mut stream, &mut fixed, entry)?;
    let behind = agrees(&fixed, entry).ok_or_else(|| contradicts(entry))?;
    let mut named = vec![0; behind.name.into()];
    fill(&mut stream, &mut named, entry)?;
    let mut extra = vec![0; behind.extra.into()];
    fill(&mut stream, &mut extra, entry)?;
    let sizes = completed([behind.unpacked, behind.packed, 0], Fields(&extra), &entry.path)?;
    let known = behind.flags & FOLLOWS == 0 || sizes.packed != 0;
    if named != entry.written || (known && (sizes.unpacked, sizes.packed) != (entry.size, entry.packed)) {
        return Err(contradicts(entry));
    }
    let data = entry.offset + LOCAL_BYTES as u64 + u64::from(behind.name) + u64::from(behind.extra);
    if data.checked_add(entry.packed).is_none_or(|end| end > entry.until) {
        return Err(Error::refused("archive.overlap", &entry.path, "its bytes lie upon those of another entry"));
    }
    let packed = stream.take(entry.packed);
    let stream = match entry.method {
        Method::Stored if entry.packed != entry.size => return Err(contradicts(entry)),
        Method::Stored => Stream::Stored(packed),
        Method::Deflated => Stream::Deflated(Box::new(DeflateDecoder::new(BufReader::with_capacity(CHUNK, packed)))),
    };
    Ok(Content { entry, stream, crc: crc32fast::Hasher::new(), left: entry.size, ended: false })
}

fn contradicts(entry: &Entry) -> Error {
    Error::damaged(&entry.path, "its own header does not say what the list of entries says")
}

fn fill(stream: &mut impl Read, buf: &mut [u8], entry: &Entry) -> Result<(), Error> {
    stream.read_exact(buf).map_err(|error| crate::archive::told(error, &entry.path))
}

struct Behind {
    flags: u16,
    unpacked: u32,
    packed: u32,
    name: u16,
    extra: u16,
}

/// What the entry's own header says, where it says what the list does.
fn agrees(fixed: &[u8], entry: &Entry) -> Option<Behind> {
    let mut fields = Fields(fixed);
    let is_header = fields.u32()? == LOCAL;
    fields.u16()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.u32()?;
    let (crc, packed, unpacked) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra) = (fields.u16()?, fields.u16()?);
    let method = method == if entry.method == Method::Stored { 0 } else { 8 };
    // A writer that could not go back left the checksum out here; the flag says so in both places.
    let crc = crc == entry.crc || (flags & FOLLOWS != 0 && crc == 0);
    let same = (flags ^ entry.flags) & REFUSED == 0;
    (is_header && same && method && crc).then_some(Behind { flags, unpacked, packed, name, extra })
}

impl<R: Read> Content<'_, R> {
    fn end(&mut self) -> io::Result<usize> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(0);
        }
        let path = &self.entry.path;
        let whole = match &mut self.stream {
            Stream::Stored(_) => true,
            // The stream must end here, and use up what it was given.
            Stream::Deflated(stream) => stream.read(&mut [0])? == 0 && stream.total_in() == self.entry.packed,
        };
        if !whole {
            return Err(through(Error::damaged(path, "it unpacks to another size than it says")));
        }
        if self.crc.clone().finalize() != self.entry.crc {
            return Err(through(Error::damaged(path, "its CRC-32 is not that of its bytes")));
        }
        Ok(0)
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return self.end();
        }
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        let count = match &mut self.stream {
            Stream::Stored(stream) => stream.read(&mut buf[..most])?,
            Stream::Deflated(stream) => stream.read(&mut buf[..most])?,
        };
        if count == 0 && most > 0 {
            return Err(through(Error::damaged(&self.entry.path, "its bytes end before they should")));
        }
        self.crc.update(&buf[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}
