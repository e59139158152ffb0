//! Settings of the workspace that are not variables: facts such as "the first-run page was answered".

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use crate::error::{Result, Work};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
}];

impl Store {
    /// A setting; `None` if it was never set.
    pub fn setting(&self, name: &str) -> Result<Option<Value>> {
        self.read(|sql| {
            let text: Option<String> = sql
                .prepare_cached("SELECT value FROM setting WHERE name = ?")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
    }

    /// Sets a setting.
    pub fn set_setting(&self, name: &str, value: &Value) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_string());
        self.write(move |sql| set(sql, &name, &value))
    }
}

fn set(sql: &Connection, name: &str, value: &str) -> Work<()> {
    sql.prepare_cached("INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute([name, value])?;
    Ok(())
}
