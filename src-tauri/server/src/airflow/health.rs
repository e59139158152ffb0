//! How it is, and which version it speaks as.

use axum::Json;
use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use longshore_api::wire::{Nothing, WorkspaceShow};
use serde_json::{Value, json};

use super::{Api, Ask, words};

/// The versions of Airflow whose interfaces are served, with Longshore's own behind, as PEP 440 lets one write it.
pub(super) async fn version(Extension(ask): Extension<Ask>) -> Response {
    let theirs = if ask.api == Api::V1 { "2.10.0" } else { "3.3.2" };
    Json(json!({"version": format!("{theirs}+longshore.{}", longshore_api::VERSION), "git_version": null}))
        .into_response()
}

/// Whether the database answers. What schedules, defers and reads flow files is the same process: it is there if that answers.
async fn found(ask: &Ask) -> (&'static str, Value) {
    match ask.session.call::<WorkspaceShow>(Nothing {}).await {
        Ok(_) => ("healthy", words::time(ask.api, Some(jiff::Timestamp::now().as_millisecond()))),
        Err(_) => ("unhealthy", Value::Null),
    }
}

/// Each part of Airflow with how it is.
pub(super) async fn show(Extension(ask): Extension<Ask>) -> Response {
    let ask = &ask;
    let (status, at) = found(ask).await;
    Json(json!({
        "metadatabase": {"status": status},
        "scheduler": {"status": status, "latest_scheduler_heartbeat": at},
        "triggerer": {"status": status, "latest_triggerer_heartbeat": at},
        "dag_processor": {"status": status, "latest_dag_processor_heartbeat": at},
    }))
    .into_response()
}
