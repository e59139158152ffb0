//! Connections, and where their secrets are kept.

use std::sync::Arc;

use longshore_connectors::connectors;
use longshore_engine::Fault;
use longshore_secrets::{Keeper, Standing};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    ConnectionArgs, ConnectionCopyArgs, ConnectionDetail, ConnectionDuplicate, ConnectionKind, ConnectionKinds,
    ConnectionList, ConnectionRemove, ConnectionRow, ConnectionSet, ConnectionSetArgs, ConnectionShow, Nothing,
    SecretPlace, SecretsInfo, SecretsShow, SecretsUnlock, SecretsUnlockArgs,
};

impl Answer<ConnectionList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ConnectionRow>, Fault> {
        self.ask(|owner| owner.connections.rows()).await
    }
}

impl Answer<ConnectionShow> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionArgs) -> Result<ConnectionDetail, Fault> {
        self.ask(move |owner| {
            let connection = owner.connections.row(&args.connection)?;
            let named = owner.shelf.all().into_iter().filter(|one| names(&one.flow.source, &connection.id));
            let flows = named.map(|one| one.flow.id.clone()).collect();
            let storages = owner.connections.storages_on(&connection.id)?;
            Ok(ConnectionDetail { connection, flows, storages })
        })
        .await
    }
}

/// Whether a flow file names a connection: `ID:PATH`, or the name alone as a value.
fn names(file: &str, id: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    file.match_indices(id).any(|(at, _)| {
        let (before, after) = (&file[..at], &file[at + id.len()..]);
        !before.ends_with(part_of_name) && !after.starts_with(part_of_name)
    })
}

impl Answer<ConnectionKinds> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ConnectionKind>, Fault> {
        let kind = |one: &&dyn longshore_connectors::Connector| ConnectionKind {
            kind: one.kind().to_owned(),
            aliases: one.aliases().iter().map(ToString::to_string).collect(),
            title: one.title().to_owned(),
            schema: one.schema().to_value(),
            secrets: one.secrets().iter().map(ToString::to_string).collect(),
        };
        Ok(connectors().iter().map(kind).collect())
    }
}

impl Answer<ConnectionSet> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionSetArgs) -> Result<ConnectionRow, Fault> {
        self.ask(move |owner| {
            let id = args.connection.clone();
            owner.connections.set(args, owner.clock.now())?;
            owner.connections.row(&id)
        })
        .await
    }
}

impl Answer<ConnectionDuplicate> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionCopyArgs) -> Result<ConnectionRow, Fault> {
        self.ask(move |owner| {
            owner.connections.duplicate(&args.connection, &args.to, owner.clock.now())?;
            owner.connections.row(&args.to)
        })
        .await
    }
}

impl Answer<ConnectionRemove> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| owner.connections.remove(&args.connection)).await?;
        Ok(Nothing {})
    }
}

impl Answer<SecretsShow> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<SecretsInfo, Fault> {
        self.ask(|owner| Ok(info(owner.connections.standing()))).await
    }
}

impl Answer<SecretsUnlock> for Owner {
    async fn answer(self: &Arc<Self>, args: SecretsUnlockArgs) -> Result<SecretsInfo, Fault> {
        self.ask(move |owner| owner.connections.unlock(&args.passphrase.0).map(info)).await
    }
}

fn info(standing: Standing) -> SecretsInfo {
    let Standing { keeper, file, open } = standing;
    let keeper = if keeper == Keeper::Keyring { SecretPlace::Keyring } else { SecretPlace::File };
    SecretsInfo { keeper, file, open }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_names_a_connection_by_its_whole_name() {
        assert!(names("with: {from: 'lts-s3:2026/scan.tar'}", "lts-s3"));
        assert!(names("connection: lts-s3", "lts-s3"));
        assert!(!names("from: old-lts-s3:x", "lts-s3") && !names("from: lts-s3b:x", "lts-s3"));
    }
}
