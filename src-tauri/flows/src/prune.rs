//! Deleting empty folders, the deepest first, however many there are.

use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, Storage, join};

use crate::faults::{self, ToldAt as _};

/// Folders of one level that are held at a time.
const HELD: usize = 10_000;

/// Deletes a folder and the folders below it as far as they are empty; `true` if the folder itself is gone.
pub(crate) fn empty_folders(storage: &dyn Storage, top: &[u8], cancelled: &dyn Fn() -> bool) -> Result<bool, Fault> {
    let mut levels = vec![Level::read(storage, top.to_vec())?];
    let mut gone = false;
    while let Some(level) = levels.last_mut() {
        if cancelled() {
            return Err(faults::cancelled());
        }
        if let Some(folder) = level.folders.pop() {
            levels.push(Level::read(storage, folder)?);
            continue;
        }
        let Level { path, full, before, .. } = levels.remove(levels.len() - 1);
        gone = storage.delete_folder(&path).told_at(storage.name())?;
        // More folders than were held: read on, as long as that makes them fewer.
        if !gone && full && before {
            levels.push(Level::read(storage, path)?);
        } else if let Some(above) = levels.last_mut() {
            above.before |= gone;
        }
    }
    Ok(gone)
}

struct Level {
    path: Vec<u8>,
    folders: Vec<Vec<u8>>,
    /// There were more folders than are held.
    full: bool,
    /// One of the folders in it was deleted since it was read.
    before: bool,
}

impl Level {
    fn read(storage: &dyn Storage, path: Vec<u8>) -> Result<Self, Fault> {
        let (mut folders, mut full) = (Vec::new(), false);
        let listed = storage.list(&path, &mut |line| {
            if line.meta.kind == Kind::Folder && folders.len() < HELD {
                folders.push(join(&path, &line.name));
            } else {
                full |= line.meta.kind == Kind::Folder;
            }
            Ok(())
        });
        listed.told_at(storage.name())?;
        Ok(Self { path, folders, full, before: false })
    }
}
