//! Variables that flows read as `vars`.

use serde_json::Value;

use crate::error::{Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE variable (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
}];

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Value.
    pub value: Value,
}

impl Store {
    /// Every variable that was set, by name.
    pub fn variables(&self) -> Result<Vec<Variable>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT name, value FROM variable ORDER BY name")?;
            let mut rows = statement.query([])?;
            let mut variables = Vec::new();
            while let Some(row) = rows.next()? {
                variables.push(Variable { name: row.get(0)?, value: serde_json::from_str(row.get_ref(1)?.as_str()?)? });
            }
            Ok(variables)
        })
    }

    /// Sets a variable.
    pub fn set_variable(&self, variable: &Variable) -> Result<()> {
        let (name, value) = (variable.name.clone(), variable.value.to_string());
        self.write(move |sql| {
            sql.prepare_cached(
                "INSERT INTO variable VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute([name, value])?;
            Ok(())
        })
    }

    /// Removes a variable.
    pub fn remove_variable(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |sql| {
            let removed = sql.prepare_cached("DELETE FROM variable WHERE name = ?")?.execute([&name])?;
            if removed == 0 { Err(missing("variable", name)) } else { Ok(()) }
        })
    }
}
