//! `delete`: a file or a folder of a storage or of this machine. What the ledger counts on stays, unless it is told otherwise.

mod guard;

use async_trait::async_trait;
use longshore_catalogue::{Dataset, PathBytes, Released};
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

use self::guard::Guard;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Files and links that were deleted, by earlier attempts too.
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
        blocking(move || foresee(&with, &services)).await
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

/// What would go; fails where something in it may not. Nothing lying there is no failure: what brings it may only come.
fn foresee(with: &With, services: &Services) -> Result<Need, Fault> {
    let at = place(with, services)?;
    let (storage, guard) = (at.storage.as_ref(), guard_of(with, &at, services));
    let meta = match storage.stat(&at.path) {
        Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => {
            return Ok(Need { files: Some(0), bytes: Some(0), ..Need::default() });
        }
        found => found.told_at(storage.name())?,
    };
    let (mut files, mut bytes) = (0, 0_u64);
    if meta.kind != Kind::Folder {
        guard.allowed(&at.path)?;
        (files, bytes) = (1, if meta.kind == Kind::File { meta.size } else { 0 });
    } else if with.recursive {
        let mut tree = Tree::begin(storage, &at.path, None)?;
        while let Some(found) = tree.next()? {
            if !found.child.is_folder() {
                guard.allowed(&join(&at.path, &found.path))?;
                files += 1;
                bytes = bytes.saturating_add(found.child.size);
            }
        }
    }
    Ok(Need { files: Some(files), bytes: Some(bytes), ..Need::default() })
}

fn guard_of<'a>(with: &With, at: &'a Location, services: &'a Services) -> Guard<'a> {
    Guard { at, services, without_proof: with.without_proof }
}

pub(super) fn delete(with: &With, context: &Context) -> Result<Output, Fault> {
    let at = place(with, &context.services)?;
    let (storage, name) = (at.storage.as_ref(), at.storage.name());
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Output>(saved).ok());
    let meta = match storage.stat(&at.path) {
        Err(error) if error.code == "file.missing" && (with.missing_ok || context.attempt > 1 || saved.is_some()) => {
            return Ok(saved.unwrap_or_default());
        }
        found => found.told_at(name)?,
    };
    let guard = guard_of(with, &at, &context.services);
    let mut deleting =
        Deleting { with, context, at: &at, guard, done: saved.unwrap_or_default(), released: Vec::new() };
    match meta.kind {
        Kind::Folder if with.recursive => deleting.tree()?,
        Kind::Folder => deleting.folder()?,
        _ => {
            deleting.guard.allowed(&at.path)?;
            deleting.one(&at.path, meta.size)?;
        }
    }
    deleting.write_down()?;
    storage.sync_all().told_at(name)?;
    deleting.save()?;
    Ok(deleting.done)
}

struct Deleting<'a> {
    with: &'a With,
    context: &'a Context,
    at: &'a Location,
    guard: Guard<'a>,
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
        if self.guard.guarded() {
            let mut tree = Tree::begin(storage, top, None)?;
            while let Some(found) = tree.next()? {
                if !found.child.is_folder() {
                    self.context.go_on()?;
                    self.guard.allowed(&join(top, &found.path))?;
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
        let known = if self.at.name.as_deref() == Some("landing") { self.guard.entry(path)? } else { None };
        storage.delete(path).told_at(storage.name())?;
        if let Some((dataset, entry)) = known.filter(|(_, entry)| entry.proved_at.is_some()) {
            self.released.push((dataset, Released { entry: entry.id, at: self.context.services.now() }));
        }
        self.done.files += 1;
        self.done.bytes += size;
        let (files, bytes) = (self.done.files, self.done.bytes);
        let now = PathBytes::new(path).to_text();
        self.context.host.progress(Progress { bytes, files, now, ..Progress::default() });
        if files % PAGE as u64 == 0 {
            self.save()?;
        }
        if self.released.len() == PAGE { self.write_down() } else { Ok(()) }
    }

    /// Keeps how much is gone, for the attempt that goes on from here.
    fn save(&self) -> Result<(), Fault> {
        let done = serde_json::to_value(&self.done);
        done.map_or(Ok(()), |done| self.context.host.save_checkpoint(done))
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
}
