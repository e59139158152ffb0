//! What a message asks for: objects, each by what makes the wish for it one.

use longshore_catalogue::PathBytes;
use longshore_connectors::s3::S3;
use longshore_engine::Fault;
use longshore_engine::expression::{Scope, Template, seen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use crate::kind::Storages;
use crate::s3_event::ObjectEvent;

/// An object that messages ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Object {
    /// Id of the work that it is.
    pub work: String,
    /// Its place: CONNECTION:PATH.
    pub place: String,
    /// Its name: the last part of its key.
    pub name: String,
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
    /// Bytes, where the message says.
    pub size: Option<u64>,
    /// Until when its restored copy can be read, as the message says it.
    pub until: Option<String>,
    /// What is done once it is where it should be: for `sqs.finish`.
    pub asks: Vec<String>,
}

/// What makes the wish of an event one, whichever message tells of it.
pub(super) fn ask(source: &Source, event: &ObjectEvent) -> String {
    let version = event.version.as_deref().unwrap_or_default();
    format!("{}:{}/{}?{version} {}", objects(source), event.bucket, event.key, event.mark)
}

/// The connection to the objects.
fn objects(source: &Source) -> &str {
    source.objects.as_deref().unwrap_or(&source.connection)
}

/// The work of a key: by an expression of `bucket`, `key` and `name`; without one, the name up to its first dot.
pub(in crate::kinds) fn work_of(expression: Option<&str>, bucket: &str, key: &str) -> Result<String, Fault> {
    let name = name_of(key);
    let Some(expression) = expression.filter(|text| !text.trim().is_empty()) else {
        return Ok(name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(name).to_owned());
    };
    let values = [("bucket", json!(bucket)), ("key", json!(key)), ("name", json!(name))];
    evaluated(expression, &values, &format!("No work could be made of the key {key}"))
}

/// A text that an expression makes of these values.
pub(in crate::kinds) fn evaluated(
    expression: &str,
    values: &[(&'static str, Value)],
    what: &str,
) -> Result<String, Fault> {
    let wrong = |why: String| Fault::permanent("task.with", what, format!("{expression}: {why}"));
    let mut scope = Scope::default();
    for (name, value) in values {
        scope.names.insert(name, seen(value));
    }
    let template =
        if expression.contains("{{") { Template::text(expression) } else { Template::expression(expression) };
    let template = template.map_err(|error| wrong(error.why))?;
    match template.render(&scope).map_err(|error| wrong(error.why))? {
        Value::String(text) if !text.is_empty() => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong("it gives no text".into())),
    }
}

/// The last part of a key.
pub(super) fn name_of(key: &str) -> &str {
    key.rsplit('/').find(|part| !part.is_empty()).unwrap_or(key)
}

/// Where an object lies, as tasks write it.
pub(in crate::kinds) fn place_of(
    storages: &dyn Storages,
    connection: &str,
    bucket: &str,
    key: &str,
) -> Result<String, Fault> {
    let storage = storages.storage(connection)?;
    let own = storage.as_any().downcast_ref::<S3>().and_then(S3::own_bucket);
    let path = match own {
        Some(own) if own == bucket => key.to_owned(),
        Some(own) => {
            let why = format!("The connection {connection} leads to the bucket {own}, and not to {bucket}");
            return Err(Fault::permanent("sqs.other_bucket", format!("{key} cannot be fetched"), why)
                .now("Name a connection without a bucket, or with this one."));
        }
        None => format!("{bucket}/{key}"),
    };
    Ok(format!("{connection}:{}", PathBytes::new(path.into_bytes()).to_text()))
}

/// The object of an event.
pub(super) fn object(
    storages: &dyn Storages,
    source: &Source,
    work: Option<&str>,
    event: &ObjectEvent,
) -> Result<Object, Fault> {
    let ObjectEvent { bucket, key, version, size, until, .. } = event.clone();
    Ok(Object {
        work: work_of(work, &bucket, &key)?,
        place: place_of(storages, objects(source), &bucket, &key)?,
        name: name_of(&key).to_owned(),
        asks: vec![ask(source, event)],
        bucket,
        key,
        version,
        size,
        until,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_work_is_named_by_its_key() {
        let work = |expression: Option<&str>| work_of(expression, "vault", "Works/00/W1.bag.zip");
        assert_eq!(work(None).unwrap(), "W1");
        assert_eq!(work(Some("")).unwrap(), "W1");
        assert_eq!(work(Some("{{ (key | split('/') | list)[1] }}-{{ name }}")).unwrap(), "00-W1.bag.zip");
        assert_eq!(work(Some("bucket")).unwrap(), "vault");
        assert_eq!(work(Some("size")).unwrap_err().code, "task.with");
        assert_eq!(work_of(None, "b", ".hidden").unwrap(), ".hidden");
        assert_eq!(name_of("a/b/"), "b");
    }
}
