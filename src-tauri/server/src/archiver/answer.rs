//! Answers in the archiver's form.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use longshore_api::{Class, Fault};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A POST that was done.
pub(super) fn done(body: Value) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

/// Who asks is not let in.
pub(super) fn refused(way: &'static str, why: &str) -> Response {
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, way)], Json(json!({ "detail": why }))).into_response()
}

/// A request that is not understood, as FastAPI says it.
pub(super) fn unprocessable(field: &str, why: &str) -> Response {
    let body = json!({"detail": [{"loc": ["body", field], "msg": why, "type": "value_error"}]});
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}

/// What could not be done. The code is Longshore's own; where it was something in the request, the status says so.
pub(super) fn failed(fault: &Fault, dataset: Option<&str>) -> Response {
    let status = match (&*fault.code, fault.class) {
        ("ingest.no_room", _) => StatusCode::INSUFFICIENT_STORAGE,
        ("ingest.object" | "ingest.parts" | "ingest.checksum" | "params.wrong", _) => {
            return unprocessable(field_of(&fault.code), &format!("{}: {}", fault.what, fault.why));
        }
        (_, Class::Transient) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut body =
        json!({"code": fault.code, "message": fault.what, "details": format!("{}. {}", fault.why, fault.now)});
    if let Some(dataset) = dataset {
        body["dataset_pid"] = dataset.into();
        body["dataset_id"] = dataset.into();
    }
    (status, Json(body)).into_response()
}

fn field_of(code: &str) -> &'static str {
    match code {
        "ingest.object" => "object_name",
        "ingest.parts" => "parts",
        "ingest.checksum" => "checksum_sha256",
        _ => "id",
    }
}

/// The body of a request.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| {
        let why = error.to_string();
        // serde names the field between backquotes, if it is one that is missing.
        let field = why.split('`').nth(1).unwrap_or_default().to_owned();
        unprocessable(&field, &why)
    })
}
