//! The forms that programs read: CSV, JSON, and the manifest of a bag.

use std::io::{Result, Write};

use longshore_catalogue::{Block, Entry, EntryKind};
use longshore_engine::Millis;
use longshore_transfer::hash::hex;
use serde::Serialize;

use super::{Facts, Form, Missing};
use crate::owner::rows::{block_word, kind_word, method_word};

/// What is said of one entry. Times are UTC as RFC 3339 has them, sizes are bytes.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) path: String,
    pub(super) kind: &'static str,
    pub(super) bytes: u64,
    pub(super) md5: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) datablock: Option<&'a str>,
    pub(super) storage: Option<&'a str>,
    pub(super) proof: &'static str,
    pub(super) proved_at: Option<String>,
    pub(super) read_back: Option<&'static str>,
}

impl<'a> Line<'a> {
    pub(super) fn of(facts: &'a Facts, entry: &Entry) -> Self {
        let block = entry.copy.and_then(|copy| facts.block(copy.block));
        let file = entry.kind == EntryKind::File;
        Self {
            path: entry.path.to_text(),
            kind: kind_word(entry.kind),
            bytes: entry.size,
            md5: entry.digests.map(|digests| hex(&digests.md5)),
            sha256: entry.digests.map(|digests| hex(&digests.sha256)),
            datablock: block.map(|block| block.plan.name.as_str()),
            storage: block.map(|block| block.storage.as_str()),
            proof: match (entry.proved_at, block) {
                (Some(_), _) => "proved",
                (None, Some(_)) if file => "unverified",
                _ if file => "not archived",
                _ => "",
            },
            proved_at: entry.proved_at.map(time),
            read_back: entry.proved_at.and(block.and_then(|block| block.method)).map(method_word),
        }
    }
}

/// A time as reports have it.
pub(super) fn time(at: i64) -> String {
    Millis(at).rfc3339()
}

/// Comma-separated values (RFC 4180), with a head.
pub(super) struct Csv<'w>(pub(super) &'w mut dyn Write);

impl Form for Csv<'_> {
    fn begin(&mut self, _: &Facts) -> Result<()> {
        self.0.write_all(b"path,kind,bytes,md5,sha256,datablock,storage,proof,proved_at,read_back\r\n")
    }

    fn entry(&mut self, facts: &Facts, entry: &Entry) -> Result<()> {
        let line = Line::of(facts, entry);
        let bytes = line.bytes.to_string();
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        let (md5, sha256, proved_at) = (word(&line.md5), word(&line.sha256), word(&line.proved_at));
        let fields: [&str; 10] = [
            &line.path,
            line.kind,
            &bytes,
            &md5,
            &sha256,
            line.datablock.unwrap_or_default(),
            line.storage.unwrap_or_default(),
            line.proof,
            &proved_at,
            line.read_back.unwrap_or_default(),
        ];
        let quoted = fields.map(quoted).join(",");
        write!(self.0, "{quoted}\r\n")
    }

    fn end(&mut self, _: &Facts) -> Result<()> {
        Ok(())
    }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// One JSON document.
pub(super) struct Json<'w> {
    out: &'w mut dyn Write,
    first: bool,
}

#[derive(Serialize)]
struct BlockLine<'a> {
    name: &'a str,
    storage: &'a str,
    path: String,
    state: &'static str,
    files: u64,
    bytes: u64,
    sha256: Option<String>,
    verified_at: Option<String>,
    read_back: Option<&'static str>,
}

impl<'a> BlockLine<'a> {
    fn of(block: &'a Block) -> Self {
        Self {
            name: &block.plan.name,
            storage: &block.storage,
            path: block.path.to_text(),
            state: block_word(block.state),
            files: block.plan.files,
            bytes: block.plan.size,
            sha256: block.sha256.map(|sum| hex(&sum)),
            verified_at: block.verified_at.map(time),
            read_back: block.method.map(method_word),
        }
    }
}

impl<'w> Json<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, first: true }
    }

    fn value(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut *self.out, value).map_err(Into::into)
    }
}

impl Form for Json<'_> {
    fn begin(&mut self, facts: &Facts) -> Result<()> {
        let dataset = serde_json::json!({
            "pid": facts.dataset.pid, "name": facts.dataset.name, "files": facts.dataset.totals.files, "bytes": facts.dataset.totals.bytes,
            "proved_files": facts.proved, "proved_bytes": facts.proved_bytes,
        });
        self.out.write_all(b"{\"written_at\":")?;
        self.value(&time(facts.at))?;
        self.out.write_all(b",\"dataset\":")?;
        self.value(&dataset)?;
        self.out.write_all(b",\"datablocks\":")?;
        self.value(&facts.blocks.iter().map(BlockLine::of).collect::<Vec<_>>())?;
        self.out.write_all(b",\"entries\":[")
    }

    fn entry(&mut self, facts: &Facts, entry: &Entry) -> Result<()> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        self.value(&Line::of(facts, entry))
    }

    fn end(&mut self, _: &Facts) -> Result<()> {
        self.out.write_all(b"\n]}\n")
    }
}

/// `manifest-sha256.txt` of a bag (RFC 8493, section 2.1.3).
pub(super) struct Manifest<'w>(pub(super) &'w mut dyn Write);

impl Form for Manifest<'_> {
    fn begin(&mut self, _: &Facts) -> Result<()> {
        Ok(())
    }

    fn entry(&mut self, _: &Facts, entry: &Entry) -> Result<()> {
        if entry.kind != EntryKind::File {
            return Ok(());
        }
        let Some(digests) = entry.digests else { return Err(std::io::Error::other(Missing(entry.path.to_text()))) };
        // A manifest is UTF-8; a name that is not has the form in which it is shown.
        let path = std::str::from_utf8(entry.path.as_bytes()).map_or_else(|_| entry.path.to_text(), str::to_owned);
        // What would end the line, and the sign that tells of it, are percent-encoded there.
        let path = path.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        writeln!(self.0, "{}  data/{path}", hex(&digests.sha256))
    }

    fn end(&mut self, _: &Facts) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_would_break_a_line_is_quoted() {
        assert_eq!(quoted("a b"), "a b");
        assert_eq!(quoted("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
    }
}
