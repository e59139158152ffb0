//! What a worker knows without a workspace: the connections and storages of its environment. Opened when it is first asked for, as most of
//! a flow's tasks need little of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use longshore_catalogue::PathBytes;
use longshore_connectors::archiver::Archiver;
use longshore_connectors::local::Local;
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::kind::{Storages, not_local};
use longshore_secrets::SecretString;
use longshore_store::{Options, StorageRecord, Store};
use longshore_transfer::storage::Storage;

use crate::clock::SystemClock;
use crate::events::lock;
use crate::owner::connections::Connections;
use crate::owner::places::Places;
use crate::owner::rates::Rates;
use crate::place::{Place, STORAGES, unusable};

/// What the names of variables begin with that say where storages lie; the storage's name in capitals follows.
const PREFIX: &str = "LONGSHORE_STORAGE_";
/// The storage that a worker has of its own where nobody says otherwise: what lies there is needed by no other.
const SCRATCH: &str = "scratch";

/// What a worker works with.
pub(crate) struct Ground {
    clock: SystemClock,
    named: BTreeMap<String, String>,
    folder: OnceLock<Result<PathBuf, Fault>>,
    opened: OnceLock<Result<Opened, Fault>>,
    databases: Mutex<BTreeMap<String, Store>>,
}

struct Opened {
    store: Store,
    places: Arc<Places>,
}

impl Ground {
    /// Of this environment.
    pub(crate) fn new(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let named = |(name, value): (OsString, OsString)| {
            let name = name.to_str()?.strip_prefix(PREFIX).filter(|name| !name.is_empty())?.to_lowercase();
            Some((name, value.into_string().ok()?))
        };
        Self {
            clock: SystemClock::new(),
            named: variables.filter_map(named).collect(),
            folder: OnceLock::new(),
            opened: OnceLock::new(),
            databases: Mutex::default(),
        }
    }

    pub(crate) fn clock(&self) -> SystemClock {
        self.clock.clone()
    }

    /// A folder for this process alone.
    fn folder(&self) -> Result<&Path, Fault> {
        let made = self.folder.get_or_init(|| {
            let folder = std::env::temp_dir().join(format!("longshore-worker-{}", ulid::Ulid::generate()));
            let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
            made.map(|()| folder.clone()).map_err(|error| unusable(&folder, &error))
        });
        made.as_deref().map_err(Clone::clone)
    }

    /// An empty database, which goes with this process.
    pub(crate) fn database(&self, name: &str) -> Result<Store, Fault> {
        let path = self.folder()?.join(format!("{name}.db"));
        let store = Store::open(&path, &small())?;
        lock(&self.databases).insert(name.to_owned(), store.clone());
        Ok(store)
    }

    /// Gives a database up, so that an empty one can have its name.
    pub(crate) fn forget(&self, name: &str) {
        let Some(store) = lock(&self.databases).remove(name) else { return };
        // What it held lies in the shared place.
        let _ = store.close();
        if let Ok(folder) = self.folder() {
            for end in ["db", "db-wal", "db-shm"] {
                let _ = std::fs::remove_file(folder.join(format!("{name}.{end}")));
            }
        }
    }

    fn places(&self) -> Result<&Arc<Places>, Fault> {
        let opened = self.opened.get_or_init(|| self.open());
        opened.as_ref().map(|opened| &opened.places).map_err(Clone::clone)
    }

    fn open(&self) -> Result<Opened, Fault> {
        let place = Place::make(&self.folder()?.join("own"))?;
        let store = Store::open(&place.database(), &small())?;
        let rates = Rates::open(store.clone(), Arc::new(self.clock()))?;
        let connections = Arc::new(Connections::open(&place, store.clone(), rates)?);
        let places = Places::open(&place, store.clone(), connections)?;
        places.set(self.named.iter().map(|(name, place)| record(name, place)).collect())?;
        if !self.named.contains_key(SCRATCH) {
            places.set(vec![record(SCRATCH, &crate::fault::text(&scratch()?))])?;
        }
        Ok(Opened { store, places: Arc::new(places) })
    }

    /// Takes away what lies on this machine for this process alone.
    pub(crate) fn close(&self) {
        if let Some(Ok(opened)) = self.opened.get() {
            let _ = opened.store.close();
        }
        for store in std::mem::take(&mut *lock(&self.databases)).into_values() {
            let _ = store.close();
        }
        if let Some(Ok(folder)) = self.folder.get() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    /// A storage that every workspace has, and of which this environment does not say where it lies.
    fn nowhere(&self, name: &str) -> Result<(), Fault> {
        if name == SCRATCH || !STORAGES.contains(&name) || self.named.contains_key(name) {
            return Ok(());
        }
        let why = "this worker's environment does not say where it lies";
        Err(Fault::permanent("storage.unknown", format!("There is no storage {name:?}"), why)
            .now(format!("Set {PREFIX}{} to a folder, or to CONNECTION:FOLDER, on every worker.", name.to_uppercase())))
    }
}

/// Little is kept in it, and for a short while.
fn small() -> Options {
    Options { readers: 1, cache_kib: 4096, ..Options::default() }
}

fn record(name: &str, place: &str) -> StorageRecord {
    let floor = floor(name);
    match place.split_once(':').filter(|_| !place.starts_with('/')) {
        Some((connection, folder)) => StorageRecord {
            name: name.to_owned(),
            connection: Some(connection.to_owned()),
            path: PathBytes::new(folder.trim_matches('/').as_bytes()),
            floor_percent: floor,
            quota: None,
        },
        None => StorageRecord::local(name, crate::fault::bytes(Path::new(place)), floor),
    }
}

/// Share of a storage that stays free, in percent.
pub(crate) fn floor(name: &str) -> f64 {
    crate::owner::places::floor_here().unwrap_or_else(|| longshore_runner::default_floor(name))
}

/// A folder of this user's own that later attempts on this machine find again.
fn scratch() -> Result<PathBuf, Fault> {
    let folder = std::env::temp_dir().join(format!("longshore-scratch-{}", rustix::process::getuid().as_raw()));
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map(|()| folder.clone()).map_err(|error| unusable(&folder, &error))
}

impl Storages for Ground {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        self.nowhere(name)?;
        self.places()?.storage(name)
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        let name = PathBytes::new(absolute).to_text();
        let opened = Local::open(&name, absolute).map_err(|error| of_storage(&name, &error))?;
        Ok(Arc::new(opened))
    }

    fn local_path(&self, name: &str) -> Result<PathBuf, Fault> {
        self.nowhere(name).map_err(|_| not_local(name))?;
        self.places()?.local_path(name)
    }

    fn reached_by(&self, name: &str) -> Option<(String, PathBytes)> {
        self.places().ok()?.reached_by(name)
    }

    fn scicat(&self, connection: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        self.places()?.scicat(connection)
    }

    fn archiver(&self, connection: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        self.places()?.archiver(connection)
    }

    fn sqs(&self, connection: &str, region: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        self.places()?.sqs(connection, region)
    }

    fn secret(&self, reference: &str) -> Result<SecretString, Fault> {
        self.places()?.secret(reference)
    }
}
