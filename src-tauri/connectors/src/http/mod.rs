//! Files below an address of HTTP: read by ranges, and written where the server takes uploads.
//!
//! A server of plain HTTP has no listing: paths are known, or come from elsewhere. Nothing is renamed, so an upload is one request whose
//! last bytes are kept back until the write is committed; it cannot be resumed.

mod json;
mod options;
pub(crate) mod probe;
mod range;
mod read;
pub mod redirect;
mod site;
mod storage;
mod stream;
pub mod told;
mod trouble;
mod write;

use std::sync::Arc;

use longshore_transfer::storage::{Error, Result, Status, Storage};
use reqwest::Url;
use schemars::Schema;

use crate::local::walk;
use crate::{Connection, Connector, Step, schema_of};

pub use options::{Auth, Options, Upload};

pub(crate) use json::complaints;
pub(crate) use options::{SECRET_HEADERS, address, interface};
pub(crate) use range::seconds;
pub(crate) use read::{HttpReader, Source};
pub(crate) use site::{Ask, Site, encoded, unencoded, wait};
pub(crate) use storage::reserved;
pub(crate) use trouble::{Tries, Trouble};
pub(crate) use write::Upload as Sent;

/// Files below an address.
pub struct Http {
    site: Arc<Site>,
    upload: Upload,
}

impl Http {
    /// The storage that a connection leads to. The server is not asked yet.
    pub fn open(name: &str, connection: &Connection, folder: &[u8]) -> Result<Self> {
        let options = Options::of(connection)?;
        let scheme = match (connection.schema.as_deref(), connection.kind.as_str()) {
            (Some("") | None, "https") => "https",
            (Some("") | None, _) => "http",
            (Some(scheme), _) => scheme,
        };
        let site = options.site(name, connection, address(connection, scheme)?, folder)?;
        Ok(Self { site: Arc::new(site), upload: options.upload.unwrap_or_default() })
    }

    /// The storage in which a URL's file lies, and its path there. What a query says goes along with every request.
    pub fn of_url(text: &str) -> Result<(Self, Vec<u8>)> {
        let url: Url = text.parse().map_err(|error| wrong_url(format!("it cannot be read: {error}")))?;
        let connection = Connection { host: Some(told::place(&url)), ..Connection::default() };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong_url("it holds a user or a password: use a connection".into()));
        }
        let name = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let path = unencoded(name);
        if walk::check(&path).is_err() || path.is_empty() || path.contains(&b'/') {
            return Err(wrong_url("its path does not end with the name of a file".into()));
        }
        let mut top = url.clone();
        top.set_fragment(None);
        let mut site = Options::default().site(&told::place(&url), &connection, top.clone(), b"")?;
        top.set_path(&url.path()[..url.path().len() - name.len()]);
        site.base = top;
        Ok((Self { site: Arc::new(site), upload: Upload::Put }, path))
    }
}

fn wrong_url(why: String) -> Error {
    let (what, path, storage) = ("The address names no file".to_owned(), Vec::new(), String::new());
    Error { code: "location.url", status: Status::Permanent, what, why, path, storage }
}

/// HTTP and HTTPS.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["https"]
    }

    fn title(&self) -> &'static str {
        "HTTP"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        options::SECRET_HEADERS
    }

    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(Http::open(name, connection, folder)?))
    }

    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) {
        probe::run(connection, folder, write, tell);
    }
}
