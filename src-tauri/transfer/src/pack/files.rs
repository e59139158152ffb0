//! Reading the contents of members into buffers, and hashing them out of these.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::layout::{Part, Placed};
use super::{Content, Packed};
use crate::hash::{Hashes, Saved, hex};
use crate::line::Line;
use crate::storage::{ReadOptions, Reader, Storage};
use crate::{Fail, Result};

/// Reads contents of members to their places in buffers.
pub(super) struct Filler<'a> {
    source: &'a dyn Storage,
    relay: &'a Relay,
}

/// A file of which a part was read.
struct Open {
    id: i64,
    reader: Box<dyn Reader>,
    at: u64,
}

/// Files on the edge of two buffers, handed on from who reads the one to who reads the other: so each is opened once, and what its storage
/// reads ahead of is not asked for again.
#[derive(Default)]
pub(super) struct Relay {
    open: Mutex<Vec<Open>>,
    handed: Condvar,
}

/// How long to wait for a file before asking whether to stop.
const PATIENCE: Duration = Duration::from_millis(25);

impl Relay {
    fn hand_on(&self, open: Open) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(open);
        self.handed.notify_all();
    }

    /// The file that stands before this part, which somebody has in work. Fails when the line was stopped, which has its reason.
    fn take(&self, part: &Part, line: &Line) -> Result<Open> {
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let wanted = |open: &Open| open.id == part.member.id && open.at == part.from;
            if let Some(at) = all.iter().position(wanted) {
                return Ok(all.swap_remove(at));
            }
            if line.stopped() {
                return Err(Fail::Broken);
            }
            all = self.handed.wait_timeout(all, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<'a> Filler<'a> {
    pub(super) fn new(source: &'a dyn Storage, relay: &'a Relay) -> Self {
        Self { source, relay }
    }

    /// Reads all parts of the buffer number `seq` to their places. What goes on in the next buffer comes first, as somebody may wait for
    /// it; what began in the one before comes last, when it is most likely to be there.
    pub(super) fn fill(&self, seq: u64, buffer: &mut [u8], parts: &[Part], line: &Line) -> Result<()> {
        let begun = |part: &&Part| part.from > 0;
        let (late, early): (Vec<_>, Vec<_>) = parts.iter().filter(|part| !part.range.is_empty()).partition(begun);
        for part in early.into_iter().rev().chain(late) {
            // Before the first buffer nobody read anything: a session may begin in the middle of a file.
            let known = if part.from > 0 && seq > 0 { Some(self.relay.take(part, line)?) } else { None };
            if let Some(content) = &part.member.content {
                self.read(&mut buffer[part.range.clone()], part, content, known)?;
            }
        }
        Ok(())
    }

    fn read(&self, buffer: &mut [u8], part: &Part, content: &Content, known: Option<Open>) -> Result<()> {
        let mut open = known.map_or_else(|| self.open(part, content), Ok)?;
        let count = open.reader.read(buffer)?;
        open.at += count as u64;
        if count < buffer.len() {
            return Err(changed(content, open.at));
        }
        if !part.last {
            self.relay.hand_on(open);
            return Ok(());
        }
        match (open.reader.meta()?.size, content.within) {
            (size, None) if size == content.size => Ok(()),
            (size, None) => Err(changed(content, size)),
            // What lies around it may have any size.
            (_, Some(_)) => Ok(()),
        }
    }

    fn open(&self, part: &Part, content: &Content) -> Result<Open> {
        let offset = content.within.unwrap_or(0) + part.from;
        let until = content.within.map(|begin| begin + content.size);
        let options = ReadOptions { offset, until, ..ReadOptions::default() };
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
            hashes.update_apart(&buffer[part.range.clone()]);
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
