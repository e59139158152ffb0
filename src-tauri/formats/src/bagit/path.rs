//! Paths in manifests and in `fetch.txt`.

/// The payload's folder, with its slash.
pub(super) const PAYLOAD: &[u8] = b"data/";

/// A path as it is meant, without `./` and doubled slashes; refused, with the reason, where it may lead out of the bag.
pub fn clean(written: &[u8]) -> Result<Vec<u8>, &'static str> {
    if written.first() == Some(&b'/') {
        return Err("it is absolute");
    }
    if written.first() == Some(&b'~') {
        return Err("it begins with ~, which some systems take for a home folder");
    }
    if written.contains(&0) {
        return Err("it holds a NUL");
    }
    if matches!(written, [drive, b':', ..] if drive.is_ascii_alphabetic()) {
        return Err("it begins with a drive's letter");
    }
    if leads_up(written) {
        return Err("it holds .. and may lead out of the bag");
    }
    if written.starts_with(b"\\") {
        return Err("it begins with a backslash, which some systems take for a slash");
    }
    let parts: Vec<&[u8]> =
        written.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    if parts.is_empty() || written.ends_with(b"/") {
        return Err("it names no file");
    }
    Ok(parts.join(&b'/'))
}

/// Whether a component is `..`, also where a backslash is taken for a slash or for an escape.
fn leads_up(path: &[u8]) -> bool {
    let parts = path.split(|byte| matches!(byte, b'/' | b'\\'));
    let bare = |part: &[u8]| part.iter().filter(|byte| **byte != b'\\').eq(b"..");
    parts.into_iter().any(|part| part == b"..") || path.split(|byte| *byte == b'/').any(bare)
}

/// A path with LF, CR and `%` percent-encoded: all that RFC 8493, 2.1.3, encodes.
pub fn encode(path: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(path.len());
    for byte in path {
        match byte {
            b'\n' => encoded.extend_from_slice(b"%0A"),
            b'\r' => encoded.extend_from_slice(b"%0D"),
            b'%' => encoded.extend_from_slice(b"%25"),
            other => encoded.push(*other),
        }
    }
    encoded
}

/// The reverse: LF and CR, and `%` if asked for, which the makers of many bags do not encode. Anything else with a `%` stays.
pub fn decode(path: &[u8], percent: bool) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, behind)) = rest.split_first() {
        let meant = match rest {
            [b'%', b'0', b'A' | b'a', ..] => Some(b'\n'),
            [b'%', b'0', b'D' | b'd', ..] => Some(b'\r'),
            [b'%', b'2', b'5', ..] if percent => Some(b'%'),
            _ => None,
        };
        decoded.push(meant.unwrap_or(*byte));
        rest = if meant.is_some() { &rest[3..] } else { behind };
    }
    decoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_leads_out_of_the_bag_is_refused() {
        for path in [
            &b"/etc/passwd"[..],
            b"../a",
            b"data/../../a",
            b"data\\..\\a",
            b"\\.\\./\\.\\./README.md",
            b"C:\\a",
            b"~/a",
            b"~",
            b"\\a",
            b"",
            b"data/",
            b"./",
            b"a\0b",
        ] {
            assert!(clean(path).is_err(), "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(clean(b"./data//a/./b").unwrap(), b"data/a/b");
        assert_eq!(clean(b"data/~a/..b/c..").unwrap(), b"data/~a/..b/c..");
    }

    #[test]
    fn percent_signs_go_there_and_back() {
        let odd = b"data/100%\n\r%0A%250d";
        assert_eq!(encode(odd), b"data/100%25%0A%0D%250A%25250d");
        assert_eq!(decode(&encode(odd), true), odd);
        assert_eq!(decode(b"a%25%0a%7E%2", false), b"a%25\n%7E%2");
    }
}
