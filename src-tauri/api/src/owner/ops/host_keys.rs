//! Keys by which servers over SSH are known: shown, and accepted once somebody has compared them.

use std::sync::Arc;

use longshore_connectors::sftp::{HostKey as Key, Ssh};
use longshore_connectors::{Connection, Connector as _};
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    ConnectionSetArgs, HostKey, HostKeyAccept, HostKeyAcceptArgs, HostKeyArgs, HostKeyFound, HostKeyRow,
};

impl Answer<HostKey> for Owner {
    async fn answer(self: &Arc<Self>, args: HostKeyArgs) -> Result<HostKeyFound, Fault> {
        self.ask(move |owner| {
            let connection = over_ssh(owner, &args.connection, args.draft)?;
            let key = Ssh.unknown_key(&connection).map_err(|error| of_storage(&args.connection, &error))?;
            Ok(HostKeyFound { key: key.map(|key| row(&key)) })
        })
        .await
    }
}

impl Answer<HostKeyAccept> for Owner {
    async fn answer(self: &Arc<Self>, args: HostKeyAcceptArgs) -> Result<HostKeyRow, Fault> {
        self.ask(move |owner| {
            let connection = over_ssh(owner, &args.connection, args.draft)?;
            let key = Ssh.accept_key(&connection, &args.fingerprint);
            key.map(|key| row(&key)).map_err(|error| of_storage(&args.connection, &error))
        })
        .await
    }
}

/// A connection that leads to a server over SSH.
fn over_ssh(owner: &Owner, id: &str, draft: Option<Box<ConnectionSetArgs>>) -> Result<Connection, Fault> {
    let (connection, known) = owner.connections.to_try(id, draft)?;
    if known.kind() == Ssh.kind() {
        return Ok(connection);
    }
    let why = "only a server over SSH is known by a host key";
    Err(Fault::permanent("connection.wrong", format!("The connection {id} has no host key"), why))
}

fn row(key: &Key) -> HostKeyRow {
    HostKeyRow { host: key.host.clone(), kind: key.kind.clone(), fingerprint: key.fingerprint() }
}
