//! Digests as hexadecimal text where they are written as JSON.

use std::fmt::Write as _;

use serde::{Deserialize as _, Deserializer, Serializer, de};

/// Writes a digest.
pub fn serialize<S: Serializer, const N: usize>(digest: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
    let text = digest.iter().fold(String::with_capacity(2 * N), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    serializer.serialize_str(&text)
}

/// Reads a digest.
pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || de::Error::custom(format!("{N} bytes in hexadecimal are wanted"));
    if text.len() != 2 * N || !text.is_ascii() {
        return Err(wrong());
    }
    let mut digest = [0; N];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}
