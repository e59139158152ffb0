//! Told by the system that something changed in one of several folders. Not every file system tells (those of other machines do
//! not), so nobody relies on it alone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use longshore_flows::told::Told;

/// The folders that are watched.
#[derive(Default)]
pub(super) struct Notices {
    folders: BTreeSet<PathBuf>,
    told: Option<Told>,
}

impl Notices {
    /// Watches these folders and no others.
    pub(super) fn watch(&mut self, folders: impl Iterator<Item = PathBuf>) {
        let folders: BTreeSet<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
        if folders == self.folders {
            return;
        }
        self.told = if folders.is_empty() { None } else { told_of(&folders) };
        self.folders = folders;
    }

    /// Resolves when something changed; never where the system does not tell.
    pub(super) async fn next(&mut self) {
        if let Some(told) = &mut self.told
            && told.next().await.is_ok()
        {
            return;
        }
        self.told = None;
        std::future::pending::<()>().await;
    }
}

fn told_of(folders: &BTreeSet<PathBuf>) -> Option<Told> {
    let told = Told::new().ok()?;
    for folder in folders {
        if let Err(error) = told.add(folder) {
            tracing::warn!(folder = %folder.display(), %error, "the folder is looked at now and then only");
        }
    }
    Some(told)
}
