//! Kinds of task that speak to repositories of records (B2SHARE, InvenioRDM).

pub mod draft;
pub mod find;
pub mod publish;

use std::sync::Arc;

use longshore_connectors::records::Records;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;

use crate::kind::Storages;

/// The storage that a connection to a repository is, whatever type it has: Airflow's users have it as `https`.
fn name_of(connection: &str) -> String {
    if connection.contains('+') { connection.to_owned() } else { format!("b2share+{connection}") }
}

/// A repository, to be spoken to.
struct Repository {
    name: String,
    storage: Arc<dyn Storage>,
}

impl Repository {
    fn open(storages: &dyn Storages, connection: &str) -> Result<Self, Fault> {
        let name = name_of(connection);
        let storage = storages.storage(&name)?;
        Ok(Self { name, storage })
    }

    fn records(&self) -> Result<&Records, Fault> {
        Records::behind(self.storage.as_ref()).ok_or_else(|| {
            let what = format!("{} is no repository of records", self.name);
            Fault::permanent("connection.wrong", what, "It leads to a system of another kind")
        })
    }
}
