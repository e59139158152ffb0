//! Limits: named numbers of slots. How many are in use is never stored; see [`Store::holdings`](crate::Store::holdings).

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE limit_ (name TEXT PRIMARY KEY, slots INTEGER NOT NULL) STRICT, WITHOUT ROWID;
          INSERT INTO limit_ VALUES ('wait-for-free-space-in-lts', 1), ('move-datablocks-to-lts', 2),
                                    ('verify-datablocks-in-lts', 1), ('copy-from-LTS-to-retrieval', 1);",
}];

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Name.
    pub name: String,
    /// Task runs that may hold it at once.
    pub slots: u32,
}

impl Store {
    /// Every limit, by name.
    pub fn limits(&self) -> Result<Vec<Limit>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT name, slots FROM limit_ ORDER BY name")?;
            let rows = statement.query_map([], |row| Ok(Limit { name: row.get(0)?, slots: row.get(1)? }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Makes or changes a limit.
    pub fn set_limit(&self, limit: &Limit) -> Result<()> {
        let limit = limit.clone();
        self.write(move |sql| {
            sql.prepare_cached(
                "INSERT INTO limit_ VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET slots = excluded.slots",
            )?
            .execute((limit.name, limit.slots))?;
            Ok(())
        })
    }

    /// Removes a limit.
    pub fn remove_limit(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |sql| {
            let removed = sql.prepare_cached("DELETE FROM limit_ WHERE name = ?")?.execute([&name])?;
            if removed == 0 { Err(missing("limit", name)) } else { Ok(()) }
        })
    }
}
