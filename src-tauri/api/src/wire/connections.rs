//! Connections and their secrets. A secret goes in and never comes out; only an export that asks for secrets has them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// A value that is never printed. On its way in it is what was typed.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Hidden(#[ts(type = "unknown")] pub Value);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct HiddenText(pub String);

impl fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a connection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionSource {
    /// In this workspace.
    Workspace,
    /// In the owner's environment (`AIRFLOW_CONN_*`), above one of the same name in the workspace. It cannot be changed here.
    Environment,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// In the keyring of the operating system.
    Keyring,
    /// In the encrypted file of the workspace.
    File,
    /// In the environment, with the rest of the connection.
    Environment,
    /// Elsewhere: `file:PATH`, `env:NAME` or `vault:MOUNT/PATH#FIELD`.
    Reference(String),
}

/// A secret that is set. Its value is never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SecretRow {
    /// `password`, or a field of `extra`.
    pub field: String,
    /// Where it is.
    pub place: SecretPlace,
}

/// A connection, without its secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionRow {
    /// Name.
    pub id: String,
    /// Kind of system.
    pub kind: String,
    /// Whether there is a connector for this kind.
    pub usable: bool,
    /// Host name, address, or the beginning of a URL.
    pub host: Option<String>,
    /// Port; that of the kind where there is none.
    pub port: Option<u16>,
    /// User name or access key.
    pub login: Option<String>,
    /// Airflow's `schema`.
    pub schema: Option<String>,
    /// What else there is to say, of which nothing is secret.
    #[ts(type = "Record<string, unknown>")]
    pub extra: Map<String, Value>,
    /// What it is for.
    pub description: Option<String>,
    /// The secrets that are set.
    pub secrets: Vec<SecretRow>,
    /// Where it is written.
    pub source: ConnectionSource,
    /// Why it cannot be used, of one in the environment that is not understood.
    pub problem: Option<String>,
    /// When it was last changed; nothing of one in the environment.
    #[ts(type = "number | null")]
    pub changed: Option<i64>,
}

/// A connection with what rests on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionDetail {
    /// The connection.
    pub connection: ConnectionRow,
    /// Flows in force whose files name it.
    pub flows: Vec<String>,
    /// Storages of the workspace that lie on it.
    pub storages: Vec<String>,
}

/// A kind of system that connections lead to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionKind {
    /// Its word.
    pub kind: String,
    /// Other words for it.
    pub aliases: Vec<String>,
    /// Its name for the operator.
    pub title: String,
    /// JSON Schema of the fields of `extra`, secrets among them.
    #[ts(type = "Record<string, unknown>")]
    pub schema: Value,
    /// Fields of `extra` that are secrets.
    pub secrets: Vec<String>,
}

/// What becomes of a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretGiven {
    /// This becomes its value, kept in the keyring or the encrypted file.
    Value(Hidden),
    /// It lies elsewhere: `file:PATH`, `env:NAME` or `vault:MOUNT/PATH#FIELD`.
    From(String),
    /// It is removed.
    None,
}

/// Makes or changes a connection. Fields that are not named are empty then; secrets that are not named stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct ConnectionSetArgs {
    /// Name: letters, digits, `.`, `-` and `_`, at most 200.
    pub connection: String,
    /// Kind of system.
    pub kind: String,
    /// Host.
    pub host: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// User name or access key.
    pub login: Option<String>,
    /// Airflow's `schema`.
    pub schema: Option<String>,
    /// What else there is to say. Secrets that stand here are taken out and kept with the others.
    #[ts(as = "Option<BTreeMap<String, Hidden>>", optional)]
    pub extra: BTreeMap<String, Hidden>,
    /// What it is for.
    pub description: Option<String>,
    /// The secrets that change, by field.
    #[ts(as = "Option<BTreeMap<String, SecretGiven>>", optional)]
    pub secrets: BTreeMap<String, SecretGiven>,
    /// Only if there is none of this name yet.
    #[ts(as = "Option<bool>", optional)]
    pub new: bool,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Names a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ConnectionArgs {
    /// Name.
    pub connection: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Copies a connection with its secrets under another name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ConnectionCopyArgs {
    /// Name.
    pub connection: String,
    /// Name of the copy, which must not be there yet.
    pub to: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Tries a connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct ConnectionTestArgs {
    /// Name.
    pub connection: String,
    /// What the connection would be, to be tried before it is made or changed. Secrets that are not named in it are those that are
    /// kept of the connection; nothing of it is kept.
    #[ts(as = "Option<ConnectionSetArgs>", optional)]
    pub draft: Option<Box<ConnectionSetArgs>>,
    /// Folder on it below which to try; its top if none is given.
    pub path: Option<String>,
    /// Whether to write a small file, which is removed again.
    #[ts(as = "Option<bool>", optional)]
    pub write: bool,
    /// Word by which the steps that are told as they end are known.
    pub token: Option<String>,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// A step of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TestStep {
    /// What was tried: `dns`, `tcp`, `tls`, `host_key`, `login`, `list`, `write`, `delete`.
    pub name: String,
    /// Whether it worked. What follows a failure is not tried.
    pub ok: bool,
    /// What came of it, or why it failed.
    pub text: String,
    /// Code of the failure.
    pub code: Option<String>,
    /// How long it took, in milliseconds.
    #[ts(type = "number")]
    pub took: u64,
}

/// How a test went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionTested {
    /// Whether every step worked.
    pub ok: bool,
    /// The steps.
    pub steps: Vec<TestStep>,
}

/// Asks a server for its host key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct HostKeyArgs {
    /// Name of the connection.
    pub connection: String,
    /// What the connection would be, as of a test.
    #[ts(as = "Option<ConnectionSetArgs>", optional)]
    pub draft: Option<Box<ConnectionSetArgs>>,
}

/// Accepts the host key of a server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct HostKeyAcceptArgs {
    /// Name of the connection.
    pub connection: String,
    /// What the connection would be, as of a test.
    #[ts(as = "Option<ConnectionSetArgs>", optional)]
    pub draft: Option<Box<ConnectionSetArgs>>,
    /// The fingerprint that was compared with what the server's operator says. A key with another is refused.
    pub fingerprint: String,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// The key by which a server is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostKeyRow {
    /// The server, as known_hosts names it: `name`, or `[name]:port`.
    pub host: String,
    /// Type of the key, such as `ssh-ed25519`.
    pub kind: String,
    /// `SHA256:` and what `ssh-keygen -l` shows.
    pub fingerprint: String,
}

/// The first key on the way to a server that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostKeyFound {
    /// The key; nothing if all are known, those of hosts on the way included.
    pub key: Option<HostKeyRow>,
}

/// Where secrets are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SecretsInfo {
    /// Who keeps what is set now.
    pub keeper: SecretPlace,
    /// Whether the encrypted file is there.
    pub file: bool,
    /// Whether secrets in the encrypted file can be read now.
    pub open: bool,
}

/// Opens the encrypted file, or chooses the passphrase of the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SecretsUnlockArgs {
    /// The passphrase.
    pub passphrase: HiddenText,
}

/// How connections are written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One JSON object, as of `airflow connections export`.
    #[default]
    Json,
    /// Lines of `NAME=URI`, as of `airflow connections export --file-format env`.
    Env,
    /// The same as in JSON, as of `airflow connections export --file-format yaml`.
    Yaml,
}

/// Writes connections down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct ConnectionExportArgs {
    /// Which; all if none is named.
    #[ts(as = "Option<Vec<String>>", optional)]
    pub connections: Vec<String>,
    /// How.
    #[ts(as = "Option<ExportFormat>", optional)]
    pub format: ExportFormat,
    /// Whether their secrets are written too, in the open.
    #[ts(as = "Option<bool>", optional)]
    pub with_secrets: bool,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Connections written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionExported {
    /// How many.
    pub count: u32,
    /// Those of the environment that are not understood, and so are not among them.
    pub left_out: Vec<String>,
    /// The text.
    pub text: HiddenText,
}
