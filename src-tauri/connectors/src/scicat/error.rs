//! Why SciCat did not do what it was asked.

use longshore_transfer::storage::{Error as StorageError, Status};
use serde_json::Value;

use crate::http::{Trouble, told};

/// Characters of an answer that are kept with an error.
const EXCERPT: usize = 2000;

/// Result of a call to SciCat.
pub type Result<T> = std::result::Result<T, Error>;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Error {
    /// Stable code.
    pub code: &'static str,
    /// What another try can hope for.
    pub status: Status,
    /// What was tried, in the operator's words.
    pub what: String,
    /// Why it failed; of a refusal, what SciCat says.
    pub why: String,
    /// The answer, where there was one.
    pub answer: Option<Answered>,
}

/// An answer that says no, as it came. Secrets are taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Status of HTTP.
    pub status: u16,
    /// Its `Content-Type`; empty where there was none.
    pub content_type: String,
    /// The beginning of its body.
    pub body: String,
}

impl Error {
    pub(super) fn permanent(code: &'static str, what: &str, why: impl Into<String>) -> Self {
        Self { code, status: Status::Permanent, what: what.to_owned(), why: why.into(), answer: None }
    }

    /// No answer came.
    pub(super) fn of_trouble(what: &str, trouble: &Trouble) -> Self {
        let Trouble { code, status, why, .. } = trouble.clone();
        Self { code, status, what: what.to_owned(), why, answer: None }
    }

    /// An answer whose status says no.
    pub(super) fn of_answer(what: &str, answer: Answered) -> Self {
        let said = said(&answer.body);
        let (code, status, words) = meaning(answer.status, said.as_deref());
        let why = match &said {
            Some(said) => format!("{words} ({}): {said}", answer.status),
            None => format!("{words} ({})", answer.status),
        };
        Self { code, status, what: what.to_owned(), why, answer: Some(answer) }
    }

    /// Status of HTTP, where there was an answer.
    pub fn http(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// Whether what was asked may have been done all the same: no answer came, or not SciCat's, or one that it did not mean to give.
    pub(super) fn unsure(&self) -> bool {
        self.status == Status::Transient || self.code == "scicat.failed"
    }

    /// As the failure of a step of a connection's test.
    pub(super) fn in_test(self, connection: &str) -> StorageError {
        let Self { code, status, what, why, .. } = self;
        StorageError { code, status, what, why, path: Vec::new(), storage: connection.to_owned() }
    }
}

impl Answered {
    /// One whose body is cut, and free of these secrets.
    pub(super) fn new(status: u16, content_type: &str, body: &[u8], secrets: &[&str]) -> Self {
        let mut text = String::from_utf8_lossy(body).into_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        let body = text.chars().take(EXCERPT).collect();
        Self { status, content_type: content_type.to_owned(), body }
    }
}

/// Code, what a retry can hope for, and words. `said`: what SciCat says, which a proxy in its place does not.
fn meaning(status: u16, said: Option<&str>) -> (&'static str, Status, &'static str) {
    use Status::{Permanent, Transient};
    let ours = said.is_some();
    match status {
        401 => ("scicat.login", Permanent, "SciCat does not accept the user and password"),
        403 => ("scicat.denied", Permanent, "SciCat does not allow it to this user"),
        // Not a 404: so the backend answers for a job that it does not know.
        400 if said == Some("Invalid job id.") => ("scicat.unknown", Permanent, "SciCat does not know it"),
        404 if ours => ("scicat.unknown", Permanent, "SciCat does not know it"),
        404 => (
            "scicat.address",
            Permanent,
            "the answer is not SciCat's: the address is wrong, or a proxy on the way does not let %2F through",
        ),
        409 => ("scicat.taken", Permanent, "SciCat has it already"),
        412 => ("scicat.changed", Permanent, "somebody else has changed it meanwhile"),
        429 => ("http.busy", Transient, "SciCat is busy"),
        500 => ("scicat.failed", Transient, "SciCat failed unexpectedly"),
        _ if reqwest::StatusCode::from_u16(status).is_ok_and(told::retryable) => {
            ("http.server", Transient, "SciCat is not there, says the server before it")
        }
        300..500 => ("scicat.refused", Permanent, "SciCat refuses it"),
        _ => ("scicat.failed", Permanent, "SciCat failed"),
    }
}

/// What an answer says, in whichever of its forms: `message` as a text or a list of texts, or a bare text. In version 3 the text of a
/// dataset's check is itself a list, written as JSON. `None` where it is none of SciCat's forms.
fn said(body: &str) -> Option<String> {
    let message = match serde_json::from_str(body).ok()? {
        Value::Object(mut object) => object.remove("message")?,
        other => other,
    };
    match message {
        Value::String(text) => Some(match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => joined(&list),
            _ => text,
        }),
        Value::Array(list) => Some(joined(&list)),
        _ => None,
    }
}

fn joined(list: &[Value]) -> String {
    let texts = list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
    texts.collect::<Vec<_>>().join("; ")
}
