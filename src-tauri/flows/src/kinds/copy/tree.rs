//! Through the tree, a bounded number of files at a time, each time from where the last attempt came to.

use longshore_catalogue::PathBytes;
use longshore_engine::{Class, Fault};
use longshore_transfer::copy::{Checkpoint, Item};
use longshore_transfer::storage::{Kind, Meta, join};
use serde::{Deserialize, Serialize};

use super::batch::{self, Batch};
use super::{Ends, Output, With};
use crate::attempt::PAGE;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Level};
use crate::plan::folder::{Child, ChildKind};
use crate::tree::{Found, Tree};

/// Failed files that are named.
const NAMED: usize = 100;

/// What is saved: how far the copy is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Saved {
    /// The last entry that is done: its path below the top, and whether it is a folder.
    after: Option<(PathBytes, bool)>,
    /// What is done.
    done: Output,
    /// The large file in work.
    pub(super) large: Option<Checkpoint>,
}

impl Saved {
    /// Files that are done, the keys of the next ones follow.
    fn last_id(&self) -> i64 {
        i64::try_from(self.done.files).unwrap_or(i64::MAX)
    }
}

impl Saved {
    /// Bytes and files in all, with those of the batch in work.
    pub(super) fn progress(&self, bytes: u64, files: u64) -> (u64, u64) {
        (self.done.bytes + bytes, self.done.files + files)
    }
}

/// Files and bytes to copy.
pub(super) fn count(ends: &Ends) -> Result<(u64, u64), Fault> {
    if !ends.folder {
        let meta = ends.from.storage.stat(&ends.from.path).told_at(ends.from.storage.name())?;
        return Ok((1, meta.size));
    }
    let mut tree = Tree::begin(ends.from.storage.as_ref(), &ends.from.path, None)?;
    let (mut files, mut bytes) = (0, 0);
    while let Some(found) = tree.next()? {
        files += u64::from(found.child.kind == ChildKind::File);
        bytes += found.child.size;
    }
    Ok((files, bytes))
}

/// Copies all of it.
pub(super) fn copy(ends: &Ends, with: &With, context: &Context) -> Result<Output, Fault> {
    let saved: Option<Saved> = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
    let saved = saved.unwrap_or_else(|| Saved {
        done: Output { to: ends.to.shown(), verified: with.verify, ..Output::default() },
        ..Saved::default()
    });
    let mut copying = Copying { ends, with, context, saved, failed: Vec::new() };
    if ends.folder {
        copying.tree()?;
    } else {
        copying.file()?;
    }
    copying.verdict()
}

struct Copying<'a> {
    ends: &'a Ends,
    with: &'a With,
    context: &'a Context,
    saved: Saved,
    failed: Vec<Fault>,
}

impl Copying<'_> {
    fn file(&mut self) -> Result<(), Fault> {
        let meta = self.ends.from.storage.stat(&self.ends.from.path).told_at(self.ends.from.storage.name())?;
        let item = item(1, self.ends.from.path.clone(), self.ends.to.path.clone(), &meta);
        self.batch(vec![item])
    }

    fn tree(&mut self) -> Result<(), Fault> {
        let (from, to) = (&self.ends.from, &self.ends.to);
        to.storage.make_folder(&to.path).told_at(to.storage.name())?;
        let after = self.saved.after.clone();
        let after = after.as_ref().map(|(path, folder)| (path.as_bytes(), *folder));
        let mut tree = Tree::begin(from.storage.as_ref(), &from.path, after)?;
        let (mut items, mut last) = (Vec::new(), None);
        while let Some(found) = tree.next()? {
            self.context.go_on()?;
            last = Some((PathBytes::new(found.path.clone()), found.child.is_folder()));
            self.entry(found, &mut items)?;
            if items.len() == PAGE {
                self.batch(std::mem::take(&mut items))?;
                self.saved.after.clone_from(&last);
                self.context.save(&self.saved)?;
            }
        }
        self.batch(items)?;
        self.saved.after = last.or(self.saved.after.take());
        let special = tree.special.iter().map(|path| PathBytes::new(path.clone()).to_text());
        self.saved.done.left_out.extend(special);
        if self.failed.is_empty() { self.times() } else { Ok(()) }
    }

    /// Makes folders and links, and notes files.
    fn entry(&mut self, found: Found, items: &mut Vec<Item>) -> Result<(), Fault> {
        let Found { path, child } = found;
        let target = below(&self.ends.to.path, &path);
        let storage = self.ends.to.storage.as_ref();
        match &child.kind {
            ChildKind::Folder => storage.make_folder(&target).told_at(storage.name())?,
            ChildKind::Link(to) => {
                if let Err(fault) = storage.make_link(&target, to).told_at(storage.name()) {
                    self.failed.push(fault);
                }
            }
            ChildKind::File => {
                let id = self.saved.last_id() + i64::try_from(items.len()).unwrap_or(0) + 1;
                items.push(item(id, below(&self.ends.from.path, &path), target, &meta(&child)));
            }
        }
        Ok(())
    }

    fn batch(&mut self, items: Vec<Item>) -> Result<(), Fault> {
        let files = items.len() as u64;
        let batch = Batch {
            from: self.ends.from.storage.as_ref(),
            to: self.ends.to.storage.as_ref(),
            with: self.with,
            context: self.context,
            saved: &mut self.saved,
        };
        let batch::Summary { bytes, already, failed } = batch.copy(items)?;
        self.saved.large = None;
        self.saved.done.files += files;
        self.saved.done.bytes += bytes;
        self.saved.done.already += already;
        self.failed.extend(failed);
        Ok(())
    }

    /// Modes and times of folders, and times of links. They come last: what is written into a folder changes it.
    fn times(&self) -> Result<(), Fault> {
        let to = &self.ends.to;
        if !to.storage.capabilities().posix {
            return Ok(());
        }
        let mut tree = Tree::begin(self.ends.from.storage.as_ref(), &self.ends.from.path, None)?;
        while let Some(Found { path, child }) = tree.next()? {
            if child.kind == ChildKind::File {
                continue;
            }
            self.context.go_on()?;
            let (mode, time) = (child.is_folder().then_some(child.mode), (child.mtime.secs, child.mtime.nanos));
            to.storage.set_meta(&below(&to.path, &path), mode, Some(time)).told_at(to.storage.name())?;
        }
        Ok(())
    }

    /// What came of it. With a failure among it the next attempt goes through all of it again, and finds what is done.
    fn verdict(self) -> Result<Output, Fault> {
        let left_out = &self.saved.done.left_out;
        if !left_out.is_empty() {
            let text = format!("Left out, as they are neither files, folders nor links: {}", left_out.join(", "));
            self.context.host.log(Level::Warning, &text);
        }
        let number = self.failed.len();
        let mut failed = self.failed.into_iter();
        let Some(first) = failed.next() else { return Ok(self.saved.done) };
        self.context.forget_checkpoint()?;
        if number == 1 {
            return Err(first);
        }
        let rest: Vec<Fault> = failed.collect();
        let transient = first.class == Class::Transient || rest.iter().any(|fault| fault.class == Class::Transient);
        let class = if transient { Class::Transient } else { Class::Permanent };
        let what = format!("{number} files were not copied");
        let mut fault = Fault::new(class, "copy.incomplete", what, format!("The first: {first}"))
            .now("What was copied is there. Put it right, then retry: files that lie there already are compared.");
        fault.also = rest.iter().take(NAMED).map(ToString::to_string).collect();
        Err(fault)
    }
}

fn below(top: &[u8], path: &[u8]) -> Vec<u8> {
    join(top, path)
}

fn meta(child: &Child) -> Meta {
    let mtime = (child.mtime.secs, child.mtime.nanos);
    Meta { kind: Kind::File, size: child.size, mode: Some(child.mode), mtime, link: Vec::new(), names: 1 }
}

fn item(id: i64, source: Vec<u8>, target: Vec<u8>, meta: &Meta) -> Item {
    let mode = meta.mode.unwrap_or(0o644) & 0o7777;
    Item { id, source, target, size: meta.size, mtime: meta.mtime, mode }
}
