//! A data catalogue of eFlows4HPC written from its documented behaviour; not the real one.
//!
//! Its surprises are kept: lists are pairs of name and oid, a new entry is answered with 200 and an array, values of metadata that are no
//! texts are refused, what is no UUID is 422 and not 404.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Asked, Holding};

/// User and password of somebody who may make entries.
pub const USER: (&str, &str) = ("operator", "a-password-of-the-catalogue");

const TOKEN: &str = "a-token-of-the-catalogue";

/// The server, until it is dropped.
pub type DataCatalogue = Holding<Entries>;

/// Entries by type and oid.
pub type Entries = BTreeMap<(String, String), Value>;

impl DataCatalogue {
    /// Starts one without entries.
    pub fn start() -> Self {
        Self::answering(answer)
    }

    /// Puts an entry there, whatever it says.
    pub fn put(&self, kind: &str, oid: &str, entry: Value) {
        self.held().insert((kind.to_owned(), oid.to_owned()), entry);
    }
}

fn answer(entries: &mut Entries, asked: &Asked) -> Answer {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["token"]) => token(asked),
        ("GET", [kind]) => list(entries, kind, query),
        ("POST", [kind]) => create(entries, kind, asked),
        ("GET", [kind, oid]) => show(entries, kind, oid),
        _ => Answer::json(404, &json!({"detail": "Not Found"})),
    }
}

fn token(asked: &Asked) -> Answer {
    let (user, password) = USER;
    if asked.body == format!("username={user}&password={password}").into_bytes() {
        return Answer::json(200, &json!({"access_token": TOKEN, "token_type": "bearer"}));
    }
    Answer::json(401, &json!({"detail": "Incorrect username or password"}))
}

fn is_known(kind: &str) -> bool {
    ["dataset", "storage_target", "airflow_connections", "template"].contains(&kind)
}

fn unprocessable(field: &str) -> Answer {
    Answer::json(
        422,
        &json!({"detail": [{"loc": ["path", field], "msg": "value is not valid", "type": "value_error"}]}),
    )
}

fn list(entries: &Entries, kind: &str, query: &str) -> Answer {
    if !is_known(kind) {
        return unprocessable("location_type");
    }
    let asked = |name: &str| {
        let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.replace('+', " "))
    };
    let number = |name: &str, none: usize| asked(name).and_then(|text| text.parse().ok()).unwrap_or(none);
    let named = |entry: &Value| asked("name").is_none_or(|name| entry["name"].as_str() == Some(&name));
    let rows = entries.iter().filter(|((of, _), entry)| of == kind && named(entry));
    let (page, size) = (number("page", 1), number("page_size", 25));
    let rows: Vec<Value> =
        rows.skip((page - 1) * size).take(size).map(|((_, oid), entry)| json!([entry["name"], oid])).collect();
    Answer::json(200, &json!(rows))
}

fn show(entries: &Entries, kind: &str, oid: &str) -> Answer {
    if !is_known(kind) || oid.len() != 36 {
        return unprocessable("dataset_id");
    }
    match entries.get(&(kind.to_owned(), oid.to_owned())) {
        Some(entry) => Answer::json(200, entry),
        None => Answer::json(404, &json!({"message": "Object does not exist"})),
    }
}

fn create(entries: &mut Entries, kind: &str, asked: &Asked) -> Answer {
    if asked.headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
        return Answer::json(401, &json!({"detail": "Could not validate credentials"}));
    }
    let entry: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let texts = entry["metadata"].as_object().is_some_and(|fields| fields.values().all(Value::is_string));
    if !is_known(kind) || !texts || !entry["name"].is_string() || !entry["url"].is_string() {
        return unprocessable("metadata");
    }
    let oid = format!("00000000-0000-4000-8000-{:012}", entries.len() + 1);
    entries.insert((kind.to_owned(), oid.clone()), entry.clone());
    Answer::json(200, &json!([oid, entry]))
}
