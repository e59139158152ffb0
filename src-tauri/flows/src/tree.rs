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
        let mut tree = Self { storage, top: top.to_vec(), levels: Vec::new(), special: Vec::new() };
        let Some((path, is_folder)) = after.filter(|(path, _)| !path.is_empty()) else {
            tree.enter(Vec::new(), None)?;
            return Ok(tree);
        };
        let mut folder = Vec::new();
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let passed = Child::passed(name, is_folder || names.peek().is_some());
            tree.enter(std::mem::take(&mut folder), Some(passed))?;
            folder = join(&tree.levels.last().map(|level| level.folder.clone()).unwrap_or_default(), name);
        }
        if is_folder {
            tree.enter(folder, None)?;
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
            if child.is_folder() {
                self.enter(path.clone(), None)?;
            } else if is_part(&child.name) {
                continue;
            }
            return Ok(Some(Found { path, child }));
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
