//! Where things lie on the server, and that no link is on the way.
//!
//! The protocol cannot open a file without following links in its path, so each folder is looked at before it is gone through, and remembered for
//! a few seconds. Somebody who may write on the server can put a link there in between; that is the server's own affair, as it would be with
//! any other client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use longshore_transfer::storage::{Kind, Status};

use super::Sftp;
use super::link::{Batch, Link};
use super::trouble::Trouble;
use super::wire::{Kept, ask};
use crate::local::walk;

/// How long a folder that was looked at is taken for one.
const FRESH: Duration = Duration::from_secs(5);

/// Folders that are remembered, at most.
const MOST: usize = 4096;

/// Folders that were looked at.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<Vec<u8>, Instant>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, folder: &[u8]) -> bool {
        self.lock().get(folder).is_some_and(|at| at.elapsed() < FRESH)
    }

    fn add<'f>(&self, folders: impl Iterator<Item = &'f [u8]>) {
        let mut seen = self.lock();
        if seen.len() > MOST {
            seen.clear();
        }
        let now = Instant::now();
        seen.extend(folders.map(|folder| (folder.to_vec(), now)));
    }

    pub(super) fn forget(&self, folder: &[u8]) {
        self.lock().remove(folder);
    }
}

/// A folder and all those above it, the topmost first; not the root.
fn chain(folder: &[u8]) -> Vec<&[u8]> {
    let ends = folder.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let all = ends.chain((!folder.is_empty()).then_some(folder.len()));
    all.map(|end| &folder[..end]).collect()
}

impl Sftp {
    /// The path from the server's top.
    pub(super) fn whole(&self, link: &Link, path: &[u8]) -> Vec<u8> {
        let root = self.root(link);
        match (path, root.ends_with(b"/")) {
            (b"", _) => root,
            (_, true) => [root.as_slice(), path].concat(),
            (_, false) => [root.as_slice(), b"/", path].concat(),
        }
    }

    /// The root, from the server's top.
    fn root(&self, link: &Link) -> Vec<u8> {
        let below = |top: &[u8], rest: &[u8]| match (rest, top.ends_with(b"/")) {
            (b"", _) => top.to_vec(),
            (_, true) => [top, rest].concat(),
            (_, false) => [top, b"/", rest].concat(),
        };
        let base = match self.base.as_slice() {
            absolute if absolute.starts_with(b"/") => absolute.to_vec(),
            relative => below(&link.home, relative),
        };
        match self.folder.as_slice() {
            absolute if absolute.starts_with(b"/") => absolute.to_vec(),
            relative => below(&base, relative),
        }
    }

    /// Sees that a folder and all above it are folders, and not links.
    pub(super) fn walk(&self, link: &Arc<Link>, folder: &[u8]) -> Result<(), Trouble> {
        if folder.is_empty() || self.seen.has(folder) {
            return Ok(());
        }
        match self.look_along(link, folder)? {
            None => Ok(()),
            Some((_, trouble)) => Err(trouble),
        }
    }

    /// The first of a folder and those above it that is none, and why.
    fn look_along<'f>(&self, link: &Arc<Link>, folder: &'f [u8]) -> Result<Option<(&'f [u8], Trouble)>, Trouble> {
        let chain = chain(folder);
        let mut batch = Batch::new(link);
        for folder in &chain {
            let whole = self.whole(link, folder);
            batch.ask(ask::LSTAT, |packet| packet.text(&whole));
        }
        for (folder, reply) in chain.iter().zip(batch.replies()?) {
            match reply.attrs().map(|attrs| attrs.kind()) {
                Ok(Kind::Folder) => {}
                Ok(kind) => return Ok(Some((folder, self.no_folder(folder, kind)))),
                Err(Trouble::Lost(lost)) => return Err(lost.into()),
                Err(trouble) => return Ok(Some((folder, trouble))),
            }
        }
        self.seen.add(chain.into_iter());
        Ok(None)
    }

    pub(super) fn no_folder(&self, path: &[u8], kind: Kind) -> Trouble {
        let (code, why) = match kind {
            Kind::Link => ("path.link", "it is a symbolic link, which is not followed"),
            _ => ("path.not_folder", "it is not a folder"),
        };
        self.place(path).told("Going through", code, Status::Permanent, why).into()
    }

    /// Makes a folder and those above it, the root included, where they are not there.
    pub(super) fn make(&self, link: &Arc<Link>, folder: &[u8]) -> Result<(), Trouble> {
        if folder.is_empty() {
            return self.make_root(link);
        }
        if self.seen.has(folder) {
            return Ok(());
        }
        match self.look_along(link, folder)? {
            None => return Ok(()),
            Some((missing, trouble)) if trouble.is_missing() => {
                if !missing.contains(&b'/') {
                    self.make_root(link)?;
                }
                self.make_from(link, folder, missing)?;
            }
            Some((_, trouble)) => return Err(trouble),
        }
        self.look_along(link, folder)?.map_or(Ok(()), |(_, trouble)| Err(trouble))
    }

    /// Makes the folders from the first that is missing. One that somebody else makes meanwhile is there as well.
    fn make_from(&self, link: &Arc<Link>, folder: &[u8], missing: &[u8]) -> Result<(), Trouble> {
        let mut batch = Batch::new(link);
        for folder in chain(folder).into_iter().filter(|folder| folder.len() >= missing.len()) {
            let whole = self.whole(link, folder);
            batch.ask(ask::MKDIR, |packet| packet.text(&whole).kept(&Kept::default()));
        }
        let replies = batch.replies()?;
        match replies.first().map(super::wire::Reply::done) {
            Some(Err(trouble)) if !trouble.is_failure() => Err(trouble),
            _ => Ok(()),
        }
    }

    fn make_root(&self, link: &Arc<Link>) -> Result<(), Trouble> {
        let root = self.root(link);
        let there = |path: &[u8]| link.call(ask::STAT, |packet| packet.text(path))?.attrs();
        match there(&root) {
            Ok(attrs) if attrs.kind() == Kind::Folder => return Ok(()),
            Ok(attrs) => return Err(self.no_folder(b"", attrs.kind())),
            Err(trouble) if !trouble.is_missing() => return Err(trouble),
            Err(_) => {}
        }
        for (at, byte) in root.iter().enumerate().skip(1) {
            if *byte == b'/' {
                let _ = link.make_folder(&root[..at]);
            }
        }
        match link.make_folder(&root) {
            // Somebody else has made it meanwhile.
            Err(trouble) if trouble.is_failure() && there(&root).is_ok_and(|attrs| attrs.kind() == Kind::Folder) => {
                Ok(())
            }
            other => other,
        }
    }

    /// Checks a path and the folders that it lies in; the path from the server's top.
    pub(super) fn reach(&self, link: &Arc<Link>, path: &[u8]) -> Result<Vec<u8>, Trouble> {
        self.walk(link, walk::split(path).0)?;
        Ok(self.whole(link, path))
    }
}
