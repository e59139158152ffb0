//! What a connection says of an MLflow server.

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`. Login and password, or a token as the password or `access_token`, where the server wants any.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Path of the interface on the host; `/api/2.0` if not given.
    pub prefix: Option<String>,
    #[serde(flatten)]
    http: http::Options,
}

impl Options {
    /// The server, with its interface as its top.
    pub(super) fn site(self, name: &str, connection: &Connection) -> Result<Site> {
        let base = http::interface(connection, self.prefix.as_deref().unwrap_or("/api/2.0"))?;
        self.http.checked(connection)?.site(name, connection, base, b"")
    }
}
