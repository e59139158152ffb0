//! Lines of manifests.

use super::Algorithm;

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'l> {
    /// The digest.
    pub digest: Vec<u8>,
    /// The path as it is written.
    pub path: &'l str,
}

/// Reads a line: a digest in hexadecimal digits of either case, white space, a path (RFC 8493, 2.1.3). `None` for lines that say
/// nothing: empty ones and comments, which older tools wrote.
pub fn parse(line: &str, algorithm: Algorithm) -> Option<Result<Entry<'_>, String>> {
    if line.trim().is_empty() || line.starts_with('#') {
        return None;
    }
    Some(entry(line.trim_start(), algorithm))
}

fn entry(line: &str, algorithm: Algorithm) -> Result<Entry<'_>, String> {
    let Some((digits, path)) = line.split_once([' ', '\t']) else {
        return Err("it is no checksum and path".into());
    };
    let digest = unhex(digits).filter(|digest| digest.len() == algorithm.width()).ok_or_else(|| {
        format!("its checksum is not the {} hexadecimal digits of {}", algorithm.width() * 2, algorithm.word())
    })?;
    let path = path.trim_start_matches([' ', '\t']);
    if path.is_empty() { Err("it has no path".into()) } else { Ok(Entry { digest, path }) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The algorithm and kind of a manifest's name: `manifest-ALG.txt`, `tagmanifest-ALG.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) file: Vec<u8>,
    pub(super) tags: bool,
    /// `None` for an algorithm that is not known here.
    pub(super) algorithm: Option<Algorithm>,
}

impl Name {
    /// Of a file in the bag's folder; `None` for what is no manifest.
    pub(super) fn of(file: &[u8]) -> Option<Self> {
        let stem = file.strip_suffix(b".txt")?;
        let (tags, word) = match stem.strip_prefix(b"tagmanifest-") {
            Some(word) => (true, word),
            None => (false, stem.strip_prefix(b"manifest-")?),
        };
        Some(Self { file: file.to_vec(), tags, algorithm: Algorithm::of_name(word) })
    }
}
