//! What an answer says of a file: which part it is of, how long the whole is, and by what a change would be seen.

use std::time::UNIX_EPOCH;

use longshore_transfer::storage::{Kind, Meta, UNKNOWN_SIZE};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderName};

use super::trouble::Trouble;

/// By what one state of a file is told from another (RFC 9110, 8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Version {
    pub(super) tag: Option<String>,
    pub(super) modified: Option<String>,
    /// Bytes of the whole, if it is said.
    pub(crate) size: Option<u64>,
}

impl Version {
    /// What an answer says, that covers the whole file or, by its `Content-Range`, a part of it.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        let size = match status {
            StatusCode::PARTIAL_CONTENT => Span::of(headers).and_then(|span| span.total),
            _ => length(headers),
        };
        Self { tag: text(headers, &header::ETAG), modified: text(headers, &header::LAST_MODIFIED), size }
    }

    /// What of it a server can be asked to compare (a strong tag).
    pub(crate) fn guard(&self) -> Option<&str> {
        self.tag.as_deref().filter(|tag| tag.starts_with('"'))
    }

    /// Whether what `now` was said of is another state. What one of them does not say is not compared.
    pub(crate) fn differs(&self, now: &Self) -> Option<&'static str> {
        fn other<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            matches!((a, b), (Some(a), Some(b)) if a != b)
        }
        if other(self.size.as_ref(), now.size.as_ref()) {
            Some("its size is another one now")
        } else if other(self.tag.as_ref(), now.tag.as_ref()) {
            Some("the server gives it another ETag now")
        } else if self.tag.is_none() && other(self.modified.as_ref(), now.modified.as_ref()) {
            Some("its modification time is another one now")
        } else {
            None
        }
    }

    /// As the metadata of a file.
    pub(crate) fn meta(&self) -> Meta {
        let modified = self.modified.as_deref().and_then(seconds).unwrap_or_default();
        let size = self.size.unwrap_or(UNKNOWN_SIZE);
        Meta { kind: Kind::File, size, mode: None, mtime: (modified, 0), link: Vec::new(), names: 1 }
    }
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) from: u64,
    /// Byte after the last.
    pub(crate) to: u64,
    /// Bytes of the whole, if it is known.
    pub(crate) total: Option<u64>,
}

impl Span {
    /// What `Content-Range` says, if it makes sense.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = text(headers, &header::CONTENT_RANGE)?;
        let (span, total) = text.strip_prefix("bytes")?.trim().split_once('/')?;
        let (from, last) = span.split_once('-')?;
        let to = last.trim().parse::<u64>().ok()?.checked_add(1)?;
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let span = Self { from: from.trim().parse().ok()?, to, total };
        (span.from < span.to && total.is_none_or(|total| span.to <= total)).then_some(span)
    }

    /// The size of the whole that a refusal of a range tells (`bytes */N`).
    pub(crate) fn refused(headers: &HeaderMap) -> Option<u64> {
        text(headers, &header::CONTENT_RANGE)?.strip_prefix("bytes")?.trim().strip_prefix("*/")?.parse().ok()
    }
}

/// Refuses a body that is packed although it was asked for as it is. What is stored packed, under a name that says so, is as it is.
pub(crate) fn as_it_is(path: &str, headers: &HeaderMap) -> Result<(), Trouble> {
    const PACKED: [&str; 9] = [".gz", ".tgz", ".svgz", ".bz2", ".xz", ".zst", ".br", ".z", ".warc"];
    let encoding = text(headers, &header::CONTENT_ENCODING).unwrap_or_default().to_ascii_lowercase();
    let lower = path.to_ascii_lowercase();
    if matches!(encoding.as_str(), "" | "identity") || PACKED.iter().any(|end| lower.ends_with(end)) {
        return Ok(());
    }
    let why = format!(
        "the server packs it for the way ({encoding}) although it was asked not to: its bytes would not be the file's"
    );
    Err(Trouble::permanent("http.encoded", why))
}

/// Refuses a page of HTML in the place of a file: what servers send that have nothing of that name, and say so with status 200.
pub(crate) fn no_page(path: &str, headers: &HeaderMap) -> Result<(), Trouble> {
    const PAGES: [&str; 9] = [".html", ".htm", ".xhtml", ".shtml", ".php", ".asp", ".aspx", ".jsp", "/"];
    let kind = text(headers, &header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let is_page = kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml");
    let lower = path.to_ascii_lowercase();
    if !is_page || PAGES.iter().any(|end| lower.ends_with(end)) {
        return Ok(());
    }
    let why = format!(
        "the server answers with a page ({kind}) where a file was asked for, most likely to say that there is none"
    );
    Err(Trouble::permanent("http.page", why))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(|text| text.trim().to_owned())
}

fn length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &header::CONTENT_LENGTH)?.parse().ok()
}

/// Seconds since the epoch of a date as in headers.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(date).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn span(text: &'static str) -> Option<Span> {
        Span::of(&HeaderMap::from_iter([(header::CONTENT_RANGE, HeaderValue::from_static(text))]))
    }

    #[test]
    fn a_part_is_taken_for_what_it_is() {
        assert_eq!(span("bytes 0-0/10"), Some(Span { from: 0, to: 1, total: Some(10) }));
        assert_eq!(span("bytes 5-9/*"), Some(Span { from: 5, to: 10, total: None }));
        for wrong in ["bytes 5-4/10", "bytes 0-10/10", "0-1/2", "bytes x-1/2", "bytes 1-18446744073709551615/*"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_change_is_seen_by_what_both_say() {
        let version = |tag: &str, modified: &str, size| Version {
            tag: (!tag.is_empty()).then(|| tag.into()),
            modified: (!modified.is_empty()).then(|| modified.into()),
            size,
        };
        let first = version("\"a\"", "x", Some(5));
        assert_eq!(first.differs(&version("", "", None)), None);
        assert!(first.differs(&version("\"b\"", "x", Some(5))).is_some());
        assert!(first.differs(&version("\"a\"", "x", Some(6))).is_some());
        assert!(version("", "x", None).differs(&version("", "y", None)).is_some());
        assert_eq!((first.guard(), version("W/\"a\"", "", None).guard()), (Some("\"a\""), None));
        assert_eq!(version("", "Sun, 06 Nov 1994 08:49:37 GMT", None).meta().mtime, (784_111_777, 0));
    }
}
