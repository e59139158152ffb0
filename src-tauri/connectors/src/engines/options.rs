//! What a connection says of an engine.

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`. Login and password, or a token as `access_token`, where the engine wants any.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Path of the engine on the host, where it does not lie at its top: what comes before `/api`.
    pub prefix: Option<String>,
    #[serde(flatten)]
    http: http::Options,
}

impl Options {
    /// The engine's own address is the top.
    pub(super) fn site(self, connection: &Connection) -> Result<Site> {
        let base = http::interface(connection, self.prefix.as_deref().unwrap_or_default())?;
        self.http.checked(connection)?.site(&connection.id, connection, base, b"")
    }

    /// Whether a token was given, in whose place none is to be got.
    pub(super) fn has_token(&self) -> bool {
        self.http.access_token.is_some()
    }
}
