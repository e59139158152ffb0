//! A connection as a task is given it.

use longshore_connectors::Connection;
use longshore_engine::Fault;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{open, refused};
use crate::kind::Storages;

/// Where Vault keeps the logins of machines that are named by an id: the convention of the service that these flows take the place of.
const IN_VAULT: &str = "secret/ssh-credentials";

/// User of a login whose user is not told: as in that service.
const USER: &str = "eflows";

/// A connection that a task is given with its other parameters: the fields of a connection, its secrets in the open. Give them by
/// secret parameters of the flow, which are kept nowhere and hidden wherever they would be written.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Given {
    /// Its name: places on it are written NAME:PATH by the tasks of this run. One with an `@` in it is that of no other connection.
    pub id: String,
    /// Kind of system: `sftp`, `s3`, `webdav`, `http`, ...; `ssh` if not given.
    #[serde(alias = "conn_type")]
    pub kind: Option<String>,
    /// Connection of the workspace that stands under this name where neither `host` nor `vault_id` says where to. `vault-ID` is the same
    /// as `vault_id: ID`.
    pub connection: Option<String>,
    /// Id of a login in Vault: the secret `ssh-credentials/ID` of the KV engine `secret`, with `privateKey`, or `user` and `password`.
    pub vault_id: Option<String>,
    /// A path on the machine: where it begins with a slash, paths are from the machine's own top, else from where the login arrives.
    pub path: Option<String>,
    /// Host name, address, or the beginning of a URL.
    pub host: Option<String>,
    /// Port; that of the kind where there is none.
    pub port: Option<u16>,
    /// User name or access key.
    pub login: Option<String>,
    /// Password or secret key.
    pub password: Option<String>,
    /// Private key: the same as `private_key` in `extra`.
    pub key: Option<String>,
    /// Airflow's `schema`.
    pub schema: Option<String>,
    /// What else there is to say, secrets among it included, such as `private_key`.
    pub extra: Map<String, Value>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.plain().fmt(f)
    }
}

/// A field that was filled in.
fn filled(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

impl Given {
    /// Takes it in among the storages of its run.
    pub(super) fn open(&self, storages: &dyn Storages) -> Result<(), Fault> {
        let absolute = self.path.as_deref().is_some_and(|path| path.starts_with('/'));
        let named = filled(self.connection.as_ref());
        let by_vault = named.and_then(|name| name.strip_prefix("vault-").or_else(|| name.strip_prefix("vault_")));
        let vault = filled(self.vault_id.as_ref()).or(by_vault);
        // A kind may know where it is without a host, as S3 does.
        let elsewhere = vault.is_some() || filled(self.host.as_ref()).is_some();
        match named.filter(|_| !elsewhere) {
            Some(name) => {
                let storage = if absolute { from_top(storages, name)? } else { storages.storage(name)? };
                return storages.lend(&self.id, storage);
            }
            None if !elsewhere && self.kind.is_none() => {
                return Err(refused(&self.id, "it says neither `connection` nor `host`"));
            }
            None => {}
        }
        let mut connection = self.plain();
        if absolute {
            connection = connection.taken_for("root");
        }
        if let Some(id) = vault {
            in_vault(storages, &mut connection, id)?;
        }
        open(storages, &connection).map(drop)
    }

    fn plain(&self) -> Connection {
        let Self { id, kind, host, port, login, password, key, schema, mut extra, .. } = self.clone();
        extra.retain(|_, value| !value.is_null());
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            extra.insert("private_key".into(), key.into());
        }
        let kind = kind.unwrap_or_else(|| "ssh".into());
        let ssh = matches!(kind.as_str(), "ssh" | "sftp");
        let login = login.filter(|login| !login.is_empty()).or_else(|| ssh.then(|| USER.to_owned()));
        let password = password.filter(|password| !password.is_empty()).map(Into::into);
        Connection { id, kind, host, port, login, password, schema, extra }
    }
}

/// A connection's machine from its own top; a storage of the workspace is its own.
fn from_top(
    storages: &dyn Storages,
    name: &str,
) -> Result<std::sync::Arc<dyn longshore_transfer::storage::Storage>, Fault> {
    match storages.storage(&format!("root+{name}")) {
        Err(fault) if fault.code == "storage.unknown" => storages.storage(name),
        found => found,
    }
}

/// The key, or user and password, that Vault keeps under an id.
fn in_vault(storages: &dyn Storages, connection: &mut Connection, id: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !id.chars().all(plain) || id.starts_with('.') {
        return Err(refused(&connection.id, "`vault_id` holds characters that no id has"));
    }
    let field = |name: &str| storages.secret(&format!("vault:{IN_VAULT}/{id}#{name}"));
    match field("privateKey") {
        Ok(key) => drop(connection.extra.insert("private_key".into(), key.expose_secret().into())),
        Err(fault) if fault.code == "secrets.not_found" => {
            connection.password = Some(field("password")?);
            connection.login = Some(field("user")?.expose_secret().to_owned());
        }
        Err(fault) => return Err(fault),
    }
    Ok(())
}
