//! The files of a record: all pages, each with its size and checksum.

use std::collections::BTreeMap;

use longshore_transfer::storage::is_part;
use reqwest::{Method, Url};
use serde_json::Value;

use super::md5;
use super::record::{Generation, Record, Which};
use crate::http::{Ask, Site, Trouble};
use crate::local::walk;

/// Pages of a list at most: a server whose pages lead in a circle is noticed.
const PAGES: usize = 10_000;

/// The files of a record, by their names.
pub(super) type Files = BTreeMap<String, File>;

/// A file of a record.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Bytes.
    pub(super) size: u64,
    /// As the record states it.
    pub(super) md5: Option<[u8; 16]>,
    /// Where it is read, and of a draft of B2SHARE 2 written.
    pub(super) url: Url,
    /// Whether all its bytes came; a file of a draft of InvenioRDM is made before they do.
    pub(super) whole: bool,
}

/// Where the list begins.
pub(super) fn list_url(site: &Site, which: &Which, record: &Record) -> Result<Option<Url>, Trouble> {
    match record.generation {
        Generation::B2share => record.link("files").map(|link| site.told(link)).transpose(),
        Generation::Invenio => which.address(site, &["files"]).map(Some),
    }
}

/// All files of a record.
pub(super) async fn fetch(site: &Site, which: &Which, record: &Record) -> Result<Files, Trouble> {
    let mut files = Files::new();
    let mut next = list_url(site, which, record)?;
    for _ in 0..PAGES {
        let Some(url) = next else { return Ok(files) };
        let page = site.json(Ask::new(Method::GET, url)).await?;
        let lines = ["contents", "entries"].into_iter().find_map(|name| page.get(name)).and_then(Value::as_array);
        for line in lines.map(Vec::as_slice).unwrap_or_default() {
            let (key, file) = read(site, which, record, line)?;
            if files.insert(key.clone(), file).is_some() {
                return Err(malformed(&format!("it names the file {key:?} twice")));
            }
        }
        next = page.pointer("/links/next").and_then(Value::as_str).map(|link| site.told(link)).transpose()?;
    }
    Err(malformed("its list of files does not end"))
}

fn read(site: &Site, which: &Which, record: &Record, line: &Value) -> Result<(String, File), Trouble> {
    let key = line.get("key").and_then(Value::as_str).unwrap_or_default();
    fit(key)?;
    let pending = line.get("status").and_then(Value::as_str).is_some_and(|status| status != "completed");
    let told = line.get("size").and_then(Value::as_u64).or(pending.then_some(0));
    let bytes = told.ok_or_else(|| malformed(&format!("it does not say how large {key:?} is")))?;
    let md5 = line.get("checksum").and_then(Value::as_str).and_then(md5);
    Ok((key.to_owned(), File { size: bytes, md5, url: url(site, which, record, key)?, whole: !pending }))
}

/// Where a file of a record lies, or will lie.
pub(super) fn url(site: &Site, which: &Which, record: &Record, key: &str) -> Result<Url, Trouble> {
    match (record.generation, record.link("files")) {
        (Generation::Invenio, _) => which.address(site, &["files", key, "content"]),
        (Generation::B2share, Some(bucket)) => {
            let bucket = site.told(bucket)?;
            let name = crate::http::encoded(key.as_bytes()).replace('/', "%2F");
            let mut url = bucket.clone();
            url.set_path(&format!("{}/{name}", bucket.path().trim_end_matches('/')));
            Ok(url)
        }
        (Generation::B2share, None) => Err(malformed("it does not say where its files are")),
    }
}

/// Refuses names that are no path below a folder: they would lead out of the one that they are copied to.
fn fit(key: &str) -> Result<(), Trouble> {
    let last = key.rsplit('/').next().unwrap_or_default();
    let control = key.chars().any(char::is_control);
    if key.is_empty() || control || walk::check(key.as_bytes()).is_err() || is_part(last.as_bytes()) {
        let why = format!("the record has a file of the name {key:?}, which is none that a file in a folder can have");
        return Err(Trouble::permanent("record.name", why));
    }
    Ok(())
}

fn malformed(why: &str) -> Trouble {
    Trouble::permanent("record.malformed", format!("the record is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../x", "/etc/passwd", "a/../b", "", ".", "..", "a//b", "a\nb", "a\0b", ".x.longshore-part"] {
            assert_eq!(fit(name).err().map(|trouble| trouble.code), Some("record.name"), "{name:?}");
        }
        for name in ["a.h5", "sub/a.h5", "..a", "\u{fc} b"] {
            assert!(fit(name).is_ok(), "{name:?}");
        }
    }
}
