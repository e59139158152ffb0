//! What a connection says, and what a system must offer to be reached by one.
//!
//! The fields and their meaning are those of Apache Airflow's connections, so that what its users have written down can be taken
//! over as it is: `conn_type`, `host`, `login`, `password`, `schema`, `port`, `extra`.

use std::sync::Arc;
use std::time::Duration;

use longshore_transfer::level::{Bounds, Level};
use longshore_transfer::storage::{Error, Result, Status, Storage};
use schemars::{JsonSchema, Schema};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A connection with its secrets, as a connector is given it. Printing it shows none of them.
#[derive(Clone, Default)]
pub struct Connection {
    /// Its name.
    pub id: String,
    /// The kind of system ([`Connector::kind`] or one of [`Connector::aliases`]).
    pub kind: String,
    /// Host name, address, or the beginning of a URL.
    pub host: Option<String>,
    /// Port; that of the system's kind where there is none.
    pub port: Option<u16>,
    /// User name or access key.
    pub login: Option<String>,
    /// Password or secret key.
    pub password: Option<SecretString>,
    /// Airflow's `schema`: the scheme of a URL, a database, a bucket.
    pub schema: Option<String>,
    /// What else there is to say, by the connector's [`Connector::schema`]; secrets among it included.
    pub extra: Map<String, Value>,
}

impl Connection {
    /// Whether another leads to the same place in the same way, its secrets included. Names of the connections may differ.
    pub fn is_same(&self, other: &Self) -> bool {
        let password = |of: &Self| of.password.as_ref().map(|password| password.expose_secret().to_owned());
        let parts = |of: &Self| (of.kind.clone(), of.host.clone(), of.port, of.login.clone(), of.schema.clone());
        parts(self) == parts(other) && self.extra == other.extra && password(self) == password(other)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // `extra` may hold secrets: its names only.
        let extra: Vec<&String> = self.extra.keys().collect();
        let Self { id, kind, host, port, login, schema, .. } = self;
        write!(f, "Connection({id}, {kind}, {host:?}, {port:?}, {login:?}, {schema:?}, {extra:?})")
    }
}

impl Connection {
    /// Reads `extra` into what the connector knows. `connection.wrong` names the field that is not understood.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Value::Object(self.extra.clone()))
            .map_err(|error| self.wrong(format!("its extra fields are not understood: {error}")))
    }

    /// The host, which must be given.
    pub fn host(&self) -> Result<&str> {
        self.host.as_deref().filter(|host| !host.is_empty()).ok_or_else(|| self.wrong("it has no host".into()))
    }

    /// The level of its storage: within these bounds, and never above what the connection itself allows (`max_transfers`).
    pub(crate) fn level(&self, bounds: Bounds, most: Option<u64>) -> Result<Arc<Level>> {
        let most = most.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        if most == Some(0) {
            return Err(self.wrong("`max_transfers` is 0: nothing could ever be moved".into()));
        }
        Ok(Level::new(bounds.limited(most)))
    }

    /// The same, taken for another kind of system: as in Airflow, where a connection of type `https` leads to a repository. The kind `root`
    /// is the same system from its own top: of a machine reached by SSH, `/` in the place of where the login arrives.
    #[must_use]
    pub fn taken_for(mut self, kind: &str) -> Self {
        if kind == "root" {
            self.extra.insert("remote_path".into(), "/".into());
            return self;
        }
        let none = self.schema.as_deref().is_none_or(str::is_empty);
        if none && matches!(self.kind.as_str(), "http" | "https") {
            self.schema = Some(self.kind);
        }
        Self { kind: kind.to_owned(), ..self }
    }

    /// A connection to a system that holds no files to be listed and read: `why`.
    pub(crate) fn no_files(&self, why: &str) -> Error {
        let what = format!("The connection {} cannot be used as a storage", self.id);
        Error { code: "connection.no_files", what, ..self.wrong(why.to_owned()) }
    }

    /// A connection that cannot be used as it is written.
    pub fn wrong(&self, why: String) -> Error {
        let what = format!("The connection {} cannot be used", self.id);
        Error {
            code: "connection.wrong",
            status: Status::Permanent,
            what,
            why,
            path: Vec::new(),
            storage: self.id.clone(),
        }
    }
}

/// One step of a test of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried: `dns`, `tcp`, `tls`, `host_key`, `login`, `list`, `write`, `delete`, or what the system has besides.
    pub name: &'static str,
    /// What came of it: words for the operator, or why it failed. What follows a failure is not tried.
    pub outcome: Result<String>,
    /// How long it took.
    pub took: Duration,
}

/// A kind of system that connections lead to.
pub trait Connector: Send + Sync {
    /// Its word, in lower case: `s3`, `sftp`, ...
    fn kind(&self) -> &'static str;
    /// Other words for it, such as the `conn_type` that Airflow has for it.
    fn aliases(&self) -> &'static [&'static str];
    /// Its name for the operator.
    fn title(&self) -> &'static str;
    /// JSON Schema of the fields of [`Connection::extra`], with titles and descriptions: the form is made from it.
    fn schema(&self) -> Schema;
    /// Fields of `extra` that are secrets: kept with the password and never shown.
    fn secrets(&self) -> &'static [&'static str];
    /// The storage that the connection leads to, named `name`; `folder` (components with `/` between, empty for the top) is its
    /// root. Nothing need be asked of the system yet. `connection.no_files` where the system holds none.
    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>>;
    /// Tries it step by step, telling each step as it ends; the last one told is the first that failed. Writing is tried with a
    /// file of its own below `folder`, which is removed, and only if `write`.
    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step));
}

/// The schema of a connector's options.
pub fn schema_of<T: JsonSchema>() -> Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Carries out one step of a test, and tells it. `None` when it failed.
pub fn step<T>(
    tell: &mut dyn FnMut(Step),
    name: &'static str,
    work: impl FnOnce() -> Result<(T, String)>,
) -> Option<T> {
    let began = std::time::Instant::now();
    let (value, outcome) = match work() {
        Ok((value, words)) => (Some(value), Ok(words)),
        Err(error) => (None, Err(error)),
    };
    tell(Step { name, outcome, took: began.elapsed() });
    value
}

/// Every kind of system that there is a connector for.
pub fn connectors() -> &'static [&'static dyn Connector] {
    &[
        &crate::archiver::Kind,
        &crate::datacat::KIND,
        &crate::engines::AIRFLOW,
        &crate::engines::PREFECT,
        &crate::gitlab::KIND,
        &crate::http::Kind,
        &crate::mlflow::KIND,
        &crate::records::KIND,
        &crate::s3::Kind,
        &crate::scicat::Kind,
        &crate::sftp::Ssh,
        &crate::sqs::Kind,
        &crate::unicore::Kind,
        &crate::webdav::Kind,
    ]
}

/// The connector for a kind of connection, by its word or another word for it.
pub fn connector(kind: &str) -> Option<&'static dyn Connector> {
    connectors().iter().copied().find(|one| one.kind() == kind || one.aliases().contains(&kind))
}

/// A host, with a port or without, as a URL: servers are spoken to over TLS unless it is said otherwise. What is a URL already stays as it is.
pub fn with_scheme(host: &str) -> String {
    if host.contains("://") { host.to_owned() } else { format!("https://{host}") }
}
