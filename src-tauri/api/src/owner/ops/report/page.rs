//! The form that is printed and signed: one page of HTML that needs nothing else.

use std::io::{Result, Write};

use longshore_catalogue::{Entry, EntryKind};
use longshore_transfer::hash::hex;

use super::forms::{Line, time};
use super::{Facts, Form};
use crate::owner::rows::{block_word, method_word};

/// Files that are listed; those that are not proved are always among them, as long as there is room.
const MOST: usize = 5000;

const STYLE: &str = "body{font:13px/1.45 system-ui,sans-serif;margin:2rem;color:#171f24}h1{font-size:1.4rem;margin:0 0 .2rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%;font-size:11px}th,td{text-align:left;padding:.2rem .5rem .2rem 0;border-bottom:1px solid #ccd2d5;vertical-align:top;overflow-wrap:anywhere}\
td.n,th.n{text-align:right;white-space:nowrap}code{font:11px ui-monospace,monospace}.t{color:#5e686e}dl{display:grid;grid-template-columns:12rem 1fr;gap:.2rem 1rem;margin:1rem 0}dt{color:#5e686e}dd{margin:0}\
tr{break-inside:avoid}thead{display:table-header-group}.w{font-weight:600}@page{margin:15mm}";

/// The page.
pub(super) struct Page<'w> {
    out: &'w mut dyn Write,
    listed: usize,
    left_out: u64,
    unproved: u64,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, listed: 0, left_out: 0, unproved: 0 }
    }

    fn facts(&mut self, facts: &Facts) -> Result<()> {
        let totals = &facts.dataset.totals;
        let whole = facts.proved == totals.files && totals.files > 0;
        let said = if whole {
            "Every file was read back from where it lies now, and is what was taken from the source."
        } else {
            "Not every file is proved."
        };
        let rows = [
            ("Identifier", facts.dataset.pid.clone()),
            ("Files", totals.files.to_string()),
            ("Size", format!("{} bytes", totals.bytes)),
            ("Proved on long-term storage", format!("{} files, {} bytes", facts.proved, facts.proved_bytes)),
            ("Report written", time(facts.at)),
        ];
        write!(self.out, "<h1>Fixity report: {}</h1><p class=\"w\">{said}</p><dl>", escaped(&facts.dataset.name))?;
        for (term, value) in rows {
            write!(self.out, "<dt>{term}</dt><dd>{}</dd>", escaped(&value))?;
        }
        self.out.write_all(b"</dl>")
    }

    fn blocks(&mut self, facts: &Facts) -> Result<()> {
        self.out.write_all(b"<h2>Datablocks</h2><table><thead><tr><th>Name</th><th>Storage and path</th><th>State</th><th class=n>Files</th><th class=n>Bytes</th><th>SHA-256</th><th>Read back</th></tr></thead><tbody>")?;
        for block in &facts.blocks {
            let sum = block.sha256.map(|sum| hex(&sum)).unwrap_or_default();
            let back = block.verified_at.map(time).unwrap_or_default();
            let how = block.method.map(method_word).unwrap_or_default();
            let (name, place) =
                (escaped(&block.plan.name), escaped(&format!("{}:{}", block.storage, block.path.to_text())));
            writeln!(
                self.out,
                "<tr><td>{name}</td><td>{place}</td><td>{}</td><td class=n>{}</td><td class=n>{}</td><td><code>{sum}</code></td><td>{back} <span class=t>{how}</span></td></tr>",
                block_word(block.state),
                block.plan.files,
                block.plan.size
            )?;
        }
        self.out.write_all(b"</tbody></table>")
    }
}

impl Form for Page<'_> {
    fn begin(&mut self, facts: &Facts) -> Result<()> {
        let title = escaped(&facts.dataset.name);
        writeln!(
            self.out,
            "<!doctype html>\n<html lang=en><meta charset=utf-8><title>Fixity report: {title}</title><style>{STYLE}</style><body>"
        )?;
        self.facts(facts)?;
        self.blocks(facts)?;
        self.out.write_all(b"<h2>Files</h2><table><thead><tr><th>Path</th><th class=n>Bytes</th><th>SHA-256</th><th>Datablock</th><th>Proof</th></tr></thead><tbody>\n")
    }

    fn entry(&mut self, facts: &Facts, entry: &Entry) -> Result<()> {
        if entry.kind != EntryKind::File {
            return Ok(());
        }
        let unproved = entry.proved_at.is_none();
        self.unproved += u64::from(unproved);
        // Room is kept for those that somebody has to look at.
        if self.listed >= if unproved { 2 * MOST } else { MOST } {
            self.left_out += 1;
            return Ok(());
        }
        self.listed += 1;
        let line = Line::of(facts, entry);
        let proof = line.proved_at.clone().unwrap_or_else(|| line.proof.to_owned());
        let (path, block) = (escaped(&line.path), escaped(line.datablock.unwrap_or_default()));
        let sum = line.sha256.unwrap_or_default();
        let class = if unproved { " class=w" } else { "" };
        writeln!(
            self.out,
            "<tr{class}><td>{path}</td><td class=n>{}</td><td><code>{sum}</code></td><td>{block}</td><td>{proof}</td></tr>",
            line.bytes
        )
    }

    fn end(&mut self, _: &Facts) -> Result<()> {
        self.out.write_all(b"</tbody></table>")?;
        if self.left_out > 0 {
            let (left, listed) = (self.left_out, self.listed);
            write!(
                self.out,
                "<p>{left} more files are not listed here, where {listed} are; the CSV and JSON forms of this report list all of them.</p>"
            )?;
        }
        let unproved = self.unproved;
        writeln!(self.out, "<p>{unproved} files without proof. Times are UTC.</p></body></html>")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
