//! What an archive holds, read as the folders that it would unpack to: nothing is unpacked.

use std::cmp::Ordering;
use std::io::{self, Read};

use longshore_formats::archive;
use longshore_formats::bagit::{Folder, Item, ItemKind};
use longshore_transfer::storage::join;

/// A file or a folder of an archive.
pub(super) struct Held {
    pub(super) path: Vec<u8>,
    pub(super) kind: ItemKind,
    /// By which whoever opens it knows it.
    pub(super) place: usize,
}

/// All that an archive holds.
pub(super) struct Contents {
    /// In the order of their paths, what lies in a folder behind it and before all else.
    held: Vec<Held>,
}

/// Opens what lies at a place.
pub(super) type Opener<'a> = Box<dyn Fn(usize) -> io::Result<Box<dyn Read + Send + 'a>> + Sync + 'a>;

/// A folder of an archive.
pub(super) struct Inside<'a, 'o> {
    pub(super) contents: &'a Contents,
    pub(super) top: Vec<u8>,
    pub(super) open: &'a Opener<'o>,
    /// Whether the archive lies on this machine.
    pub(super) near: bool,
}

impl Contents {
    /// Of entries in any order, no two with one path.
    pub(super) fn new(mut held: Vec<Held>) -> Self {
        held.sort_unstable_by(|a, b| order(&a.path, &b.path));
        Self { held }
    }

    /// The paths of its files.
    pub(super) fn files(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.held.iter().filter(|held| held.kind != ItemKind::Folder).map(|held| held.path.as_slice())
    }

    /// Its folders that have an entry of their own.
    pub(super) fn folders(&self) -> impl Iterator<Item = &[u8]> {
        self.held.iter().filter(|held| held.kind == ItemKind::Folder).map(|held| held.path.as_slice())
    }

    fn find(&self, path: &[u8]) -> Option<&Held> {
        self.held.binary_search_by(|held| order(&held.path, path)).ok().map(|at| &self.held[at])
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> io::Result<()>) -> io::Result<()> {
        let prefix = if folder.is_empty() { Vec::new() } else { [folder, b"/"].concat() };
        let mut at = self.held.partition_point(|held| order(&held.path, &prefix) == Ordering::Less);
        let below = |held: &Held| held.path.starts_with(&prefix);
        if !folder.is_empty() && !self.held.get(at).is_some_and(below) && self.find(folder).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut last: &[u8] = b"";
        while let Some(held) = self.held.get(at).filter(|held| below(held)) {
            let rest = &held.path[prefix.len()..];
            let slash = rest.iter().position(|byte| *byte == b'/');
            let name = &rest[..slash.unwrap_or(rest.len())];
            let kind = if slash.is_some() { ItemKind::Folder } else { held.kind };
            if last != name {
                each(Item { name: name.to_vec(), kind })?;
            }
            last = name;
            at += if slash.is_some() {
                let whole = [&prefix, name, b"/"].concat();
                self.held[at..].partition_point(|held| held.path.starts_with(&whole))
            } else {
                1
            };
        }
        Ok(())
    }
}

/// As bytes compare, but that a slash comes before all others.
fn order(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    a.iter().map(rank).cmp(b.iter().map(rank))
}

impl Folder for Inside<'_, '_> {
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> io::Result<()>) -> io::Result<()> {
        self.contents.list(&self.path(folder), each)
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.contents.find(&self.path(path)) {
            Some(held) if held.kind != ItemKind::Folder => {
                let inner = (self.open)(held.place).map_err(|error| named(error, &held.path))?;
                Ok(Box::new(Named { inner, path: &held.path }))
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_near(&self) -> bool {
        self.near
    }
}

impl Inside<'_, '_> {
    fn path(&self, below: &[u8]) -> Vec<u8> {
        match (self.top.as_slice(), below) {
            (top, b"") => top.to_vec(),
            (top, below) => join(top, below),
        }
    }
}

/// A stream whose failures name the entry.
struct Named<'a> {
    inner: Box<dyn Read + Send + 'a>,
    path: &'a [u8],
}

impl Read for Named<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).map_err(|error| named(error, self.path))
    }
}

fn named(error: io::Error, path: &[u8]) -> io::Error {
    if error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    refusal(archive::told(error, path))
}

/// A refusal on its way through a stream.
pub(super) fn refusal(error: archive::Error) -> io::Error {
    match error {
        archive::Error::Io(error) => error,
        refused @ archive::Error::Refused { .. } => io::Error::new(io::ErrorKind::InvalidData, refused),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_are_listed_as_if_they_were_unpacked() {
        let held = |path: &str, kind| Held { path: path.into(), kind, place: 0 };
        let files = ["a-b", "a/x", "a/b/c", "a/b-c", "a", "z/y/x"];
        let contents = Contents::new(
            files
                .iter()
                .map(|path| held(path, if *path == "a" { ItemKind::Folder } else { ItemKind::File(1) }))
                .chain([held("e", ItemKind::Folder)])
                .collect(),
        );
        let list = |folder: &str| {
            let mut names = Vec::new();
            contents.list(folder.as_bytes(), &mut |item| {
                let end = if item.kind == ItemKind::Folder { "/" } else { "" };
                names.push(String::from_utf8(item.name).unwrap() + end);
                Ok(())
            })?;
            Ok::<_, io::Error>(names)
        };
        assert_eq!(list("").unwrap(), ["a/", "a-b", "e/", "z/"]);
        assert_eq!(list("a").unwrap(), ["b/", "b-c", "x"]);
        assert_eq!(list("e").unwrap(), [""; 0]);
        assert_eq!(list("z").unwrap(), ["y/"]);
        assert_eq!(list("y").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(contents.find(b"a/b-c").is_some() && contents.find(b"a/b").is_none());
    }
}
