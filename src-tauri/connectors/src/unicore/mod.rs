//! UNICORE: a storage of a site, by the REST interface of UNICORE/X.
//!
//! One address stands for a file's bytes and for what is known of it: which of them is answered the header `Accept` decides, so it goes along with
//! every request. A file is sent to a temporary name beside its final one and renamed there. An upload that breaks off begins anew.
//! The server states a size and no checksum, so that only reading it back proves what was sent.

mod entry;
mod options;
mod probe;
mod requests;
mod top;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_transfer::storage::{Error, Kind as Sort, Listed, Meta, Reader, Result, Storage, Writer};
use md5::{Digest as _, Md5};
use reqwest::{Method, header};
use schemars::Schema;

use crate::http::{self, Ask, HttpReader, Sent, Site, Source, Trouble, wait};
use crate::remote::{Remote, RemoteWriter, Shelf, Stated, Told};
use crate::{Connection, Connector, Step, schema_of};

pub use options::Options;

/// A storage of a site, from a folder of it on.
#[derive(Clone)]
pub struct Unicore {
    site: Arc<Site>,
    /// Which storage; if none is named, the home of who logs in.
    storage: Option<Arc<str>>,
    /// The folder of the storage that is the top; components with `/` between.
    below: Arc<[u8]>,
    known: Arc<Mutex<Known>>,
}

/// What the server has told.
#[derive(Default)]
struct Known {
    top: Option<Arc<top::Top>>,
    /// A session, by which the next request needs no login.
    session: Option<String>,
}

impl Unicore {
    /// The storage that a connection leads to. The server is not asked yet.
    pub fn open(name: &str, connection: &Connection, folder: &[u8]) -> Result<Self> {
        let (site, storage) = connection.options::<Options>()?.site(name, connection)?;
        let (site, storage) = (Arc::new(site), storage.map(Arc::from));
        Ok(Self { site, storage, below: folder.into(), known: Arc::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A path as the storage has it: from its own top.
    fn own(&self, path: &[u8]) -> Vec<u8> {
        [&*self.below, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&b'/')
    }

    /// Deletes what lies at a path, if something does. Of a folder the server would delete all that lies in it.
    fn remove(&self, verb: &str, path: &[u8]) -> Result<()> {
        let gone = wait(&self.site.place(path), verb, async {
            let ask = Ask::new(Method::DELETE, self.url(path).await?);
            self.ask(ask.with(header::ACCEPT, "application/json")).await
        });
        match gone {
            Err(error) if error.code != "file.missing" => Err(error),
            _ => Ok(()),
        }
    }

    fn refuse_folder(&self, verb: &str, path: &[u8], found: &Meta) -> Result<()> {
        let folder = || Trouble::permanent("file.is_folder", "it is a folder").at(&self.site.place(path), verb);
        if found.kind == Sort::Folder { Err(folder()) } else { Ok(()) }
    }
}

impl Shelf for Unicore {
    fn site(&self) -> &Site {
        &self.site
    }

    fn words(&self) -> &'static str {
        "a storage of UNICORE"
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        wait(&self.site.place(path), "Looking at", self.look(path))
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let (verb, place) = ("Listing", self.site.place(path));
        for (name, meta) in wait(&place, verb, self.entries(path))? {
            each(Listed::new(name.into_bytes(), meta))?;
        }
        Ok(())
    }

    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>> {
        let (verb, place) = ("Opening", self.site.place(path));
        let (meta, url) = wait(&place, verb, async { Ok((self.look(path).await?, self.url(path).await?)) })?;
        self.refuse_folder(verb, path, &meta)?;
        let source = Source { site: self.site.clone(), place: place.clone(), url };
        Ok(Box::new(Told::of(HttpReader::open(source, offset)?, &place, meta, Stated::default())?))
    }

    fn write(&self, path: &[u8], size: Option<u64>) -> Result<Box<dyn Writer>> {
        let (verb, place) = ("Writing", self.site.place(path));
        let url = wait(&place, verb, self.part(path))?;
        let ask = Ask::new(Method::PUT, url).with(header::ACCEPT, "application/json");
        let ask = ask.with(header::CONTENT_TYPE, "application/octet-stream");
        let sent = Sent::new(self.site.clone(), place, ask, size);
        Ok(Box::new(RemoteWriter { sent, md5: Md5::new(), then: write::Arriving::new(self.clone(), path) }))
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        let part = requests::part_of(path);
        self.remove("Taking away the unfinished", &part)
    }

    /// The server makes those above too. It says the same whether one was made or was there.
    fn make_folder(&self, path: &[u8]) -> Result<()> {
        if path.is_empty() && self.below.is_empty() {
            return Ok(());
        }
        let (verb, place) = ("Making the folder", self.site.place(path));
        wait(&place, verb, async {
            match self.look(path).await {
                Ok(found) if found.kind == Sort::Folder => return Ok(()),
                Ok(_) => return Err(Trouble::permanent("path.not_folder", "a file of that name is there")),
                Err(trouble) if trouble.code == "file.missing" => {}
                Err(trouble) => return Err(trouble),
            }
            let ask = Ask::new(Method::POST, self.url(path).await?).json(&serde_json::json!({}));
            self.ask(ask.with(header::ACCEPT, "application/json")).await.map(drop)
        })
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        let verb = "Deleting";
        match Shelf::stat(self, path) {
            Err(error) if error.code == "file.missing" => return Ok(()),
            found => self.refuse_folder(verb, path, &found?)?,
        }
        self.remove(verb, path)
    }

    /// There is no word for deleting a folder only if it is empty: it is looked for before.
    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        let verb = "Deleting the folder";
        if path.is_empty() {
            return Err(self.site.cannot(verb, path, "path.refused", "it is the root"));
        }
        match wait(&self.site.place(path), verb, self.entries(path)) {
            Err(error) if error.code == "file.missing" => Ok(true),
            Err(error) => Err(error),
            Ok(found) if !found.is_empty() => Ok(false),
            Ok(_) => self.remove(verb, path).map(|()| true),
        }
    }

    fn cannot(&self, verb: &str, path: &[u8]) -> Error {
        self.site.cannot(verb, path, "storage.unsupported", "that cannot be done with a storage of UNICORE")
    }
}

/// UNICORE.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "unicore"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn title(&self) -> &'static str {
        "UNICORE"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        http::SECRET_HEADERS
    }

    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(Remote(Unicore::open(name, connection, folder)?)))
    }

    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) {
        let _told = probe::run(connection, folder, write, tell);
    }
}
