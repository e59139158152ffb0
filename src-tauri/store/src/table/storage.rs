//! Storages: where each place of the workspace lies, and how much of it stays free.

use longshore_catalogue::PathBytes;
use rusqlite::Row;

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

/// `kind` is `local`, or `connection` where `connection` names one; it is kept so that an older program sees what it does not know.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 1,
        sql: "CREATE TABLE storage (
                name TEXT PRIMARY KEY, kind TEXT NOT NULL, path BLOB NOT NULL, floor_percent REAL NOT NULL
              ) STRICT, WITHOUT ROWID;",
    },
    Migration {
        to: 8,
        sql: "ALTER TABLE storage ADD COLUMN connection TEXT;
              ALTER TABLE storage ADD COLUMN quota INTEGER;",
    },
];

/// A storage.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageRecord {
    /// `landing`, `staging`, `scratch`, `lts`, `retrieval`, ...
    pub name: String,
    /// The connection that leads to it; none where it is a folder of this machine.
    pub connection: Option<String>,
    /// The folder: absolute on this machine; below the top of the connection otherwise, empty for the top itself.
    pub path: PathBytes,
    /// Share of the whole that stays free, 0 to 99.
    pub floor_percent: f64,
    /// Bytes that it may hold at most, where the operator has said so.
    pub quota: Option<u64>,
}

impl StorageRecord {
    /// A storage that is a folder of this machine, absolute.
    pub fn local(name: impl Into<String>, path: PathBytes, floor_percent: f64) -> Self {
        Self { name: name.into(), connection: None, path, floor_percent, quota: None }
    }

    /// `local`, or `connection`.
    pub fn kind(&self) -> &'static str {
        if self.connection.is_some() { "connection" } else { "local" }
    }

    /// Where it lies, in words: the folder, or `CONNECTION:FOLDER`.
    pub fn place(&self) -> String {
        self.written(&self.path)
    }

    /// Where a path on it lies, in words.
    pub fn place_of(&self, path: &PathBytes) -> String {
        match self.path.as_bytes() {
            b"" => self.written(path),
            _ => self.written(&self.path.join(path.as_bytes())),
        }
    }

    fn written(&self, path: &PathBytes) -> String {
        let path = path.to_text();
        self.connection.as_ref().map_or_else(|| path.clone(), |connection| format!("{connection}:{path}"))
    }
}

/// What the ledger holds on a storage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Datasets of which something lies there.
    pub datasets: u64,
    /// Bytes of it. Of a dataset that is only partly in the landing zone, its share by the number of its files.
    pub bytes: u64,
}

impl Store {
    /// Every storage that was set, by name. A new workspace has none: its owner sets the defaults.
    pub fn storages(&self) -> Result<Vec<StorageRecord>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT name, connection, path, floor_percent, quota FROM storage ORDER BY name")?;
            Ok(statement.query_map([], record)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Makes or changes storages, all or none.
    pub fn set_storages(&self, storages: &[StorageRecord]) -> Result<()> {
        let storages = storages.to_vec();
        self.write(move |sql| {
            let mut statement = sql.prepare_cached(
                "INSERT INTO storage (name, kind, path, floor_percent, connection, quota) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (name) DO UPDATE
                 SET kind = excluded.kind, path = excluded.path, floor_percent = excluded.floor_percent,
                     connection = excluded.connection, quota = excluded.quota",
            )?;
            for storage in storages {
                let (kind, path) = (storage.kind(), storage.path.as_bytes());
                statement.execute((
                    &storage.name,
                    kind,
                    path,
                    storage.floor_percent,
                    &storage.connection,
                    storage.quota,
                ))?;
            }
            Ok(())
        })
    }

    /// What the ledger holds on a storage: datablocks that were written to it, and what is in the landing zone.
    pub fn held_on(&self, storage: &str) -> Result<Held> {
        self.read(|sql| {
            let query = "
                SELECT count(DISTINCT dataset), coalesce(sum(bytes), 0) FROM (
                  SELECT dataset, size AS bytes FROM block WHERE storage = ?1 AND state <> 'planned'
                  UNION ALL
                  SELECT id, CAST(bytes * (1.0 * (landed - released) / files) AS INTEGER)
                  FROM dataset WHERE ?1 = 'landing' AND landed > released)";
            let held = |row: &Row<'_>| Ok(Held { datasets: row.get(0)?, bytes: row.get(1)? });
            Ok(sql.prepare_cached(query)?.query_row([storage], held)?)
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
    Ok(StorageRecord {
        name: row.get(0)?,
        connection: row.get(1)?,
        path: PathBytes::new(path),
        floor_percent: row.get(3)?,
        quota: row.get(4)?,
    })
}
