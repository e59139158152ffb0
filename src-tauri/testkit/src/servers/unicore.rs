//! A site of UNICORE written from its documented behaviour; not the real one.
//!
//! Its surprises are kept: an address answers with a page for people, with what is known of a file, or with its bytes, as the header `Accept` says;
//! a session that has ended is answered with 432; storages are listed in pages, and one may still be in the making; a folder is deleted
//! with all that lies in it; a broken upload leaves what came of it; files are renamed at an address that only the storage tells.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::decoded;
use super::{Answer, Asked, Holding};

/// User and password of somebody who has storages there.
pub const USER: (&str, &str) = ("hpc-user", "a-password-of-the-site");

/// The same as HTTP sends them.
const BASIC: &str = "Basic aHBjLXVzZXI6YS1wYXNzd29yZC1vZi10aGUtc2l0ZQ==";

/// A token of the same.
pub const TOKEN: &str = "a-token-of-openid-connect";

/// Address of the interface on the host.
pub const BASE: &str = "/DEMO-SITE/rest/core";

/// Storages of a page of the list, whatever is asked for.
const PAGE: usize = 2;

/// Files of a storage by their paths; `None` is a folder.
pub type Files = BTreeMap<String, Option<Vec<u8>>>;

/// What a site holds, and what a test has ordered.
#[derive(Debug, Default)]
pub struct State {
    /// Storages by their ids.
    pub storages: BTreeMap<String, Files>,
    /// Requests: method and target.
    pub asked: Vec<String>,
    /// Requests that came with a login, not in a session.
    pub logins: usize,
    /// Sessions that were given, one after the other; the last one is in force.
    pub sessions: usize,
    /// So many of the next looks at a storage find it in the making.
    pub making: usize,
    /// The next content that is longer ends after so many bytes.
    pub cut_after: Option<usize>,
    /// Instead of ending there, the connection stays silent.
    pub stalls: bool,
    /// So many of the next uploads break off: half of it stays, under the name that it was sent to.
    pub breaks: usize,
    /// So many of the next uploads are damaged on the way; their size stays.
    pub damages: usize,
    /// So many of the next renamings are done, and their answer is lost.
    pub loses: usize,
    /// Bytes of files that were sent out.
    pub sent: u64,
}

impl State {
    /// The files of a storage.
    pub fn files(&mut self, storage: &str) -> &mut Files {
        self.storages.entry(storage.to_owned()).or_default()
    }

    /// Ends the session: what is asked next in it is answered with 432.
    pub fn end_session(&mut self) {
        self.sessions += 1;
    }
}

/// The server, until it is dropped.
pub type Unicore = Holding<State>;

impl Unicore {
    /// Starts one with the storages HOME, PROJECT and SCRATCH.
    pub fn start() -> Self {
        let server = Self::answering(answer);
        for id in ["HOME", "PROJECT", "SCRATCH"] {
            server.held().files(id);
        }
        server
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"status": status, "errorMessage": message}))
}

fn missing() -> Answer {
    refusal(404, "No such file or directory")
}

/// A request, taken apart.
struct Call<'a> {
    asked: &'a Asked,
    url: String,
    query: &'a str,
}

impl Call<'_> {
    fn header(&self, name: &str) -> &str {
        self.asked.headers.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> Option<usize> {
        let pair = self.query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        pair?.1.parse().ok()
    }
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    state.asked.push(format!("{} {}", asked.method, asked.target));
    let session = format!("session-{}", state.sessions);
    match asked.headers.get("x-unicore-securitysession") {
        Some(known) if *known != session => return refusal(432, "Session has expired"),
        Some(_) => {}
        None if is_known(asked) => state.logins += 1,
        None => return refusal(401, "Authentication is required"),
    }
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let Some(path) = path.strip_prefix(BASE) else { return missing() };
    let host = asked.headers.get("host").cloned().unwrap_or_default();
    let call = Call { asked, url: format!("http://{host}{BASE}"), query };
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let told = match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["storages"]) => storages(state, &call),
        ("GET", ["storages", id]) => storage(state, &call, id),
        ("POST", ["storages", id, "actions", "rename-file"]) => rename(state, &call, id),
        (method, ["storages", id, "files", path @ ..]) => file(state, &call, method, id, &path.join("/")),
        _ => missing(),
    };
    told.with("X-UNICORE-SecuritySession", &session)
}

fn is_known(asked: &Asked) -> bool {
    asked.headers.get("authorization").is_some_and(|sent| sent == BASIC || *sent == format!("Bearer {TOKEN}"))
}

fn storages(state: &State, call: &Call<'_>) -> Answer {
    if call.header("accept") != "application/json" {
        return page();
    }
    let (from, most) = (call.number("offset").unwrap_or(0), call.number("num").unwrap_or(PAGE).min(PAGE));
    let ids = state.storages.keys().skip(from).take(most);
    let links: Vec<String> = ids.map(|id| format!("{}/storages/{id}", call.url)).collect();
    Answer::json(200, &json!({"storages": links, "_links": {"self": {"href": format!("{}/storages", call.url)}}}))
}

fn storage(state: &mut State, call: &Call<'_>, id: &str) -> Answer {
    if call.header("accept") != "application/json" {
        return page();
    }
    if !state.storages.contains_key(id) {
        return missing();
    }
    let making = state.making > 0;
    state.making = state.making.saturating_sub(1);
    let own = format!("{}/storages/{id}", call.url);
    Answer::json(
        200,
        &json!({
            "resourceStatus": if making { "INITIALIZING" } else { "READY" },
            "_links": {
                "self": {"href": own},
                "files": {"href": format!("{own}/files")},
                // Another word than the name of the link: it is taken, and not made.
                "action:rename": {"href": format!("{own}/actions/rename-file")},
            },
        }),
    )
}

/// What people see who come with a browser.
fn page() -> Answer {
    Answer::new(200, "<html>UNICORE</html>").with("Content-Type", "text/html")
}

fn file(state: &mut State, call: &Call<'_>, method: &str, id: &str, path: &str) -> Answer {
    if !state.storages.contains_key(id) {
        return missing();
    }
    match (method, call.header("accept")) {
        ("GET", "application/octet-stream") => content(state, call, id, path),
        ("GET", "application/json") => properties(state.files(id), path),
        ("GET", _) => page(),
        ("PUT", _) => put(state, call, id, path),
        ("POST", _) if make(state.files(id), path) => Answer::new(200, ""),
        ("POST", _) => refusal(500, "A file is in the way"),
        ("DELETE", _) => delete(state.files(id), path),
        _ => refusal(405, "Method not allowed"),
    }
}

/// Makes a folder and those above; `false` where a file is in the way.
fn make(files: &mut Files, path: &str) -> bool {
    let mut above = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        above = if above.is_empty() { part.to_owned() } else { format!("{above}/{part}") };
        if files.entry(above.clone()).or_insert(None).is_some() {
            return false;
        }
    }
    true
}

fn known(path: &str, entry: Option<&Vec<u8>>) -> Value {
    json!({
        "isDirectory": entry.is_none(),
        "size": entry.map_or(4096, Vec::len),
        "lastAccessed": "2026-03-01T10:11:12+0000",
        "owner": "CN=User",
        "permissions": if entry.is_none() { "rwx" } else { "rw-" },
        "metadata": {},
        "_links": {"self": {"href": path}},
    })
}

fn properties(files: &Files, path: &str) -> Answer {
    let root = None;
    let Some(entry) = files.get(path).or_else(|| path.is_empty().then_some(&root)) else { return missing() };
    let mut told = known(path, entry.as_ref());
    if entry.is_none() {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = files.iter().filter_map(|(line, entry)| Some((line, line.strip_prefix(&prefix)?, entry)));
        // A name of a test may lead out: it is one name then.
        let own = below.filter(|(_, rest, _)| !rest.is_empty() && (!rest.contains('/') || rest.starts_with("../")));
        let lines = own.map(|(line, _, entry)| {
            let end = if entry.is_none() { "/" } else { "" };
            (format!("/{line}{end}"), known(line, entry.as_ref()))
        });
        told["content"] = lines.collect();
    }
    Answer::json(200, &told)
}

fn content(state: &mut State, call: &Call<'_>, id: &str, path: &str) -> Answer {
    let all = match state.files(id).get(path) {
        Some(Some(bytes)) => bytes.clone(),
        Some(None) => return refusal(500, "It is a directory"),
        None => return missing(),
    };
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
    let stalls = state.stalls && body.len() < length;
    let status = if part.is_some() { 206 } else { 200 };
    let told = Answer { length: Some(length), stalls, ..Answer::new(status, body) };
    let told = told.with("Content-Type", "application/octet-stream");
    match part {
        Some(_) => told.with("Content-Range", &format!("bytes {from}-{}/{}", to - 1, all.len())),
        None => told,
    }
}

fn put(state: &mut State, call: &Call<'_>, id: &str, path: &str) -> Answer {
    if call.header("content-type") != "application/octet-stream" {
        return refusal(415, "Unsupported media type");
    }
    let mut bytes = call.asked.body.clone();
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    if !make(state.files(id), above) || state.files(id).get(path).is_some_and(Option::is_none) {
        return refusal(500, "It cannot be written to");
    }
    if state.breaks > 0 {
        state.breaks -= 1;
        bytes.truncate(bytes.len() / 2);
        state.files(id).insert(path.to_owned(), Some(bytes));
        return Answer::hung_up();
    }
    if state.damages > 0 && !bytes.is_empty() {
        state.damages -= 1;
        bytes[0] ^= 1;
    }
    state.files(id).insert(path.to_owned(), Some(bytes));
    Answer::new(204, "")
}

fn delete(files: &mut Files, path: &str) -> Answer {
    if files.remove(path).is_none() {
        return missing();
    }
    let below = format!("{path}/");
    files.retain(|line, _| !line.starts_with(&below));
    Answer::new(204, "")
}

/// A file that is there is not replaced: that the real one does nobody says.
fn rename(state: &mut State, call: &Call<'_>, id: &str) -> Answer {
    let body: Value = serde_json::from_slice(&call.asked.body).unwrap_or_default();
    let path = |name: &str| body[name].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
    let (from, to) = (path("from"), path("to"));
    let files = state.files(id);
    if files.contains_key(&to) {
        return refusal(500, "The target exists");
    }
    let Some(entry) = files.remove(&from) else { return missing() };
    files.insert(to, entry);
    if state.loses > 0 {
        state.loses -= 1;
        return Answer::hung_up();
    }
    Answer::json(200, &json!({}))
}
