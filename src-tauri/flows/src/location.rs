//! Places as operators write them: `STORAGE:PATH`, or an absolute path of this machine.

use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_connectors::http::Http;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;

use crate::faults::of_storage;
use crate::kind::{Services, Storages};

/// What to do about an address that names no file.
const URL: &str = "Name one file, as in https://host/folder/file; what needs a login is reached by a connection.";

/// A place on a storage.
#[derive(Clone)]
pub(crate) struct Location {
    /// The storage; for an absolute path, the deepest folder above it that is there.
    pub(crate) storage: Arc<dyn Storage>,
    /// The path on it; empty for its root.
    pub(crate) path: Vec<u8>,
    /// Name of the storage, if it is one of the workspace's.
    pub(crate) name: Option<String>,
    /// The folder that the storage is, of an absolute path.
    root: Vec<u8>,
}

impl Location {
    /// Reads a place. Nothing need lie there.
    pub(crate) fn read(storages: &dyn Storages, text: &str) -> Result<Self, Fault> {
        match split(text)? {
            Written::On { storage, path } => {
                let storage = storage.to_owned();
                Ok(Self { storage: storages.storage(&storage)?, path, name: Some(storage), root: Vec::new() })
            }
            Written::Absolute(path) => absolute(storages, text, &path),
            Written::Url => {
                let (http, path) = Http::of_url(text).map_err(|error| of_storage("", &error).now(URL))?;
                let storage = storages.within_limits(Arc::new(http));
                let name = Some(storage.name().to_owned());
                Ok(Self { storage, path, name, root: Vec::new() })
            }
        }
    }

    /// Whether it is, or lies in, another place.
    pub(crate) fn is_within(&self, other: &Self, storages: &dyn Storages) -> bool {
        self.anywhere(storages).starts_with(other.anywhere(storages))
    }

    /// A place that lies in one of these storages, by an absolute path or by the connection that leads to it, becomes a path of that
    /// storage.
    pub(crate) fn belongs_to(&mut self, names: &[&str], storages: &dyn Storages) {
        let here = self.anywhere(storages);
        for name in names.iter().filter(|name| self.name.as_deref() != Some(**name)) {
            let Ok(storage) = storages.storage(name) else { continue };
            let root = root_of(name, storages);
            if let Ok(path) = here.strip_prefix(&root) {
                let path = path.as_os_str().as_encoded_bytes().to_vec();
                *self = Self { storage, path, name: Some((*name).to_owned()), root: Vec::new() };
                return;
            }
        }
    }

    /// The first of these storages that lies in it.
    pub(crate) fn holds<'n>(&self, names: &[&'n str], storages: &dyn Storages) -> Option<&'n str> {
        let here = self.anywhere(storages);
        names.iter().copied().find(|name| {
            let root = root_of(name, storages);
            root != here && root.starts_with(&here)
        })
    }

    /// A path of its storage on this machine, if it lies there.
    pub(crate) fn here(&self, path: &[u8], storages: &dyn Storages) -> Option<PathBuf> {
        let root = match &self.name {
            Some(name) => storages.local_path(name).ok()?,
            None => PathBuf::from(std::ffi::OsString::from_vec(self.root.clone())),
        };
        Some(root.join(std::ffi::OsString::from_vec(path.to_vec())))
    }

    /// Its path on this machine; of a storage elsewhere, a path that only what lies there has.
    fn anywhere(&self, storages: &dyn Storages) -> PathBuf {
        let path = std::ffi::OsString::from_vec(self.path.clone());
        match &self.name {
            Some(name) => root_of(name, storages).join(path),
            None => without_links(PathBuf::from(std::ffi::OsString::from_vec(self.root.clone()))).join(path),
        }
    }

    /// Another path of the same storage, written as this one was.
    pub(crate) fn written(&self, text: &str, path: &[u8]) -> String {
        let path = PathBytes::new(path).to_text();
        match &self.name {
            Some(name) => format!("{name}:{path}"),
            None if self.root.ends_with(b"/") => format!("/{path}"),
            None if text.starts_with('/') => format!("{}/{path}", PathBytes::new(self.root.clone()).to_text()),
            None => path,
        }
    }

    /// As it is shown.
    pub(crate) fn shown(&self) -> String {
        format!("{}:{}", self.storage.name(), PathBytes::new(self.path.clone()))
    }
}

/// The folder that a storage is: absolute on this machine, and below the name of its connection elsewhere.
fn root_of(name: &str, storages: &dyn Storages) -> PathBuf {
    if let Ok(folder) = storages.local_path(name) {
        return without_links(folder);
    }
    let Some((connection, folder)) = storages.reached_by(name) else { return PathBuf::from(name) };
    PathBuf::from(connection).join(std::ffi::OsString::from_vec(folder.into_bytes()))
}

/// A folder under its true path, so that no link hides what it is.
fn without_links(folder: PathBuf) -> PathBuf {
    std::fs::canonicalize(&folder).unwrap_or(folder)
}

enum Written<'t> {
    On {
        storage: &'t str,
        path: Vec<u8>,
    },
    Absolute(Vec<u8>),
    /// A file on a server, which needs no login.
    Url,
}

fn split(text: &str) -> Result<Written<'_>, Fault> {
    let bytes = |path: &str| {
        let path = PathBytes::from_text(path).map_err(|error| refused(text, &error.to_string()))?.into_bytes();
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| *part == b".." || *part == b"." || part.contains(&0)) {
            return Err(refused(text, "a path holds no `.` and no `..`"));
        }
        Ok(parts.join(&b'/'))
    };
    if text.starts_with('/') {
        return bytes(text).map(Written::Absolute);
    }
    if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(Written::Url);
    }
    match text.split_once(':') {
        Some((storage, path)) if !storage.is_empty() => Ok(Written::On { storage, path: bytes(path)? }),
        _ => Err(refused(text, "it is neither STORAGE:PATH nor an absolute path")),
    }
}

fn refused(text: &str, why: &str) -> Fault {
    Fault::permanent("location.wrong", format!("{text:?} is no place"), why)
        .now("Write an absolute path, or STORAGE:PATH, as in lts:2026/scan.tar.")
}

/// A path below the deepest folder above it that is there; the last name of it is never the storage's root, so that a file can be
/// asked for by its absolute path.
fn absolute(storages: &dyn Storages, text: &str, path: &[u8]) -> Result<Location, Fault> {
    if path.is_empty() {
        return Ok(Location { storage: storages.folder(b"/")?, path: Vec::new(), name: None, root: b"/".to_vec() });
    }
    let mut end = path.len();
    loop {
        end = path[..end].iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        let folder = [b"/", &path[..end]].concat();
        match storages.folder(&folder) {
            Err(fault) if fault.code == "storage.missing" && end > 0 => {}
            Err(fault) => return Err(fault.on_file(text)),
            Ok(storage) => {
                let rest = path[end..].strip_prefix(b"/").unwrap_or(&path[end..]);
                return Ok(Location { storage, path: rest.to_vec(), name: None, root: folder });
            }
        }
    }
}

/// A path of this machine. Nothing need lie there.
pub(crate) fn local_path(services: &Services, text: &str) -> Result<PathBuf, Fault> {
    Ok(match split(text)? {
        Written::Url => return Err(refused(text, "an address on a server is no folder of this machine")),
        Written::Absolute(path) => PathBuf::from(std::ffi::OsString::from_vec([b"/", &path[..]].concat())),
        Written::On { storage, path } => {
            services.storages.local_path(storage)?.join(std::ffi::OsString::from_vec(path))
        }
    })
}

/// A folder of this machine, which must be there.
pub(crate) fn local_folder(services: &Services, text: &str) -> Result<PathBuf, Fault> {
    let path = local_path(services, text)?;
    if path.is_dir() {
        return Ok(path);
    }
    Err(Fault::permanent("shell.folder", format!("{text} cannot be the working folder"), "there is no such folder")
        .now("Make the folder, or leave `folder` away: the program then works in a folder of its own."))
}
