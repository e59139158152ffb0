//! Requests by HTTP, for the kinds of task that make them. Certificates are always checked; credentials go to no other host than
//! the one that they were given for.

mod fault;
mod redirect;

use std::collections::BTreeMap;
use std::time::Duration;

use longshore_connectors::http::{redirect as hops, told};
use longshore_engine::Fault;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, Url};
use serde_json::Value;

use crate::faults;
use crate::kind::Context;
use crate::scalar::Scalar;

pub(crate) use fault::{of_status, retry_after};
pub(crate) use longshore_connectors::http::told::retryable;

/// Bytes of an answer that are read to be told, when it is not what was expected.
const TOLD: usize = 500;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

/// What a request carries.
#[derive(Debug, Clone, Default)]
pub(crate) enum Body {
    /// Nothing.
    #[default]
    None,
    /// JSON.
    Json(Value),
    /// A form.
    Form(BTreeMap<String, Scalar>),
    /// A text as it is.
    Text(String),
}

impl Request {
    /// Reads what an operator wrote.
    pub(crate) fn read(
        method: &str,
        url: &str,
        query: &BTreeMap<String, Scalar>,
        headers: &BTreeMap<String, Scalar>,
        body: Body,
    ) -> Result<Self, Fault> {
        let method: Method =
            method.to_ascii_uppercase().parse().map_err(|_| wrong(&format!("{method:?} is no method")))?;
        let mut url: Url = url.parse().map_err(|error| wrong(&format!("`url` cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("`url` is no address of http or https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("`url` holds a user or a password; put them into a header"));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name, value.to_string())));
        }
        let mut headers = read_headers(headers)?;
        let (kind, body) = encoded(body)?;
        if let Some(kind) = kind {
            headers.entry(reqwest::header::CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
        }
        Ok(Self { method, url, headers, body })
    }

    /// Sends it, follows redirections, and gives the answer with its body unread. `patience` is how long the other side may say
    /// nothing.
    pub(crate) async fn send(mut self, patience: Duration, context: &Context) -> Result<Response, Fault> {
        let client = client(patience)?;
        for _ in 0..=hops::MOST {
            let mut request = client.request(self.method.clone(), self.url.clone()).headers(self.headers.clone());
            if let Some(body) = &self.body {
                request = request.body(body.clone());
            }
            let answer =
                or_cancelled(context, request.send()).await?.map_err(|error| fault::of_error(error, &self.url))?;
            match hops::target(&answer) {
                Some(target) => self = self.redirected(&target, answer.status())?,
                None => return Ok(answer),
            }
        }
        Err(redirect::too_many(&self.url))
    }
}

/// The result, unless the attempt is told to stop before.
pub(crate) async fn or_cancelled<T>(context: &Context, work: impl Future<Output = T>) -> Result<T, Fault> {
    tokio::select! {
        done = work => Ok(done),
        () = context.host.wait_cancelled() => Err(faults::cancelled()),
    }
}

/// The body of an answer, if it is not longer than this many bytes.
pub(crate) async fn read_body(mut answer: Response, most: usize, context: &Context) -> Result<Vec<u8>, Fault> {
    let url = answer.url().clone();
    let mut body = Vec::new();
    while let Some(chunk) =
        or_cancelled(context, answer.chunk()).await?.map_err(|error| fault::of_error(error, &url))?
    {
        if body.len() + chunk.len() > most {
            return Err(fault::too_large(&url, most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The next piece of a body.
pub(crate) async fn next_chunk(answer: &mut Response, context: &Context) -> Result<Option<Vec<u8>>, Fault> {
    let url = answer.url().clone();
    let chunk = or_cancelled(context, answer.chunk()).await?.map_err(|error| fault::of_error(error, &url))?;
    Ok(chunk.map(|chunk| chunk.to_vec()))
}

/// What an answer that was not expected says, in short.
pub(crate) async fn beginning(mut answer: Response, context: &Context) -> String {
    let mut text = Vec::new();
    while text.len() < TOLD {
        match or_cancelled(context, answer.chunk()).await {
            Ok(Ok(Some(chunk))) => text.extend_from_slice(&chunk),
            // What cannot be read adds nothing to the failure that is told.
            _ => break,
        }
    }
    text.truncate(TOLD);
    String::from_utf8_lossy(&text).trim().to_owned()
}

/// Headers as an output shows them; several of one name are joined.
pub(crate) fn shown_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != reqwest::header::SET_COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = shown.entry(name.as_str().to_owned()).or_default();
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(&value);
    }
    shown
}

fn read_headers(given: &BTreeMap<String, Scalar>) -> Result<HeaderMap, Fault> {
    let one = |(name, value): (&String, &Scalar)| {
        let known: HeaderName = name.parse().map_err(|_| wrong(&format!("{name:?} is no name of a header")))?;
        let value = value.to_string().parse().map_err(|_| wrong(&format!("the value of {name} is none of a header")));
        Ok((known, value?))
    };
    given.iter().map(one).collect()
}

fn encoded(body: Body) -> Result<(Option<&'static str>, Option<Vec<u8>>), Fault> {
    Ok(match body {
        Body::None => (None, None),
        Body::Json(value) => {
            let bytes =
                serde_json::to_vec(&value).map_err(|error| wrong(&format!("`json` cannot be written: {error}")))?;
            (Some("application/json"), Some(bytes))
        }
        Body::Form(fields) => {
            let mut form = reqwest::Url::parse("http://form").map_err(|error| wrong(&error.to_string()))?;
            form.query_pairs_mut().extend_pairs(fields.iter().map(|(name, value)| (name, value.to_string())));
            let text = form.query().unwrap_or_default().as_bytes().to_vec();
            (Some("application/x-www-form-urlencoded"), Some(text))
        }
        Body::Text(text) => (Some("text/plain; charset=utf-8"), Some(text.into_bytes())),
    })
}

pub(crate) fn wrong(why: &str) -> Fault {
    Fault::permanent("task.with", "The request cannot be made", why)
}

/// One client for each patience would be a waste: the connections of the usual one are kept.
fn client(patience: Duration) -> Result<Client, Fault> {
    let client = told::client().connect_timeout(patience).read_timeout(patience).build();
    client.map_err(|error| Fault::fatal("http.client", "No request can be made", told::chain(&error)))
}
