//! Reading the contents of members into buffers, and hashing them out of these.

use std::sync::Arc;

use super::layout::{Part, Placed};
use super::{Content, Packed};
use crate::hash::{Hashes, Saved, hex};
use crate::storage::{ReadOptions, Reader, Storage};
use crate::{Fail, Result};

/// Reads contents of members; the last file is kept open, as its next part often follows.
pub(super) struct Filler<'a> {
    source: &'a dyn Storage,
    open: Option<Open>,
}

struct Open {
    id: i64,
    reader: Box<dyn Reader>,
    at: u64,
}

impl<'a> Filler<'a> {
    pub(super) fn new(source: &'a dyn Storage) -> Self {
        Self { source, open: None }
    }

    /// Reads all parts to their places in the buffer.
    pub(super) fn fill(&mut self, buffer: &mut [u8], parts: &[Part]) -> Result<()> {
        for part in parts.iter().filter(|part| !part.range.is_empty()) {
            if let Some(content) = &part.member.content {
                self.read(&mut buffer[part.range.clone()], part, content)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], part: &Part, content: &Content) -> Result<()> {
        let mut open = match self.open.take() {
            Some(open) if open.id == part.member.id && open.at == part.from => open,
            _ => self.open(part, content)?,
        };
        let count = open.reader.read(buffer)?;
        open.at += count as u64;
        if count < buffer.len() {
            return Err(changed(content, open.at));
        }
        if !part.last {
            self.open = Some(open);
            return Ok(());
        }
        match open.reader.meta()?.size {
            size if size == content.size => Ok(()),
            size => Err(changed(content, size)),
        }
    }

    fn open(&self, part: &Part, content: &Content) -> Result<Open> {
        let options = ReadOptions { offset: part.from, ..ReadOptions::default() };
        let reader = self.source.read(&content.path, options)?;
        Ok(Open { id: part.member.id, reader, at: part.from })
    }
}

fn changed(content: &Content, size: u64) -> Fail {
    let why = format!("it has {size} bytes, the ledger says {}", content.size);
    Fail::Changed { path: content.path.clone(), why }
}

/// Hashes the contents of members as their parts come by in order.
pub(super) struct FileHasher {
    current: Option<Hashes>,
}

impl FileHasher {
    /// Going on with a state, if the stream starts in the middle of a file.
    pub(super) fn new(saved: Option<&Saved>) -> Self {
        Self { current: saved.and_then(Hashes::load) }
    }

    /// Hashes the parts of one buffer, and gives the members that are whole with it.
    pub(super) fn take(&mut self, buffer: &[u8], parts: &[Part]) -> Result<Vec<Packed>> {
        let mut packed = Vec::new();
        for part in parts {
            let Some(content) = &part.member.content else {
                packed.push(row(&part.member));
                continue;
            };
            if part.from == 0 {
                self.current = Some(Hashes::new(content.md5));
            }
            // In the middle of a file there is a state: of the part before, or of the checkpoint.
            let hashes = self.current.as_mut().ok_or(Fail::Broken)?;
            hashes.update(&buffer[part.range.clone()]);
            if part.last {
                packed.push(self.finish(&part.member, content)?);
            }
        }
        Ok(packed)
    }

    /// The state in the middle of a file.
    pub(super) fn save(&self) -> Option<Saved> {
        self.current.as_ref().map(Hashes::save)
    }

    fn finish(&mut self, member: &Arc<Placed>, content: &Content) -> Result<Packed> {
        let digests = self.current.take().ok_or(Fail::Broken)?.finish();
        match content.sha256 {
            Some(expected) if expected != digests.sha256 => Err(Fail::Mismatch {
                id: member.id,
                path: content.path.clone(),
                expected: hex(&expected),
                found: hex(&digests.sha256),
            }),
            _ => Ok(Packed { sha256: Some(digests.sha256), md5: digests.md5, ..row(member) }),
        }
    }
}

fn row(member: &Placed) -> Packed {
    Packed { id: member.id, header: member.header, data: member.data, sha256: None, md5: None }
}
