//! Texts of flows, by digest: a run keeps the version with which it started.

use rusqlite::OptionalExtension;

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 1,
        sql: "CREATE TABLE flow_version (
                version TEXT PRIMARY KEY, flow TEXT NOT NULL, source TEXT NOT NULL
              ) STRICT, WITHOUT ROWID;",
    },
    Migration {
        to: 3,
        sql: "ALTER TABLE flow_version ADD COLUMN kept_at INTEGER;
              CREATE INDEX flow_version_of ON flow_version (flow, kept_at);",
    },
];

/// A version of a flow and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVersionRecord {
    /// Digest of the text.
    pub version: String,
    /// When it was first kept, in milliseconds since the epoch; unknown of those from before that was noted.
    pub kept_at: Option<i64>,
    /// Runs that started with it.
    pub runs: u32,
    /// When the last of them was created.
    pub last_run_at: Option<i64>,
}

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

const KEEP: &str = "INSERT INTO flow_version (version, flow, source, kept_at)
    VALUES (?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER)) ON CONFLICT DO NOTHING";

const OF_FLOW: &str = "
    SELECT v.version, v.kept_at, coalesce(r.runs, 0), r.last FROM flow_version v
    LEFT JOIN (SELECT version, count(*) runs, max(created_at) last FROM run WHERE flow = ?1 GROUP BY version) r
    ON r.version = v.version WHERE v.flow = ?1 ORDER BY v.kept_at DESC, r.last DESC";

impl Store {
    /// Keeps a version; one that is there already is left alone. To be done before a run of it is created.
    pub fn keep_flow_version(&self, version: &FlowVersion) -> Result<()> {
        let new = version.clone();
        self.write(move |sql| {
            sql.prepare_cached(KEEP)?.execute((new.version, new.flow, new.source))?;
            Ok(())
        })
    }

    /// The versions of a flow, newest first.
    pub fn flow_versions(&self, flow: &str) -> Result<Vec<FlowVersionRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(OF_FLOW)?;
            let rows = statement.query_map([flow], |row| {
                Ok(FlowVersionRecord {
                    version: row.get(0)?,
                    kept_at: row.get(1)?,
                    runs: row.get(2)?,
                    last_run_at: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
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
