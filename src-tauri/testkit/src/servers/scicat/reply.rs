//! Answers, and the forms that errors come in.

use serde_json::{Value, json};

use crate::servers::Answer;

/// A status and what goes with it, or a refusal.
pub(super) type Reply = Result<(u16, Value), Refusal>;

/// An answer that says no.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    body: Value,
}

pub(super) fn answer(reply: &Reply) -> Answer {
    let (status, body) = match reply {
        Ok((status, body)) | Err(Refusal { status, body }) => (*status, body),
    };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    Answer::new(status, text).with("Content-Type", "application/json; charset=utf-8")
}

/// The framework's form. The messages of its validator are a list.
pub(super) fn framework(status: u16, message: impl Into<Value>) -> Refusal {
    let error = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        _ => "Precondition Failed",
    };
    Refusal { status, body: json!({"statusCode": status, "message": message.into(), "error": error}) }
}

/// The form of jobs, and of some checks.
pub(super) fn short(status: u16, message: impl Into<Value>) -> Refusal {
    Refusal { status, body: json!({"status": status, "message": message.into()}) }
}

/// What nobody expected: a bare JSON string.
pub(super) fn unexpected() -> Refusal {
    Refusal { status: 500, body: json!("Internal server error") }
}

/// A wrong password.
pub(super) fn unauthorized() -> Refusal {
    Refusal { status: 401, body: json!({"message": "Unauthorized", "statusCode": 401}) }
}

/// A call that needs a login, without one: also where the token has expired.
pub(super) fn forbidden() -> Refusal {
    framework(403, "Forbidden resource")
}

/// Nothing is under this address.
pub(super) fn cannot(method: &str, target: &str) -> Refusal {
    framework(404, format!("Cannot {method} {target}"))
}
