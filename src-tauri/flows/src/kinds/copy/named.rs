//! Which path a copy has at the other end, where not every key of an object storage can be one.

use std::cell::RefCell;
use std::collections::HashMap;

use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, join};

use super::{Ends, With};
use crate::faults::ToldAt as _;
use crate::location::Location;
use crate::names;

/// Folders of which it is remembered whether they lie beside a file.
const KNOWN: usize = 4096;

/// The names of one copy.
pub(super) struct Named<'a> {
    way: Way,
    /// The end whose paths are keys.
    keys: &'a Location,
    beside: RefCell<HashMap<Vec<u8>, bool>>,
}

/// What becomes of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Same,
    KeysToPaths,
    PathsToKeys,
}

impl<'a> Named<'a> {
    pub(super) fn of(ends: &'a Ends, with: &With) -> Self {
        let folders = |at: &Location| at.storage.capabilities().folders;
        let (way, keys) = match (folders(&ends.from), folders(&ends.to)) {
            (false, true) => (Way::KeysToPaths, &ends.from),
            (true, false) if with.restore_names => (Way::PathsToKeys, &ends.to),
            _ => (Way::Same, &ends.from),
        };
        Self { way, keys, beside: RefCell::default() }
    }

    /// The path below the target's top of what lies at this path below the source's.
    pub(super) fn target(&self, path: &[u8], is_folder: bool) -> Result<Vec<u8>, Fault> {
        match self.way {
            Way::Same => Ok(path.to_vec()),
            Way::KeysToPaths => self.path_of(path, is_folder),
            Way::PathsToKeys => Ok(names::key_of(path)),
        }
    }

    /// The path below the source's top of what lies at this path below the target's.
    pub(super) fn source(&self, path: &[u8], is_folder: bool) -> Result<Vec<u8>, Fault> {
        match self.way {
            Way::Same => Ok(path.to_vec()),
            Way::KeysToPaths => Ok(names::key_of(path)),
            Way::PathsToKeys => self.path_of(path, is_folder),
        }
    }

    fn path_of(&self, key: &[u8], is_folder: bool) -> Result<Vec<u8>, Fault> {
        names::path_of(key, is_folder, |folder| self.is_beside_a_file(folder))
    }

    fn is_beside_a_file(&self, folder: &[u8]) -> Result<bool, Fault> {
        if let Some(known) = self.beside.borrow().get(folder) {
            return Ok(*known);
        }
        let storage = self.keys.storage.as_ref();
        let beside = match storage.stat(&join(&self.keys.path, folder)) {
            Ok(meta) => meta.kind == Kind::File,
            Err(error) if error.code == "file.missing" => false,
            Err(error) => return Err(error).told_at(storage.name()),
        };
        let mut known = self.beside.borrow_mut();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(folder.to_vec(), beside);
        Ok(beside)
    }
}
