//! Files below an address of HTTP: read by ranges, and written where the server takes uploads.
//!
//! A server of plain HTTP has no listing: paths are known, or come from elsewhere. Nothing is renamed, so an upload is one request whose
//! last bytes are kept back until the write is committed; it cannot be resumed.

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

use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;

use crate::{Connection, Connector, Step, schema_of};

pub use options::{Auth, Options, Upload};

pub(crate) use options::{SECRET_HEADERS, address};
pub(crate) use range::seconds;
pub(crate) use read::{HttpReader, Source};
pub(crate) use site::{Ask, Site, encoded, wait};
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
