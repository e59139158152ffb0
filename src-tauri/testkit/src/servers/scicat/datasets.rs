//! Datasets.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::{Refusal, Reply, framework, short};
use super::rules::{Field, Is, wrongs};
use super::state::{State, User, written};
use super::{blocks, lifecycle};

/// Version 4; version 3 has other words for some, see [`SINGULAR`].
const FIELDS: &[Field] = &[
    ("pid", false, Is::Text),
    ("type", true, Is::Text),
    ("owner", true, Is::Text),
    ("ownerGroup", true, Is::Text),
    ("contactEmail", true, Is::Text),
    ("sourceFolder", true, Is::Text),
    ("creationTime", true, Is::Text),
    ("datasetName", true, Is::Text),
    ("accessGroups", false, Is::Texts),
    ("isPublished", false, Is::Flag),
    ("size", false, Is::Whole),
    ("packedSize", false, Is::Whole),
    ("numberOfFiles", false, Is::Whole),
    ("numberOfFilesArchived", false, Is::Whole),
    ("ownerEmail", false, Is::Text),
    ("description", false, Is::Text),
    ("creationLocation", false, Is::Text),
    ("dataFormat", false, Is::Text),
    ("keywords", false, Is::Texts),
    ("scientificMetadata", false, Is::Object),
    ("datasetlifecycle", false, Is::Object),
    ("principalInvestigators", false, Is::Texts),
    ("proposalIds", false, Is::Texts),
    ("sampleIds", false, Is::Texts),
    ("instrumentIds", false, Is::Texts),
    ("inputDatasets", false, Is::Texts),
    ("usedSoftware", false, Is::Texts),
];

/// What version 3 asks of a type of dataset beside, in the words of version 4.
const RAW: &[Field] = &[("principalInvestigators", true, Is::Texts), ("creationLocation", true, Is::Text)];
const DERIVED: &[Field] = &[
    ("principalInvestigators", true, Is::Texts),
    ("inputDatasets", true, Is::Texts),
    ("usedSoftware", true, Is::Texts),
];

/// What version 3 has one of, and version 4 a list.
const SINGULAR: [(&str, &str); 4] = [
    ("principalInvestigator", "principalInvestigators"),
    ("proposalId", "proposalIds"),
    ("sampleId", "sampleIds"),
    ("instrumentId", "instrumentIds"),
];

pub(super) fn answer(state: &mut State, call: &Call, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(state, call),
        ("POST", []) => create(state, call),
        ("GET", ["count"]) => Ok((200, json!({"count": visible(state, call)?.len()}))),
        ("GET", [pid]) => Ok((200, shown(readable(state, call, pid)?, call.version))),
        ("PATCH", [pid]) => {
            writable(state, call, pid)?;
            change(state, call, pid)
        }
        ("PATCH", [pid, "datasetlifecycle"]) => {
            writable(state, call, pid)?;
            lifecycle::change(state, call, pid)
        }
        (_, [pid, kind @ ("origdatablocks" | "datablocks"), rest @ ..]) if call.version == 3 => {
            blocks::of_dataset(state, call, pid, kind, rest)
        }
        _ => Err(call.nothing_there()),
    }
}

/// Without a login, which is also what an expired token is: what is published.
pub(super) fn may_see(dataset: &Map<String, Value>, user: Option<&User>) -> bool {
    let group = |field: &str| dataset.get(field).cloned().unwrap_or_default();
    let member = |user: &User| {
        let theirs = group("accessGroups");
        let shared = theirs.as_array().into_iter().flatten().any(|group| user.groups.iter().any(|own| group == own));
        user.admin || shared || user.groups.iter().any(|own| group("ownerGroup") == *own)
    };
    dataset.get("isPublished") == Some(&Value::Bool(true)) || user.is_some_and(member)
}

fn visible<'a>(state: &'a State, call: &Call) -> Result<Vec<&'a Map<String, Value>>, Refusal> {
    let theirs = state.datasets.values().filter(|dataset| may_see(dataset, call.user.as_ref()));
    Ok(call.filter()?.of(theirs))
}

fn list(state: &State, call: &Call) -> Reply {
    Ok((200, visible(state, call)?.into_iter().map(|dataset| shown(dataset, call.version)).collect()))
}

/// One that the user may see. One that they may not see is not found without a login, and refused with one.
pub(super) fn readable<'a>(state: &'a State, call: &Call, pid: &str) -> Result<&'a Map<String, Value>, Refusal> {
    let missing = || framework(404, format!("dataset: {pid} not found"));
    let dataset = state.datasets.get(pid).ok_or_else(missing)?;
    match (may_see(dataset, call.user.as_ref()), &call.user) {
        (true, _) => Ok(dataset),
        (false, None) => Err(missing()),
        (false, Some(_)) => Err(framework(403, "Unauthorized access")),
    }
}

/// One that the user may change.
pub(super) fn writable(state: &State, call: &Call, pid: &str) -> Result<(), Refusal> {
    let user = call.login()?;
    let dataset = state.datasets.get(pid).ok_or_else(|| framework(404, format!("dataset: {pid} not found")))?;
    let own = user.groups.iter().any(|group| dataset["ownerGroup"] == *group);
    if user.admin || own { Ok(()) } else { Err(framework(403, "Unauthorized access")) }
}

fn create(state: &mut State, call: &Call) -> Reply {
    let user = call.login()?;
    let mut body = canonical(call)?;
    checked(&body, call, false)?;
    of_type(&body, call)?;
    if !user.admin && !user.groups.iter().any(|group| body["ownerGroup"] == *group) {
        return Err(framework(403, "Unauthorized to create this dataset"));
    }
    let made = format!("20.500.12269/{}", state.next_id());
    let pid = body.get("pid").and_then(Value::as_str).map_or(made, str::to_owned);
    if state.datasets.contains_key(&pid) {
        return Err(framework(409, "Dataset already exists"));
    }
    let given = body.get("datasetlifecycle").cloned().unwrap_or_default();
    body.insert("pid".into(), json!(pid));
    body.insert("datasetlifecycle".into(), lifecycle::replaced(&given));
    for (field, value) in [("isPublished", json!(false)), ("accessGroups", json!([])), ("size", json!(0))] {
        body.entry(field).or_insert(value);
    }
    state.put_dataset(&pid, body);
    Ok((201, shown(&state.datasets[&pid], call.version)))
}

fn change(state: &mut State, call: &Call, pid: &str) -> Reply {
    let body = canonical(call)?;
    checked(&body, call, true)?;
    let mut dataset = state.datasets.get(pid).cloned().unwrap_or_default();
    not_modified(call, &dataset)?;
    for (field, value) in body {
        let new = match (field.as_str(), call.merges()) {
            ("datasetlifecycle", true) => lifecycle::merged(&dataset["datasetlifecycle"], &value),
            ("datasetlifecycle", false) => lifecycle::replaced(&value),
            ("scientificMetadata", true) => merged(dataset.get(&field), &value),
            _ => value,
        };
        dataset.insert(field, new);
    }
    state.put_dataset(pid, dataset);
    Ok((200, shown(&state.datasets[pid], call.version)))
}

/// RFC 7396, for one level of nesting, which is what is looked at here.
fn merged(old: Option<&Value>, by: &Value) -> Value {
    let mut object = old.and_then(Value::as_object).cloned().unwrap_or_default();
    for (field, value) in by.as_object().into_iter().flatten() {
        match value {
            Value::Null => object.remove(field),
            value => object.insert(field.clone(), value.clone()),
        };
    }
    Value::Object(object)
}

/// The date must be later than the last change, and has whole seconds: one that is the same second is too early.
fn not_modified(call: &Call, dataset: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(date) = &call.unmodified_since else { return Ok(()) };
    let Ok(date) = httpdate::parse_http_date(date) else { return Ok(()) };
    let since = date.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
    let since = written(i64::try_from(since).unwrap_or(i64::MAX));
    // Both are written alike, so that the order of the texts is that of the times.
    if since.as_str() > dataset["updatedAt"].as_str().unwrap_or_default() {
        return Ok(());
    }
    Err(framework(412, "Resource has been modified on server"))
}

/// The body in the words of version 4.
fn canonical(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let mut body = call.body.clone();
    if call.version == 4 {
        return Ok(body);
    }
    // A derived dataset has the same under another name.
    if let Some(value) = body.remove("investigator") {
        body.insert("principalInvestigator".into(), value);
    }
    for (one, many) in SINGULAR {
        if body.contains_key(many) {
            return Err(validation(call.version, vec![format!("property {many} should not exist")]));
        }
        if let Some(value) = body.remove(one) {
            body.insert(many.into(), json!([value]));
        }
    }
    Ok(body)
}

fn checked(body: &Map<String, Value>, call: &Call, partial: bool) -> Result<(), Refusal> {
    let mut wrong = wrongs(body, FIELDS, partial);
    wrong.extend(body.get("datasetlifecycle").and_then(Value::as_object).map(lifecycle::wrong).unwrap_or_default());
    if wrong.is_empty() { Ok(()) } else { Err(validation(call.version, wrong)) }
}

/// What a new dataset must be by its type, and what must look a certain way.
fn of_type(body: &Map<String, Value>, call: &Call) -> Result<(), Refusal> {
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut wrong = Vec::new();
    if call.version == 3 {
        let fields = if text("type") == "derived" { DERIVED } else { RAW };
        let known: Map<_, _> = body
            .iter()
            .filter(|(name, _)| fields.iter().any(|(field, ..)| field == name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        wrong.extend(wrongs(&known, fields, false));
    }
    if !["raw", "derived"].contains(&text("type")) {
        wrong.push("type must be one of the following values: raw, derived".to_owned());
    }
    if !text("contactEmail").contains('@') {
        wrong.push("contactEmail must be an email".to_owned());
    }
    if text("creationTime").parse::<jiff::Timestamp>().is_err() {
        wrong.push("creationTime must be a valid ISO 8601 date string".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(validation(call.version, wrong)) }
}

/// Version 3 checks datasets by itself, and writes the list of what is wrong into a text.
fn validation(version: u8, wrong: Vec<String>) -> Refusal {
    if version == 3 { short(400, json!(wrong).to_string()) } else { framework(400, wrong) }
}

/// A dataset in the words of a version.
fn shown(dataset: &Map<String, Value>, version: u8) -> Value {
    let mut shown = dataset.clone();
    if version == 3 {
        for (one, many) in SINGULAR {
            let list = shown.remove(many);
            if let Some(first) = list.and_then(|list| list.get(0).cloned()) {
                shown.insert(one.into(), first);
            }
        }
    }
    Value::Object(shown)
}
