//! Texts of flows, by digest: a run keeps the version with which it started.

use rusqlite::OptionalExtension;

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE flow_version (
            version TEXT PRIMARY KEY, flow TEXT NOT NULL, source TEXT NOT NULL
          ) STRICT, WITHOUT ROWID;",
}];

/// A version of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVersion {
    /// Digest of the text.
    pub version: String,
    /// Id of the flow.
    pub flow: String,
    /// The text.
    pub source: String,
}

const KEEP: &str = "INSERT INTO flow_version VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

impl Store {
    /// Keeps a version; one that is there already is left alone. To be done before a run of it is created.
    pub fn keep_flow_version(&self, version: &FlowVersion) -> Result<()> {
        let new = version.clone();
        self.write(move |sql| {
            sql.prepare_cached(KEEP)?.execute((new.version, new.flow, new.source))?;
            Ok(())
        })
    }

    /// A version by its digest.
    pub fn flow_version(&self, version: &str) -> Result<FlowVersion> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT version, flow, source FROM flow_version WHERE version = ?")?;
            let found = statement.query_row([version], |row| {
                Ok(FlowVersion { version: row.get(0)?, flow: row.get(1)?, source: row.get(2)? })
            });
            found.optional()?.ok_or_else(|| missing("flow version", version))
        })
    }
}
