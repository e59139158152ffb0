//! Headers of entries.

use super::{BLOCK, Entry, Kind, number, pax};

const NAME: usize = 100;
const PREFIX: usize = 155;
const LINK: usize = 100;
/// Bytes of the fields of size and time.
const LONG: usize = 12;
/// Name of extended headers: other tars never show it.
const PAX_NAME: &[u8] = b"PaxHeader";

/// All bytes that stand before the content of an entry: a pax header where a field does not fit, and the ustar header.
pub fn header(entry: &Entry<'_>) -> Vec<u8> {
    let path = full_path(entry);
    let mut out = Vec::with_capacity(BLOCK);
    pax::push_header(&mut out, b'x', PAX_NAME, &records(entry, &path));
    let (prefix, name) = split(&path).unwrap_or((b"", cut(&path, NAME)));
    let raw = Raw {
        name,
        prefix,
        kind: type_flag(entry.kind),
        mode: entry.mode & 0o7777,
        size: entry.content(),
        mtime: u64::try_from(entry.mtime.0).unwrap_or(0),
        link: cut(link(entry.kind), LINK),
    };
    out.extend_from_slice(&raw.block());
    out
}

/// Bytes that [`header`] gives.
pub(super) fn header_size(entry: &Entry<'_>) -> usize {
    let path = full_path(entry);
    let mut records = 0;
    each_record(entry, &path, |key, value| records += pax::record_size(key, value.len()));
    pax::header_size(records) + BLOCK
}

/// The path as tar has it: that of a folder ends in a slash.
fn full_path<'a>(entry: &Entry<'a>) -> std::borrow::Cow<'a, [u8]> {
    match entry.kind {
        Kind::Folder => [entry.path, b"/"].concat().into(),
        Kind::File { .. } | Kind::Link { .. } => entry.path.into(),
    }
}

fn records(entry: &Entry<'_>, path: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    each_record(entry, path, |key, value| pax::push_record(&mut records, key, value));
    records
}

/// Calls `each` with every field that does not fit the ustar header. With any of them goes the whole time: readers of pax headers compare
/// it to the nanosecond.
fn each_record(entry: &Entry<'_>, path: &[u8], mut each: impl FnMut(&[u8], &[u8])) {
    let target = link(entry.kind);
    let long_path = split(path).is_none();
    let long_link = target.len() > LINK || !fit_for_ustar(target);
    let long_size = !number::fits(LONG, entry.content());
    let odd_time = !u64::try_from(entry.mtime.0).is_ok_and(|secs| number::fits(LONG, secs));
    if (long_path && !utf8(path)) || (long_link && !utf8(target)) {
        each(b"hdrcharset", b"BINARY");
    }
    if long_path {
        each(b"path", path);
    }
    if long_link {
        each(b"linkpath", target);
    }
    if long_size {
        each(b"size", entry.content().to_string().as_bytes());
    }
    if long_path || long_link || long_size || odd_time {
        each(b"mtime", time(entry.mtime).as_bytes());
    }
}

/// A time as pax has it: a decimal number of seconds.
fn time((secs, nanos): (i64, u32)) -> String {
    match (secs, nanos) {
        (_, 0) => secs.to_string(),
        (0.., _) => format!("{secs}.{nanos:09}"),
        // Nanoseconds count upwards from the second before.
        _ => format!("-{}.{:09}", (secs + 1).unsigned_abs(), 1_000_000_000 - nanos),
    }
}

/// Prefix and name of a path that fits the ustar header as it is.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if !fit_for_ustar(path) {
        return None;
    }
    if path.len() <= NAME {
        return Some((b"", path));
    }
    let earliest = path.len() - NAME - 1;
    let at = earliest + path.get(earliest..path.len() - 1)?.iter().position(|byte| *byte == b'/')?;
    (1..=PREFIX).contains(&at).then(|| (&path[..at], &path[at + 1..]))
}

/// Whether bytes can stand in a ustar header: printable ASCII, which POSIX allows there, and what is no text in any encoding, which readers
/// take as bytes there and nowhere else.
fn fit_for_ustar(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) || !utf8(bytes)
}

fn utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

fn link(kind: Kind<'_>) -> &[u8] {
    match kind {
        Kind::Link { target } => target,
        Kind::File { .. } | Kind::Folder => b"",
    }
}

fn type_flag(kind: Kind<'_>) -> u8 {
    match kind {
        Kind::File { .. } => b'0',
        Kind::Link { .. } => b'2',
        Kind::Folder => b'5',
    }
}

fn cut(bytes: &[u8], at: usize) -> &[u8] {
    &bytes[..bytes.len().min(at)]
}

/// The fields of one ustar header.
pub(super) struct Raw<'a> {
    pub(super) name: &'a [u8],
    pub(super) prefix: &'a [u8],
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) size: u64,
    pub(super) mtime: u64,
    pub(super) link: &'a [u8],
}

impl Raw<'_> {
    /// The block. Fields that do not fit are cut or zero: the pax header before it holds them.
    pub(super) fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put_text(&mut block[0..100], self.name);
        number::put(&mut block[100..108], u64::from(self.mode));
        number::put(&mut block[108..116], 0);
        number::put(&mut block[116..124], 0);
        number::put(&mut block[124..136], self.size);
        number::put(&mut block[136..148], self.mtime);
        block[156] = self.kind;
        put_text(&mut block[157..257], self.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        number::put(&mut block[329..337], 0);
        number::put(&mut block[337..345], 0);
        put_text(&mut block[345..500], self.prefix);
        let sum = checksum(&block);
        number::put(&mut block[148..155], u64::from(sum));
        block[155] = b' ';
        block
    }
}

/// Sum of a header's bytes, with its own field taken as spaces.
pub(super) fn checksum(block: &[u8; BLOCK]) -> u32 {
    let own: u32 = block[148..156].iter().map(|byte| u32::from(*byte)).sum();
    block.iter().map(|byte| u32::from(*byte)).sum::<u32>() - own + 8 * u32::from(b' ')
}

fn put_text(field: &mut [u8], text: &[u8]) {
    field[..text.len()].copy_from_slice(text);
}
