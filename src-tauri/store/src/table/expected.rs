//! Checksums that files must have when they are first read, by another catalogue's word.

use longshore_catalogue::{DatasetId, EntryId, EntryKind};
use rusqlite::Connection;

use crate::error::Work;
use crate::schema::Migration;
use crate::table::entry;

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { to: 10, sql: "CREATE TABLE expected (entry INTEGER PRIMARY KEY, checksum BLOB NOT NULL) STRICT;" }];

/// Keeps what is expected of files; the last word counts.
pub(crate) fn keep(sql: &Connection, dataset: DatasetId, expected: &[(EntryId, Vec<u8>)]) -> Work<()> {
    let mut insert = sql.prepare_cached(
        "INSERT INTO expected VALUES (?, ?) ON CONFLICT (entry) DO UPDATE SET checksum = excluded.checksum",
    )?;
    for (id, checksum) in expected {
        entry::expect(sql, dataset, *id, EntryKind::File)?;
        insert.execute((id, checksum))?;
    }
    Ok(())
}

/// What is expected of the files from one key to another.
pub(crate) fn between(sql: &Connection, first: EntryId, last: EntryId) -> Work<Vec<(EntryId, Vec<u8>)>> {
    let mut statement =
        sql.prepare_cached("SELECT entry, checksum FROM expected WHERE entry BETWEEN ? AND ? ORDER BY entry")?;
    let rows = statement.query_map((first, last), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
