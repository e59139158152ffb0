//! Connections: those of the workspace and those of the environment, with their secrets and without.

mod environment;
mod fault;
pub(super) mod secret_fields;
mod secrets;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

use longshore_connectors::archiver::{self, Archiver};
use longshore_connectors::engines::{self, Engine};
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_connectors::{Connection, connector};
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_secrets::{SecretString, Standing, Strongbox};
use longshore_store::{ConnectionRecord, Store};
use longshore_transfer::storage::Storage;
use serde_json::{Value, json};

use self::environment::Environment;
pub(super) use self::fault::no_connector;
use self::secret_fields::PASSWORD;
use crate::events::lock;
use crate::owner::places::taken_for;
use crate::owner::rates::Rates;
use crate::place::Place;
use crate::wire::{ConnectionRow, ConnectionSource, SecretPlace, SecretRow};

/// The setting that tells this workspace from others in the keyring, wherever it is moved.
pub(crate) const WORKSPACE_ID: &str = "workspace.id";

/// Connection, name of the storage, and folder.
type Opened = (String, String, Vec<u8>);

/// Connection, and the region that is asked for in the place of its own.
type Region = (String, Option<String>);

/// The connections of a workspace. All calls block.
pub(crate) struct Connections {
    store: Store,
    rates: Rates,
    root: PathBuf,
    environment: Environment,
    strongbox: OnceLock<Strongbox>,
    workspace: String,
    /// Storages that were opened, by connection, name and folder; dropped when their connection changes.
    open: Mutex<BTreeMap<Opened, Arc<dyn Storage>>>,
    /// SciCats that were opened, each with the token that it has; dropped in the same way.
    scicats: Mutex<BTreeMap<String, Arc<SciCat>>>,
    archivers: Mutex<BTreeMap<String, Arc<Archiver>>>,
    /// Queues that were opened, by connection and region.
    queues: Mutex<BTreeMap<Region, Arc<Sqs>>>,
    /// Other engines, each with the token that it gave; dropped when their connection changes.
    engines: Mutex<BTreeMap<String, Arc<dyn Engine>>>,
    /// Held while a connection is changed: a secret and its row go together.
    changing: Mutex<()>,
}

impl Connections {
    /// The connections of this workspace.
    pub(crate) fn open(place: &Place, store: Store, rates: Rates) -> Result<Self, Fault> {
        let workspace = if let Some(Value::String(id)) = store.setting(WORKSPACE_ID)? {
            id
        } else {
            let id = ulid::Ulid::generate().to_string();
            store.set_setting(WORKSPACE_ID, &json!(id))?;
            id
        };
        Ok(Self {
            store,
            rates,
            root: place.root().to_owned(),
            environment: Environment::read(std::env::vars_os()),
            strongbox: OnceLock::new(),
            workspace,
            open: Mutex::default(),
            scicats: Mutex::default(),
            archivers: Mutex::default(),
            queues: Mutex::default(),
            engines: Mutex::default(),
            changing: Mutex::default(),
        })
    }

    /// Every connection, by name.
    pub(crate) fn rows(&self) -> Result<Vec<ConnectionRow>, Fault> {
        let mut rows = BTreeMap::new();
        for record in self.store.connections()? {
            if self.environment.find(&record.id).is_none() {
                rows.insert(record.id.clone(), row_of(record));
            }
        }
        rows.extend(self.environment.all().map(|found| (found.id.clone(), found.row())));
        Ok(rows.into_values().collect())
    }

    /// One connection.
    pub(crate) fn row(&self, id: &str) -> Result<ConnectionRow, Fault> {
        match self.environment.find(id) {
            Some(found) => Ok(found.row()),
            None => self.record(id).map(row_of),
        }
    }

    fn record(&self, id: &str) -> Result<ConnectionRecord, Fault> {
        self.store.connection(id)?.ok_or_else(|| fault::unknown(id))
    }

    /// A connection with its secrets. From here on they are hidden in what the process writes.
    pub(crate) fn with_secrets(&self, id: &str) -> Result<Connection, Fault> {
        if let Some(found) = self.environment.find(id) {
            return found.connection();
        }
        let record = self.record(id)?;
        let read = |(field, place): (&String, &Value)| Ok((field.clone(), self.secret(id, field, place)?));
        let secrets = record.secrets.iter().map(read).collect::<Result<Vec<_>, Fault>>()?;
        Ok(whole(record, secrets))
    }

    /// Whether there is a connection of this name.
    pub(crate) fn has(&self, id: &str) -> Result<bool, Fault> {
        Ok(self.environment.find(id).is_some() || self.store.connection(id)?.is_some())
    }

    /// The storage of this name that lies in a folder below the top of a connection, kept open until the connection changes.
    pub(crate) fn below(&self, id: &str, name: &str, folder: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        let key = (id.to_owned(), name.to_owned(), folder.to_vec());
        if let Some(open) = lock(&self.open).get(&key) {
            return Ok(open.clone());
        }
        // One that changes meanwhile must not be kept as it was before.
        let _unchanged = lock(&self.changing);
        let connection = match taken_for(name) {
            Some((kind, of)) if of == id => self.with_secrets(id)?.taken_for(kind),
            _ => self.with_secrets(id)?,
        };
        let known = connector(&connection.kind).ok_or_else(|| fault::no_connector(&connection))?;
        let opened = known.open(name, &connection, folder).map_err(|error| of_storage(name, &error))?;
        let opened = self.rates.within(id, opened);
        lock(&self.open).insert(key, opened.clone());
        Ok(opened)
    }

    /// What was opened by a connection that has changed is opened anew.
    fn close(&self, id: &str) {
        lock(&self.open).retain(|(by, ..), _| by != id);
        lock(&self.scicats).remove(id);
        lock(&self.engines).remove(id);
        lock(&self.queues).retain(|(by, _), _| by != id);
        // Each may log in by a SciCat that has changed.
        lock(&self.archivers).clear();
    }

    /// How fast bytes may move over them.
    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The SciCat that a connection leads to, kept until the connection changes; none where there is no such connection.
    pub(crate) fn scicat(&self, id: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        if let Some(open) = lock(&self.scicats).get(id) {
            return Ok(Some(open.clone()));
        }
        if !self.has(id)? {
            return Ok(None);
        }
        // One that changes meanwhile must not be kept as it was before.
        let _unchanged = lock(&self.changing);
        let connection = self.of_kind(id, &["scicat"])?;
        let opened = SciCat::open(&connection, Arc::new(SystemTime::now)).map_err(|error| of_storage(id, &error))?;
        let opened = Arc::new(opened);
        lock(&self.scicats).insert(id.to_owned(), opened.clone());
        Ok(Some(opened))
    }

    /// The queues that a connection leads to in a region, kept until the connection changes; none where there is no such connection. One to
    /// S3 leads to queues as well, as its keys are those of an account.
    pub(crate) fn sqs(&self, id: &str, region: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        let key = (id.to_owned(), region.map(str::to_owned));
        if let Some(open) = lock(&self.queues).get(&key) {
            return Ok(Some(open.clone()));
        }
        if !self.has(id)? {
            return Ok(None);
        }
        // One that changes meanwhile must not be kept as it was before.
        let _unchanged = lock(&self.changing);
        let connection = self.of_kind(id, &["sqs", "s3"])?;
        let opened = Arc::new(Sqs::open(&connection, region).map_err(|error| of_storage(id, &error))?);
        lock(&self.queues).insert(key, opened.clone());
        Ok(Some(opened))
    }

    /// A connection that leads to a system of one of these kinds.
    fn of_kind(&self, id: &str, kinds: &[&str]) -> Result<Connection, Fault> {
        let connection = self.with_secrets(id)?;
        if connector(&connection.kind).is_some_and(|known| kinds.contains(&known.kind())) {
            return Ok(connection);
        }
        let why = format!("it leads to no {}, its kind is {}", kinds.join(" or "), connection.kind);
        Err(of_storage(id, &connection.wrong(why)))
    }

    /// The archiver service that a connection leads to, kept until a connection changes; none where there is no such connection.
    pub(crate) fn archiver(&self, id: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        if let Some(open) = lock(&self.archivers).get(id) {
            return Ok(Some(open.clone()));
        }
        if !self.has(id)? {
            return Ok(None);
        }
        let connection = self.of_kind(id, &["archiver"])?;
        let options: archiver::Options = connection.options().map_err(|error| of_storage(id, &error))?;
        let scicat = match &options.scicat {
            Some(named) => Some(self.scicat(named)?.ok_or_else(|| {
                of_storage(id, &connection.wrong(format!("there is no connection {named}, which `scicat` names")))
            })?),
            None => None,
        };
        // One that changes meanwhile must not be kept as it was before.
        let _unchanged = lock(&self.changing);
        let opened = Archiver::open(&self.of_kind(id, &["archiver"])?, scicat, Arc::new(SystemTime::now));
        let opened = Arc::new(opened.map_err(|error| of_storage(id, &error))?);
        lock(&self.archivers).insert(id.to_owned(), opened.clone());
        Ok(Some(opened))
    }

    /// The engine that a connection leads to, kept until the connection changes.
    pub(crate) fn engine(&self, id: &str) -> Result<Arc<dyn Engine>, Fault> {
        if let Some(open) = lock(&self.engines).get(id) {
            return Ok(open.clone());
        }
        // One that changes meanwhile must not be kept as it was before.
        let _unchanged = lock(&self.changing);
        let connection = self.of_kind(id, &["airflow", "prefect"])?;
        let opened = engines::open(&connection).map_err(|error| of_storage(id, &error))?;
        lock(&self.engines).insert(id.to_owned(), opened.clone());
        Ok(opened)
    }

    /// Where secrets are kept.
    pub(crate) fn standing(&self) -> Standing {
        self.strongbox().standing()
    }

    /// Opens the encrypted file.
    pub(crate) fn unlock(&self, passphrase: &str) -> Result<Standing, Fault> {
        longshore_flows::secrets::hide_everywhere(passphrase);
        self.strongbox()
            .unlock(SecretString::from(passphrase))
            .map_err(|error| fault::of_secrets("secrets", &error))?;
        Ok(self.standing())
    }

    /// Asked of the system once it is needed: a command that needs no secret need not wait for a keyring.
    fn strongbox(&self) -> &Strongbox {
        self.strongbox.get_or_init(|| Strongbox::new(&self.root, &self.workspace))
    }
}

/// A connection with its secrets, each where connectors look for it.
fn whole(record: ConnectionRecord, secrets: impl IntoIterator<Item = (String, Value)>) -> Connection {
    let ConnectionRecord { id, kind, host, port, login, schema, mut extra, .. } = record;
    let mut password = None;
    for (field, value) in secrets {
        if field == PASSWORD {
            password = Some(SecretString::from(text_of(value)));
        } else {
            extra.insert(field, value);
        }
    }
    Connection { id, kind, host, port, login, password, schema, extra }
}

/// A secret as a text.
fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn row_of(record: ConnectionRecord) -> ConnectionRow {
    let place = |value: Value| serde_json::from_value(value).unwrap_or(SecretPlace::File);
    let secrets = record.secrets.into_iter().map(|(field, value)| SecretRow { field, place: place(value) }).collect();
    ConnectionRow {
        usable: connector(&record.kind).is_some(),
        id: record.id,
        kind: record.kind,
        host: record.host,
        port: record.port,
        login: record.login,
        schema: record.schema,
        extra: record.extra,
        description: record.description,
        secrets,
        source: ConnectionSource::Workspace,
        problem: None,
        changed: Some(record.changed),
    }
}
