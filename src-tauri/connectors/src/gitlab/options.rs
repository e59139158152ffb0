//! What a connection says of a GitLab.

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`. A token (personal, of a project or of a group, with `read_api` and `read_repository`) is the password or
/// `access_token`; public projects need none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// The project that is meant where a path names none: its number, or its path with the groups that it is in.
    pub project: Option<String>,
    #[serde(flatten)]
    http: http::Options,
}

impl Options {
    /// The server, with version 4 of its interface as its top, and the project.
    pub(super) fn site(self, name: &str, connection: &Connection) -> Result<(Site, Option<String>)> {
        let base = http::interface(connection, "/api/v4")?;
        let project = self.project.filter(|project| !project.is_empty());
        Ok((self.http.checked(connection)?.site(name, connection, base, b"")?, project))
    }
}
