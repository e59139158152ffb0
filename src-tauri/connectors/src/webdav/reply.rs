//! What a server says of files and folders: `multistatus` (RFC 4918, 13 and 14), read as it comes.

use std::io::BufRead;

use longshore_transfer::storage::{Kind, Meta, UNKNOWN_SIZE};
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::http::seconds;

/// Of one file or folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path of its address, decoded, without a slash at the end.
    pub(super) path: Vec<u8>,
    folder: bool,
    size: Option<u64>,
    modified: Option<i64>,
    /// Bytes that may still be written (RFC 4331).
    pub(super) available: Option<i64>,
    /// Bytes that are taken.
    pub(super) used: Option<u64>,
}

impl Entry {
    pub(super) fn meta(&self) -> Meta {
        let kind = if self.folder { Kind::Folder } else { Kind::File };
        let size = if self.folder { 0 } else { self.size.unwrap_or(UNKNOWN_SIZE) };
        let mtime = (self.modified.unwrap_or_default(), 0);
        Meta { kind, size, mode: None, mtime, link: Vec::new(), names: 1 }
    }
}

/// Why a reply cannot be read.
pub(super) type Wrong = String;

/// Reads a reply; gives each entry as it comes. A failure of `each` ends it.
pub(super) fn read<E>(
    from: impl BufRead,
    each: &mut dyn FnMut(Entry) -> Result<(), E>,
) -> Result<Result<(), E>, Wrong> {
    let mut reader = NsReader::from_reader(from);
    let (mut buffer, mut state) = (Vec::new(), State::default());
    loop {
        buffer.clear();
        let (space, event) = reader.read_resolved_event_into(&mut buffer).map_err(|error| error.to_string())?;
        let ours = matches!(space, ResolveResult::Bound(Namespace("DAV:")));
        match event {
            Event::Start(start) if ours => state.opens(start.local_name().as_ref()),
            Event::Empty(empty) if ours && empty.local_name().as_ref() == "collection" => state.property.folder = true,
            Event::Text(text) => state.text.push_str(&text.xml10_content()),
            Event::CData(text) => state.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let known = quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned);
                let written = || reference.resolve_char_ref().ok().flatten().map(String::from);
                state.text.push_str(&known.or_else(written).ok_or("it holds an entity that is not known")?);
            }
            Event::End(end) if ours => {
                if let Some(entry) = state.closes(end.local_name().as_ref())?
                    && let Err(stop) = each(entry)
                {
                    return Ok(Err(stop));
                }
            }
            Event::Eof if state.whole => return Ok(Ok(())),
            Event::Eof => return Err("it ends too early, or is none".into()),
            _ => {}
        }
    }
}

/// What was read so far of a `response`.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // each stands for itself
struct State {
    text: String,
    entry: Entry,
    /// What the `propstat` in work says, which counts only if its status is 200.
    property: Entry,
    fine: bool,
    missing: bool,
    in_propstat: bool,
    whole: bool,
}

impl State {
    fn opens(&mut self, name: &str) {
        self.text.clear();
        match name {
            "response" => (self.entry, self.missing) = (Entry::default(), false),
            "propstat" => (self.property, self.fine, self.in_propstat) = (Entry::default(), false, true),
            "collection" => self.property.folder = true,
            _ => {}
        }
    }

    /// An entry, when it is whole.
    fn closes(&mut self, name: &str) -> Result<Option<Entry>, Wrong> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        match name {
            "href" if self.entry.path.is_empty() => self.entry.path = path_of(text)?,
            "status" if self.in_propstat => self.fine = text.split(' ').nth(1) == Some("200"),
            "status" => self.missing = text.split(' ').nth(1) != Some("200"),
            "getcontentlength" => self.property.size = text.parse().ok(),
            "getlastmodified" => self.property.modified = seconds(text),
            "quota-available-bytes" => self.property.available = text.parse().ok(),
            "quota-used-bytes" => self.property.used = text.parse().ok(),
            "propstat" => {
                self.in_propstat = false;
                if self.fine {
                    self.takes();
                }
            }
            "response" if !self.missing => return Ok(Some(std::mem::take(&mut self.entry))),
            "multistatus" => self.whole = true,
            _ => {}
        }
        Ok(None)
    }

    fn takes(&mut self) {
        let (entry, found) = (&mut self.entry, &self.property);
        entry.folder |= found.folder;
        entry.size = found.size.or(entry.size);
        entry.modified = found.modified.or(entry.modified);
        entry.available = found.available.or(entry.available);
        entry.used = found.used.or(entry.used);
    }
}

/// The path of an `href`, which is a path or a whole address; decoded.
fn path_of(href: &str) -> Result<Vec<u8>, Wrong> {
    let path = match href.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => href,
    };
    let mut decoded = decoded(path).ok_or("an address in it is not well formed")?;
    while decoded.ends_with(b"/") {
        decoded.pop();
    }
    Ok(decoded)
}

/// A path without its percent-encoding.
pub(super) fn decoded(path: &str) -> Option<Vec<u8>> {
    let mut bytes = path.bytes();
    let mut found = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            found.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
        found.push(u8::try_from(value).ok()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Result<Vec<Entry>, Wrong> {
        let mut found = Vec::new();
        let read = read(text.as_bytes(), &mut |entry| {
            found.push(entry);
            Ok::<(), ()>(())
        });
        read.map(|_| found)
    }

    #[test]
    fn prefixes_whole_addresses_and_what_is_not_there_are_understood() {
        let found = entries(
            r#"<?xml version="1.0"?><lp1:multistatus xmlns:lp1="DAV:" xmlns:x="urn:other">
            <lp1:response><lp1:href>https://h:1/dav/a%20b&amp;c/</lp1:href>
              <lp1:propstat><lp1:prop><lp1:resourcetype><lp1:collection/></lp1:resourcetype></lp1:prop>
                <lp1:status>HTTP/1.1 200 OK</lp1:status></lp1:propstat>
              <lp1:propstat><lp1:prop><lp1:getcontentlength>7</lp1:getcontentlength></lp1:prop>
                <lp1:status>HTTP/1.1 404 Not Found</lp1:status></lp1:propstat></lp1:response>
            <response xmlns="DAV:"><href>/dav/f%C3%BC</href><propstat><prop><getcontentlength>12</getcontentlength>
              <x:getcontentlength>99</x:getcontentlength>
              <getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</getlastmodified></prop>
              <status>HTTP/1.1 200 OK</status></propstat></response></lp1:multistatus>"#,
        );
        let found = found.unwrap_or_default();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].path.as_slice(), found[0].meta().kind), (&b"/dav/a b&c"[..], Kind::Folder));
        let meta = found[1].meta();
        assert_eq!((found[1].path.as_slice(), meta.size, meta.mtime.0), ("/dav/f\u{fc}".as_bytes(), 12, 784_111_777));
    }

    #[test]
    fn a_page_that_is_no_reply_is_refused() {
        assert!(entries("<html><body>Welcome</body></html>").is_err());
        assert!(entries(r#"<D:multistatus xmlns:D="DAV:"><D:response><D:href>/x</D:href>"#).is_err());
        assert!(
            entries(r#"<D:multistatus xmlns:D="DAV:"><D:response><D:href>/%zz</D:href></D:response></D:multistatus>"#)
                .is_err()
        );
    }
}
