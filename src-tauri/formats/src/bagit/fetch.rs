//! `fetch.txt`.

use super::path;

/// Its name.
pub(super) const NAME: &[u8] = b"fetch.txt";

/// Files of it that are told one by one.
pub(super) const TOLD: usize = 1000;

/// A file that is to be fetched and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where from.
    pub url: String,
    /// Bytes, if said.
    pub bytes: Option<u64>,
    /// Path in the bag.
    pub path: Vec<u8>,
}

/// Reads a line: `URL LENGTH FILEPATH` (RFC 8493, 2.2.3). `None` for an empty one.
pub(super) fn parse(line: &str, strict: bool) -> Option<Result<Wanted, String>> {
    let line = line.trim_start();
    (!line.is_empty()).then(|| wanted(line, strict))
}

fn wanted(line: &str, strict: bool) -> Result<Wanted, String> {
    let word =
        |text: &str| text.split_once([' ', '\t']).map(|(word, rest)| (word.to_owned(), rest.trim_start().to_owned()));
    let (url, rest) = word(line).ok_or("it is no URL, length and path")?;
    let (length, file) = word(&rest).ok_or("it is no URL, length and path")?;
    let scheme = url.split_once("://").filter(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    if scheme.is_none() {
        return Err(format!("{url:?} is no URL"));
    }
    let bytes = match length.as_str() {
        "-" => None,
        digits => Some(digits.parse().map_err(|_| format!("{digits:?} is no length"))?),
    };
    let written = path::clean(file.as_bytes()).map_err(|why| format!("the path {file:?} is refused: {why}"))?;
    if !written.starts_with(path::PAYLOAD) {
        return Err(format!("the path {file:?} is not in data/"));
    }
    Ok(Wanted { url, bytes, path: path::decode(&written, strict) })
}
