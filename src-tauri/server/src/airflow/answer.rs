//! What could not be done, in the words of each generation: problem+json in v1, `detail` in v2.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use longshore_api::{Class, Fault};
use serde_json::{Value, json};

use super::{Api, Ask};

/// Where Airflow 2 describes its errors; the kind is put behind it.
const ERRORS: &str = "https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html#section/Errors/";

/// Why something was not done. It is put into words where it leaves, by [`worded`].
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: Value,
    /// Seconds after which it may be tried again.
    again: Option<u64>,
}

/// An answer, or why there is none.
pub(super) type Answered = Result<Response, Refusal>;

impl Refusal {
    /// With a text.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: Value::String(detail.into()), again: None }
    }

    /// Nothing of this name.
    pub(super) fn missing(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("The {what} with the id {name:?} was not found"))
    }

    /// Something in the request is not right: 400 in v1, 422 with the field in v2.
    pub(super) fn unfit(ask: &Ask, place: &'static str, field: &str, why: &str) -> Self {
        if ask.api == Api::V1 {
            let detail = if field.is_empty() { why.to_owned() } else { format!("{field}: {why}") };
            return Self::new(StatusCode::BAD_REQUEST, detail);
        }
        let detail = json!([{"type": "value_error", "loc": [place, field], "msg": why, "input": null}]);
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail, again: None }
    }

    /// Something in the request does not fit what there is.
    pub(super) fn bad(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }

    /// To be tried again after some seconds.
    pub(super) fn after(mut self, seconds: u64) -> Self {
        self.again = Some(seconds);
        self
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let status = match (&*fault.code, fault.class) {
            ("run.taken" | "connection.exists" | "connection.in_use" | "run.state" | "run.guarded", _) => {
                StatusCode::CONFLICT
            }
            (code, _) if code.ends_with(".unknown") => StatusCode::NOT_FOUND,
            (_, Class::Transient) => StatusCode::SERVICE_UNAVAILABLE,
            (_, Class::Fatal) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut detail = format!("{}: {}", fault.what, fault.why);
        for also in &fault.also {
            detail.push_str("; ");
            detail.push_str(also);
        }
        if !fault.now.is_empty() {
            detail.push_str(". ");
            detail.push_str(&fault.now);
        }
        Self::new(status, format!("{detail} ({})", fault.code))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts a refusal into the words of a generation.
pub(super) fn worded(api: Api, mut response: Response) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let Refusal { status, detail, again } = refusal;
    let mut told = match api {
        Api::V1 => {
            let (kind, title) = kind(status);
            let body =
                json!({"type": format!("{ERRORS}{kind}"), "title": title, "status": status.as_u16(), "detail": detail});
            let mut told = (status, Json(body)).into_response();
            told.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            told
        }
        Api::V2 => (status, Json(json!({ "detail": detail }))).into_response(),
    };
    if status == StatusCode::UNAUTHORIZED {
        let way = if api == Api::V1 { "Basic" } else { "Bearer" };
        told.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(way));
    }
    if let Some(seconds) = again {
        told.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = response.headers_mut().remove(axum::http::header::ALLOW) {
        told.headers_mut().insert(axum::http::header::ALLOW, allow);
    }
    told
}

/// The kind and title that Airflow 2 gives an error.
fn kind(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("BadRequest", "Bad Request"),
        StatusCode::UNAUTHORIZED => ("Unauthenticated", "Unauthorized"),
        StatusCode::FORBIDDEN => ("PermissionDenied", "Forbidden"),
        StatusCode::NOT_FOUND => ("NotFound", "Not Found"),
        StatusCode::METHOD_NOT_ALLOWED => ("MethodNotAllowed", "Method Not Allowed"),
        StatusCode::CONFLICT => ("AlreadyExists", "Conflict"),
        _ => ("Unknown", status.canonical_reason().unwrap_or("Error")),
    }
}

/// There is nothing at this address.
pub(super) async fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "Nothing is served at this address")
}

/// What is there does not take this method. Which it takes is said beside it.
pub(super) async fn no_such_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

/// For what stands beside `/api/v2`.
pub(super) async fn told_as_v2(request: Request, next: Next) -> Response {
    worded(Api::V2, next.run(request).await)
}
