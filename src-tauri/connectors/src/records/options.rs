//! What a connection says of a repository.

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Path of the interface on the host; `/api` if not given.
    pub prefix: Option<String>,
    #[serde(flatten)]
    http: http::Options,
}

impl Options {
    /// The server, with the interface as its top.
    pub(super) fn site(self, name: &str, connection: &Connection) -> Result<Site> {
        let scheme = connection.schema.as_deref().filter(|scheme| !scheme.is_empty()).unwrap_or("https");
        let mut base = http::address(connection, scheme)?;
        let (path, prefix) = (base.path().trim_end_matches('/').to_owned(), self.prefix.as_deref().unwrap_or("/api"));
        let prefix = format!("/{}", prefix.trim_matches('/'));
        if !path.ends_with(&prefix) {
            base.set_path(&format!("{path}{prefix}"));
        }
        self.http.checked(connection)?.site(name, connection, base, b"")
    }
}
