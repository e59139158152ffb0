//! Pax records: `<length> <key>=<value>\n`, where the length counts itself.

use super::{BLOCK, padded, write::Raw};

/// Bytes of one record.
pub(super) fn record_size(key: &[u8], value: usize) -> usize {
    let rest = key.len() + value + 3;
    let mut digits = 1;
    while digits_of(rest + digits) > digits {
        digits += 1;
    }
    rest + digits
}

fn digits_of(mut number: usize) -> usize {
    let mut digits = 1;
    while number >= 10 {
        number /= 10;
        digits += 1;
    }
    digits
}

/// Appends one record.
pub(super) fn push_record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    records.extend_from_slice(record_size(key, value.len()).to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

/// Bytes that a header with so many bytes of records takes up.
pub(super) fn header_size(records: usize) -> usize {
    if records == 0 { 0 } else { BLOCK + records.div_ceil(BLOCK) * BLOCK }
}

/// Appends a header of kind `x` (for the next entry) or `g` (for all that follow), with its records.
pub(super) fn push_header(out: &mut Vec<u8>, kind: u8, name: &[u8], records: &[u8]) {
    if records.is_empty() {
        return;
    }
    let raw = Raw { name, prefix: b"", kind, mode: 0o644, size: records.len() as u64, mtime: 0, link: b"" };
    out.extend_from_slice(&raw.block());
    out.extend_from_slice(records);
    let padding = padded(records.len() as u64) - records.len() as u64;
    out.extend(std::iter::repeat_n(0, usize::try_from(padding).unwrap_or(0)));
}

/// The next record of `rest`, which is moved behind it; `None` at the end or where it is no record.
pub(super) fn next_record<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
    let record = rest.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    *rest = &rest[length..];
    Some((&record[..equals], &record[equals + 1..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_length_counts_itself() {
        for value in [0, 1, 2, 3, 85, 86, 87, 88, 90, 985, 986, 990, 9_981, 9_990] {
            let mut records = Vec::new();
            push_record(&mut records, b"path", &vec![b'x'; value]);
            assert_eq!(records.len(), record_size(b"path", value));
            let mut rest = records.as_slice();
            assert_eq!(next_record(&mut rest).unwrap(), (&b"path"[..], vec![b'x'; value].as_slice()));
            assert!(rest.is_empty());
        }
    }
}
