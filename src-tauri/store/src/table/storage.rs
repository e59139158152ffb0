//! Storages: where each place of the workspace lies, and how much of it stays free.

use longshore_catalogue::PathBytes;
use rusqlite::Row;

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE storage (
            name TEXT PRIMARY KEY, kind TEXT NOT NULL, path BLOB NOT NULL, floor_percent REAL NOT NULL
          ) STRICT, WITHOUT ROWID;",
}];

/// A storage.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageRecord {
    /// `landing`, `staging`, `scratch`, `lts`, `retrieval`, ...
    pub name: String,
    /// `local`, ...
    pub kind: String,
    /// Where it lies; absolute.
    pub path: PathBytes,
    /// Share of the whole that stays free, 0 to 99.
    pub floor_percent: f64,
}

impl Store {
    /// Every storage that was set, by name. A new workspace has none: its owner sets the defaults.
    pub fn storages(&self) -> Result<Vec<StorageRecord>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT name, kind, path, floor_percent FROM storage ORDER BY name")?;
            Ok(statement.query_map([], record)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Makes or changes storages, all or none.
    pub fn set_storages(&self, storages: &[StorageRecord]) -> Result<()> {
        let storages = storages.to_vec();
        self.write(move |sql| {
            let mut statement = sql.prepare_cached(
                "INSERT INTO storage VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE
                 SET kind = excluded.kind, path = excluded.path, floor_percent = excluded.floor_percent",
            )?;
            for storage in storages {
                statement.execute((storage.name, storage.kind, storage.path.as_bytes(), storage.floor_percent))?;
            }
            Ok(())
        })
    }

    /// Forgets a storage. What lies there is not touched.
    pub fn remove_storage(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |sql| {
            let removed = sql.prepare_cached("DELETE FROM storage WHERE name = ?")?.execute([&name])?;
            if removed == 0 { Err(missing("storage", name)) } else { Ok(()) }
        })
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<StorageRecord> {
    let path: Vec<u8> = row.get(2)?;
    Ok(StorageRecord { name: row.get(0)?, kind: row.get(1)?, path: PathBytes::new(path), floor_percent: row.get(3)? })
}
