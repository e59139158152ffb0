//! What a listing says of the files that are deleted next: a thousand in one request, where each would take one of its own.

use std::collections::HashMap;

use longshore_engine::Fault;
use longshore_transfer::storage::{Error, Listed, Status, Storage};

use crate::attempt::PAGE;
use crate::faults::ToldAt as _;
use crate::kind::Context;

/// Lines that are held, at most: where files are listed in another order than they are deleted in, more would have to be.
const HELD: usize = 32 * PAGE;

/// Milliseconds after which a line is no longer trusted: since it was listed, something else may have been put there.
const FRESH: i64 = 30_000;

/// What a listing says of a file.
pub(super) struct Line {
    pub(super) size: u64,
    pub(super) md5: Option<[u8; 16]>,
    at: i64,
}

/// A listing of all below a folder, read as far as it is needed. Each line is read once, and what is not found in time is for the caller to
/// look at by itself.
pub(super) struct Ahead<'a> {
    storage: &'a dyn Storage,
    top: Vec<u8>,
    lines: HashMap<Vec<u8>, Line>,
    /// The last path that was listed.
    after: Option<Vec<u8>>,
    ended: bool,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(storage: &'a dyn Storage, top: &[u8]) -> Self {
        // Where each is deleted by itself it is looked at by itself, right before.
        let ended = !storage.capabilities().delete_many;
        Self { storage, top: top.to_vec(), lines: HashMap::new(), after: None, ended }
    }

    /// Reads on until these are at hand, as far as can be.
    pub(super) fn look(&mut self, context: &Context, paths: &[Vec<u8>]) -> Result<(), Fault> {
        let now = context.services.now();
        self.lines.retain(|_, line| now - line.at < FRESH);
        let mut missing = paths.iter().filter(|path| !self.lines.contains_key(*path)).count();
        while missing > 0 && !self.ended && self.lines.len() < HELD {
            context.go_on()?;
            self.page(context.services.now()).told_at(self.storage.name())?;
            missing = paths.iter().filter(|path| !self.lines.contains_key(*path)).count();
        }
        Ok(())
    }

    /// What was listed of a file, if it was, and lately.
    pub(super) fn take(&mut self, path: &[u8], context: &Context) -> Option<Line> {
        let now = context.services.now();
        self.lines.remove(path).filter(|line| now - line.at < FRESH)
    }

    fn page(&mut self, at: i64) -> Result<(), Error> {
        let (mut after, mut count) = (self.after.take(), 0);
        let (lines, from) = (&mut self.lines, after.clone());
        let listed = self.storage.list_all(&self.top, from.as_deref(), &mut |Listed { name, meta, md5 }| {
            count += 1;
            after = Some(name.clone());
            lines.insert(name, Line { size: meta.size, md5, at });
            if count < PAGE { Ok(()) } else { Err(Error::enough()) }
        });
        self.after = after;
        self.ended = match listed {
            Err(error) if error.is_enough() => false,
            // It is deleted all the same, and each file looked at.
            Err(error) if error.status == Status::Permanent => true,
            listed => listed.map(|_| true)?,
        };
        Ok(())
    }
}
