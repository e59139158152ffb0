//! What a connection says of a site of UNICORE.

use longshore_transfer::storage::Result;
use reqwest::header::{self, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`. Login and password; or a token, such as one of OpenID Connect, as the password without a login or as `access_token`:
/// it is not renewed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Storage of the site, such as HOME, WORK or PROJECT; HOME if not given, or the only one that there is.
    pub storage: Option<String>,
    #[serde(flatten)]
    http: http::Options,
}

impl Options {
    /// The site, with its interface as the top (`https://GATEWAY/SITE/rest/core`), and the storage.
    pub(super) fn site(self, name: &str, connection: &Connection) -> Result<(Site, Option<String>)> {
        let base = http::interface(connection, "/rest/core")?;
        let storage = self.storage.filter(|storage| !storage.is_empty());
        let mut site = self.http.checked(connection)?.site(name, connection, base, b"")?;
        // Without it the server answers with a page for people.
        site.headers.insert(header::ACCEPT, HeaderValue::from_static("application/octet-stream"));
        Ok((site, storage))
    }
}
