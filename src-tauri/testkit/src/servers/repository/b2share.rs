//! The interface of B2SHARE 2.

use serde_json::{Value, json};

use super::state::{Held, State};
use super::{Answer, Call, content, invalid, refusal};

pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Answer {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method, path.as_slice()) {
        ("GET", ["records"]) => list(state, call),
        ("POST", ["records"]) => create(state, call),
        ("GET", ["records", id]) => show(state, id, false),
        ("GET", ["records", id, "draft"]) if call.known => show(state, id, true),
        ("PATCH", ["records", id, "draft"]) => submit(state, call, id),
        ("PUT", ["records", _, "draft"]) => refusal(405, "The method is not allowed for the requested URL."),
        ("GET", ["files", id]) => bucket(state, call, id),
        (method, ["files", id, key @ ..]) => file(state, call, method, id, &key.join("/")),
        _ => refusal(404, "PID does not exist."),
    }
}

fn record(state: &State, id: &str, held: &Held) -> Value {
    let url = &state.url;
    let mut metadata = held.said.clone();
    metadata["publication_state"] = json!(held.state);
    let own = if held.state == "published" { "" } else { "/draft" };
    let files: Vec<Value> = held
        .files
        .iter()
        .map(|(key, file)| json!({"key": key, "bucket": id, "size": file.bytes.len(), "checksum": file.checksum}))
        .collect();
    json!({
        "id": id,
        "created": "2026-03-01T10:00:00.000000+00:00",
        "updated": "2026-03-01T10:00:00.000000+00:00",
        "metadata": metadata,
        "files": files,
        "links": {
            "self": format!("{url}/api/records/{id}{own}"),
            "publication": format!("{url}/api/records/{id}"),
            "files": format!("{url}/api/files/{id}"),
        },
    })
}

fn list(state: &State, call: &Call<'_>) -> Answer {
    let drafts = call.query.contains("drafts=1");
    if drafts && !call.known {
        return refusal(401, "Only authenticated users can search for drafts.");
    }
    let fits = |held: &Held| (held.state == "draft") == drafts;
    let hits: Vec<Value> =
        state.records.iter().filter(|(_, held)| fits(held)).map(|(id, held)| record(state, id, held)).collect();
    Answer::json(200, &json!({"hits": {"total": hits.len(), "hits": hits}, "links": {"self": ""}}))
}

fn show(state: &State, id: &str, draft: bool) -> Answer {
    match state.records.get(id).filter(|held| draft || held.state == "published") {
        Some(held) => Answer::json(200, &record(state, id, held)),
        None => refusal(404, "PID does not exist."),
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let said = call.json();
    if !call.asked.target.starts_with("/api/records/") {
        return refusal(405, "The method is not allowed for the requested URL.");
    }
    for field in ["publication_state", "$schema"] {
        if said.get(field).is_some() {
            return invalid(400, &json!([{"field": field, "message": "The field cannot be set."}]));
        }
    }
    if state.takes_no_mark && said.get("alternate_identifiers").is_some() {
        let why = "Additional properties are not allowed.";
        return invalid(400, &json!([{"field": "alternate_identifiers", "message": why}]));
    }
    if said.get("community").and_then(Value::as_str).is_none() {
        return invalid(400, &json!([{"field": "community", "message": "Missing data for required field."}]));
    }
    let id = state.new_id(32);
    state.records.insert(id.clone(), Held { state: "draft", said, ..Held::default() });
    Answer::json(201, &record(state, &id, &state.records[&id]))
}

fn submit(state: &mut State, call: &Call<'_>, id: &str) -> Answer {
    if call.header("content-type") != "application/json-patch+json" {
        return refusal(415, "The content type is not supported.");
    }
    let reviews = state.reviews;
    let Some(held) = state.records.get_mut(id) else { return refusal(404, "PID does not exist.") };
    let change = call.json();
    if change.pointer("/0/path") == Some(&json!("/alternate_identifiers")) && held.state == "draft" {
        held.said["alternate_identifiers"] = change[0]["value"].clone();
        return Answer::json(200, &record(state, id, &state.records[id]));
    }
    if change != json!([{"op": "add", "path": "/publication_state", "value": "submitted"}]) {
        return refusal(400, "Only identifiers and the publication state can be changed here.");
    }
    if let Some((status, wrong)) = &state.refuses {
        return invalid(*status, wrong);
    }
    let missing =
        ["titles", "open_access", "community_specific"].into_iter().filter(|name| held.said.get(name).is_none());
    let missing: Vec<Value> =
        missing.map(|name| json!({"field": name, "message": "Missing data for required field."})).collect();
    if !missing.is_empty() {
        return invalid(400, &json!(missing));
    }
    held.state = if reviews { "submitted" } else { "published" };
    Answer::json(200, &record(state, id, &state.records[id]))
}

fn bucket(state: &State, call: &Call<'_>, id: &str) -> Answer {
    let Some(held) = state.records.get(id) else { return refusal(404, "Bucket does not exist.") };
    let (page, next) = state.page_of(held, call.query);
    let page: Vec<Value> = page
        .into_iter()
        .map(|(key, file)| json!({"key": key, "size": file.bytes.len(), "checksum": file.checksum}))
        .collect();
    let mut links = json!({"self": format!("{}/api/files/{id}", state.url)});
    if let Some(next) = next {
        links["next"] = json!(format!("{}/api/files/{id}?page={next}", state.url));
    }
    Answer::json(200, &json!({"contents": page, "links": links}))
}

fn file(state: &mut State, call: &Call<'_>, method: &str, id: &str, key: &str) -> Answer {
    let Some(held) = state.records.get(id) else { return refusal(404, "Bucket does not exist.") };
    let (open, there) = (held.state == "draft", held.files.get(key).cloned());
    match (method, there) {
        ("GET" | "HEAD", Some(stored)) => content(state, &stored, call),
        ("PUT", _) if open => {
            if state.is_busy() {
                return refusal(503, "Try again later.");
            }
            let stored = state.taken(&call.asked.body);
            let said = json!({"key": key, "size": stored.bytes.len(), "checksum": stored.checksum});
            state.records.entry(id.to_owned()).or_default().files.insert(key.to_owned(), stored);
            Answer::json(200, &said)
        }
        ("DELETE", Some(_)) if open => {
            state.records.entry(id.to_owned()).or_default().files.remove(key);
            Answer::new(204, "")
        }
        ("PUT" | "DELETE", _) => refusal(403, "The bucket is locked."),
        _ => refusal(404, "Object does not exist."),
    }
}
