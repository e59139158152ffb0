//! Through the tree, a bounded number of files at a time, each time from where the last attempt came to.

use std::collections::BTreeMap;

use longshore_catalogue::PathBytes;
use longshore_engine::{Class, Fault};
use longshore_transfer::copy::{Checkpoint, Item};
use longshore_transfer::storage::{Kind, Meta, join};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Failed};
use super::choice::Choice;
use super::named::Named;
use super::not_copied::NotCopied;
use super::settle::{self, Unsettled};
use super::standing::Seen;
use super::{Ends, Output, With, extra};
use crate::attempt::PAGE;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level};
use crate::plan::folder::{Child, ChildKind};
use crate::tree::{Found, Tree};

/// Failed files that are named.
const NAMED: usize = 100;

/// Files that are copied before it is saved how far the copy is: between two pages a storage with much latency waits.
const FILES: usize = 4_096;

/// Bytes of them: after a kill what was copied of a page is compared.
const BYTES: u64 = 1 << 30;

/// Failed files that the next attempt tries by themselves. With more of them it goes through all once more.
const KEPT: usize = 10_000;

/// What is saved: how far the copy is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Saved {
    /// The last entry that is done: its path below the top, whether it is a folder, and how much of the path is the folder that it was
    /// listed in.
    after: Option<(PathBytes, bool, usize)>,
    /// What is done.
    pub(super) done: Output,
    /// Large files that were begun, by their path on the source: the one in work, and those that were cut off.
    pub(super) begun: BTreeMap<PathBytes, Checkpoint>,
    /// Files that were taken up before the page in work; the keys of the next ones follow.
    taken: i64,
    /// Files before `after` that were not copied, by their path on the source.
    failed: Vec<NotCopied>,
    /// There were more of them than are kept.
    more_failed: bool,
    /// Files among them that were still being written.
    pub(super) unsettled: Unsettled,
    /// A source did not say how long a file was.
    pub(super) unproved: bool,
    /// All is done.
    ended: bool,
}

impl Saved {
    /// Bytes and files in all, with those of the batch in work.
    pub(super) fn progress(&self, bytes: u64, files: u64) -> (u64, u64) {
        (self.done.bytes + bytes, self.done.files + files)
    }
}

/// Copies all of it.
pub(super) fn copy(ends: &Ends, with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    let choice = Choice::of(with, context.services.clock.now())?;
    let saved: Option<Saved> = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
    let mut saved = saved.unwrap_or_default();
    if saved.ended {
        return Ok(saved.done.into());
    }
    saved.done.to = ends.to.shown();
    saved.done.verified = with.verify;
    let (failed, seen) = (Vec::new(), Seen::default());
    let named = Named::of(ends, with);
    let mut copying = Copying { ends, with, choice, context, saved, seen, named, failed };
    if ends.folder {
        copying.again()?;
        copying.tree()?;
    } else {
        copying.file()?;
    }
    copying.verdict()
}

struct Copying<'a> {
    ends: &'a Ends,
    with: &'a With,
    choice: Choice,
    context: &'a Context,
    saved: Saved,
    seen: Seen,
    named: Named<'a>,
    /// Why files were not copied in this attempt, the first of them.
    failed: Vec<Fault>,
}

impl Copying<'_> {
    fn file(&mut self) -> Result<(), Fault> {
        let meta = self.ends.from.storage.stat(&self.ends.from.path).told_at(self.ends.from.storage.name())?;
        self.saved.failed.clear();
        if !self.has_settled(&self.ends.from.path, &meta) {
            return Ok(());
        }
        self.batch(&[item(1, self.ends.from.path.clone(), self.ends.to.path.clone(), &meta)])
    }

    /// What failed in earlier attempts, alone.
    fn again(&mut self) -> Result<(), Fault> {
        let before = std::mem::take(&mut self.saved.failed);
        let mut rest = before.as_slice();
        while !rest.is_empty() {
            let (page, behind) = rest.split_at(rest.len().min(PAGE));
            let items = self.items_of(page)?;
            self.batch(&items)?;
            // What was not tried yet is still to be tried, whatever comes.
            let failed = self.saved.failed.len();
            self.saved.failed.extend_from_slice(behind);
            self.context.save(&self.saved)?;
            self.saved.failed.truncate(failed);
            rest = behind;
        }
        Ok(())
    }

    /// Files by their paths on the source, those that are still there.
    fn items_of(&mut self, before: &[NotCopied]) -> Result<Vec<Item>, Fault> {
        let ends = self.ends;
        let (from, to) = (&ends.from, &ends.to);
        let mut items = Vec::new();
        for path in before.iter().map(|file| file.path.as_bytes()) {
            self.context.go_on()?;
            match from.storage.stat(path) {
                Ok(meta) if meta.kind == Kind::File => {
                    if !self.has_settled(path, &meta) {
                        continue;
                    }
                    let below = path.strip_prefix(from.path.as_slice()).unwrap_or(path);
                    let below = below.strip_prefix(b"/").unwrap_or(below);
                    let target = join(&to.path, &self.named.target(below, false)?);
                    items.push(item(self.next_id(items.len()), path.to_vec(), target, &meta));
                }
                Ok(_) => {}
                Err(error) if error.code == "file.missing" => {}
                Err(error) => return Err(error).told_at(from.storage.name()),
            }
        }
        Ok(items)
    }

    fn tree(&mut self) -> Result<(), Fault> {
        let (from, to) = (&self.ends.from, &self.ends.to);
        to.storage.make_folder(&to.path).told_at(to.storage.name())?;
        let after = self.saved.after.clone();
        let after = after.as_ref().map(|(path, folder, level)| (path.as_bytes(), *folder, *level));
        let mut tree = Tree::behind(from.storage.as_ref(), &from.path, after)?;
        let (mut items, mut bytes, mut last) = (Vec::new(), 0_u64, None);
        while let Some(found) = tree.next()? {
            self.context.go_on()?;
            last = Some((PathBytes::new(found.path.clone()), found.child.is_folder(), found.level));
            let before = items.len();
            self.entry(found, &mut items)?;
            bytes = items[before..].iter().fold(bytes, |bytes, item: &Item| bytes.saturating_add(item.size));
            if items.len() >= FILES || bytes >= BYTES {
                self.batch(&items)?;
                items.clear();
                bytes = 0;
                self.saved.after.clone_from(&last);
                self.context.save(&self.saved)?;
            }
        }
        self.batch(&items)?;
        self.saved.after = last.or(self.saved.after.take());
        let special = tree.special.iter().map(|path| PathBytes::new(path.clone()).to_text());
        self.saved.done.left_out.extend(special);
        if self.saved.failed.is_empty() && !self.saved.more_failed { self.finish() } else { Ok(()) }
    }

    /// What comes when every file is copied.
    fn finish(&mut self) -> Result<(), Fault> {
        if self.with.delete_extra {
            self.saved.done.deleted += extra::delete(self.ends, &self.named, &self.choice, self.context)?;
        }
        self.times()
    }

    /// Makes folders and links, and notes files.
    fn entry(&mut self, found: Found, items: &mut Vec<Item>) -> Result<(), Fault> {
        let Found { path, child, .. } = found;
        let name = self.named.target(&path, child.is_folder())?;
        let target = join(&self.ends.to.path, &name);
        let storage = self.ends.to.storage.as_ref();
        let meant = self.choice.takes(&path, &child);
        match &child.kind {
            ChildKind::Folder if self.choice.is_all() => storage.make_folder(&target).told_at(storage.name())?,
            ChildKind::Link(to) if meant => {
                if let Err(fault) = storage.make_link(&target, to).told_at(storage.name()) {
                    self.note([(join(&self.ends.from.path, &path), fault)].into());
                }
            }
            ChildKind::File if meant => {
                let (source, meta) = (join(&self.ends.from.path, &path), meta(&child));
                if self.has_settled(&source, &meta) {
                    self.tell_name(&path, &name);
                    items.push(item(self.next_id(items.len()), source, target, &meta));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Says that a file has another name at the target than at the source.
    fn tell_name(&mut self, path: &[u8], name: &[u8]) {
        if path == name {
            return;
        }
        let done = &mut self.saved.done;
        done.mapped += 1;
        if done.mapped_names.len() < NAMED {
            let text = format!("{} -> {}", PathBytes::new(path).to_text(), PathBytes::new(name).to_text());
            self.context.host.log(Level::Warning, &format!("It has another name at the target: {text}"));
            done.mapped_names.push(text);
        }
    }

    /// Whether a file may be read now. One that may not is noted.
    fn has_settled(&mut self, path: &[u8], meta: &Meta) -> bool {
        let now = self.context.services.clock.now();
        let settled = self.saved.unsettled.has_settled(path, meta, self.with.settle.0, now);
        if !settled {
            let fault = settle::unsettled(path, self.ends.from.storage.name());
            self.note([(path.to_vec(), fault)].into());
        }
        settled
    }

    /// A file that changed while it was read is looked at, so that it can be seen when it has settled.
    fn has_changed(&mut self, path: &[u8]) {
        if let Ok(meta) = self.ends.from.storage.stat(path) {
            self.saved.unsettled.changed(path, &meta, self.context.services.clock.now());
        }
    }

    fn next_id(&self, ahead: usize) -> i64 {
        self.saved.taken + i64::try_from(ahead).unwrap_or(0) + 1
    }

    fn batch(&mut self, items: &[Item]) -> Result<(), Fault> {
        let taken = i64::try_from(items.len()).unwrap_or(0);
        let Self { ends, with, context, saved, seen, .. } = self;
        let failed = Batch { ends, with, context, saved, seen }.copy(items)?;
        self.saved.taken += taken;
        for (path, _) in failed.iter().filter(|(_, fault)| fault.code == "file.changed") {
            self.has_changed(path);
        }
        self.note(failed);
        Ok(())
    }

    /// Remembers what was not copied, so that no later attempt takes it for done.
    fn note(&mut self, failed: Vec<Failed>) {
        for (path, fault) in failed {
            if self.saved.failed.len() < KEPT {
                self.saved.failed.push(NotCopied::new(path, &fault));
            } else {
                self.saved.more_failed = true;
            }
            if self.failed.len() <= NAMED {
                self.failed.push(fault);
            }
        }
    }

    /// Modes and times of folders, and times of links. They come last: what is written into a folder changes it.
    fn times(&self) -> Result<(), Fault> {
        let to = &self.ends.to;
        if !to.storage.capabilities().posix || !self.choice.is_all() {
            return Ok(());
        }
        let mut tree = Tree::begin(self.ends.from.storage.as_ref(), &self.ends.from.path, None)?;
        while let Some(Found { path, child, .. }) = tree.next()? {
            if child.kind == ChildKind::File {
                continue;
            }
            self.context.go_on()?;
            let path = self.named.target(&path, child.is_folder())?;
            let (mode, time) = (child.is_folder().then_some(child.mode), (child.mtime.secs, child.mtime.nanos));
            to.storage.set_meta(&join(&to.path, &path), mode, Some(time)).told_at(to.storage.name())?;
        }
        Ok(())
    }

    /// When to go on, where all that was not copied is still being written.
    fn look_again(&mut self) -> Result<Option<Done<Output>>, Fault> {
        let waits = !self.failed.is_empty() && self.failed.iter().all(settle::is_unsettled) && !self.saved.more_failed;
        let now = self.context.services.clock.now();
        let until = if waits { self.saved.unsettled.look_again(self.with.settle.0, now) } else { None };
        let Some(until) = until else { return Ok(None) };
        let names: Vec<&str> = self.failed.iter().filter_map(|fault| fault.file.as_deref()).take(NAMED).collect();
        self.context.host.log(Level::Info, &format!("Still being written, and looked at again: {}", names.join(", ")));
        self.context.save(&self.saved)?;
        Ok(Some(Done::Deferred { until }))
    }

    /// What came of it. The next attempt tries what was not copied, and nothing else.
    fn verdict(mut self) -> Result<Done<Output>, Fault> {
        if let Some(later) = self.look_again()? {
            return Ok(later);
        }
        let Saved { done, failed: kept, more_failed, .. } = &self.saved;
        if !done.left_out.is_empty() {
            let text = format!("Left out, as they are neither files, folders nor links: {}", done.left_out.join(", "));
            self.context.host.log(Level::Warning, &text);
        }
        let number = kept.len().max(self.failed.len());
        let mut failed = self.failed.into_iter();
        let Some(first) = failed.next() else {
            self.saved.ended = true;
            self.saved.done.verified &= !self.saved.unproved;
            self.context.save(&self.saved)?;
            return Ok(self.saved.done.into());
        };
        if *more_failed || !self.ends.folder {
            self.context.forget_checkpoint()?;
        } else {
            self.context.save(&self.saved)?;
        }
        if number == 1 {
            return Err(first);
        }
        let rest: Vec<Fault> = failed.collect();
        let transient = first.class == Class::Transient || rest.iter().any(|fault| fault.class == Class::Transient);
        let class = if transient { Class::Transient } else { Class::Permanent };
        let what = format!("{}{number} files were not copied", if *more_failed { "More than " } else { "" });
        let mut fault = Fault::new(class, "copy.incomplete", what, format!("The first: {first}"))
            .now("What was copied is there. Put it right, then retry: what was not copied is tried again.");
        fault.also = rest.iter().take(NAMED).map(ToString::to_string).collect();
        Err(fault)
    }
}

pub(super) fn meta(child: &Child) -> Meta {
    let mtime = (child.mtime.secs, child.mtime.nanos);
    Meta { kind: Kind::File, size: child.size, mode: Some(child.mode), mtime, link: Vec::new(), names: 1 }
}

fn item(id: i64, source: Vec<u8>, target: Vec<u8>, meta: &Meta) -> Item {
    let mode = meta.mode.unwrap_or(0o644) & 0o7777;
    Item { id, source, target, size: meta.size, mtime: meta.mtime, mode }
}
