//! A zip, written as a stream: what an entry turned out to be follows its bytes, and stands in the list at the end.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::{CENTRAL, DESCRIPTOR, END, END_64, END_64_LOCATOR, FOLLOWS, LOCAL, Method, UTF8};

/// Sizes from here on need zip64.
const LARGE: u64 = 0xffff_ffff;

/// Bytes of a file from which on its sizes are written as zip64 says, as deflate may add a little.
const MAYBE_LARGE: u64 = LARGE - (64 << 20);

/// Entries from here on need zip64.
const MANY: u64 = 0xffff;

/// Version needed to read zip64, and made by Unix in that version.
const VERSION: u16 = 45;
const MADE_BY: u16 = 3 << 8 | VERSION;

/// Writes a zip. What it keeps in memory is the list of entries: 46 bytes and its name for each.
pub struct Writer<W> {
    out: W,
    at: u64,
    list: Vec<u8>,
    entries: u64,
}

/// What is known of a file before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'p> {
    /// Path, with `/` between folders.
    pub path: &'p [u8],
    /// Bytes that it will have, or more.
    pub size: u64,
    /// How it is packed.
    pub method: Method,
    /// Modification time, in seconds since the epoch: kept in UTC, to two seconds, from 1980 to 2107.
    pub mtime: i64,
    /// Whether its owner may run it.
    pub executable: bool,
}

/// An entry that is being written.
pub struct Entry<'w, W> {
    zip: &'w mut Writer<W>,
    head: Vec<u8>,
    offset: u64,
    time: u32,
    method: Method,
    mode: u32,
    large: bool,
    deflate: Option<DeflateEncoder<Vec<u8>>>,
    crc: crc32fast::Hasher,
    size: u64,
    packed: u64,
}

impl<W: Write> Writer<W> {
    /// An empty one.
    pub fn new(out: W) -> Self {
        Self { out, at: 0, list: Vec::new(), entries: 0 }
    }

    /// Adds a folder.
    pub fn folder(&mut self, path: &[u8], mtime: i64) -> io::Result<()> {
        let path = [path, b"/"].concat();
        let head = Head { path: &path, size: 0, method: Method::Stored, mtime, executable: false };
        self.start(head, 0o040_755)?.finish()
    }

    /// Begins a file.
    pub fn file(&mut self, head: Head<'_>) -> io::Result<Entry<'_, W>> {
        self.start(head, if head.executable { 0o100_755 } else { 0o100_644 })
    }

    fn start(&mut self, head: Head<'_>, mode: u32) -> io::Result<Entry<'_, W>> {
        let (offset, time, large) = (self.at, dos_time(head.mtime), head.size >= MAYBE_LARGE);
        let mut local = Vec::new();
        local.extend(LOCAL.to_le_bytes());
        common(&mut local, head.method, time);
        local.extend([0; 12]);
        let extra: u16 = if large { 20 } else { 0 };
        names(&mut local, head.path, extra)?;
        local.extend_from_slice(head.path);
        if large {
            local.extend(zip64(&[0, 0]));
        }
        self.put(&local)?;
        let deflate =
            (head.method == Method::Deflated).then(|| DeflateEncoder::new(Vec::new(), Compression::default()));
        let (crc, method) = (crc32fast::Hasher::new(), head.method);
        let head = head.path.to_vec();
        Ok(Entry { zip: self, head, offset, time, method, mode, large, deflate, crc, size: 0, packed: 0 })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Writes the list of entries and what ends a zip.
    pub fn finish(mut self) -> io::Result<W> {
        let (offset, bytes, entries) = (self.at, self.list.len() as u64, self.entries);
        let list = std::mem::take(&mut self.list);
        self.put(&list)?;
        if entries >= MANY || offset >= LARGE || bytes >= LARGE {
            let at = self.at;
            let mut end = Vec::new();
            end.extend(END_64.to_le_bytes());
            end.extend(44_u64.to_le_bytes());
            end.extend([MADE_BY.to_le_bytes(), VERSION.to_le_bytes()].concat());
            end.extend([0; 8]);
            end.extend([entries, entries, bytes, offset].map(u64::to_le_bytes).concat());
            end.extend(END_64_LOCATOR.to_le_bytes());
            end.extend([0; 4]);
            end.extend(at.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
            self.put(&end)?;
        }
        let mut end = Vec::new();
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        let few = u16::try_from(entries).unwrap_or(u16::MAX).to_le_bytes();
        end.extend([few, few].concat());
        end.extend([short(bytes), short(offset)].map(u32::to_le_bytes).concat());
        end.extend([0; 2]);
        self.put(&end)?;
        Ok(self.out)
    }
}

impl<W: Write> Entry<'_, W> {
    /// Ends it.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(deflate) = self.deflate.take() {
            let rest = deflate.finish()?;
            self.packed += rest.len() as u64;
            self.zip.put(&rest)?;
        }
        let crc = self.crc.clone().finalize();
        if !self.large && self.size.max(self.packed) >= LARGE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a file grew while it was packed"));
        }
        let mut behind = [DESCRIPTOR, crc].map(u32::to_le_bytes).concat();
        if self.large {
            behind.extend([self.packed, self.size].map(u64::to_le_bytes).concat());
        } else {
            behind.extend([short(self.packed), short(self.size)].map(u32::to_le_bytes).concat());
        }
        self.zip.put(&behind)?;
        self.listed(crc)
    }

    fn listed(self, crc: u32) -> io::Result<()> {
        let values = [self.size, self.packed, self.offset];
        let large: Vec<u64> = values.into_iter().filter(|value| *value >= LARGE).collect();
        let extra = if large.is_empty() { Vec::new() } else { zip64(&large) };
        let list = &mut self.zip.list;
        list.extend(CENTRAL.to_le_bytes());
        list.extend(MADE_BY.to_le_bytes());
        common(list, self.method, self.time);
        list.extend([crc, short(self.packed), short(self.size)].map(u32::to_le_bytes).concat());
        names(list, &self.head, u16::try_from(extra.len()).unwrap_or(0))?;
        list.extend([0; 6]);
        list.extend((self.mode << 16 | u32::from(self.mode & 0o040_000 != 0) << 4).to_le_bytes());
        list.extend(short(self.offset).to_le_bytes());
        list.extend_from_slice(&self.head);
        list.extend(extra);
        self.zip.entries += 1;
        Ok(())
    }
}

impl<W: Write> Write for Entry<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        let Some(deflate) = &mut self.deflate else {
            self.packed += bytes.len() as u64;
            return self.zip.put(bytes).map(|()| bytes.len());
        };
        deflate.write_all(bytes)?;
        let packed = std::mem::take(deflate.get_mut());
        self.packed += packed.len() as u64;
        self.zip.put(&packed).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fields from the version needed to the time, which both headers have.
fn common(header: &mut Vec<u8>, method: Method, time: u32) {
    let method: u16 = if method == Method::Stored { 0 } else { 8 };
    header.extend([VERSION, FOLLOWS | UTF8, method].map(u16::to_le_bytes).concat());
    header.extend(time.to_le_bytes());
}

fn names(header: &mut Vec<u8>, path: &[u8], extra: u16) -> io::Result<()> {
    let long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a path is longer than a zip can have");
    if std::str::from_utf8(path).is_err() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a path is not UTF-8, which a zip must say its names are",
        ));
    }
    let length = u16::try_from(path.len()).map_err(long)?;
    header.extend([length, extra].map(u16::to_le_bytes).concat());
    Ok(())
}

fn zip64(values: &[u64]) -> Vec<u8> {
    let length = u16::try_from(values.len() * 8).unwrap_or(0);
    [[1, 0], length.to_le_bytes()]
        .concat()
        .into_iter()
        .chain(values.iter().flat_map(|value| value.to_le_bytes()))
        .collect()
}

/// A number of 32 bits, or what says that it stands elsewhere.
fn short(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Date and time as MS-DOS has them: two seconds a step, from 1980 on.
fn dos_time(secs: i64) -> u32 {
    let secs = secs.clamp(315_532_800, 4_354_819_198);
    let (days, of_day) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Howard Hinnant's conversion of days to a date, eras of 400 years from the first of March of the year 0.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = years + era * 400 + i64::from(month <= 2);
    let date = (year - 1980) << 9 | month << 5 | day;
    let time = (of_day / 3600) << 11 | (of_day / 60 % 60) << 5 | (of_day % 60 / 2);
    u32::try_from(date << 16 | time).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::decimal_bitwise_operands)] // fields of a date are numbers
    use super::*;

    #[test]
    fn times_are_those_of_ms_dos() {
        assert_eq!(dos_time(0), 33 << 16, "the first of January 1980");
        // 2026-03-02 13:45:58 UTC.
        assert_eq!(dos_time(1_772_459_158), (46 << 9 | 3 << 5 | 2) << 16 | (13 << 11 | 45 << 5 | 29));
        assert_eq!(dos_time(951_782_400) >> 16, 20 << 9 | 2 << 5 | 29, "a leap day");
    }
}
