//! Connections to other systems, without their secrets: only the names of the secrets that are set, and where each is kept.

use rusqlite::{OptionalExtension as _, Row};
use serde_json::{Map, Value};

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 7,
    sql: "CREATE TABLE connection (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, host TEXT, port INTEGER, login TEXT, schema TEXT, extra TEXT NOT NULL,
            description TEXT, secrets TEXT NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;",
}];

/// A connection as it is stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionRecord {
    /// Its name.
    pub id: String,
    /// Kind of system.
    pub kind: String,
    /// Host name, address, or the beginning of a URL.
    pub host: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// User name or access key.
    pub login: Option<String>,
    /// Airflow's `schema`: the scheme of a URL, a database, a bucket.
    pub schema: Option<String>,
    /// What else there is to say, of which nothing is secret.
    pub extra: Map<String, Value>,
    /// What it is for.
    pub description: Option<String>,
    /// The secrets that are set, by field: where each is kept. Never a secret itself.
    pub secrets: Map<String, Value>,
    /// When it was made, in milliseconds since the epoch.
    pub made: i64,
    /// When it was last changed.
    pub changed: i64,
}

const COLUMNS: &str = "id, kind, host, port, login, schema, extra, description, secrets, made, changed";

impl Store {
    /// Every connection, by name.
    pub fn connections(&self) -> Result<Vec<ConnectionRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(&format!("SELECT {COLUMNS} FROM connection ORDER BY id"))?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(record(row)?);
            }
            Ok(all)
        })
    }

    /// One connection; `None` if there is none of this name.
    pub fn connection(&self, id: &str) -> Result<Option<ConnectionRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(&format!("SELECT {COLUMNS} FROM connection WHERE id = ?"))?;
            Ok(statement.query_row([id], record).optional()?)
        })
    }

    /// Makes or changes connections, all or none. When one was made stays as it is.
    pub fn set_connections(&self, connections: &[ConnectionRecord]) -> Result<()> {
        let connections = connections.to_vec();
        self.write(move |sql| {
            let mut statement = sql.prepare_cached(
                "INSERT INTO connection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
                 SET kind = excluded.kind, host = excluded.host, port = excluded.port, login = excluded.login,
                     schema = excluded.schema, extra = excluded.extra, description = excluded.description,
                     secrets = excluded.secrets, changed = excluded.changed",
            )?;
            for one in connections {
                let (extra, secrets) = (serde_json::to_string(&one.extra)?, serde_json::to_string(&one.secrets)?);
                statement.execute((
                    one.id,
                    one.kind,
                    one.host,
                    one.port,
                    one.login,
                    one.schema,
                    extra,
                    one.description,
                    secrets,
                    one.made,
                    one.changed,
                ))?;
            }
            Ok(())
        })
    }

    /// Removes a connection.
    pub fn remove_connection(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(move |sql| {
            let removed = sql.prepare_cached("DELETE FROM connection WHERE id = ?")?.execute([&id])?;
            if removed == 0 { Err(missing("connection", id)) } else { Ok(()) }
        })
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<ConnectionRecord> {
    Ok(ConnectionRecord {
        id: row.get(0)?,
        kind: row.get(1)?,
        host: row.get(2)?,
        port: row.get(3)?,
        login: row.get(4)?,
        schema: row.get(5)?,
        extra: object(row, 6)?,
        description: row.get(7)?,
        secrets: object(row, 8)?,
        made: row.get(9)?,
        changed: row.get(10)?,
    })
}

/// A column that holds a JSON object.
fn object(row: &Row<'_>, column: usize) -> rusqlite::Result<Map<String, Value>> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into()))
}
