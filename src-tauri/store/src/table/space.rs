//! How much room storages had, over time.

use crate::error::Result;
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 15,
    sql: "CREATE TABLE space (
            storage TEXT NOT NULL, at INTEGER NOT NULL, total INTEGER NOT NULL, free INTEGER NOT NULL, reserved INTEGER NOT NULL,
            PRIMARY KEY (storage, at)
          ) STRICT, WITHOUT ROWID;",
}];

/// Milliseconds of an hour and of a day.
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// So long all that was seen is kept; of what is older, the first of each hour.
const FINE: i64 = 8 * DAY;
/// So long anything is kept.
const KEPT: i64 = 400 * DAY;

/// The room of a storage at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceSeen {
    /// Storage.
    pub storage: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Bytes in all.
    pub total: u64,
    /// Bytes free.
    pub free: u64,
    /// Bytes of it granted and not yet written.
    pub reserved: u64,
}

impl Store {
    /// Keeps what was seen of the room of storages, and lets go what is older than it is worth.
    pub fn keep_space(&self, now: i64, seen: &[SpaceSeen]) -> Result<()> {
        let seen = seen.to_vec();
        self.write(move |sql| {
            let mut put = sql.prepare_cached(
                "INSERT OR REPLACE INTO space (storage, at, total, free, reserved) VALUES (?, ?, ?, ?, ?)",
            )?;
            for one in seen {
                put.execute((&one.storage, one.at, one.total, one.free, one.reserved))?;
            }
            sql.prepare_cached("DELETE FROM space WHERE at < ?")?.execute([now - KEPT])?;
            sql.prepare_cached(
                "DELETE FROM space WHERE at < ?1 AND (storage, at) NOT IN
                   (SELECT storage, min(at) FROM space WHERE at < ?1 GROUP BY storage, at / ?2)",
            )?
            .execute((now - FINE, HOUR))?;
            Ok(())
        })
    }

    /// When the room of any storage was last seen.
    pub fn space_seen_at(&self) -> Result<Option<i64>> {
        self.read(|sql| Ok(sql.prepare_cached("SELECT max(at) FROM space")?.query_row([], |row| row.get(0))?))
    }

    /// The room of a storage since a time, oldest first: of each span of `step` milliseconds the last that was seen.
    pub fn space_since(&self, storage: &str, since: i64, step: i64) -> Result<Vec<SpaceSeen>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT max(at), total, free, reserved FROM space WHERE storage = ?1 AND at >= ?2 GROUP BY at / ?3 ORDER BY 1",
            )?;
            let seen = statement.query_map((storage, since, step.max(1)), |row| {
                let (at, total, free, reserved) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(SpaceSeen { storage: storage.to_owned(), at, total, free, reserved })
            })?;
            Ok(seen.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What takes the room of a storage: bytes by dataset, the most first, each with its pid, its name and the group that owns it.
    pub fn space_by_dataset(&self, storage: &str, limit: u32) -> Result<Vec<Holder>> {
        self.read(|sql| {
            let query = format!("{HELD} SELECT pid, name, owner, bytes, 1 FROM held ORDER BY bytes DESC, pid LIMIT ?2");
            holders(sql, &query, storage, limit)
        })
    }

    /// The same by the group that owns the datasets; those of nobody are one too, without a name.
    pub fn space_by_group(&self, storage: &str, limit: u32) -> Result<Vec<Holder>> {
        self.read(|sql| {
            let query = format!(
                "{HELD} SELECT '', '', owner, sum(bytes), count(*) FROM held GROUP BY owner ORDER BY 4 DESC, owner LIMIT ?2"
            );
            holders(sql, &query, storage, limit)
        })
    }
}

/// Datasets of which something lies on a storage, and how many bytes. Of one that is only partly in the landing zone, its share by the
/// number of its files.
const HELD: &str = "WITH held AS (
  SELECT dataset.pid, dataset.name, coalesce(json_extract(described.metadata, '$.ownerGroup'), '') AS owner, parts.bytes
  FROM (
    SELECT dataset, sum(size) AS bytes FROM block WHERE storage = ?1 AND state <> 'planned' GROUP BY dataset
    UNION ALL
    SELECT id, CAST(bytes * (1.0 * (landed - released) / files) AS INTEGER) FROM dataset
    WHERE ?1 = 'landing' AND landed > released
  ) AS parts
  JOIN dataset ON dataset.id = parts.dataset LEFT JOIN described ON described.dataset = dataset.id)";

/// Who takes room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Pid of a dataset; empty of a group.
    pub pid: String,
    /// Its name.
    pub name: String,
    /// The group that owns it; empty of nobody.
    pub group: String,
    /// Bytes.
    pub bytes: u64,
    /// Datasets.
    pub datasets: u64,
}

fn holders(sql: &rusqlite::Connection, query: &str, storage: &str, limit: u32) -> crate::error::Work<Vec<Holder>> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map((storage, limit), |row| {
        let (pid, name, group, bytes, datasets) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok(Holder { pid, name, group, bytes, datasets })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
