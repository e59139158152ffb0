//! Works, moved out of the staging folder once their bags are proved.

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::bagit::Folder as _;
use longshore_formats::bagit::ItemKind;
use longshore_transfer::storage::{Storage, join};
use serde::{Deserialize, Serialize};

use super::bags::Opened;
use super::debag::IfExists;
use super::report::of_io;
use super::same::{GoOn, difference};
use super::source::At;
use super::staging::Staging;
use crate::faults::ToldAt as _;

/// A work on its way. Paths are on the storage of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) id: String,
    from: PathBytes,
    pub(super) to: PathBytes,
    /// Its manifests, as they lie when it is moved.
    pub(super) manifests: Vec<PathBytes>,
    /// Where what it replaces is put until all is done.
    aside: PathBytes,
    /// What is in place is the same, and stays.
    #[serde(default)]
    pub(super) stays: bool,
}

impl Move {
    /// Of a proved bag: its payload, or the one folder in it that has the work's name. The manifests are put beside its files.
    pub(super) fn prepare(bag: &Opened, keep: bool, staging: &Staging) -> Result<Self, Fault> {
        let storage = staging.storage.as_ref();
        let top = At { storage, folder: bag.folder.clone() };
        let mut from = top.path(b"data");
        let mut only = Vec::new();
        let listed = top.list(b"data", &mut |item| {
            only.push((item.name, item.kind));
            only.truncate(2);
            Ok(())
        });
        listed.map_err(|error| of_io(error, storage.name()))?;
        if matches!(only.as_slice(), [(name, ItemKind::Folder)] if *name == bag.id.as_bytes()) {
            from = join(&from, bag.id.as_bytes());
        }
        let to = join(&staging.into, bag.id.as_bytes());
        let mut manifests = Vec::new();
        if keep {
            let beside = format!("{}.bag", bag.id);
            for name in bag.bag.manifests() {
                let path = join(beside.as_bytes(), name);
                copy(storage, &top.path(name), &join(&from, &path))?;
                manifests.push(PathBytes::new(join(&to, &path)));
            }
        }
        let aside = PathBytes::new(staging.path(format!(".replaced-{}", bag.id).as_bytes()));
        let (from, to) = (PathBytes::new(from), PathBytes::new(to));
        Ok(Self { id: bag.id.clone(), from, to, manifests, aside, stays: false })
    }

    /// Of a folder that was unpacked whole, and that is to have this name.
    pub(super) fn whole(id: &str, from: Vec<u8>, staging: &Staging) -> Self {
        let to = PathBytes::new(join(&staging.into, id.as_bytes()));
        let aside = PathBytes::new(staging.path(format!(".replaced-{id}").as_bytes()));
        Self { id: id.to_owned(), from: PathBytes::new(from), to, manifests: Vec::new(), aside, stays: false }
    }

    /// Fails where something lies at its target that must stay.
    pub(super) fn check(&mut self, staging: &Staging, if_exists: IfExists, go_on: GoOn<'_>) -> Result<(), Fault> {
        let storage = staging.storage.as_ref();
        if if_exists == IfExists::Replace || !there(storage, &self.to)? {
            return Ok(());
        }
        if if_exists == IfExists::Fail {
            let now = "Move what is there away, or say if_exists: replace, then retry.";
            return Err(self.refused("debag.exists", format!("{} is there already", self.to), storage).now(now));
        }
        // One work may come in bags whose manifests differ.
        let manifests = format!("{}.bag", self.id);
        match difference(storage, [self.from.as_bytes(), self.to.as_bytes()], manifests.as_bytes(), go_on)? {
            None => {
                self.stays = true;
                Ok(())
            }
            Some(why) => {
                let why = format!("{} is there already, with other content: {why}", self.to);
                let now =
                    "See which of the two is right. Move what is there away, or say if_exists: replace, then retry.";
                Err(self.refused("debag.differs", why, storage).now(now))
            }
        }
    }

    fn refused(&self, code: &str, why: String, storage: &dyn Storage) -> Fault {
        Fault::permanent(code, format!("The work {} was not put in place", self.id), why)
            .on_file(self.to.to_text())
            .at_place(storage.name())
    }

    /// Whether it is on its way or in place.
    pub(super) fn stands(&self, storage: &dyn Storage) -> Result<bool, Fault> {
        Ok(there(storage, &self.from)? || there(storage, &self.to)?)
    }

    /// Moves it, unless an earlier attempt did.
    pub(super) fn go(&self, storage: &dyn Storage) -> Result<(), Fault> {
        if self.stays || !there(storage, &self.from)? {
            // Only a move takes it from there, and nothing else of this task run knows its place.
            return Ok(());
        }
        if there(storage, &self.to)? {
            step(storage, &self.to, &self.aside)?;
        }
        step(storage, &self.from, &self.to)
    }
}

fn there(storage: &dyn Storage, path: &PathBytes) -> Result<bool, Fault> {
    match storage.stat(path.as_bytes()) {
        Ok(_) => Ok(true),
        Err(error) if error.code == "file.missing" => Ok(false),
        Err(error) => Err(error).told_at(storage.name()),
    }
}

fn step(storage: &dyn Storage, from: &PathBytes, to: &PathBytes) -> Result<(), Fault> {
    if storage.rename(from.as_bytes(), to.as_bytes()).told_at(storage.name())? {
        return Ok(());
    }
    Err(cannot_move(storage))
}

/// The refusal of a target where a proved work cannot be put in place in one step.
pub(super) fn cannot_move(storage: &dyn Storage) -> Fault {
    let name = storage.name();
    let why = "It cannot give a folder another place in one step: a work could be seen there half";
    Fault::permanent("debag.target", format!("Nothing can be unpacked to {name}"), why)
        .now("Unpack to a folder of this machine, and copy the works from there.")
        .at_place(name)
}

fn copy(storage: &dyn Storage, from: &[u8], to: &[u8]) -> Result<(), Fault> {
    let name = storage.name();
    let mut reader = storage.read(from, longshore_transfer::storage::ReadOptions::default()).told_at(name)?;
    let mut writer = storage.write(to, None).told_at(name)?;
    let mut chunk = vec![0; 1 << 16];
    loop {
        match reader.read(&mut chunk).told_at(name)? {
            0 => return Staging::close(writer, false).told_at(name),
            count => writer.write(&chunk[..count]).told_at(name)?,
        }
    }
}
