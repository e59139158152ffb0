//! The end of a zip, where the place of its list stands.

use std::io::{Read, Seek, SeekFrom};

use super::fields::Fields;
use super::{END, END_64, END_64_LOCATOR};
use crate::archive::Error;

/// Bytes of the end without its comment, and the longest comment.
const END_BYTES: usize = 22;
const COMMENT: u64 = 0xffff;
const LOCATOR_BYTES: usize = 20;
const END_64_BYTES: usize = 56;

/// Where the list of entries is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

fn damaged(why: &str) -> Error {
    Error::damaged(b"", why)
}

/// Finds it in a file of this many bytes.
pub(super) fn find(file: &mut (impl Read + Seek), size: u64) -> Result<End, Error> {
    let length = size.min(COMMENT + END_BYTES as u64);
    file.seek(SeekFrom::Start(size - length))?;
    let mut tail = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact(&mut tail)?;
    let place = (0..tail.len().saturating_sub(END_BYTES - 1)).rev().find(|at| is_end(&tail[*at..]));
    let at = place.ok_or_else(|| damaged("there is no list of entries at its end: it was cut short, or is no zip"))?;
    let start = size - length + at as u64;
    let short = short_end(&tail[at..]).ok_or_else(|| damaged("it is one part of several"))?;
    let (end, behind) = match long_end(file, start)? {
        Some(long) => long,
        None => (short, start),
    };
    if end.offset.checked_add(end.bytes) != Some(behind) {
        return Err(damaged("its list of entries does not lie where its end says"));
    }
    Ok(end)
}

/// Whether an end stands here whose comment goes up to the end of the file.
fn is_end(bytes: &[u8]) -> bool {
    let mut fields = Fields(bytes);
    fields.u32() == Some(END)
        && fields.bytes(16).is_some()
        && fields.u16().is_some_and(|comment| usize::from(comment) == fields.0.len())
}

fn short_end(bytes: &[u8]) -> Option<End> {
    let mut fields = Fields(bytes);
    fields.bytes(4)?;
    let disks = (fields.u16()?, fields.u16()?);
    let here = fields.u16()?;
    let entries = fields.u16()?;
    let (bytes, offset) = (fields.u32()?, fields.u32()?);
    let whole = matches!(disks, (0, 0) | (0xffff, 0xffff)) && here == entries;
    whole.then_some(End { entries: entries.into(), offset: offset.into(), bytes: bytes.into() })
}

/// The end of zip64, and where it begins, if there is one before the short end at `start`.
fn long_end(file: &mut (impl Read + Seek), start: u64) -> Result<Option<(End, u64)>, Error> {
    let Some(at) = start.checked_sub(LOCATOR_BYTES as u64) else { return Ok(None) };
    let mut locator = [0; LOCATOR_BYTES];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut locator)?;
    let mut fields = Fields(&locator);
    if fields.u32() != Some(END_64_LOCATOR) {
        return Ok(None);
    }
    let place =
        fields.u32().and_then(|_| fields.u64()).filter(|place| place.checked_add(END_64_BYTES as u64) <= Some(at));
    let place = place.ok_or_else(|| damaged("its zip64 end lies outside of it"))?;
    let mut record = [0; END_64_BYTES];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut record)?;
    let end = end_64(&record, at - place).ok_or_else(|| damaged("its zip64 end is damaged"))?;
    Ok(Some((end, place)))
}

fn end_64(record: &[u8], room: u64) -> Option<End> {
    let mut fields = Fields(record);
    let right = fields.u32()? == END_64 && fields.u64()?.checked_add(12) == Some(room);
    fields.bytes(4)?;
    let (disk, first) = (fields.u32()?, fields.u32()?);
    let (here, entries) = (fields.u64()?, fields.u64()?);
    let (bytes, offset) = (fields.u64()?, fields.u64()?);
    (right && disk == 0 && first == 0 && here == entries).then_some(End { entries, offset, bytes })
}
