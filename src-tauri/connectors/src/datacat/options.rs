//! What a connection says of a data catalogue.

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::Connection;
use crate::http::{self, Site};

/// Fields of `extra`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    #[serde(flatten)]
    http: http::Options,
}

/// Who makes entries.
pub(super) enum Login {
    /// Nobody, or whose token goes along with every request.
    Sent,
    /// A user, who gets a token for a day.
    User(String, SecretString),
}

/// The server, and who logs in to it.
pub(super) fn of(name: &str, connection: &Connection) -> Result<(Site, Login)> {
    let options: Options = connection.options()?;
    let scheme = connection.schema.as_deref().filter(|scheme| !scheme.is_empty()).unwrap_or("https");
    let base = http::address(connection, scheme)?;
    let user = connection.login.clone().filter(|login| !login.is_empty());
    let login = match (user, connection.password.clone()) {
        (Some(user), Some(password)) => Login::User(user, password),
        _ => Login::Sent,
    };
    // A user's name and password are asked for by a form, and are no header.
    let without = match login {
        Login::User(..) => Connection { login: None, password: None, ..connection.clone() },
        Login::Sent => connection.clone(),
    };
    Ok((options.http.checked(connection)?.site(name, &without, base, b"")?, login))
}
