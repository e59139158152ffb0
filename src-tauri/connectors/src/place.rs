//! What a failure is about, in the operator's words.

use std::sync::Arc;

use longshore_transfer::storage::{Error, Status};

/// A path on a storage.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Name of the storage.
    pub(crate) storage: Arc<str>,
    /// The path; empty for its top.
    pub(crate) path: Vec<u8>,
}

impl Place {
    /// A failure of `verb` ("Reading", ...) on this path.
    pub(crate) fn told(&self, verb: &str, code: &'static str, status: Status, why: impl Into<String>) -> Error {
        let what = what(verb, &self.path, &self.storage);
        Error { code, status, what, why: why.into(), path: self.path.clone(), storage: self.storage.to_string() }
    }
}

/// A path that is refused before anything is done.
pub(crate) fn bad_path(storage: &Arc<str>, verb: &str, path: &[u8], why: &'static str) -> Error {
    Place { storage: storage.clone(), path: path.to_vec() }.told(verb, "path.refused", Status::Permanent, why)
}

fn what(verb: &str, path: &[u8], storage: &str) -> String {
    match path {
        b"" => format!("{verb} the top folder of {storage}"),
        _ => format!("{verb} {} on {storage}", text(path)),
    }
}

/// A path to be read by people: unprintable bytes escaped, the beginning of a very long one left out.
pub(crate) fn text(path: &[u8]) -> String {
    let shown = &path[path.len().saturating_sub(300)..];
    let mut text = String::from(if shown.len() < path.len() { "..." } else { "" });
    for chunk in shown.utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }));
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}
