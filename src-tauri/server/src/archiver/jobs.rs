//! Jobs of SciCat, and how it is.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use longshore_api::Fault;
use longshore_api::wire::{
    FlowRun, FlowRunArgs, IngestTroubles, Nothing, StorageHealth, StorageList, StorageRow, WorkspaceShow,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, access, answer};

#[derive(Deserialize)]
struct Job {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Starts the run of a job. The same job twice is one run.
pub(super) async fn start(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = access::for_jobs(&desk, &headers) {
        return *refusal;
    }
    let Job { id, kind } = match answer::read(&body) {
        Ok(job) => job,
        Err(refusal) => return refusal,
    };
    let flow = match kind.as_str() {
        "archive" => "archive_datasetlist",
        "retrieve" => "retrieve_datasetlist",
        _ => return answer::unprocessable("type", &format!("{kind:?} is neither archive nor retrieve")),
    };
    if id.trim().is_empty() {
        return answer::unprocessable("id", "it is empty");
    }
    let (params, key) = (json!({ "job_id": id }), Some(format!("job {id}")));
    let args = FlowRunArgs { flow: flow.to_owned(), source: None, params, key, priority: None };
    match desk.session.call::<FlowRun>(args).await {
        Ok(started) => answer::done(json!({"uuid": uuid(&started.run), "name": started.run})),
        Err(fault) => answer::failed(&fault, None),
    }
}

/// The id of a run as a UUID: a ULID has the same 128 bits.
fn uuid(run: &str) -> String {
    let Ok(id) = run.parse::<ulid::Ulid>() else { return run.to_owned() };
    let text = format!("{:032x}", u128::from(id));
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// That it answers.
pub(super) async fn alive() -> Response {
    Json(json!({"status": "alive", "timestamp": now()})).into_response()
}

/// Whether what it depends on is there.
pub(super) async fn ready(State(desk): State<Desk>) -> Response {
    let errors = match missing(&desk).await {
        Ok(errors) => errors,
        Err(fault) => vec![error("workspace", "", &fault.to_string())],
    };
    if errors.is_empty() {
        return Json(json!({"status": "ready", "timestamp": now()})).into_response();
    }
    let body = json!({"status": "not ready", "timestamp": now(), "errors": errors});
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

async fn missing(desk: &Desk) -> Result<Vec<Value>, Fault> {
    desk.session.call::<WorkspaceShow>(Nothing {}).await?;
    let storages = desk.session.call::<StorageList>(Nothing {}).await?;
    let away = |one: &&StorageRow| {
        matches!(one.health, StorageHealth::Missing | StorageHealth::Silent | StorageHealth::Unusable)
    };
    let away = storages.iter().filter(away);
    let away = away.map(|one| error(&one.name, &one.path, one.reason.as_deref().unwrap_or_default()));
    let others = desk.session.call::<IngestTroubles>(Nothing {}).await?;
    let others = others.iter().map(|one| error(&one.dependency, &one.endpoint, &one.message));
    Ok(away.chain(others).collect())
}

fn error(dependency: &str, endpoint: &str, message: &str) -> Value {
    json!({"dependency": dependency, "endpoint": endpoint, "message": message})
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_the_form_of_a_uuid() {
        assert_eq!(uuid("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "01563e3a-b5d3-d676-4c61-efb99302bd5b");
        assert_eq!(uuid("other"), "other");
    }
}
