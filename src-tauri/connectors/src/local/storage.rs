//! [`Storage`] for [`Local`].

use std::any::Any;

use longshore_transfer::storage::{
    Capabilities, Finish, Kind, Listed, Meta, ReadOptions, Reader, Result, Space, Status, Storage, Writer, part_name,
};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;

use super::read::FileReader;
use super::write::{self, FileWriter};
use super::{Local, list, os, walk};
use crate::place::Place;

/// Either side of a listing may fail.
enum Either {
    System(Errno),
    Caller(longshore_transfer::storage::Error),
}

impl From<Errno> for Either {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

impl Storage for Local {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn space(&self) -> Result<Space> {
        self.at("Measuring", b"", |root| {
            let room = rustix::fs::fstatvfs(root)?;
            Ok(Space {
                total: room.f_blocks.saturating_mul(room.f_frsize),
                free: room.f_bavail.saturating_mul(room.f_frsize),
                pool: format!("device {}", os::device(&rustix::fs::fstat(root)?)),
                read_only: room.f_flag.contains(StatVfsMountFlags::RDONLY),
            })
        })
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.at("Looking at", path, |root| {
            if path.is_empty() {
                return Ok(list::meta(&rustix::fs::fstat(root)?, Vec::new()));
            }
            let (folder, name) = walk::parent(root, path)?;
            list::look(&folder, name)
        })
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let handle = self.at("Listing", folder, |root| walk::open(root, folder, flags, Mode::empty()))?;
        let names = self.at("Listing", folder, |_| handle.try_clone().map_err(|_| Errno::MFILE))?;
        list::list(names, &handle, |line| each(line).map_err(Either::Caller)).map_err(|either| match either {
            Either::System(errno) => self.error("Listing", folder, errno),
            Either::Caller(error) => error,
        })
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let file = self.at("Opening", path, |root| {
            if !options.part {
                return open_to_read(root, path);
            }
            let (folder, name) = walk::parent(root, path)?;
            open_to_read(&folder, &part_name(name))
        })?;
        Ok(Box::new(FileReader::new(file, self.place(path), options)?))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        Ok(Box::new(self.writer(path, resume)?))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        let found = self.at("Looking at", path, |root| {
            let (folder, name) = walk::parent(root, path)?;
            list::look(&folder, &part_name(name))
        });
        match found {
            Ok(meta) => Ok(Some(meta.size)),
            Err(error) if error.code == "file.missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.remove("Taking away the unfinished", path, part_name)
    }

    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.at("Naming", path, |root| {
            let (folder, name) = walk::parent(root, path)?;
            write::publish(&folder, name, replace)
        })
    }

    fn reflink_from(&self, source: &dyn Storage, source_path: &[u8], path: &[u8], finish: &Finish) -> Result<bool> {
        let Some(source) = source.as_any().downcast_ref::<Self>() else { return Ok(false) };
        if !self.capabilities.reflink {
            return Ok(false);
        }
        let from = source.at("Opening", source_path, |root| open_to_read(root, source_path))?;
        self.fill(path, finish, |writer| writer.reflink(&from))
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.at("Making the folder", path, |root| walk::make(root, path).map(drop))
    }

    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        self.at("Making the link", path, |root| {
            let (above, name) = walk::split(path);
            let (folder, _) = walk::make(root, above)?;
            match rustix::fs::symlinkat(target, &folder, name) {
                Err(Errno::EXIST) if list::look(&folder, name)?.link == target => Ok(()),
                result => result,
            }
        })
    }

    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()> {
        self.at("Setting mode and time of", path, |root| {
            let (folder, name) = match path {
                b"" => (walk::open(root, b"", walk::FOLDER, Mode::empty())?, &b"."[..]),
                _ => walk::parent(root, path)?,
            };
            if let Some(mode) = mode {
                os::set_mode(&folder, name, Mode::from_raw_mode(mode & 0o7777))?;
            }
            match mtime {
                Some(mtime) => rustix::fs::utimensat(&folder, name, &write::times(mtime), AtFlags::SYMLINK_NOFOLLOW),
                None => Ok(()),
            }
        })
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        self.remove("Deleting", path, <[u8]>::to_vec)
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        if path.is_empty() {
            return Err(self.place(path).told("Deleting", "path.refused", Status::Permanent, "it is the root"));
        }
        self.at("Deleting the folder", path, |root| {
            let (folder, name) = walk::parent(root, path)?;
            match rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => Ok(true),
                Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
                Err(errno) => Err(errno),
            }
        })
    }

    fn sync_all(&self) -> Result<()> {
        self.at("Syncing", b"", |root| {
            let handle = walk::open(root, b"", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
            os::sync_file_system(&handle)
        })
    }

    fn copy_within(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        let (from, meta) = self.at("Copying", from, |root| {
            let file = open_to_read(root, from)?;
            let meta = list::meta(&rustix::fs::fstat(&file)?, Vec::new());
            match meta.kind {
                Kind::File => Ok((file, meta)),
                Kind::Folder => Err(Errno::ISDIR),
                _ => Err(Errno::INVAL),
            }
        })?;
        let finish = Finish { mode: finish.mode.or(meta.mode), mtime: finish.mtime.or(Some(meta.mtime)), ..*finish };
        self.fill(to, &finish, |writer| writer.take(&from))
    }

    fn rename(&self, from: &[u8], to: &[u8]) -> Result<bool> {
        self.at("Moving", to, |root| {
            let (below, name) = walk::parent(root, from)?;
            list::look(&below, name)?;
            let (above, new) = walk::split(to);
            let (target, made) = walk::make(root, above)?;
            match os::move_new(&below, name, &target, new) {
                Err(Errno::XDEV) => return Ok(false),
                moved => moved?,
            }
            walk::sync_folder(&below)?;
            if made {
                walk::sync_chain(root, above)?;
            } else {
                walk::sync_folder(&target)?;
            }
            Ok(true)
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Local {
    /// Makes a file whose bytes `fill` brings; `false`, and no file, where it cannot.
    fn fill(&self, path: &[u8], finish: &Finish, fill: impl FnOnce(&mut FileWriter) -> Result<bool>) -> Result<bool> {
        let mut writer = Box::new(self.writer(path, None)?);
        match fill(&mut writer) {
            Ok(true) => match writer.commit(finish) {
                Ok(_) => Ok(true),
                // The failure is what matters; what stays under a temporary name is swept later.
                Err(error) => self.discard(path).and(Err(error)),
            },
            Ok(false) => writer.abort().map(|()| false),
            Err(error) => writer.abort().and(Err(error)),
        }
    }

    fn place(&self, path: &[u8]) -> Place {
        Place { storage: self.name.clone(), path: path.to_vec() }
    }

    fn writer(&self, path: &[u8], resume: Option<u64>) -> Result<FileWriter> {
        let root = self.at("Writing", path, |root| root.try_clone().map_err(|_| Errno::MFILE))?;
        FileWriter::open(root, self.place(path), resume)
    }

    /// Removes a file or link, which may be gone already, and so may the folder that it was in.
    fn remove(&self, verb: &'static str, path: &[u8], name_of: impl Fn(&[u8]) -> Vec<u8>) -> Result<()> {
        let removed = self.at(verb, path, |root| {
            let (folder, name) = walk::parent(root, path)?;
            if list::look(&folder, &name_of(name))?.kind == Kind::Folder {
                return Err(Errno::ISDIR);
            }
            rustix::fs::unlinkat(&folder, name_of(name), AtFlags::empty())
        });
        match removed {
            Err(error) if error.code == "file.missing" => Ok(()),
            result => result,
        }
    }
}

/// Opens a file to read it, without touching its access time where that is allowed, and without waiting for a pipe's other end.
fn open_to_read(root: &OwnedFd, path: &[u8]) -> std::result::Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    match walk::open(root, path, flags | os::ALWAYS_READ, Mode::empty()) {
        Err(Errno::PERM) => walk::open(root, path, flags, Mode::empty()),
        // So systems with tapes answer for a file that has to be fetched first. Opening a pipe to read never is a matter of waiting.
        Err(Errno::AGAIN) => walk::open(root, path, flags - OFlags::NONBLOCK, Mode::empty()),
        result => result,
    }
}
