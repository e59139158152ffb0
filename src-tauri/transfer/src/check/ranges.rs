//! Which bytes of the block belong to which file, and whether they are right.

use super::{Expected, ExpectedPages, Found, Wrong};
use crate::hash::{Hashes, Saved, hex};
use crate::{Fail, Result};

/// Wrong files that are named in the result; all are reported as they are found.
const NAMED: usize = 100;

/// Judges the files of a block as its bytes come by in order.
pub(super) struct Judge<'a> {
    pages: &'a mut dyn ExpectedPages,
    page: std::vec::IntoIter<Expected>,
    /// Key of the last file of the page, and whether there is another page.
    page_end: i64,
    more: bool,
    /// The file in work or next, and its hashes once its content has begun.
    file: Option<Expected>,
    hashes: Option<Hashes>,
    pub(super) found: Found,
}

/// Files that were judged since the last time.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) right: Vec<i64>,
    pub(super) wrong: Vec<Wrong>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(pages: &'a mut dyn ExpectedPages, found: Found, file: Option<&Saved>) -> Result<Self> {
        let (page_end, hashes) = (found.after, file.and_then(Hashes::load));
        let mut judge = Self { pages, page: Vec::new().into_iter(), page_end, more: true, file: None, hashes, found };
        judge.file = judge.next_file()?;
        Ok(judge)
    }

    /// Takes the bytes at `at`, which follow those taken before.
    pub(super) fn take(&mut self, at: u64, bytes: &[u8], judged: &mut Judged) -> Result<()> {
        let end = at + bytes.len() as u64;
        while let Some(file) = &self.file {
            if self.hashes.is_none() && file.data < at {
                let (id, found) = (file.id, "the ledger's ranges of it and of the file before overlap".to_owned());
                self.wrong(id, found, judged);
                self.file = self.next_file()?;
                continue;
            }
            let (from, to) = (file.data.max(at), (file.data + file.size).min(end));
            if file.data > end || (file.data == end && file.size > 0) {
                break;
            }
            let hashes = self.hashes.get_or_insert_with(|| Hashes::new(false));
            hashes.update(slice(bytes, from - at, to - at));
            if file.data + file.size > end {
                break;
            }
            self.judge(judged)?;
        }
        Ok(())
    }

    /// The block ends here: files that lie behind its end are wrong.
    pub(super) fn end(&mut self, at: u64, judged: &mut Judged) -> Result<()> {
        while let Some(file) = self.file.take() {
            self.hashes = None;
            let found = match file.data {
                data if data >= at => format!("the datablock ends at byte {at}, before the file's first byte ({data})"),
                data => {
                    format!("the datablock ends at byte {at}, after {} of the file's {} bytes", at - data, file.size)
                }
            };
            self.wrong(file.id, found, judged);
            self.file = self.next_file()?;
        }
        Ok(())
    }

    /// The state in the middle of a file.
    pub(super) fn save(&self) -> Option<Saved> {
        self.hashes.as_ref().map(Hashes::save)
    }

    fn judge(&mut self, judged: &mut Judged) -> Result<()> {
        let (Some(file), Some(hashes)) = (self.file.take(), self.hashes.take()) else { return Err(Fail::Broken) };
        let found = hashes.finish().sha256;
        if found == file.sha256 {
            self.found.right += 1;
            self.found.after = file.id;
            judged.right.push(file.id);
        } else {
            let text = format!("its SHA-256 is {}, the source's was {}", hex(&found), hex(&file.sha256));
            self.wrong(file.id, text, judged);
        }
        self.file = self.next_file()?;
        Ok(())
    }

    fn wrong(&mut self, id: i64, found: String, judged: &mut Judged) {
        let wrong = Wrong { id, found };
        self.found.wrong += 1;
        self.found.after = id;
        if self.found.first_wrong.len() < NAMED {
            self.found.first_wrong.push(wrong.clone());
        }
        judged.wrong.push(wrong);
    }

    fn next_file(&mut self) -> Result<Option<Expected>> {
        if let Some(file) = self.page.next() {
            return Ok(Some(file));
        }
        if !self.more {
            return Ok(None);
        }
        let page = self.pages.page(self.page_end)?;
        match page.last() {
            Some(last) => self.page_end = last.id,
            None => self.more = false,
        }
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}

fn slice(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let (from, to) = (usize::try_from(from).unwrap_or(usize::MAX), usize::try_from(to).unwrap_or(usize::MAX));
    bytes.get(from..to).unwrap_or_default()
}
