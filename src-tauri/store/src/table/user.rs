//! Users of the interfaces that are reached over a network. A password is kept as its hash alone.

use rusqlite::{OptionalExtension as _, Row};

use crate::error::{Error, Result, missing};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 11,
    sql: "CREATE TABLE user (
            name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;",
}];

/// A user as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Name.
    pub name: String,
    /// Word for what it may do.
    pub role: String,
    /// Hash of the password, in PHC's form.
    pub hash: String,
    /// When it was made, in milliseconds since the epoch.
    pub made: i64,
    /// When it was last changed.
    pub changed: i64,
}

fn record(row: &Row<'_>) -> rusqlite::Result<UserRecord> {
    Ok(UserRecord { name: row.get(0)?, role: row.get(1)?, hash: row.get(2)?, made: row.get(3)?, changed: row.get(4)? })
}

impl Store {
    /// Every user, by name.
    pub fn users(&self) -> Result<Vec<UserRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT name, role, hash, made, changed FROM user ORDER BY name")?;
            Ok(statement.query_map([], record)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A user, if there is one of this name.
    pub fn user(&self, name: &str) -> Result<Option<UserRecord>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT name, role, hash, made, changed FROM user WHERE name = ?")?;
            Ok(statement.query_row([name], record).optional()?)
        })
    }

    /// Makes a user, of a name that nobody has yet.
    pub fn add_user(&self, user: &UserRecord) -> Result<()> {
        let user = user.clone();
        self.write(move |sql| {
            let UserRecord { name, role, hash, made, changed } = &user;
            let mut insert = sql.prepare_cached("INSERT INTO user VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")?;
            match insert.execute((name, role, hash, made, changed))? {
                0 => Err(Error::Taken { what: "user", value: user.name }.into()),
                _ => Ok(()),
            }
        })
    }

    /// Gives a user another password, as its hash.
    pub fn set_user_hash(&self, name: &str, hash: &str, at: i64) -> Result<()> {
        let (name, hash) = (name.to_owned(), hash.to_owned());
        self.write(move |sql| {
            let mut update = sql.prepare_cached("UPDATE user SET hash = ?, changed = ? WHERE name = ?")?;
            match update.execute((hash, at, &name))? {
                0 => Err(missing("user", name)),
                _ => Ok(()),
            }
        })
    }

    /// Removes a user.
    pub fn remove_user(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |sql| match sql.prepare_cached("DELETE FROM user WHERE name = ?")?.execute([&name])? {
            0 => Err(missing("user", name)),
            _ => Ok(()),
        })
    }
}
