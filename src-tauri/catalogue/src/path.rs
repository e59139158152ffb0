//! Paths as bytes, and the one text form in which they are shown, stored in JSON and read back.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path, or a part of one, as the bytes that the file system holds. Never assumed to be UTF-8.
///
/// Its text form is a bijection: a backslash is doubled, and every byte that is not part of printable UTF-8 (invalid
/// sequences, control characters, line and paragraph separators, bidirectional marks, other invisible format characters)
/// is written `\xNN`. So what is shown can be pasted back, and two different paths never look alike through it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PathBytes(Vec<u8>);

/// A text that is not the text form of any path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a backslash in a path is followed by \\ or by xNN (two hexadecimal digits); at character {at} it is not")]
pub struct BadPathText {
    /// Byte offset of the offending backslash in the text.
    pub at: usize,
}

impl PathBytes {
    /// A path of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// This path with one more component; an empty path gives the component alone.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        if self.0.is_empty() {
            return Self(name.to_vec());
        }
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !self.0.ends_with(b"/") {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self(bytes)
    }

    /// The last component.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or_default()
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                push_char(&mut text, c);
            }
            for byte in chunk.invalid() {
                push_byte(&mut text, *byte);
            }
        }
        text
    }

    /// Reads the text form. A text without backslashes is taken as it is.
    pub fn from_text(text: &str) -> Result<Self, BadPathText> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|b| *b == b'\\') {
            bytes.extend_from_slice(&rest[..at]);
            let bad = BadPathText { at: text.len() - rest.len() + at };
            let (byte, used) = escaped(&rest[at + 1..]).ok_or(bad)?;
            bytes.push(byte);
            rest = &rest[at + 1 + used..];
        }
        bytes.extend_from_slice(rest);
        Ok(Self(bytes))
    }
}

/// The byte that an escape stands for and how many bytes of text follow the backslash.
fn escaped(after: &[u8]) -> Option<(u8, usize)> {
    match after {
        [b'\\', ..] => Some((b'\\', 1)),
        [b'x', high, low, ..] => {
            let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some((digit(*high)? << 4 | digit(*low)?, 3))
        }
        _ => None,
    }
}

fn push_char(text: &mut String, c: char) {
    if c == '\\' {
        text.push_str("\\\\");
    } else if hostile(c) {
        let mut utf8 = [0; 4];
        for byte in c.encode_utf8(&mut utf8).bytes() {
            push_byte(text, byte);
        }
    } else {
        text.push(c);
    }
}

fn push_byte(text: &mut String, byte: u8) {
    use fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = write!(text, "\\x{byte:02X}");
}

/// Characters that change how the text around them is shown, or show nothing at all.
fn hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

impl fmt::Display for PathBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for PathBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.to_text())
    }
}

impl From<&str> for PathBytes {
    /// The bytes of the text as they are; for the text form use [`PathBytes::from_text`].
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Serialize for PathBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for PathBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_text(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for PathBytes {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "path"})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn plain_names_stay_plain() {
        assert_eq!(
            PathBytes::from("grid3_overview_Ångström (final).jpg").to_text(),
            "grid3_overview_Ångström (final).jpg"
        );
    }

    #[test]
    fn hostile_bytes_are_escaped_and_come_back() {
        for bytes in [&b"a\nb"[..], b"\xff\xfe", b"back\\slash", "right\u{202E}gpj.exe".as_bytes(), b"\x1b[31m", b""] {
            let text = PathBytes::new(bytes).to_text();
            assert!(!text.chars().any(hostile), "{text:?}");
            assert_eq!(PathBytes::from_text(&text).unwrap().as_bytes(), bytes);
        }
        assert_eq!(PathBytes::new(&b"a\nb"[..]).to_text(), "a\\x0Ab");
    }

    #[test]
    fn a_text_that_is_no_path_says_where() {
        assert_eq!(PathBytes::from_text("ab\\q"), Err(BadPathText { at: 2 }));
        assert_eq!(PathBytes::from_text("ab\\"), Err(BadPathText { at: 2 }));
    }
}
