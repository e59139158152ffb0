//! The tag files of a bag that is made: BagIt 1.0.

use super::{Algorithm, path};

/// `bagit.txt`.
pub const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// Name of a payload manifest.
pub fn manifest_name(algorithm: Algorithm) -> String {
    format!("manifest-{}.txt", algorithm.word())
}

/// Name of a tag manifest.
pub fn tag_manifest_name(algorithm: Algorithm) -> String {
    format!("tagmanifest-{}.txt", algorithm.word())
}

/// A line of a manifest.
pub fn manifest_line(digest: &[u8], path: &[u8]) -> Vec<u8> {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut line: Vec<u8> = digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect();
    line.extend_from_slice(b"  ");
    line.extend(path::encode(path));
    line.push(b'\n');
    line
}

/// `bag-info.txt`, of fields that have been looked at. Line breaks in a value become spaces.
pub fn info_text<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let one = |(label, value): (&str, &str)| {
        let words: Vec<&str> = value.lines().map(str::trim).collect();
        format!("{label}: {}\n", words.join(" "))
    };
    fields.into_iter().map(one).collect()
}
