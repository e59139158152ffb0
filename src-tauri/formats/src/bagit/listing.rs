//! A manifest, taken into its table.

use std::io::{self, Read};

use super::finding::Findings;
use super::lines::{Line, Lines};
use super::manifest::{self, Name};
use super::odd::{Odd, readings};
use super::path::{self, PAYLOAD};
use super::table::{Entered, Table};
use super::{Algorithm, Declaration};

/// The table that a manifest goes to, and what is said of it.
pub(super) struct Listing<'a> {
    pub(super) table: &'a mut Table,
    pub(super) odd: &'a mut Odd,
    pub(super) findings: &'a mut Findings,
    pub(super) declaration: Declaration,
}

impl Listing<'_> {
    /// Reads a manifest of a known algorithm.
    pub(super) fn take(&mut self, name: &Name, algorithm: Algorithm, file: impl Read) -> io::Result<()> {
        let column = self.table.column(algorithm);
        let mut lines = Lines::new(file, self.declaration.encoding);
        while let Some(line) = lines.next_line()? {
            let entry = match line {
                Line::Text(text) => manifest::parse(text, algorithm),
                Line::TooLong => Some(Err("it is too long".into())),
                Line::Undecodable => Some(Err("it is not of the bag's encoding".into())),
            };
            let said = match entry {
                None => continue,
                Some(Err(why)) => Err(("bag.manifest_line", why)),
                Some(Ok(entry)) => self.enter(name, column, &entry.digest, entry.path.as_bytes()),
            };
            if let Err((code, why)) = said {
                self.findings.invalid(code, &name.file, Some(lines.number()), why);
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        name: &Name,
        column: usize,
        digest: &[u8],
        written: &[u8],
    ) -> Result<(), (&'static str, String)> {
        let shown = String::from_utf8_lossy(written);
        let marked = written.strip_prefix(b"*").unwrap_or(written);
        path::clean(marked).map_err(|why| ("bag.path", format!("the path {shown:?} is refused: {why}")))?;
        let strict = self.declaration.version.is_strict();
        let mut readings = readings(written, strict).into_iter().filter_map(|reading| path::clean(&reading).ok());
        let Some(first) = readings.next() else {
            return Err(("bag.path", format!("the path {shown:?} leads out of the bag once it is decoded")));
        };
        if !name.tags && !first.starts_with(PAYLOAD) {
            return Err(("bag.path", format!("the path {shown:?} is not in data/")));
        }
        if name.tags && (first.starts_with(PAYLOAD) || Name::of(&first).is_some_and(|name| name.tags)) {
            let why = format!("the path {shown:?} has no place in a tag manifest");
            self.findings.warning("bag.tag_manifest", &name.file, None, why);
        }
        let Some((at, entered)) = self.table.enter(column, &first, digest) else {
            return Err(("bag.manifest_line", "there are more paths than a bag may have".into()));
        };
        for other in readings {
            self.odd.also_read(at, other);
        }
        match entered {
            Entered::First => Ok(()),
            Entered::Again { same: false } => {
                Err(("bag.listed_twice", format!("{shown:?} is listed a second time, with another checksum")))
            }
            Entered::Again { same: true } if strict => Err(("bag.listed_twice", format!("{shown:?} is listed twice"))),
            Entered::Again { same: true } => {
                self.findings.warning("bag.listed_twice", &name.file, None, format!("{shown:?} is listed twice"));
                Ok(())
            }
        }
    }
}
