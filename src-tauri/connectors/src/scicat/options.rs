//! What a connection says of a SciCat.

use std::path::PathBuf;

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use super::client::Version;
use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Path of the interface on the host; `/api` if not given. A version at its end, as in `/api/v3`, is taken as the version.
    pub prefix: Option<String>,
    /// Version of the interface; asked of the server if not given.
    pub version: Option<Version>,
    /// Log in by the site's directory (LDAP) instead of SciCat's own users.
    pub ldap: bool,
    /// File with the certificates of authorities (PEM) that are trusted besides those of this machine.
    pub ca_bundle: Option<PathBuf>,
    /// Seconds that the server may say nothing; 60 if not given.
    pub timeout: Option<f64>,
    /// Further tries of a request that failed by what may pass; 5 if not given.
    pub retries: Option<u32>,
}

/// Who logs in.
#[derive(Clone)]
pub(super) enum Login {
    /// Nobody: what is published can be seen.
    Nobody,
    /// A token, which cannot be renewed.
    Token(SecretString),
    /// A user.
    User { name: String, password: SecretString, ldap: bool },
}

impl Options {
    /// The version that is set, by itself or at the end of the path.
    pub(super) fn version(&self) -> Option<Version> {
        self.version.or_else(|| {
            let prefix = self.prefix.as_deref()?.trim_end_matches('/');
            Version::ALL.into_iter().find(|version| prefix.ends_with(&format!("/{version}")))
        })
    }

    /// The server, with the path before the version as its top.
    pub(super) fn site(&self, connection: &Connection) -> Result<Site> {
        let mut base = http::address(connection, scheme(connection))?;
        let prefix = self.prefix.as_deref().unwrap_or("/api").trim_matches('/');
        let prefix =
            Version::ALL.iter().find_map(|version| prefix.strip_suffix(&version.to_string())).unwrap_or(prefix);
        base.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), prefix.trim_matches('/')));
        // The login goes along as a token, never as a header of its own.
        let without = Connection { login: None, password: None, ..connection.clone() };
        let options = http::Options::bare(self.ca_bundle.clone(), self.timeout, self.retries);
        options.site(&connection.id, &without, base, b"")
    }
}

/// `https`, unless the connection says otherwise.
fn scheme(connection: &Connection) -> &str {
    connection.schema.as_deref().filter(|scheme| !scheme.is_empty()).unwrap_or("https")
}

/// A password without a login is a token.
pub(super) fn login(connection: &Connection, options: &Options) -> Login {
    let name = connection.login.as_deref().filter(|name| !name.is_empty());
    match (name, connection.password.clone()) {
        (Some(name), Some(password)) => Login::User { name: name.to_owned(), password, ldap: options.ldap },
        (None, Some(token)) => Login::Token(token),
        (_, None) => Login::Nobody,
    }
}
