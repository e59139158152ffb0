//! A folder tree in the order of a listing, in bounded memory, from any place in it on.

use longshore_engine::Fault;
use longshore_transfer::storage::{Storage, is_part, join};

use crate::faults::ToldAt as _;
use crate::plan::folder::{self, Child, HELD};

/// Pipes, sockets and devices that are named.
const SPECIAL: usize = 100;

/// Something in the tree.
pub(crate) struct Found {
    /// Its path below the top of the tree.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) child: Child,
    /// Bytes of the path that are the folder in which it was listed. The rest is its name there, which of an object may hold slashes.
    pub(crate) level: usize,
}

/// A walk through a tree: every entry once, folders before what is in them. Unfinished files of Longshore are not in it.
pub(crate) struct Tree<'s> {
    storage: &'s dyn Storage,
    top: Vec<u8>,
    levels: Vec<Level>,
    /// Pipes, sockets and devices that were passed by, the first hundred, by path below the top.
    pub(crate) special: Vec<Vec<u8>>,
}

struct Level {
    folder: Vec<u8>,
    children: std::vec::IntoIter<Child>,
    at: Option<Child>,
    last: bool,
}

impl<'s> Tree<'s> {
    /// Begins at the top, or behind an entry that an earlier walk came to: its path below the top, and whether it is a folder.
    pub(crate) fn begin(storage: &'s dyn Storage, top: &[u8], after: Option<(&[u8], bool)>) -> Result<Self, Fault> {
        let level = |path: &[u8]| path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Self::behind(storage, top, after.map(|(path, is_folder)| (path, is_folder, level(path))))
    }

    /// The same, where it is known how much of that path is the folder ([`Found::level`]).
    pub(crate) fn behind(
        storage: &'s dyn Storage,
        top: &[u8],
        after: Option<(&[u8], bool, usize)>,
    ) -> Result<Self, Fault> {
        let mut tree = Self { storage, top: top.to_vec(), levels: Vec::new(), special: Vec::new() };
        let Some((path, is_folder, level)) = after.filter(|(path, ..)| !path.is_empty()) else {
            tree.enter(Vec::new(), None)?;
            return Ok(tree);
        };
        let (above, name) = if level == 0 { (&b""[..], path) } else { (&path[..level], &path[level + 1..]) };
        let mut folder = Vec::new();
        for step in above.split(|byte| *byte == b'/').filter(|step| !step.is_empty()) {
            let below = join(&folder, step);
            tree.enter(folder, Some(Child::passed(step, true)))?;
            folder = below;
        }
        tree.enter(folder, Some(Child::passed(name, is_folder)))?;
        if is_folder {
            tree.enter(path.to_vec(), None)?;
        }
        Ok(tree)
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Option<Found>, Fault> {
        while let Some(level) = self.levels.last_mut() {
            let Some(child) = level.children.next() else {
                let Level { folder, at, last, .. } = self.levels.remove(self.levels.len() - 1);
                if !last {
                    self.enter(folder, at)?;
                }
                continue;
            };
            level.at = Some(child.clone());
            let path = join(&level.folder, &child.name);
            let length = level.folder.len();
            if child.is_folder() {
                self.enter(path.clone(), None)?;
            } else if is_part(&child.name) {
                continue;
            }
            return Ok(Some(Found { path, child, level: length }));
        }
        Ok(None)
    }

    fn enter(&mut self, folder: Vec<u8>, at: Option<Child>) -> Result<(), Fault> {
        let place = if folder.is_empty() { self.top.clone() } else { join(&self.top, &folder) };
        let (special, first) = (&mut self.special, at.is_none());
        let mut note = |name: &[u8]| {
            if first && special.len() < SPECIAL {
                special.push(join(&folder, name));
            }
        };
        let page = folder::page(self.storage, &place, at.as_ref(), HELD, &mut note);
        let page = page.told_at(self.storage.name())?;
        self.levels.push(Level { folder, children: page.children.into_iter(), at, last: page.last });
        Ok(())
    }
}
