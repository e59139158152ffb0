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
    /// Path of the interface for jobs, as in `/api/v4`, where its version is another than that of the rest.
    pub jobs_prefix: Option<String>,
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
        self.version.or_else(|| split(self.prefix.as_deref()?).1)
    }

    /// The version for jobs, where it is another.
    pub(super) fn jobs_version(&self, connection: &Connection) -> Result<Option<Version>> {
        let Some(jobs) = &self.jobs_prefix else { return Ok(None) };
        let (top, version) = split(jobs);
        if version.is_none() || top.trim_matches('/') != split(self.prefix()).0.trim_matches('/') {
            let why =
                format!("`jobs_prefix` {jobs} is not that of the rest, {}, with a version at its end", self.prefix());
            return Err(connection.wrong(why));
        }
        Ok(version)
    }

    fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or("/api")
    }

    /// The server, with the path before the version as its top.
    pub(super) fn site(&self, connection: &Connection) -> Result<Site> {
        let mut base = http::address(connection, scheme(connection))?;
        let (prefix, _) = split(self.prefix());
        base.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), prefix.trim_matches('/')));
        // The login goes along as a token, never as a header of its own.
        let without = Connection { login: None, password: None, ..connection.clone() };
        let options = http::Options::bare(self.ca_bundle.clone(), self.timeout, self.retries);
        options.site(&connection.id, &without, base, b"")
    }
}

/// A path, and the version that stands at its end.
fn split(prefix: &str) -> (&str, Option<Version>) {
    let prefix = prefix.trim_end_matches('/');
    let found = Version::ALL.into_iter().find_map(|version| {
        let rest = prefix.strip_suffix(&version.to_string())?;
        (rest.is_empty() || rest.ends_with('/')).then_some((rest, Some(version)))
    });
    found.unwrap_or((prefix, None))
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
