//! Lines of tag files, decoded as the bag says they are encoded.

use std::io::{self, Read};

/// Bytes of a line that are accepted: longer than any path with its checksum, or any sensible value.
const LONGEST: usize = 1 << 20;

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// A character encoding of tag files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, and with it US-ASCII.
    Utf8,
    /// ISO-8859-1.
    Latin1,
    /// UTF-16, in the order that its first two bytes say; big-endian where they say nothing (RFC 2781, 4.3).
    Utf16,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

impl Encoding {
    /// The encoding of a name as in IANA's registry.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "UTF-8" | "UTF8" | "US-ASCII" | "ASCII" => Some(Self::Utf8),
            "ISO-8859-1" | "ISO8859-1" | "ISO_8859-1" | "LATIN1" | "LATIN-1" => Some(Self::Latin1),
            "UTF-16" | "UTF16" => Some(Self::Utf16),
            "UTF-16LE" => Some(Self::Utf16Le),
            "UTF-16BE" => Some(Self::Utf16Be),
            _ => None,
        }
    }
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'l> {
    /// Its text, without its end.
    Text(&'l str),
    /// Its bytes are not of the encoding.
    Undecodable,
    /// It is longer than a line may be.
    TooLong,
}

/// Reads lines, which end with LF, CR or both (RFC 8493, 2.1.3).
pub struct Lines<R> {
    inner: R,
    encoding: Encoding,
    /// Decoded bytes that were not given out yet begin at `at`.
    text: Vec<u8>,
    at: usize,
    /// Bytes of a character that is not read in full yet.
    rest: Vec<u8>,
    raw: Vec<u8>,
    begun: bool,
    ended: bool,
    number: u64,
}

/// Stands for what could not be decoded: no UTF-8 has it.
const WRONG: u8 = 0xff;

impl<R: Read> Lines<R> {
    /// Of a stream that stands at its start.
    pub fn new(inner: R, encoding: Encoding) -> Self {
        let (text, rest, raw) = (Vec::new(), Vec::new(), vec![0; CHUNK]);
        Self { inner, encoding, text, at: 0, rest, raw, begun: false, ended: false, number: 0 }
    }

    /// Number of the line that was given last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut seen = 0;
        let (length, end) = loop {
            let text = &self.text[self.at..];
            match text[seen..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                Some(found) => {
                    let length = seen + found;
                    match (text[length], text.get(length + 1)) {
                        (b'\r', Some(b'\n')) => break (length, 2),
                        // Whether a line feed follows is not known yet.
                        (b'\r', None) if !self.ended => seen = length,
                        _ => break (length, 1),
                    }
                }
                None if self.ended && text.is_empty() => return Ok(None),
                None if self.ended => break (text.len(), 0),
                None => seen = text.len(),
            }
            if seen > LONGEST {
                return self.over().map(Some);
            }
            self.more()?;
        };
        let line = self.at..self.at + length;
        self.at += length + end;
        self.number += 1;
        Ok(Some(std::str::from_utf8(&self.text[line]).map_or(Line::Undecodable, Line::Text)))
    }

    /// Passes over the rest of a line that is too long.
    fn over(&mut self) -> io::Result<Line<'_>> {
        self.number += 1;
        loop {
            match self.text[self.at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                Some(found) => {
                    self.at += found + 1;
                    return Ok(Line::TooLong);
                }
                None if self.ended => {
                    self.at = self.text.len();
                    return Ok(Line::TooLong);
                }
                None => self.at = self.text.len(),
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> io::Result<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let count = loop {
            match self.inner.read(&mut self.raw) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.rest.extend_from_slice(&self.raw[..count]);
        self.ended = count == 0;
        if !self.begun && self.rest.len() < 3 && !self.ended {
            return Ok(());
        }
        self.mark();
        self.decode();
        Ok(())
    }

    /// Looks at the first bytes for a mark of the order of bytes.
    fn mark(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let (passed, encoding) = match (self.encoding, self.rest.as_slice()) {
            (Encoding::Utf8, [0xef, 0xbb, 0xbf, ..]) => (3, Encoding::Utf8),
            (Encoding::Utf16 | Encoding::Utf16Le, [0xff, 0xfe, ..]) => (2, Encoding::Utf16Le),
            (Encoding::Utf16 | Encoding::Utf16Be, [0xfe, 0xff, ..]) => (2, Encoding::Utf16Be),
            (Encoding::Utf16, _) => (0, Encoding::Utf16Be),
            (encoding, _) => (0, encoding),
        };
        self.rest.drain(..passed);
        self.encoding = encoding;
    }

    fn decode(&mut self) {
        match self.encoding {
            Encoding::Utf8 => self.text.append(&mut self.rest),
            Encoding::Latin1 => {
                for byte in self.rest.drain(..) {
                    push(&mut self.text, char::from(byte));
                }
            }
            Encoding::Utf16Le => self.decode_pairs(u16::from_le_bytes),
            Encoding::Utf16 | Encoding::Utf16Be => self.decode_pairs(u16::from_be_bytes),
        }
    }

    fn decode_pairs(&mut self, unit: fn([u8; 2]) -> u16) {
        let (pairs, _) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let half = units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) && !self.ended;
        if half {
            units.pop();
        }
        for decoded in char::decode_utf16(units.iter().copied()) {
            match decoded {
                Ok(character) => push(&mut self.text, character),
                Err(_) => self.text.push(WRONG),
            }
        }
        self.rest.drain(..units.len() * 2);
        if self.ended && !self.rest.is_empty() {
            self.text.push(WRONG);
            self.rest.clear();
        }
    }
}

fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(bytes: &[u8], encoding: Encoding) -> Vec<String> {
        let mut lines = Lines::new(bytes, encoding);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(match line {
                Line::Text(text) => text.to_owned(),
                other => format!("{other:?}"),
            });
        }
        all
    }

    #[test]
    fn lines_end_with_either_or_both() {
        assert_eq!(lines(b"a\nb\r\nc\rd", Encoding::Utf8), ["a", "b", "c", "d"]);
        assert_eq!(lines(b"\n\na\r\r", Encoding::Utf8), ["", "", "a", ""]);
        assert_eq!(lines(b"\xef\xbb\xbfa\n", Encoding::Utf8), ["a"]);
        assert_eq!(lines(b"a\n\xff\nb", Encoding::Utf8), ["a", "Undecodable", "b"]);
    }

    #[test]
    fn other_encodings_become_utf_8() {
        assert_eq!(lines(b"caf\xe9\n", Encoding::Latin1), ["café"]);
        assert_eq!(lines(b"\xff\xfea\0\n\0\x3d\xd8\0\xde", Encoding::Utf16), ["a", "😀"]);
        assert_eq!(lines(b"\0a\0\n\0b", Encoding::Utf16), ["a", "b"]);
        assert_eq!(lines(b"\0a\0\n\xd8\0", Encoding::Utf16Be), ["a", "Undecodable"]);
        assert_eq!(lines(b"\0a\0", Encoding::Utf16), ["Undecodable"]);
    }

    #[test]
    fn a_line_without_end_is_passed_over_in_bounded_memory() {
        let bytes = [vec![b'x'; 3 * LONGEST], b"\nb\n".to_vec()].concat();
        assert_eq!(lines(&bytes, Encoding::Utf8), ["TooLong", "b"]);
    }
}
