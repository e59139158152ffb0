//! The walk of a dataset's sources: every entry once, in the order of a listing, in bounded memory.

use longshore_catalogue::{EntryKind, NewEntry, PathBytes, Totals};
use longshore_engine::{Class, Fault};
use longshore_transfer::storage::{Kind, Listed, Status, Storage, is_part};
use serde::{Deserialize, Serialize};

use super::Source;
use super::folder::{self, Child, ChildKind};
use crate::faults;
use crate::kind::Storages;

/// Entries that are handed over at a time.
const BATCH: usize = 1000;
/// Paths that a note holds; more are counted.
const DETAILS: usize = 100;

/// Weight of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// The archive cannot start.
    Error,
}

/// A remark of the walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Weight.
    pub level: NoteLevel,
    /// Stable code: `source.missing`, `source.same_name`, `source.unreadable`, `source.special`, `source.link`, `dataset.empty`,
    /// `name.not_utf8`, `name.reserved`.
    pub code: &'static str,
    /// In words.
    pub text: String,
    /// How many paths it concerns.
    pub count: u64,
    /// The first hundred of them, each with its reason if it has one of its own.
    pub details: Vec<String>,
}

/// What the walk found besides the entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Counts and bytes.
    pub totals: Totals,
    /// Remarks, one of a code.
    pub notes: Vec<Note>,
}

impl Walked {
    /// The first remark that forbids the archive, as a failure.
    pub fn fault(&self) -> Option<Fault> {
        let note = self.notes.iter().find(|note| note.level == NoteLevel::Error)?;
        let mut fault = Fault::new(Class::Permanent, note.code, "The dataset cannot be archived", &note.text)
            .now("Nothing was changed. Put it right and archive again.");
        fault.file = note.details.first().cloned();
        fault.also = note.details.iter().skip(1).cloned().collect();
        Some(fault)
    }
}

/// Takes what the walk finds.
pub trait Sink {
    /// Entries in order, parents before children, at most a thousand.
    fn entries(&mut self, batch: Vec<NewEntry>, so_far: &Totals) -> Result<(), Fault>;
    /// Whether to stop.
    fn cancelled(&self) -> bool;
}

/// Walks the sources in the order given. What is wrong with single paths becomes a note and the walk goes on, so that all of it
/// is told at once; `Err` is a storage that fails as a whole, the sink's failure, or a stop.
pub fn walk(given: &[PathBytes], storages: &dyn Storages, sink: &mut dyn Sink) -> Result<Walked, Fault> {
    walk_holding(folder::HELD, given, storages, sink)
}

/// With at most so many names of a folder in memory.
fn walk_holding(
    held: usize,
    given: &[PathBytes],
    storages: &dyn Storages,
    sink: &mut dyn Sink,
) -> Result<Walked, Fault> {
    let mut walk = Walk { found: Walked::default(), batch: Vec::with_capacity(BATCH), sink, held };
    let mut sources = Vec::new();
    for (number, given) in (0..).zip(given) {
        match open(number, given, storages) {
            Ok(source) => sources.push(source),
            Err(fault) if fault.class == Class::Permanent => walk.note_fault(given, &fault),
            Err(fault) => return Err(fault),
        }
    }
    for at in 0..sources.len() {
        walk.source(&sources, at)?;
    }
    walk.flush()?;
    if walk.found.totals.files + walk.found.totals.links == 0 && walk.found.fault().is_none() {
        walk.note(NoteLevel::Error, "dataset.empty", "There is not a single file in it", None);
    }
    Ok(walk.found)
}

/// A source that is there.
struct Opened {
    number: u32,
    source: Source,
    storage: std::sync::Arc<dyn Storage>,
    /// The top entry, unless the source is what lies in a folder.
    top: Option<Listed>,
}

fn open(number: u32, given: &PathBytes, storages: &dyn Storages) -> Result<Opened, Fault> {
    let source = Source::of(given)?;
    let storage = source.storage(storages)?;
    let top = if source.top().as_bytes().is_empty() {
        None
    } else {
        let meta = storage.stat(source.top().as_bytes()).map_err(|error| match error.code {
            "file.missing" => source.missing(),
            _ => faults::of_storage(storage.name(), &error),
        })?;
        Some(Listed::new(source.top().as_bytes().to_vec(), meta))
    };
    Ok(Opened { number, source, storage, top })
}

/// A folder that is being walked.
struct Level {
    path: PathBytes,
    children: std::vec::IntoIter<Child>,
    /// The last child given, from which a further page starts.
    at: Option<Child>,
    last: bool,
}

struct Walk<'a> {
    found: Walked,
    batch: Vec<NewEntry>,
    sink: &'a mut dyn Sink,
    held: usize,
}

impl Walk<'_> {
    fn source(&mut self, sources: &[Opened], at: usize) -> Result<(), Fault> {
        let opened = &sources[at];
        let Some(top) = &opened.top else {
            return self.tree(sources, at, PathBytes::default());
        };
        let path = opened.source.top().clone();
        if self.twice(sources, at, path.as_bytes()) {
            return Ok(());
        }
        if top.meta.kind == Kind::Link {
            let text =
                "A symbolic link was given; the link is archived, not what it points to (for that, add a / at the end)";
            self.note(NoteLevel::Warning, "source.link", text, Some(opened.source.given().to_text()));
        }
        match Child::of(top.clone()) {
            None => self.special(&path),
            Some(child) => {
                self.entry(opened.number, path.clone(), &child)?;
                if child.folder {
                    self.tree(sources, at, path)?;
                }
            }
        }
        Ok(())
    }

    /// Everything below a folder.
    fn tree(&mut self, sources: &[Opened], at: usize, top: PathBytes) -> Result<(), Fault> {
        let Opened { number, storage, .. } = &sources[at];
        let mut levels = Vec::new();
        levels.extend(self.level(storage.as_ref(), top, None)?);
        while let Some(level) = levels.last_mut() {
            let Some(child) = level.children.next() else {
                let Level { path, at, last, .. } = levels.remove(levels.len() - 1);
                if !last {
                    levels.extend(self.level(storage.as_ref(), path, at)?);
                }
                continue;
            };
            let path = level.path.join(&child.name);
            level.at = Some(child.clone());
            if levels.len() == 1 && !path.as_bytes().contains(&b'/') && self.twice(sources, at, path.as_bytes()) {
                continue;
            }
            self.entry(*number, path.clone(), &child)?;
            if child.folder {
                levels.extend(self.level(storage.as_ref(), path, None)?);
            }
        }
        Ok(())
    }

    /// Reads a folder, or its next page. A folder that cannot be read is noted.
    fn level(&mut self, storage: &dyn Storage, path: PathBytes, after: Option<Child>) -> Result<Option<Level>, Fault> {
        if self.sink.cancelled() {
            return Err(faults::cancelled());
        }
        let mut special = Vec::new();
        let first = after.is_none();
        let page = folder::page(storage, path.as_bytes(), after.as_ref(), self.held, &mut |name| {
            if first {
                special.push(path.join(name));
            }
        });
        for path in &special {
            self.special(path);
        }
        match page {
            Ok(page) => Ok(Some(Level { path, children: page.children.into_iter(), at: after, last: page.last })),
            Err(error) if error.status != Status::Permanent => Err(faults::of_storage(storage.name(), &error)),
            Err(error) => {
                let text = "A folder cannot be read, so that what lies in it would be left out";
                self.note(NoteLevel::Error, "source.unreadable", text, Some(format!("{path}: {}", error.why)));
                Ok(None)
            }
        }
    }

    fn entry(&mut self, source: u32, path: PathBytes, child: &Child) -> Result<(), Fault> {
        if std::str::from_utf8(path.file_name()).is_err() {
            let text = "Names that are not UTF-8 are archived byte for byte and shown with \\xNN";
            self.note(NoteLevel::Info, "name.not_utf8", text, Some(path.to_text()));
        }
        if is_part(path.file_name()) {
            let text = "Names that begin with a dot and end in .longshore-part are kept for unfinished files; rename or delete these";
            self.note(NoteLevel::Error, "name.reserved", text, Some(path.to_text()));
        }
        let totals = &mut self.found.totals;
        let kind = child.entry_kind();
        match kind {
            EntryKind::File => totals.files += 1,
            EntryKind::Folder => totals.folders += 1,
            EntryKind::Link => totals.links += 1,
        }
        totals.bytes += child.size;
        let link = match &child.kind {
            ChildKind::Link(target) => PathBytes::new(target.to_vec()),
            _ => PathBytes::default(),
        };
        let (size, mode, mtime) = (child.size, child.mode, child.mtime);
        self.batch.push(NewEntry { path, source, kind, size, mode, mtime, link });
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sink.entries(batch, &self.found.totals)?;
        if self.sink.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
    }

    /// Notes a top name that another source has too. The first keeps it.
    fn twice(&mut self, sources: &[Opened], at: usize, name: &[u8]) -> bool {
        let there = |other: &Opened| match &other.top {
            Some(top) => top.name == name,
            None => other.storage.stat(name).is_ok(),
        };
        let Some(other) = sources[..at].iter().find(|other| there(other)) else {
            return false;
        };
        let name = PathBytes::new(name).to_text();
        let detail = format!("{name}: in {} and in {}", other.source.given(), sources[at].source.given());
        let text = "Two sources have the same name at the top of the dataset";
        self.note(NoteLevel::Error, "source.same_name", text, Some(detail));
        true
    }

    fn special(&mut self, path: &PathBytes) {
        self.found.totals.special += 1;
        let text = "Pipes, sockets and devices have no content to archive and are left out";
        self.note(NoteLevel::Warning, "source.special", text, Some(path.to_text()));
    }

    fn note_fault(&mut self, given: &PathBytes, fault: &Fault) {
        let code = match fault.code.as_str() {
            "source.missing" => "source.missing",
            "source.relative" => "source.relative",
            _ => "source.unreadable",
        };
        self.note(NoteLevel::Error, code, &fault.why, Some(given.to_text()));
    }

    fn note(&mut self, level: NoteLevel, code: &'static str, text: &str, detail: Option<String>) {
        let notes = &mut self.found.notes;
        let at = notes.iter().position(|note| note.code == code).unwrap_or_else(|| {
            notes.push(Note { level, code, text: text.into(), count: 0, details: Vec::new() });
            notes.len() - 1
        });
        let note = &mut notes[at];
        note.count += 1;
        if note.details.len() < DETAILS {
            note.details.extend(detail);
        }
    }
}

#[cfg(test)]
mod tests;
