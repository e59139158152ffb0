//! The one shape in which a failure reaches the operator.

use serde::{Deserialize, Serialize};

/// What a retry can hope for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The data or the request is wrong: no retry by itself.
    Permanent,
    /// Another try may do: retried as the task says.
    Transient,
    /// The system is wrong (storage missing, full, database broken): no retry by itself, everything kept for a manual one.
    Fatal,
}

/// A failure, told in full: what failed, on what, why, and what to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Fault {
    /// Stable code such as `space.short`; what programs compare.
    pub code: String,
    /// What a retry can hope for.
    pub class: Class,
    /// What failed.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do now; empty if nothing can be said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(as = "Option<String>", optional)]
    pub now: String,
    /// Dataset concerned (pid).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub dataset: Option<String>,
    /// File concerned, in its text form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file: Option<String>,
    /// Storage, host or service concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<String>,
    /// Where in a text input: `line:column` and the field, as in `flow.yaml:12:5 tasks[2].uses`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at: Option<String>,
    /// More of the same kind, one line each, at most a hundred (further damaged files).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub also: Vec<String>,
}

impl Fault {
    /// A failure with a code, a class, what failed and why.
    pub fn new(class: Class, code: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            class,
            what: what.into(),
            why: why.into(),
            now: String::new(),
            dataset: None,
            file: None,
            place: None,
            at: None,
            also: Vec::new(),
        }
    }

    /// The data or the request is wrong.
    pub fn permanent(code: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Class::Permanent, code, what, why)
    }

    /// Another try may do.
    pub fn transient(code: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Class::Transient, code, what, why)
    }

    /// The system is wrong.
    pub fn fatal(code: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Class::Fatal, code, what, why)
    }

    /// With advice.
    #[must_use]
    pub fn now(mut self, advice: impl Into<String>) -> Self {
        self.now = advice.into();
        self
    }

    /// On this dataset.
    #[must_use]
    pub fn on_dataset(mut self, pid: impl Into<String>) -> Self {
        self.dataset = Some(pid.into());
        self
    }

    /// On this file.
    #[must_use]
    pub fn on_file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// At this storage, host or service.
    #[must_use]
    pub fn at_place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// At this spot of a text input.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }
}
