//! Connections that exist for one run only: made by a task from the run's parameters (host, port, login, key), in memory and nowhere
//! else, gone when the run ends, however it ends.
//!
//! An attempt that uses one makes it ([`open`]), each time anew: after a restart nothing of it is left, and the parameters are still
//! those of the run. Tasks of the same run that run meanwhile reach it by its name, as any other storage; no other run does.

mod given;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_catalogue::PathBytes;
use longshore_connectors::archiver::Archiver;
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_connectors::{Connection, connector, connectors};
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::faults::of_storage;
use crate::kind::{Storages, not_local};
use crate::secrets::hide_everywhere;

pub use given::Given;

/// The temporary storages of all runs.
#[derive(Clone, Default)]
pub struct Temporary(Arc<Mutex<ByRun>>);

/// By run, then by name.
type ByRun = HashMap<String, HashMap<String, Arc<dyn Storage>>>;

impl Temporary {
    /// The storages as a run sees them: those of the workspace, and its own.
    pub fn seen_by(&self, run: &str, others: Arc<dyn Storages>) -> Arc<dyn Storages> {
        Arc::new(OfRun { run: run.to_owned(), own: self.clone(), others })
    }

    /// Forgets what a run has made. Whoever still holds one of its storages keeps it until it is dropped.
    pub fn forget(&self, run: &str) {
        self.lock().remove(run);
    }

    /// How many runs have made any.
    pub fn runs(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, ByRun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one run sees.
struct OfRun {
    run: String,
    own: Temporary,
    others: Arc<dyn Storages>,
}

impl OfRun {
    fn own(&self, name: &str) -> Option<Arc<dyn Storage>> {
        self.own.lock().get(&self.run)?.get(name).cloned()
    }
}

impl Storages for OfRun {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        self.own(name).map_or_else(|| self.others.storage(name), Ok)
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        self.others.folder(absolute)
    }

    fn local_path(&self, name: &str) -> Result<PathBuf, Fault> {
        match self.own(name) {
            Some(_) => Err(not_local(name)),
            None => self.others.local_path(name),
        }
    }

    fn within_limits(&self, storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        self.others.within_limits(storage)
    }

    fn reached_by(&self, name: &str) -> Option<(String, PathBytes)> {
        match self.own(name) {
            Some(_) => Some((name.to_owned(), PathBytes::default())),
            None => self.others.reached_by(name),
        }
    }

    fn archiver(&self, connection: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        self.others.archiver(connection)
    }

    fn scicat(&self, connection: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        self.others.scicat(connection)
    }

    fn sqs(&self, connection: &str, region: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        self.others.sqs(connection, region)
    }

    fn secret(&self, reference: &str) -> Result<SecretString, Fault> {
        self.others.secret(reference)
    }

    fn lend(&self, name: &str, storage: Arc<dyn Storage>) -> Result<(), Fault> {
        // It must not stand in the place of what every other run knows under this name.
        let known = |fault: Fault| fault.code != "storage.unknown";
        if self.others.storage(name).map_or_else(known, |_| true) {
            let why = "a storage or a connection of the workspace has this name";
            return Err(refused(name, why).now("Give the temporary connection another name."));
        }
        self.own.lock().entry(self.run.clone()).or_default().insert(name.to_owned(), storage);
        Ok(())
    }
}

fn refused(name: &str, why: impl Into<String>) -> Fault {
    Fault::permanent("connection.temporary", format!("The temporary connection {name} was not made"), why)
}

/// The storages with these beside them, for a task of a run.
pub(crate) fn opened(storages: Arc<dyn Storages>, given: &[Given]) -> Result<Arc<dyn Storages>, Fault> {
    given.iter().try_for_each(|one| one.open(storages.as_ref()))?;
    Ok(storages)
}

/// The same for a plan, which belongs to no run: they are gone with what is returned.
pub(crate) fn opened_for_plan(storages: Arc<dyn Storages>, given: &[Given]) -> Result<Arc<dyn Storages>, Fault> {
    if given.is_empty() {
        return Ok(storages);
    }
    opened(Temporary::default().seen_by("", storages), given)
}

/// Opens a connection for the run whose storages these are. Its secrets are hidden in what the process writes from here on.
pub fn open(storages: &dyn Storages, connection: &Connection) -> Result<Arc<dyn Storage>, Fault> {
    let name = &connection.id;
    let Some(known) = connector(&connection.kind) else {
        let kinds: Vec<&str> = connectors().iter().map(|one| one.kind()).collect();
        let why = format!("there is no connector for the kind {:?}; there are: {}", connection.kind, kinds.join(", "));
        return Err(refused(name, why));
    };
    if let Some(password) = &connection.password {
        hide_everywhere(password.expose_secret());
    }
    let secret = |field: &&str| connection.extra.get(*field).and_then(Value::as_str);
    known.secrets().iter().filter_map(secret).for_each(hide_everywhere);
    let storage = known.open(name, connection, b"").map_err(|error| of_storage(name, &error))?;
    let storage = storages.within_limits(storage);
    storages.lend(name, storage.clone())?;
    Ok(storage)
}
