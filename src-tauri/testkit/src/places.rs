//! Storages of a workspace in a temporary folder, each with faults to order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use longshore_catalogue::PathBytes;
use longshore_connectors::archiver::Archiver;
use longshore_connectors::local::Local;
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_engine::Fault;
use longshore_flows::faults;
use longshore_flows::kind::{Storages, not_local};
use longshore_transfer::storage::{self, Storage};
use tempfile::TempDir;

use crate::faulty::Faulty;
use crate::fuse::Fuse;

/// The storages of a workspace.
pub struct Places {
    top: TempDir,
    fuse: Arc<Fuse>,
    named: BTreeMap<&'static str, Arc<Faulty>>,
    /// Those of them that do not lie on this machine.
    beyond: Vec<&'static str>,
    folders: Mutex<BTreeMap<Vec<u8>, Arc<Faulty>>>,
    scicat: Mutex<Option<Arc<SciCat>>>,
    archiver: Option<Arc<Archiver>>,
    queues: Option<Arc<Sqs>>,
}

impl Places {
    /// `landing`, `staging`, `scratch`, `lts` and `retrieval`, empty, in a temporary folder that goes with this.
    pub fn new(fuse: &Arc<Fuse>) -> std::io::Result<Self> {
        Self::within(TempDir::new()?, fuse)
    }

    /// The same in a file system in memory, where there is one: for tests that do the same thing hundreds of times.
    pub fn in_memory(fuse: &Arc<Fuse>) -> std::io::Result<Self> {
        let top = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new())?;
        Self::within(top, fuse)
    }

    fn within(top: TempDir, fuse: &Arc<Fuse>) -> std::io::Result<Self> {
        let mut named = BTreeMap::new();
        for name in ["landing", "staging", "scratch", "lts", "retrieval"] {
            let folder = top.path().join(name);
            std::fs::create_dir(&folder)?;
            named.insert(name, open(name, folder.as_os_str().as_encoded_bytes(), fuse).map_err(std::io::Error::other)?);
        }
        let (beyond, folders, scicat) = (Vec::new(), Mutex::default(), Mutex::default());
        Ok(Self { top, fuse: fuse.clone(), named, beyond, folders, scicat, archiver: None, queues: None })
    }

    /// With this storage in the place of the folder of this name: one that lies elsewhere.
    #[must_use]
    pub fn with(mut self, name: &'static str, storage: Arc<dyn Storage>) -> Self {
        self.named.insert(name, Arc::new(Faulty::new(storage, self.fuse.clone())));
        self.beyond.push(name);
        self
    }

    /// From now on there is a SciCat, whatever the name of the connection.
    pub fn with_scicat(&self, scicat: Arc<SciCat>) {
        *self.scicat.lock().unwrap_or_else(PoisonError::into_inner) = Some(scicat);
    }

    /// With this archiver service, whatever the name of the connection.
    #[must_use]
    pub fn with_archiver(self, archiver: Archiver) -> Self {
        Self { archiver: Some(Arc::new(archiver)), ..self }
    }

    /// With these queues, whatever the name of the connection and the region.
    #[must_use]
    pub fn with_queues(self, queues: Sqs) -> Self {
        Self { queues: Some(Arc::new(queues)), ..self }
    }

    /// The temporary folder: the storages lie in it under their names.
    pub fn top(&self) -> &std::path::Path {
        self.top.path()
    }

    /// A storage by name, to order faults; `None` if there is none of that name.
    pub fn faulty(&self, name: &str) -> Option<Arc<Faulty>> {
        self.named.get(name).cloned()
    }

    /// The storage of a folder, to order faults.
    pub fn faulty_folder(&self, absolute: &[u8]) -> Result<Arc<Faulty>, Fault> {
        let mut key = absolute.to_vec();
        while key.len() > 1 && key.ends_with(b"/") {
            key.pop();
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders.get(&key) {
            // What lies there may have been taken away since.
            known.space().map_err(|error| faults::of_storage("folder", &error))?;
            return Ok(known.clone());
        }
        let storage = open("folder", &key, &self.fuse).map_err(|error| faults::of_storage("folder", &error))?;
        folders.insert(key, storage.clone());
        Ok(storage)
    }
}

fn open(name: &str, root: &[u8], fuse: &Arc<Fuse>) -> storage::Result<Arc<Faulty>> {
    Ok(Arc::new(Faulty::new(Arc::new(Local::open(name, root)?), fuse.clone())))
}

impl Storages for Places {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        match self.faulty(name) {
            Some(storage) => Ok(storage),
            None => {
                Err(Fault::permanent("storage.unknown", format!("There is no storage {name}"), "A test asked for it"))
            }
        }
    }

    fn local_path(&self, name: &str) -> Result<PathBuf, Fault> {
        if self.beyond.contains(&name) {
            return Err(not_local(name));
        }
        self.storage(name).map(|_| self.top().join(name))
    }

    fn reached_by(&self, name: &str) -> Option<(String, PathBytes)> {
        let known = self.beyond.iter().find(|beyond| **beyond == name)?;
        Some((format!("connection-to-{known}"), PathBytes::default()))
    }

    fn scicat(&self, _: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        Ok(self.scicat.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn archiver(&self, _: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        Ok(self.archiver.clone())
    }

    fn sqs(&self, _: &str, _: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        Ok(self.queues.clone())
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        Ok(self.faulty_folder(absolute)?)
    }
}
