//! A repository of records written from its documented behaviour; not the real one: B2SHARE 2, or `InvenioRDM` (which Zenodo and B2SHARE 3 are).
//!
//! As much of the two interfaces as records are read, made and published with, with their statuses and surprises: a draft of B2SHARE takes
//! no PUT and its patch wants a content type of its own; a draft of `InvenioRDM` may be saved with errors (201) and is refused when it is
//! published; a file there is made, sent and committed; content is answered by ranges.

mod b2share;
mod invenio;
mod state;

use serde_json::{Value, json};

pub use self::state::{Held, State, Stored};
use super::answers::decoded;
use super::{Answer, Asked, Holding};

/// Which interface it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// B2SHARE 2.
    B2share,
    /// `InvenioRDM`.
    Invenio,
}

/// The token that may write.
pub const TOKEN: &str = "a-token-that-may-write";

/// The server, until it is dropped.
pub type Repository = Holding<State>;

impl Repository {
    /// Starts one without records.
    pub fn start(speaks: Speaks) -> Self {
        let server = Self::answering(move |state, asked| answer(speaks, state, asked));
        let url = server.url();
        server.held().url = url;
        server
    }
}

/// A request, taken apart.
struct Call<'a> {
    method: &'a str,
    /// Components behind `/api`, decoded.
    path: Vec<String>,
    query: &'a str,
    asked: &'a Asked,
    /// Whether it comes with the token that may write.
    known: bool,
}

impl Call<'_> {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.asked.body).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.asked.headers.get(name).map_or("", String::as_str)
    }
}

fn answer(speaks: Speaks, state: &mut State, asked: &Asked) -> Answer {
    state.asked.push(format!("{} {}", asked.method, asked.target));
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let Some(path) = path.strip_prefix("/api/") else { return refusal(404, "Not found.") };
    let path = path.trim_end_matches('/').split('/').map(decoded).collect();
    let known = asked.headers.get("authorization").is_some_and(|sent| *sent == format!("Bearer {TOKEN}"));
    let call = Call { method: &asked.method, path, query, asked, known };
    if call.method != "GET" && call.method != "HEAD" && !call.known {
        return refusal(401, "The server could not verify that you are authorized.");
    }
    match speaks {
        Speaks::B2share => b2share::answer(state, &call),
        Speaks::Invenio => invenio::answer(state, &call),
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"status": status, "message": message}))
}

fn invalid(status: u16, errors: &Value) -> Answer {
    Answer::json(status, &json!({"status": status, "message": "Validation error.", "errors": errors}))
}

/// The bytes of a file, or the part of them that is asked for; as a test has ordered, less than is told, or a page in their place.
fn content(state: &mut State, stored: &Stored, call: &Call<'_>) -> Answer {
    if state.pages_for_files {
        return Answer::new(200, "<html>404 Not Found</html>").with("Content-Type", "text/html; charset=utf-8");
    }
    let all = &stored.bytes;
    let range = call.header("range").strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let part = range.and_then(|(from, to)| {
        let from: usize = from.parse().ok()?;
        let to = to.parse::<usize>().map_or(all.len(), |to| (to + 1).min(all.len()));
        (from < to).then_some((from, to))
    });
    let (from, to) = part.unwrap_or((0, all.len()));
    let mut body = all[from..to].to_vec();
    let length = body.len();
    if let Some(most) = state.cut_after.take_if(|most| *most < length) {
        body.truncate(most);
    }
    state.sent += body.len() as u64;
    let told = Answer { length: Some(length), ..Answer::new(if part.is_some() { 206 } else { 200 }, body) };
    let told = told.with("ETag", &format!("\"{}\"", stored.checksum)).with("Accept-Ranges", "bytes");
    let told = told.with("Content-Type", "application/octet-stream");
    match part {
        Some(_) => told.with("Content-Range", &format!("bytes {from}-{}/{}", to - 1, all.len())),
        None => told,
    }
}
