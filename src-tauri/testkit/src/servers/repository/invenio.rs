//! The interface of `InvenioRDM`.

use serde_json::{Value, json};

use super::state::{Held, State, Stored};
use super::{Answer, Call, content, invalid, refusal};

pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Answer {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method, path.as_slice()) {
        ("GET", ["records"]) => list(state, "published"),
        ("GET", ["user", "records"]) if call.known => list(state, "draft"),
        ("GET", ["user", "records"]) => refusal(403, "Permission denied."),
        ("POST", ["records"]) => create(state, call),
        ("GET", ["records", id]) => show(state, id, "published"),
        ("GET", ["records", id, "draft"]) => show(state, id, "draft"),
        ("PUT", ["records", id, "draft"]) => replace(state, call, id),
        ("POST", ["records", id, "draft", "actions", "publish"]) => publish(state, id),
        ("GET", ["records", id, "files"]) => files(state, call, id, "published"),
        ("GET", ["records", id, "draft", "files"]) => files(state, call, id, "draft"),
        ("POST", ["records", id, "draft", "files"]) => make(state, call, id),
        ("PUT", ["records", id, "draft", "files", key, "content"]) => send(state, call, id, key),
        ("POST", ["records", id, "draft", "files", key, "commit"]) => commit(state, id, key),
        ("DELETE", ["records", id, "draft", "files", key]) => take_out(state, id, key),
        (
            "GET" | "HEAD",
            ["records", id, "files", key, "content"] | ["records", id, "draft", "files", key, "content"],
        ) => match state.records.get(*id).and_then(|held| held.files.get(*key)).cloned() {
            Some(stored) => content(state, &stored, call),
            None => refusal(404, "The file does not exist."),
        },
        _ => refusal(404, "The persistent identifier does not exist."),
    }
}

/// What of a record's metadata is wrong.
fn errors(held: &Held) -> Vec<Value> {
    let missing = ["title", "publication_date", "creators", "resource_type"]
        .into_iter()
        .filter(|name| held.said.pointer(&format!("/metadata/{name}")).is_none());
    missing
        .map(|name| json!({"field": format!("metadata.{name}"), "messages": ["Missing data for required field."]}))
        .collect()
}

fn record(state: &State, id: &str, held: &Held) -> Value {
    let url = &state.url;
    let published = held.state == "published";
    let mut said = held.said.clone();
    said["id"] = json!(id);
    said["created"] = json!("2026-03-01T10:00:00.000000+00:00");
    said["is_draft"] = json!(!published);
    said["is_published"] = json!(published);
    said["files"] = json!({"enabled": true});
    said["links"] = json!({"self": format!("{url}/api/records/{id}"), "self_html": format!("{url}/records/{id}")});
    said
}

fn list(state: &State, wanted: &str) -> Answer {
    let fit = state.records.iter().filter(|(_, held)| held.state == wanted);
    let hits: Vec<Value> = fit.map(|(id, held)| record(state, id, held)).collect();
    Answer::json(
        200,
        &json!({"hits": {"total": hits.len(), "hits": hits}, "aggregations": {}, "sortBy": "newest", "links": {}}),
    )
}

fn show(state: &State, id: &str, wanted: &str) -> Answer {
    match state.records.get(id).filter(|held| held.state == wanted) {
        Some(held) => Answer::json(200, &record(state, id, held)),
        None => refusal(404, "The persistent identifier does not exist."),
    }
}

/// A draft is saved whatever is wrong with it.
fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let id = format!("{}-abcde", state.new_id(5));
    let held = Held { state: "draft", said: call.json(), ..Held::default() };
    let mut told = record(state, &id, &held);
    told["errors"] = json!(errors(&held));
    state.records.insert(id, held);
    Answer::json(201, &told)
}

/// What is said replaces all that was.
fn replace(state: &mut State, call: &Call<'_>, id: &str) -> Answer {
    let Some(held) = draft(state, id) else { return refusal(404, "The persistent identifier does not exist.") };
    held.said = call.json();
    Answer::json(200, &record(state, id, &state.records[id]))
}

fn publish(state: &mut State, id: &str) -> Answer {
    let Some(held) = state.records.get_mut(id).filter(|held| held.state == "draft") else {
        return refusal(404, "The persistent identifier does not exist.");
    };
    if let Some((status, wrong)) = &state.refuses {
        return invalid(*status, wrong);
    }
    let mut wrong = errors(held);
    if held.files.values().any(|file| file.pending) {
        wrong.push(json!({"field": "files", "messages": ["One or more files have not completed their transfer."]}));
    }
    if !wrong.is_empty() {
        return invalid(400, &json!(wrong));
    }
    held.state = "published";
    Answer::json(202, &record(state, id, &state.records[id]))
}

fn entry(key: &str, stored: &Stored) -> Value {
    if stored.pending {
        return json!({"key": key, "status": "pending", "size": null, "checksum": null});
    }
    json!({"key": key, "status": "completed", "size": stored.bytes.len(), "checksum": stored.checksum})
}

fn files(state: &State, call: &Call<'_>, id: &str, wanted: &str) -> Answer {
    let Some(held) = state.records.get(id).filter(|held| held.state == wanted) else {
        return refusal(404, "The persistent identifier does not exist.");
    };
    let (page, next) = state.page_of(held, call.query);
    let entries: Vec<Value> = page.into_iter().map(|(key, stored)| entry(key, stored)).collect();
    let mut links = json!({});
    if let Some(next) = next {
        links["next"] = json!(format!("{}/api/records/{id}/files?page={next}", state.url));
    }
    Answer::json(200, &json!({"enabled": true, "entries": entries, "links": links}))
}

fn draft<'s>(state: &'s mut State, id: &str) -> Option<&'s mut Held> {
    state.records.get_mut(id).filter(|held| held.state == "draft")
}

fn make(state: &mut State, call: &Call<'_>, id: &str) -> Answer {
    let keys = call.json();
    let Some(held) = draft(state, id) else { return refusal(404, "The persistent identifier does not exist.") };
    for key in keys.as_array().into_iter().flatten().filter_map(|one| one["key"].as_str()) {
        if held.files.contains_key(key) {
            return refusal(400, "A file with that key exists already.");
        }
        held.files.insert(key.to_owned(), Stored { pending: true, ..Stored::default() });
    }
    Answer::json(201, &json!({"enabled": true, "entries": keys}))
}

fn send(state: &mut State, call: &Call<'_>, id: &str, key: &str) -> Answer {
    if state.is_busy() {
        return refusal(503, "Try again later.");
    }
    let stored = Stored { pending: true, ..state.taken(&call.asked.body) };
    match draft(state, id).and_then(|held| held.files.get_mut(key)) {
        Some(file) => {
            *file = stored;
            Answer::json(200, &json!({"key": key, "status": "pending"}))
        }
        None => refusal(404, "The file was not made."),
    }
}

fn commit(state: &mut State, id: &str, key: &str) -> Answer {
    match draft(state, id).and_then(|held| held.files.get_mut(key)) {
        Some(file) => {
            file.pending = false;
            Answer::json(200, &entry(key, file))
        }
        None => refusal(404, "The file was not made."),
    }
}

fn take_out(state: &mut State, id: &str, key: &str) -> Answer {
    match draft(state, id).and_then(|held| held.files.remove(key)) {
        Some(_) => Answer::new(204, ""),
        None => refusal(404, "The file does not exist."),
    }
}
