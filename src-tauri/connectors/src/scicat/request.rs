//! One request and its answer.

use std::fmt::Write as _;

use bytes::Bytes;
use reqwest::header::{self, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Version;
use super::error::{Answered, Error, Result};
use crate::http::{Ask, Site, Trouble, encoded, told};

/// Bytes of an answer at most: lists are read in pages, so this is one datablock with very many files.
const LARGEST: usize = 64 << 20;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// In the operator's words: "Reading the job X".
    pub(super) what: String,
    pub(super) method: Method,
    /// Version and components, encoded.
    path: String,
    query: Option<(&'static str, String)>,
    body: Option<String>,
    content_type: &'static str,
    unmodified_since: Option<String>,
    /// Whether it may be sent again without looking whether it was done.
    pub(super) repeatable: bool,
}

impl Call {
    /// A call of a method on a path, whose components are encoded one by one. It may be repeated, unless it is a POST.
    pub(super) fn new(what: impl Into<String>, method: Method, version: Version, path: &[&str]) -> Result<Self> {
        let what = what.into();
        let mut text = version.to_string();
        for part in path {
            // A server takes dots away as it does in folders, and what is left is another address.
            if matches!(*part, "" | "." | "..") {
                return Err(Error::permanent("scicat.id", &what, format!("{part:?} is no identifier")));
            }
            // Writing to a text cannot fail.
            let _ = write!(text, "/{}", encoded(part.as_bytes()).replace('/', "%2F"));
        }
        let repeatable = method != Method::POST;
        let content_type = "application/json";
        let (query, body, unmodified_since) = (None, None, None);
        Ok(Self { what, method, path: text, query, body, content_type, unmodified_since, repeatable })
    }

    pub(super) fn get(what: impl Into<String>, version: Version, path: &[&str]) -> Result<Self> {
        Self::new(what, Method::GET, version, path)
    }

    pub(super) fn filter(self, filter: &Value) -> Self {
        Self { query: Some(("filter", filter.to_string())), ..self }
    }

    pub(super) fn json(self, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..self }
    }

    /// Nested objects are merged. The backend compares the whole header, so it has no `charset`.
    pub(super) fn merging(self) -> Self {
        Self { content_type: "application/merge-patch+json", ..self }
    }

    /// Refused where it was changed since. Sent again it would be refused for what it did itself.
    pub(super) fn unmodified_since(self, date: Option<String>) -> Self {
        let repeatable = self.repeatable && date.is_none();
        Self { unmodified_since: date, repeatable, ..self }
    }

    fn ask(&self, site: &Site, token: Option<&SecretString>) -> Result<Ask> {
        let wrong = |why: &str| Error::permanent("scicat.login", &self.what, why);
        let mut url: Url = site.base.clone();
        url.set_path(&format!("{}{}", site.base.path(), self.path));
        if let Some((name, value)) = &self.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut ask = Ask::new(self.method.clone(), url).with(header::ACCEPT, "application/json");
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| wrong("the token holds characters that none can have"))?;
            value.set_sensitive(true);
            ask.headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(date) = &self.unmodified_since {
            ask = ask.with(header::IF_UNMODIFIED_SINCE, date);
        }
        Ok(match &self.body {
            Some(body) => ask.with(header::CONTENT_TYPE, self.content_type).body(body.clone()),
            None => ask,
        })
    }

    /// Sends it once.
    pub(super) async fn send(&self, site: &Site, token: Option<&SecretString>) -> std::result::Result<Reply, Failure> {
        let ask = self.ask(site, token)?;
        let trouble = |trouble: Trouble| Failure::of(&self.what, &trouble);
        let mut answer = site.answer(&ask).await.map_err(trouble)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(piece) = site.in_time(answer.chunk()).await.map_err(trouble)? {
            if body.len() + piece.len() > LARGEST {
                return Err(Error::permanent("scicat.answer", &self.what, "the answer is too large").into());
            }
            body.extend_from_slice(&piece);
        }
        if status.is_success() {
            return Ok(Reply { body: body.into() });
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let secrets: Vec<&str> = token.iter().map(|token| token.expose_secret()).collect();
        let answered = Answered::new(status.as_u16(), kind, &body, &secrets);
        let again = matches!(status.as_u16(), 429 | 502 | 503 | 504);
        let after = told::retry_after(status, &headers);
        Err(Failure { error: Error::of_answer(&self.what, answered), again, after })
    }
}

/// An answer that says yes.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    body: Bytes,
}

impl Reply {
    /// Whether it may be so short because the token is not valid.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"[]" | b"null" | b"{\"count\":0}")
    }

    pub(super) fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The answer itself is not told: it may hold a token.
            Error::permanent("scicat.answer", what, format!("SciCat's answer is not understood: {error}"))
        })
    }
}

/// A request that failed, and whether and when it may be sent again.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) again: bool,
    pub(super) after: Option<std::time::Duration>,
}

impl Failure {
    fn of(what: &str, trouble: &Trouble) -> Self {
        let error = Error::of_trouble(what, trouble);
        Self { again: error.status == longshore_transfer::storage::Status::Transient, error, after: trouble.after }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, again: false, after: None }
    }
}
