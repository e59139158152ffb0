//! A backup put in the place of a workspace's database.

use std::path::{Path, PathBuf};

use longshore_engine::Fault;

use crate::fault;
use crate::lock::Lock;
use crate::place::{Place, unusable};
use crate::session::Role;

/// Puts a backup in the place of the database of the workspace in this folder; gives where the one that was there lies now, if there was
/// one. Blocks. Refused with `workspace.locked` while a process owns the workspace, and where the file is no sound database.
pub fn restore(folder: &Path, backup: &Path) -> Result<Option<PathBuf>, Fault> {
    let place = Place::make(folder)?;
    let locked = Lock::try_take(&place.lock(), Role::Command).map_err(|error| unusable(place.root(), &error))?;
    let Some(lock) = locked else {
        let holder = Lock::holder(&place.lock());
        let who = holder.map_or_else(|| "Another process".to_owned(), |holder| format!("Process {}", holder.pid));
        return Err(Fault::fatal(
            "workspace.locked",
            "The database was not replaced",
            format!("{who} uses the workspace"),
        )
        .now("Close the window and end what else runs in this workspace, then try again.")
        .at_place(fault::text(place.root())));
    };
    let replaced = longshore_store::restore(&place.database(), backup)?;
    drop(lock);
    Ok(replaced)
}
