//! Repositories of records: B2SHARE (version 2) and InvenioRDM (Zenodo, B2SHARE version 3 and others).
//!
//! Which of the two interfaces a server speaks is seen by its answers. A record is a folder `ID` whose files are read-only; a draft is a
//! folder `drafts/ID` that takes files. What a record states of its files, size and MD5, is held against what is read and sent.

mod draft;
mod files;
mod mark;
mod options;
mod probe;
mod publish;
mod record;
mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use longshore_transfer::hash::unhex;
use longshore_transfer::storage::{Algorithm, Listed, Meta, Reader, Result, Storage, Writer};

use crate::http::{Site, Source, Trouble, wait};
use crate::remote::{Remote, Shelf, Told, behind, children, file, folder};
use crate::shelf_kind::ShelfKind;
use crate::{Connection, schema_of};

pub use draft::{Left, Made};
pub use options::Options;
pub use publish::Published;
pub use record::{Generation, Record};

use files::Files;
use record::Which;

/// Records that are remembered, at most.
const MOST: usize = 64;

/// A repository.
pub struct Records {
    site: Arc<Site>,
    /// What records hold, so that each file costs one request.
    known: Mutex<HashMap<Which, Arc<Held>>>,
}

/// A record, or a draft, and what is in it.
pub(crate) struct Held {
    record: Record,
    files: Files,
}

/// A path: the record, and the file in it.
enum At {
    Top,
    Record(Which),
    File(Which, String),
}

impl Records {
    /// The repository that a connection leads to. It is not asked yet.
    pub fn open(name: &str, connection: &Connection) -> Result<Self> {
        let options: Options = connection.options()?;
        Ok(Self { site: Arc::new(options.site(name, connection)?), known: Mutex::default() })
    }

    /// The repository that a storage is, if it is one.
    pub fn behind(storage: &dyn Storage) -> Option<&Self> {
        behind(storage)
    }

    fn at(&self, verb: &str, path: &[u8]) -> Result<At> {
        let text = std::str::from_utf8(path).map_err(|_| self.missing(verb, path))?;
        let (draft, rest) = match text.strip_prefix("drafts") {
            Some("") => return Ok(At::Top),
            Some(rest) if rest.starts_with('/') => (true, &rest[1..]),
            _ => (false, text),
        };
        Ok(match rest.split_once('/') {
            _ if rest.is_empty() => At::Top,
            None => At::Record(Which { id: rest.to_owned(), draft }),
            Some((id, key)) => At::File(Which { id: id.to_owned(), draft }, key.to_owned()),
        })
    }

    fn missing(&self, verb: &str, path: &[u8]) -> longshore_transfer::storage::Error {
        Trouble::permanent("file.missing", "the record has no such file").at(&self.site.place(path), verb)
    }

    /// What a record holds; asked for again where it must be `fresh`.
    fn held(&self, verb: &str, path: &[u8], which: &Which, fresh: bool) -> Result<Arc<Held>> {
        let known = self.lock().get(which).cloned().filter(|_| !fresh);
        if let Some(known) = known {
            return Ok(known);
        }
        let held = Arc::new(wait(&self.site.place(path), verb, self.fetch(which))?);
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(which.clone(), held.clone());
        Ok(held)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Which, Arc<Held>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what a record held.
    fn forget(&self, which: &Which) {
        self.lock().remove(which);
    }

    async fn fetch(&self, which: &Which) -> std::result::Result<Held, Trouble> {
        let record = record::fetch(&self.site, which).await?;
        let files = files::fetch(&self.site, which, &record).await?;
        Ok(Held { record, files })
    }

    /// A published record, asked for now.
    pub fn record(&self, id: &str) -> Result<Record> {
        let which = Which { id: id.to_owned(), draft: false };
        Ok(self.held("Looking up the record", id.as_bytes(), &which, true)?.record.clone())
    }
}

impl Shelf for Records {
    fn site(&self) -> &Site {
        &self.site
    }

    fn words(&self) -> &'static str {
        "a repository of records"
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        let verb = "Looking at";
        match self.at(verb, path)? {
            At::Top => Ok(folder()),
            At::Record(which) => self.held(verb, path, &which, true).map(|_| folder()),
            At::File(which, key) => {
                let held = self.held(verb, path, &which, false)?;
                if let Some(found) = held.files.get(&key) {
                    return Ok(file(found.size, held.record.created));
                }
                let inside = held.files.keys().any(|other| other.starts_with(&format!("{key}/")));
                if inside { Ok(folder()) } else { Err(self.missing(verb, path)) }
            }
        }
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let verb = "Listing";
        let (which, below) = match self.at(verb, path)? {
            At::Record(which) => (which, String::new()),
            At::File(which, key) => (which, key),
            At::Top => {
                let why = "all records of a repository are not listed: name one by its id";
                return Err(self.site.cannot(verb, path, "storage.no_listing", why));
            }
        };
        let held = self.held(verb, path, &which, below.is_empty())?;
        let lines = held.files.iter().map(|(key, file)| (key.as_bytes(), file.size, held.record.created));
        let found = children(below.as_bytes(), lines, each)?;
        if found == 0 && !below.is_empty() { Err(self.missing(verb, path)) } else { Ok(()) }
    }

    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>> {
        let verb = "Opening";
        let At::File(which, key) = self.at(verb, path)? else {
            return Err(Trouble::permanent("file.is_folder", "it is a record").at(&self.site.place(path), verb));
        };
        let held = self.held(verb, path, &which, false)?;
        let found = held.files.get(&key).ok_or_else(|| self.missing(verb, path))?;
        let source = Source { site: self.site.clone(), place: self.site.place(path), url: found.url.clone() };
        Ok(Box::new(Told::open(source, offset, file(found.size, held.record.created), found.md5)?))
    }

    /// The repository takes it when it gets a file, and keeps it with the record.
    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        let verb = "Looking at";
        let (At::File(which, key), Algorithm::Md5) = (self.at(verb, path)?, algorithm) else { return Ok(None) };
        let held = self.held(verb, path, &which, false)?;
        let found = held.files.get(&key).ok_or_else(|| self.missing(verb, path))?;
        Ok(found.md5.map(Vec::from))
    }

    fn write(&self, path: &[u8], size: Option<u64>) -> Result<Box<dyn Writer>> {
        match self.at("Writing", path)? {
            At::File(which, key) if which.draft => self.upload(path, &which, key, size),
            _ => {
                let why = "the files of a published record never change; a draft is written under drafts/ID";
                Err(self.site.cannot("Writing", path, "storage.read_only_record", why))
            }
        }
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        match self.at("Deleting", path)? {
            At::File(which, key) if which.draft => self.take_out(path, &which, &key),
            _ => Err(self.cannot("Deleting", path)),
        }
    }
}

/// An MD5 as records write it: `md5:` and 32 digits.
fn md5(text: &str) -> Option<[u8; 16]> {
    unhex(text.strip_prefix("md5:")?.trim())?.try_into().ok()
}

/// Repositories.
pub(crate) const KIND: ShelfKind = ShelfKind {
    kind: "b2share",
    aliases: &["invenio", "inveniordm", "zenodo"],
    title: "B2SHARE, Zenodo, InvenioRDM",
    schema: schema_of::<Options>,
    topless: "a repository has no folder that could be the top; name the record",
    open: |name, connection| Ok(Arc::new(Remote(Records::open(name, connection)?))),
    test: probe::run,
};
