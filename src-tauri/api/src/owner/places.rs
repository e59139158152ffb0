//! The storages of the workspace: where each lies, opened when it is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use longshore_catalogue::PathBytes;
use longshore_connectors::archiver::Archiver;
use longshore_connectors::local::Local;
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::kind::{Storages, not_local};
use longshore_secrets::SecretString;
use longshore_store::{StorageRecord, Store};
use longshore_transfer::storage::Storage;
use serde_json::json;

use crate::events::lock;
use crate::fault::{self, local};
use crate::owner::connections::Connections;
use crate::place::{Place, STORAGES};

/// The setting that holds the workspace's path when it was last opened.
const LAST_PATH: &str = "workspace.path";

/// The storages. What is opened stays open; a storage that is not there is looked for again at each call.
pub(crate) struct Places {
    store: Store,
    connections: Arc<Connections>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    records: BTreeMap<String, StorageRecord>,
    open: BTreeMap<String, Arc<Local>>,
}

impl Places {
    /// Reads where the storages lie; of a new workspace, each is a folder in it.
    pub(crate) fn open(place: &Place, store: Store, connections: Arc<Connections>) -> Result<Self, Fault> {
        let places = Self { store, connections, known: Mutex::default() };
        places.follow_move(place.root())?;
        let known = places.store.storages()?;
        let new = |name: &&&str| !known.iter().any(|record| record.name == ***name);
        let missing = STORAGES.iter().filter(new).map(|name| embedded(place, name)).collect::<Vec<_>>();
        if !missing.is_empty() {
            places.store.set_storages(&missing)?;
        }
        let records = known.into_iter().chain(missing).map(|record| (record.name.clone(), record)).collect();
        lock(&places.known).records = records;
        Ok(places)
    }

    /// A workspace folder that was moved takes the storages in it along.
    fn follow_move(&self, root: &Path) -> Result<(), Fault> {
        let now = fault::text(root);
        let before = self.store.setting(LAST_PATH)?.and_then(|path| path.as_str().map(str::to_owned));
        if before.as_deref() == Some(&now) {
            return Ok(());
        }
        let before = before.and_then(|text| PathBytes::from_text(&text).ok()).map(|path| local(&path));
        for mut record in self.store.storages()? {
            let inside = |before: &PathBuf| below(&local(&record.path), before);
            let rest = before.as_ref().filter(|_| record.connection.is_none()).and_then(inside);
            let Some(rest) = rest else { continue };
            record.path = fault::bytes(&root.join(rest));
            self.store.set_setting(&identity_of(&record.name), &json!(null))?;
            self.store.set_storages(&[record])?;
        }
        Ok(self.store.set_setting(LAST_PATH, &json!(now))?)
    }

    /// Every storage, by name.
    pub(crate) fn records(&self) -> Vec<StorageRecord> {
        lock(&self.known).records.values().cloned().collect()
    }

    /// One storage.
    pub(crate) fn record(&self, name: &str) -> Result<StorageRecord, Fault> {
        lock(&self.known).records.get(name).cloned().ok_or_else(|| unknown(name))
    }

    /// Changes storages, all or none. Their folders are there.
    pub(crate) fn set(&self, records: Vec<StorageRecord>) -> Result<(), Fault> {
        let here = |record: &StorageRecord| record.connection.is_none().then(|| open_new(record)).transpose();
        let opened = records.iter().map(here).collect::<Result<Vec<_>, _>>()?;
        self.store.set_storages(&records)?;
        for (record, local) in records.iter().zip(&opened) {
            let identity = local.as_ref().map(Local::identity);
            self.store.set_setting(&identity_of(&record.name), &json!(identity))?;
        }
        let mut known = lock(&self.known);
        for (record, local) in records.into_iter().zip(opened) {
            match local {
                Some(local) => known.open.insert(record.name.clone(), Arc::new(local)),
                None => known.open.remove(&record.name),
            };
            known.records.insert(record.name.clone(), record);
        }
        Ok(())
    }

    /// A storage that is not one of the workspace yet, or lies elsewhere: as its record says. It is not kept open.
    pub(crate) fn as_recorded(&self, record: &StorageRecord) -> Result<Arc<dyn Storage>, Fault> {
        match &record.connection {
            Some(id) => self.connections.below(id, &record.name, record.path.as_bytes()),
            None => Ok(Arc::new(open_new(record)?)),
        }
    }

    /// A storage of the workspace as the connector opens it.
    fn own(&self, record: &StorageRecord) -> Result<Arc<dyn Storage>, Fault> {
        if record.connection.is_some() {
            return self.as_recorded(record);
        }
        if let Some(open) = lock(&self.known).open.get(&record.name) {
            return Ok(open.clone());
        }
        let opened = Arc::new(self.open_known(record)?);
        lock(&self.known).open.insert(record.name.clone(), opened.clone());
        Ok(opened)
    }

    /// Opens a storage that was there before: on the same file system as then, not in the empty folder under a mount that is missing.
    fn open_known(&self, record: &StorageRecord) -> Result<Local, Fault> {
        let setting = identity_of(&record.name);
        let expected = self.store.setting(&setting)?;
        if let Some(identity) = expected.as_ref().and_then(|identity| identity.as_str()) {
            return Local::open_expecting(&record.name, record.path.as_bytes(), identity)
                .map_err(|error| of_storage(&record.name, &error));
        }
        let opened = open_new(record)?;
        self.store.set_setting(&setting, &json!(opened.identity()))?;
        Ok(opened)
    }
}

impl Storages for Places {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        match self.record(name) {
            Ok(record) => self.own(&record),
            Err(_) if self.connections.has(name)? => self.connections.below(name, name, b""),
            Err(fault) => match taken_for(name) {
                Some((_, id)) if self.connections.has(id)? => self.connections.below(id, name, b""),
                _ => Err(fault),
            },
        }
    }

    fn secret(&self, reference: &str) -> Result<SecretString, Fault> {
        self.connections.referenced(reference)
    }

    fn local_path(&self, name: &str) -> Result<PathBuf, Fault> {
        match self.record(name) {
            Ok(record) if record.connection.is_some() => Err(not_local(name)),
            Err(_) if self.connections.has(connection_of(name))? => Err(not_local(name)),
            record => record.map(|record| local(&record.path)),
        }
    }

    fn within_limits(&self, storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        self.connections.rates().within_all(storage)
    }

    fn reached_by(&self, name: &str) -> Option<(String, PathBytes)> {
        if let Ok(record) = self.record(name) {
            return Some((record.connection?, record.path));
        }
        let id = connection_of(name);
        self.connections.has(id).is_ok_and(|has| has).then(|| (id.to_owned(), PathBytes::default()))
    }

    fn scicat(&self, connection: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        self.connections.scicat(connection)
    }

    fn archiver(&self, connection: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        self.connections.archiver(connection)
    }

    fn sqs(&self, connection: &str, region: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        self.connections.sqs(connection, region)
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        let name = PathBytes::new(absolute).to_text();
        let opened = Local::open(&name, absolute).map_err(|error| of_storage(&name, &error))?;
        Ok(Arc::new(opened))
    }
}

/// `KIND+CONNECTION`: a connection that is taken for one of another kind. No name of a connection has a plus in it.
pub(crate) fn taken_for(name: &str) -> Option<(&str, &str)> {
    name.split_once('+').filter(|(kind, id)| !kind.is_empty() && !id.is_empty())
}

/// The connection that a name of a storage speaks of.
fn connection_of(name: &str) -> &str {
    taken_for(name).map_or(name, |(_, id)| id)
}

fn open_new(record: &StorageRecord) -> Result<Local, Fault> {
    Local::open(&record.name, record.path.as_bytes()).map_err(|error| of_storage(&record.name, &error))
}

fn embedded(place: &Place, name: &str) -> StorageRecord {
    let floor = floor_here().unwrap_or_else(|| longshore_runner::default_floor(name));
    StorageRecord::local(name, fault::bytes(&place.storage(name)), floor)
}

/// What the storages of a new workspace keep free, in percent, if the environment says so: for a workspace on a small or full disk.
pub(crate) fn floor_here() -> Option<f64> {
    let percent = std::env::var("LONGSHORE_FLOOR_PERCENT").ok()?.parse::<f64>().ok()?;
    (0.0..100.0).contains(&percent).then_some(percent)
}

fn identity_of(name: &str) -> String {
    format!("storage.{name}.identity")
}

fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    path.strip_prefix(folder).ok().map(Path::to_path_buf)
}

fn unknown(name: &str) -> Fault {
    Fault::permanent("storage.unknown", format!("There is no storage {name:?}"), "The workspace does not know it")
        .now("See the storages with: longshore storage list")
}
