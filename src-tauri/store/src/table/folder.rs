//! Paths of folders in full, and what lies below each. An entry holds only its name and its folder's key.
//!
//! A listing comes in pre-order, so that what lies below a folder is one range of keys, from the folder to `last`.

use longshore_catalogue::{DatasetId, EntryId, EntryKind, PathBytes};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Work, missing};
use crate::schema::Migration;
use crate::table::dataset;

/// `last`, `files` and `bytes` hold once the listing is finished.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE folder_path (
            entry INTEGER PRIMARY KEY,
            path BLOB NOT NULL,
            last INTEGER NOT NULL DEFAULT 0,
            files INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0
          ) STRICT;",
}];

/// What lies below a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Below {
    /// The folder.
    pub(crate) entry: EntryId,
    /// Key of the last entry below it; its own if it is empty.
    pub(crate) last: EntryId,
    /// Files, at any depth.
    pub(crate) files: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Adds a folder's path.
pub(crate) fn add(sql: &Connection, entry: EntryId, path: &[u8]) -> Work<()> {
    sql.prepare_cached("INSERT INTO folder_path (entry, path) VALUES (?, ?)")?.execute((entry, path))?;
    Ok(())
}

/// The path of a folder; empty for the top of a dataset.
pub(crate) fn path(sql: &Connection, entry: EntryId) -> Work<Vec<u8>> {
    if entry == dataset::top(dataset::of_entry(entry)) {
        return Ok(Vec::new());
    }
    let mut statement = sql.prepare_cached("SELECT path FROM folder_path WHERE entry = ?")?;
    statement.query_row([entry], |row| row.get(0)).optional()?.ok_or_else(|| missing("folder", entry))
}

/// Writes what lies below some folders.
pub(crate) fn set_below(sql: &Connection, folders: &[Below]) -> Work<()> {
    let mut statement = sql.prepare_cached("UPDATE folder_path SET last = ?, files = ?, bytes = ? WHERE entry = ?")?;
    for below in folders {
        statement.execute(params![below.last, below.files, below.bytes, below.entry])?;
    }
    Ok(())
}

/// A file below a folder has changed its size by this.
pub(crate) fn add_bytes(sql: &Connection, entry: EntryId, more: i64) -> Work<()> {
    sql.prepare_cached("UPDATE folder_path SET bytes = bytes + ? WHERE entry = ?")?.execute((more, entry))?;
    Ok(())
}

/// What lies below a folder of a finished listing.
pub(crate) fn below(sql: &Connection, entry: EntryId) -> Work<Below> {
    let mut statement = sql.prepare_cached("SELECT last, files, bytes FROM folder_path WHERE entry = ?")?;
    let found = statement
        .query_row([entry], |row| Ok(Below { entry, last: row.get(0)?, files: row.get(1)?, bytes: row.get(2)? }));
    found.optional()?.ok_or_else(|| missing("folder", entry))
}

/// The folders that are open at one point of a listing in pre-order: each lies in the one before it.
#[derive(Debug)]
pub(crate) struct Open {
    top: EntryId,
    folders: Vec<(EntryId, PathBytes)>,
}

impl Open {
    /// Those that are open after the last entry that was added.
    pub(crate) fn after(sql: &Connection, dataset: DatasetId, last: Option<EntryId>) -> Work<Self> {
        let top = dataset::top(dataset);
        let mut folders = Vec::new();
        let mut at = last;
        while let Some(entry) = at.filter(|entry| *entry != top) {
            let (parent, kind): (EntryId, i64) = sql
                .prepare_cached("SELECT parent, kind FROM entry WHERE id = ?")?
                .query_row([entry], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if kind == crate::words::kind_number(EntryKind::Folder) {
                folders.push((entry, PathBytes::new(path(sql, entry)?)));
            }
            at = Some(parent);
        }
        folders.reverse();
        Ok(Self { top, folders })
    }

    /// Closes folders until the one with this path is the innermost, and gives its key. `None`: it is not open.
    pub(crate) fn enter(&mut self, path: &[u8]) -> Option<EntryId> {
        if path.is_empty() {
            self.folders.clear();
            return Some(self.top);
        }
        let at = self.folders.iter().rposition(|(_, open)| open.as_bytes() == path)?;
        self.folders.truncate(at + 1);
        Some(self.folders[at].0)
    }

    /// Opens a folder in the innermost.
    pub(crate) fn push(&mut self, entry: EntryId, path: PathBytes) {
        self.folders.push((entry, path));
    }
}
