//! Folders of this machine, mounted file systems included.
//!
//! Everything below the root is reached from the root's handle, beneath it and through no link. No handle is kept between calls: a file system
//! can be unmounted while Longshore is idle, and what is then found in its place is not taken for it.

mod error;
mod list;
mod os;
mod read;
mod root;
mod storage;
mod sync;
pub(crate) mod walk;
mod write;

use std::sync::Arc;

use longshore_transfer::storage::{Capabilities, Error, Result};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use crate::place;
use root::Root;

/// A folder of this machine as a storage.
pub struct Local {
    name: Arc<str>,
    root: Root,
    capabilities: Capabilities,
}

impl Local {
    /// The folder at the absolute path `root`, which must be there: `storage.missing` if not. It is remembered on which file
    /// system it lies, and every later call fails with `storage.missing` while another one is found there.
    pub fn open(name: &str, root: &[u8]) -> Result<Self> {
        Self::checked(name, root, None)
    }

    /// Like [`Local::open`], for a folder whose [`Local::identity`] was written down in an earlier process: `storage.missing` when
    /// what lies there is on another file system, such as the empty folder under a mount that is not there.
    pub fn open_expecting(name: &str, root: &[u8], identity: &str) -> Result<Self> {
        Self::checked(name, root, Some(identity))
    }

    fn checked(name: &str, path: &[u8], identity: Option<&str>) -> Result<Self> {
        let (root, handle) = Root::open(name, path, identity)?;
        let capabilities = os::capabilities(&handle).map_err(|errno| root.missing(&errno.to_string()))?;
        Ok(Self { name: name.into(), root, capabilities })
    }

    /// A text that stays the same for as long as the root lies on the same file system, reboots and other mount points included.
    pub fn identity(&self) -> String {
        self.root.identity()
    }

    /// The root's absolute path.
    pub fn path(&self) -> &[u8] {
        self.root.path()
    }

    /// Does `work` on the root's handle, and tells a failure in the operator's words.
    fn at<T>(
        &self,
        verb: &'static str,
        path: &[u8],
        work: impl FnOnce(&OwnedFd) -> std::result::Result<T, Errno>,
    ) -> Result<T> {
        let fail = |errno| self.error(verb, path, errno);
        walk::check(path).map_err(|why| place::bad_path(&self.name, verb, path, why))?;
        let root = self.root.handle()?;
        work(&root).map_err(fail)
    }

    fn error(&self, verb: &'static str, path: &[u8], errno: Errno) -> Error {
        place::Place { storage: self.name.clone(), path: path.to_vec() }.fail(verb, errno)
    }
}

#[cfg(test)]
mod tests;
