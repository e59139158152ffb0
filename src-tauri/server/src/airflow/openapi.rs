//! The documents that say what is served.

use axum::extract::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::{Api, Ask};

const V1: &str = include_str!("../../openapi/v1.json");
const V2: &str = include_str!("../../openapi/v2.json");

/// That of the generation that is asked.
pub(super) async fn show(Extension(ask): Extension<Ask>) -> Response {
    let text = if ask.api == Api::V1 { V1 } else { V2 };
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
