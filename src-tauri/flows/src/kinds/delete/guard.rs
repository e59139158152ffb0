//! What a deletion may not take: what the ledger counts on.

use longshore_catalogue::{Dataset, Entry, PathBytes};
use longshore_engine::Fault;

use crate::faults::{Told as _, ToldAt as _};
use crate::kind::Services;
use crate::location::Location;

/// Says of each file of a place whether it may go.
#[derive(Clone, Copy)]
pub(super) struct Guard<'a> {
    pub(super) at: &'a Location,
    pub(super) services: &'a Services,
    pub(super) without_proof: bool,
}

impl Guard<'_> {
    pub(super) fn guarded(&self) -> bool {
        !self.without_proof && matches!(self.at.name.as_deref(), Some("landing" | "lts"))
    }

    /// Refuses what the ledger counts on.
    pub(super) fn allowed(&self, path: &[u8]) -> Result<(), Fault> {
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
    pub(super) fn entry(&self, path: &[u8]) -> Result<Option<(Dataset, Entry)>, Fault> {
        let Some((dataset, rest)) = self.dataset(path)? else { return Ok(None) };
        let entry = self.services.catalogue.entry_at(dataset.id, &PathBytes::new(rest)).told();
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
            match self.services.dataset(pid) {
                Ok(dataset) if dataset.pid == pid => return Ok(Some((dataset, &path[slash + 1..]))),
                Err(fault) if fault.code != "dataset.unknown" => return Err(fault),
                _ => {}
            }
        }
        Ok(None)
    }
}
