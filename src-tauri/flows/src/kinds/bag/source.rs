//! Folders and files of storages, as the formats read them.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use longshore_formats::bagit::{Folder, Item, ItemKind};
use longshore_transfer::storage::{self, Kind, ReadOptions, Reader, Storage, join};

/// A folder of a storage.
pub(super) struct At<'s> {
    pub(super) storage: &'s dyn Storage,
    pub(super) folder: Vec<u8>,
}

impl At<'_> {
    pub(super) fn path(&self, path: &[u8]) -> Vec<u8> {
        match path {
            b"" => self.folder.clone(),
            path => join(&self.folder, path),
        }
    }
}

/// A storage's failure on its way through a format, which knows none.
pub(super) fn carried(error: storage::Error) -> io::Error {
    let kind = match error.code {
        "file.missing" => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Folder for At<'_> {
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> io::Result<()>) -> io::Result<()> {
        let mut failed = None;
        let listed = self.storage.list(&self.path(folder), &mut |line| {
            let kind = match line.meta.kind {
                Kind::File => ItemKind::File(line.meta.size),
                Kind::Folder => ItemKind::Folder,
                Kind::Link | Kind::Special => ItemKind::Other,
            };
            each(Item { name: line.name, kind }).map_err(|error| {
                failed = Some(error);
                storage::Error::enough()
            })
        });
        match (failed, listed) {
            (Some(error), _) => Err(error),
            (None, listed) => listed.map_err(carried),
        }
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send + '_>> {
        let reader = self.storage.read(&self.path(path), ReadOptions::default()).map_err(carried)?;
        Ok(Box::new(Bytes(reader)))
    }

    fn is_near(&self) -> bool {
        self.storage.capabilities().posix
    }
}

/// A storage's reader as a stream.
pub(super) struct Bytes(pub(super) Box<dyn Reader>);

impl Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf).map_err(carried)
    }
}

/// A file of a storage that is read here and there: it is opened anew wherever a jump leads.
pub(super) struct Jumping {
    storage: Arc<dyn Storage>,
    path: Vec<u8>,
    size: u64,
    at: u64,
    open: Option<Box<dyn Reader>>,
}

impl Jumping {
    pub(super) fn new(storage: Arc<dyn Storage>, path: Vec<u8>, size: u64) -> Self {
        Self { storage, path, size, at: 0, open: None }
    }
}

impl Read for Jumping {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.open.is_none() {
            let options = ReadOptions { offset: self.at, ..ReadOptions::default() };
            self.open = Some(self.storage.read(&self.path, options).map_err(carried)?);
        }
        let Some(reader) = &mut self.open else { return Ok(0) };
        let count = reader.read(buf).map_err(carried)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Jumping {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let to = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        if to != self.at {
            self.open = None;
            self.at = to;
        }
        Ok(to)
    }
}
