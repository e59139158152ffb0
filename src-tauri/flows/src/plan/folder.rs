//! The names in one folder, in the order of a listing, a bounded number at a time.

use std::collections::BinaryHeap;

use longshore_catalogue::{EntryKind, Mtime};
use longshore_transfer::storage::{Kind, Listed, Result, Storage};

/// Names of one folder that are held at a time. A folder with more is read again for each further page, which costs time
/// and no memory.
pub(crate) const HELD: usize = 200_000;

/// One name in a folder. Ordered as a listing is: files and links by their bytes, then folders by theirs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Child {
    pub(crate) folder: bool,
    pub(crate) name: Box<[u8]>,
    pub(crate) kind: ChildKind,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    pub(crate) mtime: Mtime,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ChildKind {
    File,
    Folder,
    Link(Box<[u8]>),
}

impl Child {
    /// `None` for what is not archived.
    pub(crate) fn of(listed: Listed) -> Option<Self> {
        let kind = match listed.meta.kind {
            Kind::File => ChildKind::File,
            Kind::Folder => ChildKind::Folder,
            Kind::Link => ChildKind::Link(listed.meta.link.into()),
            Kind::Special => return None,
        };
        let default_mode = if kind == ChildKind::Folder { 0o755 } else { 0o644 };
        Some(Self {
            folder: kind == ChildKind::Folder,
            name: listed.name.into(),
            size: if kind == ChildKind::File { listed.meta.size } else { 0 },
            mode: listed.meta.mode.unwrap_or(default_mode) & 0o7777,
            mtime: Mtime { secs: listed.meta.mtime.0, nanos: listed.meta.mtime.1 },
            kind,
        })
    }

    pub(crate) fn entry_kind(&self) -> EntryKind {
        match self.kind {
            ChildKind::File => EntryKind::File,
            ChildKind::Folder => EntryKind::Folder,
            ChildKind::Link(_) => EntryKind::Link,
        }
    }

    /// Stands for one that a walk has passed.
    pub(crate) fn passed(name: &[u8], folder: bool) -> Self {
        let (kind, mtime) = (ChildKind::File, Mtime { secs: 0, nanos: 0 });
        Self { folder, name: name.into(), kind, size: 0, mode: 0, mtime }
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.folder
    }

    fn place(&self) -> (bool, &[u8]) {
        (self.folder, &self.name)
    }
}

/// A page of a folder.
pub(crate) struct Page {
    /// In order.
    pub(crate) children: Vec<Child>,
    /// Nothing comes after them.
    pub(crate) last: bool,
}

/// The first `held` children after one, in order. What is not archived goes to `special` by name.
pub(crate) fn page(
    storage: &dyn Storage,
    folder: &[u8],
    after: Option<&Child>,
    held: usize,
    special: &mut dyn FnMut(&[u8]),
) -> Result<Page> {
    let mut least = BinaryHeap::new();
    let mut more = false;
    storage.list(folder, &mut |listed| {
        let name = listed.name.clone();
        match Child::of(listed) {
            Some(child) if after.is_none_or(|after| child.place() > after.place()) => {
                more |= !keep(&mut least, child, held);
            }
            Some(_) => {}
            None => special(&name),
        }
        Ok(())
    })?;
    Ok(Page { children: least.into_sorted_vec(), last: !more })
}

/// Keeps a child among the least `held`; `false` if one had to go for it.
fn keep(least: &mut BinaryHeap<Child>, child: Child, held: usize) -> bool {
    if least.len() < held {
        least.push(child);
        return true;
    }
    if least.peek().is_some_and(|greatest| child.place() < greatest.place()) {
        least.pop();
        least.push(child);
    }
    false
}
