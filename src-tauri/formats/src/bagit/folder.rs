//! The folder in which a bag lies, wherever that is.

use std::io::{self, Read};

/// Kind of what a listing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Name in the folder that was listed.
    pub name: Vec<u8>,
    /// Kind.
    pub kind: ItemKind,
}

/// The folder of a bag. Paths are below it, with `/`.
pub trait Folder: Sync {
    /// What lies in a folder, one by one. The bag's own folder is the empty path; one that is not there is an error of the kind
    /// [`io::ErrorKind::NotFound`].
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> io::Result<()>) -> io::Result<()>;
    /// Opens a file; a link is not followed. [`io::ErrorKind::NotFound`] where there is none.
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send + '_>>;
    /// Whether its bytes come from this machine, so that a thread may read several files in turns without waiting long for any.
    fn is_near(&self) -> bool {
        false
    }
}

/// A folder's path with one more name.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
