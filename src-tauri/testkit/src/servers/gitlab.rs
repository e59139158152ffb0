//! Repositories of a GitLab written from its documented behaviour; not the real one.
//!
//! Its surprises are kept: lists come in pages whose next one only the header `Link` tells, a private project answers 404 to whom it is not
//! open, without `lfs=true` a file of Git LFS is the pointer that stands for it and `HEAD` tells the pointer's size and checksum, who asks
//! for too much gets 429 with `Retry-After`, and content is never given in parts.

use std::collections::{BTreeMap, BTreeSet};

use longshore_transfer::hash::{Hashes, hex};
use serde_json::{Value, json};

use super::answers::decoded;
use super::{Answer, Asked, Holding};

/// The token that sees the projects.
pub const TOKEN: &str = "glpat-a-token-of-gitlab";

/// Entries of a page of a list, whatever is asked for.
const PAGE: usize = 2;

/// A file of a commit.
#[derive(Debug, Clone)]
pub enum Blob {
    /// Its bytes.
    Plain(Vec<u8>),
    /// A file that may be executed.
    Program(Vec<u8>),
    /// What Git LFS keeps; the repository has a pointer in its place.
    Lfs(Vec<u8>),
    /// A symbolic link to here.
    Link(&'static str),
    /// A repository within the repository.
    Module,
}

/// Files of a commit by their paths, with slashes.
pub type Tree = BTreeMap<String, Blob>;

/// A project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Its path with the groups that it is in.
    pub path: String,
    /// Commits to which branches lead; `main` is the default.
    pub branches: BTreeMap<String, String>,
    /// Commits.
    pub commits: BTreeMap<String, Tree>,
}

/// What a GitLab holds, and what a test has ordered.
#[derive(Debug, Default)]
pub struct State {
    /// Projects, by their number less one.
    pub projects: Vec<Project>,
    /// Requests: method and target.
    pub asked: Vec<String>,
    /// The next content that is longer ends after so many bytes; nothing more comes.
    pub cut_after: Option<usize>,
    /// Instead of ending there, the connection stays silent.
    pub stalls: bool,
    /// Next content whose first byte is another than it was.
    pub damaged: bool,
    /// So many of the next requests for content are answered with 429.
    pub busy: usize,
    /// A proxy in front that answers with a page of its own where a component has a slash.
    pub proxy_in_front: bool,
}

impl State {
    /// Puts files on the branch `main` of a project, as a new commit, and gives its id.
    pub fn push(&mut self, project: &str, files: impl IntoIterator<Item = (&'static str, Blob)>) -> String {
        let known = self.projects.iter().position(|known| known.path == project);
        let at = known.unwrap_or_else(|| {
            self.projects.push(Project { path: project.to_owned(), ..Project::default() });
            self.projects.len() - 1
        });
        let project = &mut self.projects[at];
        let id = format!("{:040x}", 0xabc_0000 + project.commits.len());
        project.commits.insert(id.clone(), files.into_iter().map(|(name, blob)| (name.to_owned(), blob)).collect());
        project.branches.insert("main".into(), id.clone());
        id
    }
}

/// The server, until it is dropped.
pub type GitLab = Holding<State>;

impl GitLab {
    /// Starts one without projects.
    pub fn start() -> Self {
        Self::answering(answer)
    }
}

fn missing(what: &str) -> Answer {
    Answer::json(404, &json!({"message": format!("404 {what} Not Found")}))
}

/// A request, taken apart.
struct Call<'a> {
    path: Vec<String>,
    query: BTreeMap<&'a str, String>,
    asked: &'a Asked,
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    state.asked.push(format!("{} {}", asked.method, asked.target));
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    if state.proxy_in_front && path.contains("%2F") {
        return Answer::new(404, "<html>Not Found</html>").with("Content-Type", "text/html");
    }
    let Some(path) = path.strip_prefix("/api/v4/projects") else { return missing("Route") };
    let header = |name: &str| asked.headers.get(name).map(String::as_str);
    let known = header("authorization") == Some(&format!("Bearer {TOKEN}")) || header("private-token") == Some(TOKEN);
    let path = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    let call = Call { path, query: query.map(|(name, value)| (name, decoded(value))).collect(), asked };
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let [id, rest @ ..] = path.as_slice() else { return search(state, &call, known) };
    let found = state.projects.iter().position(|project| project.path == *id);
    let found =
        found.or_else(|| id.parse::<usize>().ok()?.checked_sub(1)).filter(|at| known && *at < state.projects.len());
    let Some(at) = found else { return missing("Project") };
    match rest {
        [] => Answer::json(200, &project(state, at)),
        ["repository", "commits", named] => match commit(&state.projects[at], named) {
            Some((id, _)) => Answer::json(200, &json!({"id": id, "short_id": &id[..8]})),
            None => missing("Commit"),
        },
        ["repository", "tree"] => tree(&state.projects[at], &call),
        ["repository", "files", name, "raw"] => raw(state, at, name, &call),
        _ => missing("Route"),
    }
}

fn project(state: &State, at: usize) -> Value {
    let path = &state.projects[at].path;
    let name = path.rsplit('/').next();
    json!({"id": at + 1, "name": name, "path": name, "path_with_namespace": path, "default_branch": "main"})
}

fn search(state: &State, call: &Call<'_>, known: bool) -> Answer {
    let wanted = call.query.get("search").cloned().unwrap_or_default();
    let fits = |at: &usize| known && state.projects[*at].path.contains(&wanted);
    paged((0..state.projects.len()).filter(fits).map(|at| project(state, at)).collect(), call)
}

/// The commit that a branch, or an id, leads to.
fn commit<'p>(project: &'p Project, named: &str) -> Option<(&'p String, &'p Tree)> {
    let named = if named == "HEAD" { "main" } else { named };
    let id = project.branches.get(named).map_or(named, String::as_str);
    project.commits.get_key_value(id)
}

fn pointer(bytes: &[u8]) -> Vec<u8> {
    let (sum, size) = (sha256(bytes), bytes.len());
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sum}\nsize {size}\n").into_bytes()
}

fn sha256(bytes: &[u8]) -> String {
    let mut hashes = Hashes::new(false);
    hashes.update(bytes);
    hex(&hashes.finish().sha256)
}

fn raw(state: &mut State, at: usize, name: &str, call: &Call<'_>) -> Answer {
    let tree = call.query.get("ref").and_then(|named| commit(&state.projects[at], named));
    let lfs = call.query.get("lfs").is_some_and(|lfs| lfs == "true");
    let head = call.asked.method == "HEAD";
    let (mut bytes, runs) = match tree.and_then(|(_, tree)| tree.get(name)) {
        Some(Blob::Plain(bytes)) => (bytes.clone(), false),
        Some(Blob::Program(bytes)) => (bytes.clone(), true),
        Some(Blob::Lfs(bytes)) if lfs && !head => (bytes.clone(), false),
        Some(Blob::Lfs(bytes)) => (pointer(bytes), false),
        Some(Blob::Link(to)) => (to.as_bytes().to_vec(), false),
        Some(Blob::Module) | None => return missing("File"),
    };
    if state.busy > 0 && lfs {
        state.busy -= 1;
        return Answer::json(429, &json!({"message": {"error": "This endpoint has been requested too many times."}}))
            .with("Retry-After", "1");
    }
    let (size, sum) = (bytes.len(), sha256(&bytes));
    if lfs && size > 0 && std::mem::take(&mut state.damaged) {
        bytes[0] ^= 1;
    }
    if let Some(most) = state.cut_after.take_if(|most| lfs && *most < size) {
        bytes.truncate(most);
    }
    let stalls = state.stalls && bytes.len() < size;
    let told =
        Answer { length: Some(size), stalls, ..Answer::new(200, bytes) }.with("X-Gitlab-Size", &size.to_string());
    let told = told.with("X-Gitlab-Content-Sha256", &sum).with("X-Gitlab-Execute-Filemode", &runs.to_string());
    told.with("Content-Type", "application/octet-stream")
}

fn tree(project: &Project, call: &Call<'_>) -> Answer {
    let named = call.query.get("ref").map_or("HEAD", String::as_str);
    let Some((_, files)) = commit(project, named) else { return missing("Tree") };
    let folder = call.query.get("path").map_or("", String::as_str);
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (path, blob) in files {
        let Some(rest) = path.strip_prefix(&prefix) else { continue };
        // A name of a test may begin with dots and slashes: it is one name then.
        let (name, below) =
            rest.split_once('/').filter(|_| !rest.starts_with("../")).map_or((rest, false), |(name, _)| (name, true));
        let (kind, mode) = match blob {
            _ if below => ("tree", "040000"),
            Blob::Module => ("commit", "160000"),
            Blob::Link(_) => ("blob", "120000"),
            Blob::Program(_) => ("blob", "100755"),
            Blob::Plain(_) | Blob::Lfs(_) => ("blob", "100644"),
        };
        if seen.insert(name) {
            lines.push(json!({"id": "0", "name": name, "type": kind, "path": format!("{prefix}{name}"), "mode": mode}));
        }
    }
    if lines.is_empty() { missing("Tree") } else { paged(lines, call) }
}

/// A page of a list. Where the next one is, only the header tells.
fn paged(lines: Vec<Value>, call: &Call<'_>) -> Answer {
    let from: usize = call.query.get("page_token").and_then(|token| token.parse().ok()).unwrap_or(0);
    let next = (from + PAGE < lines.len()).then_some(from + PAGE);
    let page: Vec<Value> = lines.into_iter().skip(from).take(PAGE).collect();
    let answer = Answer::json(200, &json!(page));
    let Some(next) = next else { return answer };
    let target = call.asked.target.split("&page_token=").next().unwrap_or_default();
    let host = call.asked.headers.get("host").cloned().unwrap_or_default();
    answer.with(
        "Link",
        &format!("<http://{host}{target}&page_token={next}>; rel=\"next\", <http://{host}{target}>; rel=\"first\""),
    )
}
