//! Connections of the environment: `AIRFLOW_CONN_*`, read live, and changed by nobody here.

use std::collections::BTreeMap;
use std::ffi::OsString;

use longshore_connectors::{Connection, connector};
use longshore_engine::Fault;
use longshore_secrets::SecretString;
use serde_json::{Map, Value};

use super::fault;
use super::secret_fields::{PASSWORD, hide, is_secret};
use crate::airflow::{self, Given};
use crate::wire::{ConnectionRow, ConnectionSource, SecretPlace, SecretRow};

/// What the names of the variables begin with; the connection's name in capitals follows.
const PREFIX: &str = "AIRFLOW_CONN_";

/// The connections of the environment, by their names in capitals.
pub(super) struct Environment(BTreeMap<String, Found>);

/// One of them.
pub(super) struct Found {
    /// Its name, in small letters.
    pub(super) id: String,
    given: Result<Given, String>,
}

impl Environment {
    pub(super) fn read(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let connection = |(name, value): (OsString, OsString)| {
            let name = name.to_str()?.strip_prefix(PREFIX).filter(|name| !name.is_empty())?.to_uppercase();
            let given = value.to_str().ok_or_else(|| "it is no text".to_owned()).and_then(airflow::read);
            if let Ok(given) = &given {
                hide_all(given);
            }
            Some((name.clone(), Found { id: name.to_lowercase(), given }))
        };
        Self(variables.filter_map(connection).collect())
    }

    /// Airflow looks for the name in capitals.
    pub(super) fn find(&self, id: &str) -> Option<&Found> {
        self.0.get(&id.to_uppercase())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Found> {
        self.0.values()
    }
}

/// Its secrets are known from the start, and so are hidden from the start.
fn hide_all(given: &Given) {
    if let Some(password) = &given.password {
        longshore_flows::secrets::hide_everywhere(password);
    }
    given.extra.iter().filter(|(field, value)| is_secret(&given.kind, field, value)).for_each(|(_, value)| hide(value));
}

impl Found {
    /// As it is shown.
    pub(super) fn row(&self) -> ConnectionRow {
        let (given, mut problem) = match &self.given {
            Ok(given) => (given.clone(), None),
            Err(why) => (Given::default(), Some(why.clone())),
        };
        if problem.is_none() && given.kind.is_empty() {
            problem = Some("it has no kind: a URI begins with one, written with `-` and not with `_`".to_owned());
        }
        let secret = |field: &str| SecretRow { field: field.to_owned(), place: SecretPlace::Environment };
        let mut secrets: Vec<SecretRow> = given.password.iter().map(|_| secret(PASSWORD)).collect();
        let mut extra = Map::new();
        for (field, value) in given.extra {
            if is_secret(&given.kind, &field, &value) {
                secrets.push(secret(&field));
            } else {
                extra.insert(field, value);
            }
        }
        ConnectionRow {
            id: self.id.clone(),
            usable: problem.is_none() && connector(&given.kind).is_some(),
            kind: given.kind,
            host: given.host,
            port: given.port,
            login: given.login,
            schema: given.schema,
            extra,
            description: given.description,
            secrets,
            source: ConnectionSource::Environment,
            problem,
            changed: None,
        }
    }

    /// With its secrets.
    pub(super) fn connection(&self) -> Result<Connection, Fault> {
        let given = self.given.clone().map_err(|why| fault::wrong(&self.id, why))?;
        let Given { kind, host, port, login, password, schema, extra, .. } = given;
        let extra: Map<String, Value> = extra;
        Ok(Connection {
            id: self.id.clone(),
            kind,
            host,
            port,
            login,
            password: password.map(SecretString::from),
            schema,
            extra,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(all: &[(&str, &str)]) -> Environment {
        Environment::read(all.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn a_connection_of_the_environment_shows_no_secret() {
        let found = environment(&[
            ("AIRFLOW_CONN_MY_S3", "s3://AKIA:env-secret-1@/?region_name=eu&aws_session_token=env-secret-2"),
            ("AIRFLOW_CONN_", "s3://"),
            ("OTHER", "s3://"),
        ]);
        assert_eq!(found.all().count(), 1);
        let row = found.find("My_S3").unwrap().row();
        let shown = serde_json::to_string(&row).unwrap();
        assert!(!shown.contains("env-secret"), "{shown}");
        assert_eq!((row.id.as_str(), row.kind.as_str(), row.secrets.len()), ("my_s3", "s3", 2));
        let connection = found.find("my_s3").unwrap().connection().unwrap();
        assert_eq!(connection.extra["aws_session_token"], "env-secret-2");
    }

    #[test]
    fn what_is_not_understood_is_shown_with_the_reason_and_not_with_its_text() {
        let found = environment(&[("AIRFLOW_CONN_A", "ssh://u:sec#ret@h"), ("AIRFLOW_CONN_B", "my_kind://h")]);
        let row = found.find("a").unwrap().row();
        assert!(row.problem.as_ref().is_some_and(|why| !why.contains("sec")), "{row:?}");
        assert_eq!(found.find("a").unwrap().connection().unwrap_err().code, "connection.wrong");
        assert!(found.find("b").unwrap().row().problem.is_some());
    }
}
