//! `delete`: a file or a folder of a storage or of this machine. What the ledger counts on stays, unless it is told otherwise.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, Entry, PathBytes, Released};
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{PAGE, blocking};
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Need, Progress, Services, TypedKind};
use crate::location::Location;
use crate::prune;
use crate::tree::Tree;

/// Parameters of `delete`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What to delete: STORAGE:PATH, or an absolute path of this machine. Never a storage as a whole.
    pub path: String,
    /// Delete a folder with all that is in it. Without it only a file, or an empty folder, is deleted.
    #[serde(default)]
    pub recursive: bool,
    /// Whether it is well if nothing lies there.
    #[serde(default)]
    pub missing_ok: bool,
    /// Delete also files of the landing zone that the ledger has no proof of, and what lies on the LTS for a dataset. This may
    /// destroy the only copy.
    #[serde(default)]
    pub without_proof: bool,
}

/// Output of `delete`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// Files and links that were deleted by this attempt.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// `delete`.
pub struct Delete;

#[async_trait]
impl TypedKind for Delete {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "delete";
    const TITLE: &'static str = "Deletes a file or a folder";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || place(&with, &services).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || delete(&with, &context)).await.map(Done::Output)
    }
}

fn place(with: &With, services: &Services) -> Result<Location, Fault> {
    let storages = services.storages.as_ref();
    let mut at = Location::read(storages, &with.path)?;
    at.belongs_to(&["landing", "lts"], storages);
    let refused = |why| Err(Fault::permanent("delete.refused", format!("{} was not deleted", with.path), why));
    if at.path.is_empty() {
        return refused("It is a whole storage".to_owned());
    }
    match at.holds(&["landing", "lts"], storages) {
        Some(name) => refused(format!("The storage {name} lies in it")),
        None => Ok(at),
    }
}

pub(super) fn delete(with: &With, context: &Context) -> Result<Output, Fault> {
    let at = place(with, &context.services)?;
    let (storage, name) = (at.storage.as_ref(), at.storage.name());
    let meta = match storage.stat(&at.path) {
        Err(error) if error.code == "file.missing" && (with.missing_ok || context.attempt > 1) => {
            return Ok(Output::default());
        }
        found => found.told_at(name)?,
    };
    let mut deleting = Deleting { with, context, at: &at, done: Output::default(), released: Vec::new() };
    match meta.kind {
        Kind::Folder if with.recursive => deleting.tree()?,
        Kind::Folder => deleting.folder()?,
        _ => {
            deleting.allowed(&at.path)?;
            deleting.one(&at.path, meta.size)?;
        }
    }
    deleting.write_down()?;
    storage.sync_all().told_at(name)?;
    Ok(deleting.done)
}

struct Deleting<'a> {
    with: &'a With,
    context: &'a Context,
    at: &'a Location,
    done: Output,
    /// Landing copies that are gone, with their dataset, to be written down in the ledger.
    released: Vec<(Dataset, Released)>,
}

impl Deleting<'_> {
    fn folder(&self) -> Result<(), Fault> {
        let (storage, path) = (self.at.storage.as_ref(), &self.at.path);
        if storage.delete_folder(path).told_at(storage.name())? {
            return Ok(());
        }
        let what = format!("{} was not deleted", self.with.path);
        Err(Fault::permanent("delete.not_empty", what, "It is a folder, and not empty").now("Allow `recursive`."))
    }

    /// All of it is looked at first, so that nothing is deleted where something may not be.
    fn tree(&mut self) -> Result<(), Fault> {
        let (storage, top) = (self.at.storage.as_ref(), &self.at.path);
        if self.guarded() {
            let mut tree = Tree::begin(storage, top, None)?;
            while let Some(found) = tree.next()? {
                if !found.child.is_folder() {
                    self.context.go_on()?;
                    self.allowed(&join(top, &found.path))?;
                }
            }
        }
        let mut tree = Tree::begin(storage, top, None)?;
        while let Some(found) = tree.next()? {
            if !found.child.is_folder() {
                self.context.go_on()?;
                self.one(&join(top, &found.path), found.child.size)?;
            }
        }
        longshore_transfer::sweep::sweep(storage, top)
            .map_err(|fail| crate::faults::of_transfer(fail, [storage.name(); 2]))?;
        if prune::empty_folders(storage, top, &|| self.context.host.cancelled())? {
            return Ok(());
        }
        let why = "Something else is written there, or something in it is neither file nor link";
        Err(Fault::permanent("delete.not_empty", format!("{} is not quite gone", self.with.path), why))
    }

    fn one(&mut self, path: &[u8], size: u64) -> Result<(), Fault> {
        let storage = self.at.storage.as_ref();
        let known = if self.at.name.as_deref() == Some("landing") { self.entry(path)? } else { None };
        storage.delete(path).told_at(storage.name())?;
        if let Some((dataset, entry)) = known.filter(|(_, entry)| entry.proved_at.is_some()) {
            self.released.push((dataset, Released { entry: entry.id, at: self.context.services.now() }));
        }
        self.done.files += 1;
        self.done.bytes += size;
        let (files, bytes) = (self.done.files, self.done.bytes);
        let now = PathBytes::new(path).to_text();
        self.context.host.progress(Progress { bytes, files, now, ..Progress::default() });
        if self.released.len() == PAGE { self.write_down() } else { Ok(()) }
    }

    /// Makes the deletions last, and only then writes them down: what the ledger calls released is gone.
    fn write_down(&mut self) -> Result<(), Fault> {
        if self.released.is_empty() {
            return Ok(());
        }
        let storage = self.at.storage.as_ref();
        storage.sync_all().told_at(storage.name())?;
        for part in self.released.chunk_by(|a, b| a.0.id == b.0.id) {
            let batch: Vec<Released> = part.iter().map(|(_, released)| *released).collect();
            self.context.services.catalogue.record_released(part[0].0.id, &batch).told()?;
        }
        self.released.clear();
        Ok(())
    }

    fn guarded(&self) -> bool {
        !self.with.without_proof && matches!(self.at.name.as_deref(), Some("landing" | "lts"))
    }

    /// Refuses what the ledger counts on.
    fn allowed(&self, path: &[u8]) -> Result<(), Fault> {
        if !self.guarded() {
            return Ok(());
        }
        let refused = |code: &str, why: String| {
            let path = PathBytes::new(path).to_text();
            let fault = Fault::permanent(code, format!("{path} was not deleted"), why).on_file(path);
            Err(fault.at_place(self.at.storage.name()).now("Allow `without_proof` if it shall go all the same."))
        };
        if self.at.name.as_deref() == Some("lts") {
            return match self.dataset(path)? {
                Some((dataset, _)) => {
                    refused("delete.archived", format!("It lies in the folder of the dataset {}", dataset.name))
                }
                None => Ok(()),
            };
        }
        match self.entry(path)? {
            Some((_, entry)) if entry.proved_at.is_some() && self.unchanged(path, &entry)? => Ok(()),
            Some((dataset, _)) => {
                refused("delete.unproved", format!("The ledger has no proof of it in the dataset {}", dataset.name))
            }
            None => refused("delete.unproved", "It belongs to no dataset, so the ledger has no proof of it".into()),
        }
    }

    /// Whether it is still what was archived.
    fn unchanged(&self, path: &[u8], entry: &Entry) -> Result<bool, Fault> {
        let storage = self.at.storage.as_ref();
        let now = storage.stat(path).told_at(storage.name())?;
        Ok(now.size == entry.size && now.mtime == (entry.mtime.secs, entry.mtime.nanos))
    }

    /// The entry that a path in the landing zone is the copy of.
    fn entry(&self, path: &[u8]) -> Result<Option<(Dataset, Entry)>, Fault> {
        let Some((dataset, rest)) = self.dataset(path)? else { return Ok(None) };
        let entry = self.context.services.catalogue.entry_at(dataset.id, &PathBytes::new(rest)).told();
        match entry {
            Ok(entry) => Ok(Some((dataset, entry))),
            Err(fault) if fault.code == "entry.unknown" => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The dataset in whose folder a path lies, and the path in it. A pid may hold slashes.
    fn dataset<'p>(&self, path: &'p [u8]) -> Result<Option<(Dataset, &'p [u8])>, Fault> {
        for (slash, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            let Ok(pid) = std::str::from_utf8(&path[..slash]) else { return Ok(None) };
            match self.context.services.dataset(pid) {
                Ok(dataset) if dataset.pid == pid => return Ok(Some((dataset, &path[slash + 1..]))),
                Err(fault) if fault.code != "dataset.unknown" => return Err(fault),
                _ => {}
            }
        }
        Ok(None)
    }
}
