//! WebDAV (RFC 4918): Nextcloud, ownCloud and other servers.
//!
//! A file is sent to a temporary name beside its final one and moved there, so that no half file has a final name. An upload that breaks
//! off begins anew. Reading is that of HTTP.

mod probe;
mod reply;
mod requests;
mod storage;
mod write;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use longshore_transfer::storage::{Result, Storage};
use reqwest::Url;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use crate::http::{self, Site, encoded};
use crate::{Connection, Connector, Step, schema_of};

/// A folder on a server.
pub struct Dav {
    site: Arc<Site>,
    vendor: Vendor,
    /// Folders that are known to be there, so that each is made once.
    made: Arc<Mutex<HashSet<Vec<u8>>>>,
}

/// Fields of `extra`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// What the server is: it decides what can be relied on beyond the standard.
    pub vendor: Option<Vendor>,
    #[serde(flatten)]
    http: http::Options,
}

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Any server that keeps to the standard.
    #[default]
    Other,
    /// Takes the modification time of an upload, tells its quota.
    Nextcloud,
    /// Takes the modification time of an upload, tells its quota.
    Owncloud,
}

impl Dav {
    /// The storage that a connection leads to. The server is not asked yet.
    pub fn open(name: &str, connection: &Connection, folder: &[u8]) -> Result<Self> {
        let options: Options = connection.options()?;
        let vendor = options.vendor.unwrap_or(match connection.kind.as_str() {
            "nextcloud" => Vendor::Nextcloud,
            "owncloud" => Vendor::Owncloud,
            _ => Vendor::Other,
        });
        let base = address(connection, vendor)?;
        let site = options.http.checked(connection)?.site(name, connection, base, folder)?;
        Ok(Self { site: Arc::new(site), vendor, made: Arc::default() })
    }
}

/// The address of the top. `schema` is a scheme, as in Airflow, or the path of the top. A Nextcloud or ownCloud whose address has no
/// path has its users' files where they always are.
fn address(connection: &Connection, vendor: Vendor) -> Result<Url> {
    let schema = connection.schema.as_deref().unwrap_or_default();
    let (by, path) = if matches!(schema, "http" | "https") { (schema, "") } else { ("https", schema) };
    let mut url = http::address(connection, by)?;
    if !path.is_empty() {
        url.set_path(&format!("{}/{}", url.path().trim_end_matches('/'), path.trim_matches('/')));
    }
    let login = connection.login.as_deref().filter(|login| !login.is_empty());
    if let Some(login) = login.filter(|_| vendor != Vendor::Other && url.path() == "/") {
        url.set_path(&format!("/remote.php/dav/files/{}", encoded(login.as_bytes())));
    }
    Ok(url)
}

/// WebDAV.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "webdav"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["nextcloud", "owncloud"]
    }

    fn title(&self) -> &'static str {
        "WebDAV, Nextcloud, ownCloud"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        http::SECRET_HEADERS
    }

    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(Dav::open(name, connection, folder)?))
    }

    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) {
        probe::run(connection, folder, write, tell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_where_the_connection_says() {
        let url = |host: &str, schema: &str, vendor| {
            let (host, schema, login) = (Some(host.into()), Some(schema.into()), Some("me@x".into()));
            let connection = Connection { host, login, schema, ..Connection::default() };
            address(&connection, vendor).map(|url| url.to_string()).unwrap_or_default()
        };
        assert_eq!(url("b2drop.org", "", Vendor::Nextcloud), "https://b2drop.org/remote.php/dav/files/me%40x");
        assert_eq!(url("b2drop.org", "/remote.php/webdav/", Vendor::Nextcloud), "https://b2drop.org/remote.php/webdav");
        assert_eq!(url("h:81", "http", Vendor::Other), "http://h:81/");
    }
}
