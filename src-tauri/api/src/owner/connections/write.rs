//! Connections made, changed, copied and removed.

use std::collections::BTreeMap;

use longshore_connectors::Connection;
use longshore_engine::{Fault, Millis};
use longshore_store::{ConnectionRecord, StorageRecord};
use serde_json::{Map, Value};

use super::secret_fields::{PASSWORD, has_user_info, is_secret};
use super::secrets::Becomes;
use super::{Connections, fault, whole};
use crate::events::lock;
use crate::wire::{ConnectionSetArgs, Hidden, SecretGiven};

/// Bytes of all that a connection says, secrets aside, at most.
const MOST: usize = 1 << 20;
/// Characters of a name at most, as in Airflow.
const NAME: usize = 200;

impl Connections {
    /// Makes or changes a connection. Its secrets are kept first: a crash between leaves a secret that nothing leads to, never a
    /// connection without its secret.
    pub(crate) fn set(&self, mut args: ConnectionSetArgs, now: Millis) -> Result<(), Fault> {
        let id = args.connection.clone();
        self.check(&args)?;
        let _alone = lock(&self.changing);
        let before = self.store.connection(&id)?;
        if args.new && before.is_some() {
            return Err(fault::exists(&id));
        }
        let (extra, changes) = parted(&id, &mut args)?;
        let before = before.unwrap_or_else(|| ConnectionRecord { made: now.0, ..ConnectionRecord::default() });
        let mut secrets = unchanged(&before.secrets, &changes);
        secrets.extend(self.keep(&id, changes)?);
        let record = ConnectionRecord { extra, secrets, made: before.made, changed: now.0, ..plain(&id, args) };
        self.store.set_connections(std::slice::from_ref(&record))?;
        self.close(&id);
        self.forget(&id, &before.secrets, &record.secrets);
        Ok(())
    }

    /// A connection as it would be after [`Connections::set`], with its secrets. Nothing of it is kept; it needs no name yet.
    pub(crate) fn draft(&self, id: &str, mut args: ConnectionSetArgs) -> Result<Connection, Fault> {
        Self::check_fields(id, &args)?;
        let (extra, changes) = parted(id, &mut args)?;
        let kept = self.store.connection(id)?.map(|record| record.secrets).unwrap_or_default();
        let mut secrets = Vec::new();
        for (field, place) in unchanged(&kept, &changes) {
            let value = self.secret(id, &field, &place)?;
            secrets.push((field, value));
        }
        for (field, becomes) in changes {
            let value = self.value(id, becomes)?;
            secrets.extend(value.map(|value| (field, value)));
        }
        Ok(whole(ConnectionRecord { extra, ..plain(id, args) }, secrets))
    }

    /// Copies a connection with its secrets.
    pub(crate) fn duplicate(&self, id: &str, to: &str, now: Millis) -> Result<(), Fault> {
        let row = self.row(id)?;
        let connection = self.with_secrets(id)?;
        let from =
            |field: &str| match row.secrets.iter().find(|secret| secret.field == field).map(|secret| &secret.place) {
                Some(crate::wire::SecretPlace::Reference(text)) => Some(SecretGiven::From(text.clone())),
                _ => None,
            };
        let mut secrets = BTreeMap::new();
        for secret in &row.secrets {
            let value = if secret.field == PASSWORD {
                connection
                    .password
                    .as_ref()
                    .map(|word| Value::from(longshore_secrets::ExposeSecret::expose_secret(word)))
            } else {
                connection.extra.get(&secret.field).cloned()
            };
            let given = from(&secret.field).or_else(|| value.map(|value| SecretGiven::Value(Hidden(value))));
            secrets.extend(given.map(|given| (secret.field.clone(), given)));
        }
        let extra = row.extra.into_iter().map(|(field, value)| (field, Hidden(value))).collect();
        let (kind, host, port, login, schema) = (row.kind, row.host, row.port, row.login, row.schema);
        let (connection, description) = (to.to_owned(), row.description);
        self.set(
            ConnectionSetArgs {
                connection,
                kind,
                host,
                port,
                login,
                schema,
                extra,
                description,
                secrets,
                new: true,
                why: None,
            },
            now,
        )
    }

    /// Removes a connection with the secrets that are kept of it.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Fault> {
        if self.environment.find(id).is_some() {
            return Err(fault::read_only(id));
        }
        let _alone = lock(&self.changing);
        let record = self.record(id)?;
        let storages = self.storages_on(id)?;
        if !storages.is_empty() {
            return Err(fault::in_use(id, &storages));
        }
        self.store.remove_connection(id)?;
        self.close(id);
        self.forget(id, &record.secrets, &Map::new());
        self.rates.forget(id)
    }

    /// The storages of the workspace that a connection leads to.
    pub(crate) fn storages_on(&self, id: &str) -> Result<Vec<String>, Fault> {
        let on = |storage: &StorageRecord| storage.connection.as_deref() == Some(id);
        Ok(self.store.storages()?.into_iter().filter(on).map(|storage| storage.name).collect())
    }

    /// Whether it may be written so.
    pub(crate) fn check(&self, args: &ConnectionSetArgs) -> Result<(), Fault> {
        let id = &args.connection;
        let plain = |c: char| c.is_alphanumeric() || "_.-".contains(c);
        if id.is_empty() || id.chars().count() > NAME || !id.chars().all(plain) || id.starts_with(['.', '-']) {
            return Err(fault::name(
                id,
                "A name has letters, digits, `.`, `-` and `_`, and begins with a letter, a digit or `_`",
            ));
        }
        if self.store.storages()?.iter().any(|storage| storage.name == *id) {
            return Err(fault::name(id, "A storage of the workspace has this name, and places are named by either"));
        }
        if self.environment.find(id).is_some() {
            return Err(fault::read_only(id));
        }
        Self::check_fields(id, args)
    }

    /// Whether what it says, its name aside, may be written so.
    fn check_fields(id: &str, args: &ConnectionSetArgs) -> Result<(), Fault> {
        if args.kind.is_empty() || !args.kind.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            return Err(fault::wrong(id, "its kind is no word"));
        }
        let host = args.host.as_deref().unwrap_or_default();
        if has_user_info(host) || host.contains('@') {
            return Err(fault::wrong(id, "its host holds a user or a password: these have fields of their own"));
        }
        let texts = [&args.host, &args.login, &args.schema, &args.description];
        let size: usize = texts.into_iter().flatten().map(String::len).sum();
        let extra: usize = args.extra.iter().map(|(field, value)| field.len() + value.0.to_string().len()).sum();
        if size + extra > MOST {
            return Err(fault::wrong(id, format!("it says more than {MOST} bytes")));
        }
        Ok(())
    }
}

/// What a connection says that is neither secret nor of its kind alone.
fn plain(id: &str, args: ConnectionSetArgs) -> ConnectionRecord {
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let ConnectionSetArgs { kind, host, port, login, schema, description, .. } = args;
    let (host, schema, description) = (said(host), said(schema), said(description));
    ConnectionRecord { id: id.to_owned(), kind, host, port, login, schema, description, ..ConnectionRecord::default() }
}

/// Where the secrets are that do not change.
fn unchanged(kept: &Map<String, Value>, changes: &[(String, Becomes)]) -> Map<String, Value> {
    let stays = |field: &String| !changes.iter().any(|(changed, _)| changed == field);
    kept.iter().filter(|(field, _)| stays(field)).map(|(field, place)| (field.clone(), place.clone())).collect()
}

/// Fields that are no secrets, and what becomes of those that are.
type Parted = (Map<String, Value>, Vec<(String, Becomes)>);

/// Parts what is secret from what is not, taking both out of what was given.
fn parted(id: &str, args: &mut ConnectionSetArgs) -> Result<Parted, Fault> {
    let (extra, secrets) = (std::mem::take(&mut args.extra), std::mem::take(&mut args.secrets));
    sorted(&args.kind, extra, secrets).map_err(|why| fault::wrong(id, why))
}

fn sorted(
    kind: &str,
    extra: BTreeMap<String, Hidden>,
    secrets: BTreeMap<String, SecretGiven>,
) -> Result<Parted, String> {
    let (mut open, mut hidden) = (Map::new(), BTreeMap::new());
    for (field, Hidden(value)) in extra {
        if field == PASSWORD || is_secret(kind, &field, &value) {
            hidden.insert(field, SecretGiven::Value(Hidden(value)));
        } else {
            open.insert(field, value);
        }
    }
    hidden.extend(secrets);
    let mut changes = Vec::new();
    for (field, given) in hidden {
        // One that has become a secret stands nowhere else any more.
        open.shift_remove(&field);
        changes.push(match given {
            SecretGiven::Value(Hidden(Value::Null)) | SecretGiven::None => (field, Becomes::Gone),
            SecretGiven::Value(Hidden(value)) => (field, Becomes::Kept(value)),
            SecretGiven::From(text) => {
                let reference = text.parse().map_err(|error| format!("its {field}: {error}"))?;
                (field, Becomes::Elsewhere(reference))
            }
        });
    }
    Ok((open, changes))
}
