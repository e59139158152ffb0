//! The data catalogue of eFlows4HPC: entries that say where data lies.
//!
//! As a storage its types are folders and its entries files, which are read as JSON. Reads are public; whoever makes entries logs in. The
//! facts are those of its server (`apiserver/main.py`).

mod entry;
mod options;
mod probe;

use std::sync::Arc;

use longshore_transfer::storage::{Error, Listed, Meta, Reader, Result, Storage};

use crate::http::{Site, Trouble, wait};
use crate::remote::{Remote, Shelf, Text, behind, file, folder};
use crate::shelf_kind::ShelfKind;
use crate::{Connection, schema_of};

pub use entry::Entry;
pub use options::Options;

use options::Login;

/// The types of entries.
const TYPES: [&str; 4] = ["dataset", "storage_target", "airflow_connections", "template"];

/// The data catalogue.
pub struct DataCatalogue {
    site: Site,
    login: Login,
}

impl DataCatalogue {
    /// The catalogue that a connection leads to. It is not asked yet.
    pub fn open(name: &str, connection: &Connection) -> Result<Self> {
        let (site, login) = options::of(name, connection)?;
        Ok(Self { site, login })
    }

    /// The catalogue that a storage is, if it is one.
    pub fn behind(storage: &dyn Storage) -> Option<&Self> {
        behind(storage)
    }

    /// An entry.
    pub fn entry(&self, kind: &str, oid: &str) -> Result<Entry> {
        wait(&self.site.place(path_of(kind, oid).as_bytes()), "Reading the entry", self.read(kind, oid))
    }

    /// Makes an entry, unless one that says the same is there. Gives its oid.
    pub fn register(&self, kind: &str, entry: &Entry) -> Result<String> {
        wait(&self.site.place(kind.as_bytes()), "Making an entry in", self.registered(kind, entry))
    }

    fn missing(&self, verb: &str, path: &[u8]) -> Error {
        Trouble::permanent("file.missing", "the catalogue has no such entry").at(&self.site.place(path), verb)
    }

    fn text(&self, verb: &str, path: &[u8]) -> Result<String> {
        let (kind, oid) = split(path).ok_or_else(|| self.missing(verb, path))?;
        let entry = wait(&self.site.place(path), verb, self.read(kind, oid))?;
        serde_json::to_string_pretty(&entry).map_err(|_| self.missing(verb, path))
    }
}

fn path_of(kind: &str, oid: &str) -> String {
    format!("{kind}/{oid}")
}

fn split(path: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(path).ok()?.split_once('/')
}

impl Shelf for DataCatalogue {
    fn site(&self) -> &Site {
        &self.site
    }

    fn words(&self) -> &'static str {
        "the data catalogue"
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        let is_type = TYPES.iter().any(|kind| kind.as_bytes() == path);
        if path.is_empty() || is_type {
            return Ok(folder());
        }
        self.text("Looking at", path).map(|text| file(text.len() as u64, 0))
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let line = |name: &str, meta| Listed::new(name.as_bytes().to_vec(), meta);
        if path.is_empty() {
            return TYPES.iter().try_for_each(|kind| each(line(kind, folder())));
        }
        let kind = TYPES.iter().find(|kind| kind.as_bytes() == path).ok_or_else(|| self.missing("Listing", path))?;
        let pairs = wait(&self.site.place(path), "Listing", self.pairs(kind, &[]))?;
        for (_, oid) in pairs {
            let size = self.text("Listing", path_of(kind, &oid).as_bytes())?.len() as u64;
            each(line(&oid, file(size, 0)))?;
        }
        Ok(())
    }

    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>> {
        Ok(Box::new(Text::new(self.text("Opening", path)?, offset)))
    }
}

/// The data catalogue.
pub(crate) const KIND: ShelfKind = ShelfKind {
    kind: "datacat",
    aliases: &["datacatalog", "datacatalogue"],
    title: "Data catalogue (eFlows4HPC)",
    schema: schema_of::<Options>,
    topless: "a data catalogue has no folder that could be the top; name the entry",
    open: |name, connection| Ok(Arc::new(Remote(DataCatalogue::open(name, connection)?))),
    test: probe::run,
};
