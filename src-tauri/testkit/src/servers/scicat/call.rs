//! A request, read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::filter::Filter;
use super::reply::{Refusal, cannot, forbidden, framework};
use super::state::{State, User};
use crate::servers::Asked;

/// A request to the interface.
pub(super) struct Call {
    /// 3 or 4.
    pub(super) version: u8,
    pub(super) method: String,
    /// Components after the version, decoded once each: an id with a slash in it is one only if that slash came as `%2F`.
    pub(super) path: Vec<String>,
    /// The body; empty where there is none.
    pub(super) body: Map<String, Value>,
    /// As it came, parameters and all.
    pub(super) kind: String,
    /// Who asks; nobody where the token is not valid, and that is no error by itself.
    pub(super) user: Option<User>,
    /// Header `If-Unmodified-Since`.
    pub(super) unmodified_since: Option<String>,
    query: BTreeMap<String, String>,
    target: String,
}

impl Call {
    /// `None` where it is not to this interface, or not in a version that there is.
    pub(super) fn read(asked: &Asked, state: &State) -> Option<Self> {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let mut path: Vec<String> = path.trim_matches('/').split('/').map(|part| decoded(part, false)).collect();
        let version = match (path.first().map(String::as_str), path.get(1).map(String::as_str)) {
            (Some("api"), Some("v3")) => 3,
            (Some("api"), Some("v4")) => 4,
            _ => return None,
        };
        if !state.versions.contains(&version) {
            return None;
        }
        let header = |name: &str| asked.headers.get(name).cloned();
        let token = header("authorization").and_then(|text| text.strip_prefix("Bearer ").map(str::to_owned));
        let kind = header("content-type").unwrap_or_default();
        Some(Self {
            version,
            method: asked.method.clone(),
            path: path.split_off(2),
            body: body(&kind, &asked.body),
            user: token.and_then(|token| state.user_of(&token)),
            unmodified_since: header("if-unmodified-since"),
            query: pairs(query).into_iter().collect(),
            target: asked.target.clone(),
            kind,
        })
    }

    /// Who asks, where somebody must.
    pub(super) fn login(&self) -> Result<&User, Refusal> {
        self.user.as_ref().ok_or_else(forbidden)
    }

    /// The query's `filter`, read.
    pub(super) fn filter(&self) -> Result<Filter, Refusal> {
        let text = self.query.get("filter").map_or("{}", String::as_str);
        let filter: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| framework(400, "Invalid JSON in filter"))?;
        Filter::read(&filter, self.version)
    }

    /// Whether nested objects of the body are merged. The backend compares the whole header: a `charset` makes it another.
    pub(super) fn merges(&self) -> bool {
        self.version == 4 && self.kind == "application/merge-patch+json"
    }

    pub(super) fn nothing_there(&self) -> Refusal {
        cannot(&self.method, &self.target)
    }
}

fn body(kind: &str, bytes: &[u8]) -> Map<String, Value> {
    if kind.starts_with("application/x-www-form-urlencoded") {
        let text = String::from_utf8_lossy(bytes);
        return pairs(&text).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    }
    let json = kind.starts_with("application/json") || kind.starts_with("application/merge-patch+json");
    // What is not declared as JSON is not read, as in the framework.
    serde_json::from_slice(if json { bytes } else { b"{}" }).unwrap_or_default()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter_map(|pair| pair.split_once('='));
    parts.map(|(name, value)| (decoded(name, true), decoded(value, true))).collect()
}

/// `%XX` as bytes, once; `+` as a space where that is meant (in queries and forms).
fn decoded(text: &str, plus: bool) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(if plus && *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
