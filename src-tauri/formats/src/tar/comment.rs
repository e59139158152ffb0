//! The nanoseconds of a group of entries, in a comment that other tars pass over.

use super::pax;

/// What the comment starts with.
const MARK: &[u8] = b"longshore.mtime_ns";

/// Bytes of one number with the space before it: always nine digits, so that sizes do not depend on times.
const NUMBER: usize = 10;

const KEY: &[u8] = b"comment";
const NAME: &[u8] = b"longshore.mtime_ns";

/// The header that stands before a group of entries, from their nanoseconds, in order.
pub fn group_comment(nanos: &[u32]) -> Vec<u8> {
    if nanos.is_empty() {
        return Vec::new();
    }
    let mut value = Vec::with_capacity(MARK.len() + nanos.len() * NUMBER);
    value.extend_from_slice(MARK);
    for nano in nanos {
        value.extend_from_slice(format!(" {:09}", nano % 1_000_000_000).as_bytes());
    }
    let mut records = Vec::with_capacity(value.len() + 32);
    pax::push_record(&mut records, KEY, &value);
    let mut header = Vec::with_capacity(size(nanos.len()));
    pax::push_header(&mut header, b'g', NAME, &records);
    header
}

/// Bytes of the header before a group of so many entries.
pub(super) fn size(entries: usize) -> usize {
    match entries {
        0 => 0,
        _ => pax::header_size(pax::record_size(KEY, MARK.len() + entries * NUMBER)),
    }
}

/// The nanoseconds that a comment holds, if it is one of ours.
pub(super) fn parse(value: &[u8]) -> Option<Vec<u32>> {
    let numbers = value.strip_prefix(MARK)?;
    numbers
        .split(|byte| *byte == b' ')
        .filter(|text| !text.is_empty())
        .map(|text| std::str::from_utf8(text).ok()?.parse().ok().filter(|nanos| *nanos < 1_000_000_000))
        .collect()
}
