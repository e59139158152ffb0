//! What can go wrong with connections, for the operator.

use longshore_connectors::{Connection, connectors};
use longshore_engine::{Class, Fault};
use longshore_secrets::Error;

/// No connection of this name.
pub(super) fn unknown(id: &str) -> Fault {
    Fault::permanent("connection.unknown", format!("There is no connection {id:?}"), "The workspace does not know it")
        .now("See the connections with: longshore connection list")
}

/// A connection that may not be written so.
pub(super) fn wrong(id: &str, why: impl Into<String>) -> Fault {
    Fault::permanent("connection.wrong", format!("The connection {id:?} cannot be used"), why)
}

/// A name that no connection may have.
pub(super) fn name(id: &str, why: impl Into<String>) -> Fault {
    Fault::permanent("connection.name", format!("No connection can be called {id:?}"), why).now("Choose another name.")
}

/// There is one already.
pub(super) fn exists(id: &str) -> Fault {
    Fault::permanent("connection.exists", format!("The connection {id} was not made"), "There is one of this name")
        .now("Choose another name, or say that it is to be replaced.")
}

/// Storages of the workspace lie on it.
pub(super) fn in_use(id: &str, storages: &[String]) -> Fault {
    let why = format!("It leads to what the workspace keeps: {}", storages.join(", "));
    Fault::permanent("connection.in_use", format!("The connection {id} was not removed"), why)
        .now("Say first where these lie instead, with: longshore storage set NAME --path DIR, or --connection ID.")
}

/// It stands in the environment.
pub(super) fn read_only(id: &str) -> Fault {
    let why = format!("It is set by AIRFLOW_CONN_{} in the environment of the owner", id.to_uppercase());
    Fault::permanent("connection.read_only", format!("The connection {id} was not changed"), why)
        .now("Change the environment, or choose another name.")
}

/// Nothing leads to a system of this kind.
pub(crate) fn no_connector(connection: &Connection) -> Fault {
    let known: Vec<&str> = connectors().iter().map(|one| one.kind()).collect();
    let why = format!("There is no connector for the kind {:?}; there are: {}", connection.kind, known.join(", "));
    Fault::permanent("connection.kind", format!("The connection {} leads nowhere", connection.id), why)
}

/// What became of a secret.
pub(super) fn of_secrets(id: &str, error: &Error) -> Fault {
    let class = match error {
        Error::Unreachable { passing: true, .. } => Class::Transient,
        Error::Passphrase(_) | Error::Reference(_) | Error::NotFound { .. } | Error::Denied { .. } => Class::Permanent,
        _ => Class::Fatal,
    };
    let what = match error {
        Error::Locked(_) => "The secrets are locked".to_owned(),
        Error::Passphrase(_) => "The secrets stay locked".to_owned(),
        _ => format!("A secret of {id} cannot be used"),
    };
    let now = match error {
        Error::Locked(_) => "Unlock them in the window or with: longshore secrets unlock",
        Error::Missing(_) => "Give the secret of the connection again.",
        Error::NotFound { .. } => "Put the secret there, or say where it lies instead.",
        Error::Denied { .. } => "Let the login of the process that owns the workspace read it.",
        Error::Damaged { .. } => "Put a copy of the file in its place, or move it away and give the secrets again.",
        _ => "",
    };
    Fault::new(class, error.code(), what, error.to_string()).now(now)
}
