//! The part of a dataset that says where it is on its way.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::{Reply, framework};
use super::rules::{Field, Is, wrongs};
use super::state::State;

const FIELDS: &[Field] = &[
    ("archivable", false, Is::Flag),
    ("retrievable", false, Is::Flag),
    ("publishable", false, Is::Flag),
    ("dateOfDiskPurging", false, Is::Text),
    ("archiveRetentionTime", false, Is::Text),
    ("dateOfPublishing", false, Is::Text),
    ("publishedOn", false, Is::Text),
    ("isOnCentralDisk", false, Is::Flag),
    ("archiveStatusMessage", false, Is::Text),
    ("retrieveStatusMessage", false, Is::Text),
    ("archiveReturnMessage", false, Is::Object),
    ("retrieveReturnMessage", false, Is::Object),
    ("exportedTo", false, Is::Text),
    ("retrieveIntegrityCheck", false, Is::Flag),
    ("storageLocation", false, Is::Text),
];

/// What the fields are that nobody has said anything of.
pub(super) fn defaults() -> Value {
    json!({"archivable": true, "retrievable": false, "publishable": false, "isOnCentralDisk": true,
        "archiveStatusMessage": "datasetCreated", "retrieveStatusMessage": "", "retrieveIntegrityCheck": false})
}

/// What replaces a lifecycle as a whole: what is not named falls back.
pub(super) fn replaced(by: &Value) -> Value {
    merged(&defaults(), by)
}

/// One with some fields changed; what is `null` falls back.
pub(super) fn merged(old: &Value, by: &Value) -> Value {
    let mut lifecycle = old.as_object().cloned().unwrap_or_default();
    for (field, value) in by.as_object().into_iter().flatten() {
        let default = defaults().get(field).cloned();
        match value {
            Value::Null => match default {
                Some(default) => lifecycle.insert(field.clone(), default),
                None => lifecycle.remove(field),
            },
            value => lifecycle.insert(field.clone(), value.clone()),
        };
    }
    Value::Object(lifecycle)
}

/// What is wrong with one, within a dataset.
pub(super) fn wrong(lifecycle: &Map<String, Value>) -> Vec<String> {
    wrongs(lifecycle, FIELDS, true).into_iter().map(|why| format!("datasetlifecycle.{why}")).collect()
}

/// `PATCH /datasets/:pid/datasetlifecycle`: merges.
pub(super) fn change(state: &mut State, call: &Call, pid: &str) -> Reply {
    if call.body.is_empty() {
        return Err(framework(400, "dataset lifecycle DTO must not be empty"));
    }
    let wrong = wrongs(&call.body, FIELDS, true);
    if !wrong.is_empty() {
        return Err(framework(400, wrong));
    }
    let lifecycle = merged(&state.lifecycle(pid), &Value::Object(call.body.clone()));
    let mut dataset = state.datasets.get(pid).cloned().unwrap_or_default();
    dataset.insert("datasetlifecycle".into(), lifecycle.clone());
    state.put_dataset(pid, dataset);
    Ok((200, lifecycle))
}
