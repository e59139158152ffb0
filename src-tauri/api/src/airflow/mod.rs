//! Connections as Apache Airflow writes them: the URI and the JSON of `AIRFLOW_CONN_*` and of its export files.
//!
//! The grammar is that of `airflow/models/connection.py`, down to what is surprising in it: what Airflow reads from a text, Longshore
//! reads too.

mod json;
mod split;
mod uri;

pub(crate) use json::object;
use json::of_object;
pub(crate) use uri::write;

use longshore_engine::Fault;
use serde_json::{Map, Value};

use crate::wire::{ConnectionSetArgs, Hidden, SecretGiven};

/// A connection as it was written down, secrets and all. Never printed.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Given {
    /// Kind of system; empty where none could be read.
    pub(crate) kind: String,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) login: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) extra: Map<String, Value>,
    pub(crate) description: Option<String>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({}, {:?})", self.kind, self.host)
    }
}

/// Reads the value of an `AIRFLOW_CONN_*` variable: JSON if it begins with `{`, else a URI. The failure shows none of the value.
pub(crate) fn read(text: &str) -> Result<Given, String> {
    let text = text.trim();
    if !text.starts_with('{') {
        return uri::read(text);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| unread(&error))?;
    of_object(&value)
}

/// Where JSON is wrong, without what stands there.
pub(crate) fn unread(error: &serde_json::Error) -> String {
    format!("it is no JSON: line {}, column {}", error.line(), error.column())
}

/// Airflow's word for a kind.
fn normal_kind(kind: &str) -> String {
    if kind == "postgresql" { "postgres".to_owned() } else { kind.replace('-', "_") }
}

/// The extra fields: an object.
fn extra_of(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(extra)) => Ok(extra),
        Ok(_) => Err("its extra is no JSON object".to_owned()),
        Err(error) => Err(format!("its extra is not understood: {}", unread(&error))),
    }
}

/// Reads a connection that is to be called `id`: a URI, or JSON; the latter may say in `secrets` where a secret lies that lies
/// elsewhere.
pub fn connection_of_text(id: &str, text: &str) -> Result<ConnectionSetArgs, Fault> {
    let wrong = |why: String| {
        Fault::permanent("connection.unread", format!("The connection {id} is not understood"), why)
            .now("Write conn_type://login:password@host:port/schema?key=value with each part percent-encoded, or JSON.")
    };
    let text = text.trim();
    if !text.starts_with('{') {
        return uri::read(text).map(|given| given.named(id)).map_err(wrong);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(unread(&error)))?;
    args_of_object(id, value).map_err(wrong)
}

/// A connection of an object as Longshore exports it.
pub(crate) fn args_of_object(id: &str, mut value: Value) -> Result<ConnectionSetArgs, String> {
    let references = value.as_object_mut().and_then(|fields| fields.shift_remove("secrets"));
    let mut args = of_object(&value)?.named(id);
    match references {
        None | Some(Value::Null) => {}
        Some(Value::Object(references)) => {
            for (field, reference) in references {
                let Value::String(text) = reference else { return Err(format!("where its {field} lies is no text")) };
                args.secrets.insert(field, SecretGiven::From(text));
            }
        }
        Some(_) => return Err("its secrets are no object of references".to_owned()),
    }
    Ok(args)
}

impl Given {
    /// As it is set under a name.
    pub(crate) fn named(self, id: &str) -> ConnectionSetArgs {
        let Self { kind, host, port, login, password, schema, extra, description } = self;
        let value = |text: String| SecretGiven::Value(Hidden(Value::String(text)));
        ConnectionSetArgs {
            connection: id.to_owned(),
            kind,
            host,
            port,
            login,
            schema,
            extra: extra.into_iter().map(|(field, value)| (field, Hidden(value))).collect(),
            description,
            secrets: password.map(|word| ("password".to_owned(), value(word))).into_iter().collect(),
            new: false,
            why: None,
        }
    }
}
