//! The folder in which an archive is unpacked, beside where its works will lie: of this task run alone.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_transfer::storage::{Finish, Kind, Storage, Writer, join};

use super::attempt::Attempt;
use crate::faults::ToldAt as _;
use crate::prune;

/// How a file is written that nobody sees before all are synced together.
const UNSYNCED: Finish = Finish { mode: None, mtime: None, replace: true, durable: false };

/// A staging folder on the storage of the target.
pub(super) struct Staging {
    pub(super) storage: Arc<dyn Storage>,
    /// Its path on that storage.
    pub(super) folder: Vec<u8>,
    /// The target, on the same storage.
    pub(super) into: Vec<u8>,
}

impl Staging {
    /// That of an attempt. Nothing need lie there.
    pub(super) fn of(attempt: &Attempt<'_>, storage: &Arc<dyn Storage>, into: &[u8]) -> Self {
        let folder = join(into, attempt.staging.as_bytes());
        Self { storage: storage.clone(), folder, into: into.to_vec() }
    }

    /// The path of a folder of the same name on the storage `scratch`.
    pub(super) fn spool(&self) -> Vec<u8> {
        let name = self.folder.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        join(b"bags", name)
    }

    /// The path of something in it.
    pub(super) fn path(&self, below: &[u8]) -> Vec<u8> {
        join(&self.folder, below)
    }

    /// A new file in it.
    pub(super) fn write(&self, path: &[u8]) -> longshore_transfer::storage::Result<Box<dyn Writer>> {
        self.storage.write(&self.path(path), None)
    }

    /// Gives a file of it its name.
    pub(super) fn close(writer: Box<dyn Writer>, executable: bool) -> longshore_transfer::storage::Result<()> {
        let mode = executable.then_some(0o755);
        writer.commit(&Finish { mode, ..UNSYNCED }).map(drop)
    }

    /// Takes it away with all that is in it.
    pub(super) fn clear(&self, attempt: &Attempt<'_>) -> Result<(), Fault> {
        clear(self.storage.as_ref(), &self.folder, &|| attempt.go_on())
    }

    /// The same where the attempt was told to stop: what lies there would only take up room.
    pub(super) fn discard(&self) -> Result<(), Fault> {
        clear(self.storage.as_ref(), &self.folder, &|| Ok(()))
    }
}

/// Deletes a folder of this task run with all that is in it, if it is there.
pub(super) fn clear(storage: &dyn Storage, top: &[u8], go_on: &dyn Fn() -> Result<(), Fault>) -> Result<(), Fault> {
    let name = storage.name();
    match storage.stat(top) {
        Err(error) if error.code == "file.missing" => return Ok(()),
        looked => looked.told_at(name)?,
    };
    let mut folders = vec![top.to_vec()];
    while let Some(folder) = folders.pop() {
        loop {
            go_on()?;
            let (mut files, mut below) = (Vec::new(), Vec::new());
            let listed = storage.list(&folder, &mut |line| {
                let path = join(&folder, &line.name);
                if line.meta.kind == Kind::Folder {
                    below.push(path);
                } else {
                    files.push(path);
                }
                if files.len() < 10_000 { Ok(()) } else { Err(longshore_transfer::storage::Error::enough()) }
            });
            let more = matches!(&listed, Err(error) if error.is_enough());
            if !more {
                listed.told_at(name)?;
                folders.append(&mut below);
            }
            for deleted in storage.delete_many(&files) {
                deleted.told_at(name)?;
            }
            if !more {
                break;
            }
        }
    }
    prune::empty_folders(storage, top, &|| go_on().is_err()).map(drop)
}
