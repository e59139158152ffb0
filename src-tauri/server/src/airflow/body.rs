//! What a request brings along: a JSON object whose fields are known.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::asked::{asks, time};
use super::{Api, Ask};

/// Characters of a note at most, as in Airflow.
const NOTE: usize = 1_000;

/// Who asks, and the fields.
pub(super) struct Body {
    pub(super) ask: Ask,
    fields: Map<String, Value>,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let ask = asks(&parts)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/json") {
            let status =
                if ask.api == Api::V1 { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::UNPROCESSABLE_ENTITY };
            return Err(Refusal::new(status, format!("Content-Type is {kind:?}, and application/json is wanted")));
        }
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let bytes = bytes.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self { ask, fields }),
            Ok(_) => Err(Refusal::unfit(&ask, "body", "", "an object is wanted")),
            Err(error) => Err(Refusal::unfit(&ask, "body", "", &format!("it is no JSON: {error}"))),
        }
    }
}

impl Body {
    /// Refuses fields that are not among these.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) if self.ask.api == Api::V2 => Err(self.unfit(name, "Extra inputs are not permitted")),
            Some(name) => Err(self.unfit(name, "Unknown field.")),
            None => Ok(()),
        }
    }

    pub(super) fn unfit(&self, name: &str, why: &str) -> Refusal {
        Refusal::unfit(&self.ask, "body", name, why)
    }

    /// Whether a field is there, null or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field, unless it is null.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn read<'b, T>(
        &'b self,
        name: &str,
        wanted: &str,
        read: impl Fn(&'b Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        self.value(name).map(|value| read(value).ok_or_else(|| self.unfit(name, wanted))).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.read(name, "a text is wanted", |value| value.as_str().map(str::to_owned))
    }

    /// What is to be noted.
    pub(super) fn note(&self) -> Result<Option<String>, Refusal> {
        let long = |note: &String| note.chars().count() > NOTE;
        match self.text("note")? {
            Some(note) if long(&note) => Err(self.unfit("note", &format!("at most {NOTE} characters are wanted"))),
            note => Ok(note),
        }
    }

    /// A text that must be there, and not empty.
    pub(super) fn needed(&self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.unfit(name, "it is needed"))
    }

    pub(super) fn whole(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.read(name, "a whole number is wanted", Value::as_i64)
    }

    /// A truth value; `unless` where nothing is said.
    pub(super) fn truth(&self, name: &str, unless: bool) -> Result<bool, Refusal> {
        // Null is no answer to a question that is asked.
        match self.fields.get(name) {
            None => Ok(unless),
            Some(value) => value.as_bool().ok_or_else(|| self.unfit(name, "true or false is wanted")),
        }
    }

    /// An object; empty where nothing is said.
    pub(super) fn object(&self, name: &str) -> Result<Map<String, Value>, Refusal> {
        Ok(self.read(name, "an object is wanted", |value| value.as_object().cloned())?.unwrap_or_default())
    }

    /// A list; empty where nothing is said.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        Ok(self.read(name, "a list is wanted", |value| value.as_array().cloned())?.unwrap_or_default())
    }

    /// A list of texts; empty where nothing is said.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            _ => Err(self.unfit(name, "a list of texts is wanted")),
        };
        self.list(name)?.into_iter().map(text).collect()
    }

    /// A list of states, among which null is one: that of what has none yet.
    pub(super) fn states(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let state = |value: Value| match value {
            Value::String(text) => Ok(text),
            Value::Null => Ok("none".to_owned()),
            _ => Err(self.unfit(name, "a list of states is wanted")),
        };
        self.list(name)?.into_iter().map(state).collect()
    }

    /// Milliseconds since the epoch.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.read(name, "a time is wanted, such as 2026-01-31T12:00:00Z", |value| time(value.as_str()?))
    }

    /// A span of time, as of [`super::asked::Asked::between`].
    pub(super) fn between(&self, name: &str) -> Result<longshore_api::wire::Between, Refusal> {
        let at = |end: &str| self.time(&format!("{name}_{end}"));
        let later = |at: Option<i64>| at.map(|at| at.saturating_add(1));
        let since = at("gte")?.max(later(at("gt")?));
        let until = [later(at("lte")?), at("lt")?].into_iter().flatten().min();
        Ok(longshore_api::wire::Between { since, until })
    }
}
