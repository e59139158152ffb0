//! What an answer of the service says that says no.

use longshore_transfer::storage::Status;
use serde_json::Value;

/// Code, what another try can hope for, and words, by the status of HTTP.
pub(super) fn meaning(status: u16) -> (&'static str, Status, &'static str) {
    match status {
        401 | 403 => ("archiver.denied", Status::Permanent, "the service does not let this user upload"),
        404 | 405 => ("archiver.address", Status::Permanent, "there is no archiver at this address"),
        429 => ("http.busy", Status::Transient, "the service is busy"),
        507 => ("archiver.no_room", Status::Transient, "there is no room for it"),
        // A failure of the S3 behind the service comes as a bare 500 too, and may pass.
        500..600 => ("archiver.failed", Status::Transient, "the service failed"),
        _ => ("archiver.refused", Status::Permanent, "the service refuses it"),
    }
}

/// What a body says, in whichever of the forms: `detail` as a text or a list of `{loc, msg}` (FastAPI), or `message` with `details`.
pub(super) fn said(body: &[u8]) -> String {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return String::new() };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match body.get("detail") {
        Some(Value::String(detail)) => detail.clone(),
        Some(Value::Array(list)) => list.iter().map(one).collect::<Vec<_>>().join("; "),
        _ => [text("message"), text("details")]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(": "),
    }
}

/// One fault of a list: its field, and what is wrong with it.
fn one(fault: &Value) -> String {
    let place = fault["loc"].as_array().and_then(|loc| loc.last()).and_then(Value::as_str).unwrap_or_default();
    let why = fault["msg"].as_str().unwrap_or_default();
    if place.is_empty() { why.to_owned() } else { format!("{place}: {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_an_error_is_read() {
        assert_eq!(said(br#"{"detail": "Not authenticated"}"#), "Not authenticated");
        assert_eq!(said(br#"{"detail": [{"loc": ["body", "parts"], "msg": "too many"}]}"#), "parts: too many");
        assert_eq!(said(br#"{"message": "full", "details": "9 GiB", "code": "x"}"#), "full: 9 GiB");
        assert_eq!(said(b"<html>"), "");
    }

    #[test]
    fn what_may_pass_is_told_from_what_does_not() {
        assert_eq!((meaning(507).0, meaning(507).1), ("archiver.no_room", Status::Transient));
        assert_eq!(
            (meaning(401).0, meaning(422).0, meaning(404).0),
            ("archiver.denied", "archiver.refused", "archiver.address")
        );
        assert_eq!(meaning(503).1, Status::Transient);
    }
}
