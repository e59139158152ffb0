//! MLflow: experiments and their runs, and the artifacts that its server keeps (`--serve-artifacts`) as a storage, `RUN/PATH`; `artifacts/PATH`
//! is a path in all that it keeps.
//!
//! A run whose artifacts lie elsewhere (`s3://`, `file:/`) is refused: only who may write there can reach them.

mod models;
mod options;
mod probe;
mod runs;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_transfer::storage::{Error, Finish, Listed, Meta, Reader, Receipt, Result, Storage, Writer};
use md5::{Digest as _, Md5};
use reqwest::{Method, Response, Url, header};
use serde_json::Value;

use crate::http::{self, Ask, HttpReader, Sent, Site, Source, Trouble, wait};
use crate::local::walk;
use crate::remote::{Remote, RemoteWriter, Shelf, Stated, Taken, Told as Read, behind, file, folder};
use crate::shelf_kind::ShelfKind;
use crate::{Connection, schema_of};

pub use models::Version;
pub use options::Options;
pub use runs::{Run, Told};

/// Runs, and sizes of files, that are remembered, at most.
const MOST: usize = 10_000;

/// An MLflow server.
pub struct Mlflow {
    site: Arc<Site>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Where the artifacts of runs are kept; this never changes.
    runs: HashMap<String, String>,
    /// Bytes of files as they were last listed.
    sizes: HashMap<Vec<u8>, u64>,
}

/// A number, which the server may write as a text.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

impl Mlflow {
    /// The server that a connection leads to. It is not asked yet.
    pub fn open(name: &str, connection: &Connection) -> Result<Self> {
        let site = connection.options::<Options>()?.site(name, connection)?;
        Ok(Self { site: Arc::new(site), known: Mutex::default() })
    }

    /// The server that a storage is, if it is one.
    pub fn behind(storage: &dyn Storage) -> Option<&Self> {
        behind(storage)
    }

    /// The address of a call, such as `runs/get`.
    fn address(&self, call: &str) -> std::result::Result<Url, Trouble> {
        self.site.address(&[&["mlflow"], call.split('/').collect::<Vec<_>>().as_slice()].concat())
    }

    async fn post(&self, call: &str, body: &Value) -> std::result::Result<Value, Trouble> {
        self.site.json(Ask::new(Method::POST, self.address(call)?).json(body)).await
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path that the server keeps something at, of an address of its own (`mlflow-artifacts:/PATH`).
    fn kept<'u>(&self, uri: &'u str) -> std::result::Result<&'u str, Trouble> {
        let elsewhere = |why: String| Err(Trouble::permanent("mlflow.artifacts_elsewhere", why));
        let Some(rest) = uri.strip_prefix("mlflow-artifacts:") else {
            let scheme = uri.split_once(':').map_or("nowhere", |(scheme, _)| scheme);
            let why = format!(
                "its artifacts lie in {scheme}, and the server passes none on: it runs without --serve-artifacts"
            );
            return elsewhere(why);
        };
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => ("", rest.trim_start_matches('/')),
        };
        // The login goes along with every request: to this server and no other.
        if host.is_empty() || host == http::told::place(&self.site.base) {
            return Ok(path.trim_matches('/'));
        }
        elsewhere(format!("its artifacts are kept by another server, {host}: make a connection to that one"))
    }

    /// The path in all that the server keeps. `None` for the top, which holds all runs.
    fn path(&self, verb: &str, path: &[u8]) -> Result<Option<String>> {
        let text = std::str::from_utf8(path).map_err(|_| self.missing(verb, path))?;
        let (run, below) = text.split_once('/').unwrap_or((text, ""));
        let known = self.lock().runs.get(run).cloned();
        let top = match (run, known) {
            ("", _) => return Ok(None),
            ("artifacts", _) => return Ok(Some(below.to_owned())),
            (_, Some(known)) => known,
            (run, None) => self.top_of(verb, path, run)?,
        };
        Ok(Some(if below.is_empty() { top } else { format!("{top}/{below}") }))
    }

    fn top_of(&self, verb: &str, path: &[u8], run: &str) -> Result<String> {
        let top = wait(&self.site.place(path), verb, async {
            let (run, _) = self.fetch(run).await?;
            self.kept(&run.artifacts).map(str::to_owned)
        })?;
        let mut known = self.lock();
        if known.runs.len() >= MOST {
            known.runs.clear();
        }
        known.runs.insert(run.to_owned(), top.clone());
        Ok(top)
    }

    fn missing(&self, verb: &str, path: &[u8]) -> Error {
        Trouble::permanent("file.missing", "there is no such artifact").at(&self.site.place(path), verb)
    }

    /// The address of a file, or of a folder with a query.
    fn artifact(&self, path: &str) -> Url {
        let mut url = self.site.base.clone();
        let below = if path.is_empty() { String::new() } else { format!("/{}", http::encoded(path.as_bytes())) };
        url.set_path(&format!("{}/mlflow-artifacts/artifacts{below}", self.site.base.path().trim_end_matches('/')));
        url
    }

    /// What lies in a folder: of one that is not there, nothing.
    fn entries(&self, verb: &str, path: &[u8], kept: &str) -> Result<Vec<(String, Meta)>> {
        let mut url = self.artifact("");
        url.query_pairs_mut().append_pair("path", kept);
        let found = wait(&self.site.place(path), verb, self.site.json(Ask::new(Method::GET, url)))?;
        let lines = found.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
        let entry = |line: &Value| entry(line).map_err(|trouble| trouble.at(&self.site.place(path), verb));
        lines.iter().map(entry).collect()
    }

    /// What lies at a path, by what the folder above it says.
    fn seen(&self, verb: &str, path: &[u8]) -> Result<Meta> {
        let Some(kept) = self.path(verb, path)? else { return Ok(folder()) };
        // A run is there although it has no artifacts yet.
        if !path.contains(&b'/') {
            return Ok(folder());
        }
        let (above, name) = kept.rsplit_once('/').unwrap_or(("", &kept));
        let found = self.entries(verb, path, above)?.into_iter().find(|(other, _)| other == name);
        let (_, meta) = found.ok_or_else(|| self.missing(verb, path))?;
        self.remember(path, &meta);
        Ok(meta)
    }

    fn remember(&self, path: &[u8], meta: &Meta) {
        let mut known = self.lock();
        if known.sizes.len() >= MOST {
            known.sizes.clear();
        }
        known.sizes.insert(path.to_vec(), meta.size);
    }
}

/// A line of a list. Names that would lead out of a folder that they are copied to are refused.
fn entry(line: &Value) -> std::result::Result<(String, Meta), Trouble> {
    let path = line.get("path").and_then(Value::as_str).unwrap_or_default();
    if path.is_empty()
        || path.contains('/')
        || path.chars().any(char::is_control)
        || walk::check(path.as_bytes()).is_err()
    {
        let why =
            format!("the server has an artifact of the name {path:?}, which is none that a file in a folder can have");
        return Err(Trouble::permanent("record.name", why));
    }
    if line.get("is_dir").and_then(Value::as_bool) == Some(true) {
        return Ok((path.to_owned(), folder()));
    }
    let size = line.get("file_size").and_then(number).and_then(|size| u64::try_from(size).ok());
    let size =
        size.ok_or_else(|| Trouble::permanent("http.answer", format!("it is not told how large {path:?} is")))?;
    Ok((path.to_owned(), file(size, 0)))
}

impl Shelf for Mlflow {
    fn site(&self) -> &Site {
        &self.site
    }

    fn words(&self) -> &'static str {
        "artifacts of MLflow"
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.seen("Looking at", path)
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let verb = "Listing";
        let Some(kept) = self.path(verb, path)? else {
            let why = "all runs of a server are not listed: name one by its id";
            return Err(self.site.cannot(verb, path, "storage.no_listing", why));
        };
        let found = self.entries(verb, path, &kept)?;
        if found.is_empty() && path.contains(&b'/') {
            // The server says the same of a folder that is not there, and has none that is empty.
            return Err(self.missing(verb, path));
        }
        for (name, meta) in found {
            self.remember(&[path, b"/", name.as_bytes()].concat(), &meta);
            each(Listed::new(name.into_bytes(), meta))?;
        }
        Ok(())
    }

    /// As one stream: a server that keeps artifacts in another storage fetches all of one for each request.
    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>> {
        let (verb, place) = ("Opening", self.site.place(path));
        let kept = self.path(verb, path)?.ok_or_else(|| self.missing(verb, path))?;
        let known = self.lock().sizes.get(path).copied();
        let meta = known.map_or_else(|| self.seen(verb, path), |size| Ok(file(size, 0)))?;
        let source = Source { site: self.site.clone(), place: place.clone(), url: self.artifact(&kept) };
        Ok(Box::new(Read::of(HttpReader::in_one(source, offset)?, &place, meta, Stated::default())?))
    }

    fn write(&self, path: &[u8], size: Option<u64>) -> Result<Box<dyn Writer>> {
        let verb = "Writing";
        let kept = self.path(verb, path)?.filter(|_| path.contains(&b'/')).ok_or_else(|| self.cannot(verb, path))?;
        let there = match self.seen(verb, path) {
            Ok(_) => true,
            Err(error) if error.code == "file.missing" => false,
            Err(error) => return Err(error),
        };
        self.lock().sizes.remove(path);
        let ask = Ask::new(Method::PUT, self.artifact(&kept)).with(header::CONTENT_TYPE, "application/octet-stream");
        let place = self.site.place(path);
        let sent = Sent::new(self.site.clone(), place.clone(), ask, size);
        let then = Keeping { place, there };
        Ok(Box::new(RemoteWriter { sent, md5: Md5::new(), then }))
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        let verb = "Deleting";
        match self.seen(verb, path) {
            Err(error) if error.code == "file.missing" => return Ok(()),
            // The server would delete a folder with all that lies in it.
            Ok(found) if found.kind == longshore_transfer::storage::Kind::Folder => return Err(self.cannot(verb, path)),
            seen => drop(seen?),
        }
        let kept = self.path(verb, path)?.unwrap_or_default();
        self.lock().sizes.remove(path);
        wait(&self.site.place(path), verb, self.site.ask(&Ask::new(Method::DELETE, self.artifact(&kept)))).map(drop)
    }
}

/// An artifact that is being sent. The server says nothing of what it got, so that only reading it back proves it.
struct Keeping {
    place: crate::place::Place,
    there: bool,
}

impl Taken for Keeping {
    fn may(&mut self, finish: &Finish) -> Result<()> {
        if finish.replace || !self.there {
            return Ok(());
        }
        Err(Trouble::permanent("file.exists", "the run has an artifact of that name already")
            .at(&self.place, "Writing"))
    }

    fn taken(&mut self, _answer: Response, _written: u64, _sent: [u8; 16]) -> Result<Receipt> {
        Ok(Receipt { confirmed: false })
    }
}

/// MLflow.
pub(crate) const KIND: ShelfKind = ShelfKind {
    kind: "mlflow",
    aliases: &[],
    title: "MLflow",
    schema: schema_of::<Options>,
    topless: "an MLflow has no folder that could be the top; name the run",
    open: |name, connection| Ok(Arc::new(Remote(Mlflow::open(name, connection)?))),
    test: probe::run,
};
