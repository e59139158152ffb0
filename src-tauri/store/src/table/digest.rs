//! Checksums taken from the source. A file that has them lies, or lay, whole in the landing zone.

use longshore_catalogue::{DatasetId, Digests, EntryId, EntryKind};
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Work, refused};
use crate::schema::Migration;
use crate::table::{dataset, entry};

/// Not indexed by checksum: an index in the order of checksums would write a page for every row. A search reads the table.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE digest (entry INTEGER PRIMARY KEY, sha256 BLOB NOT NULL, md5 BLOB NOT NULL) STRICT;",
}];

/// Records files that landed.
pub(crate) fn record(sql: &Connection, dataset: DatasetId, landed: &[(EntryId, Digests)]) -> Work<()> {
    let mut insert = sql.prepare_cached("INSERT INTO digest VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?;
    let mut added = 0;
    for (id, digests) in landed {
        entry::expect(sql, dataset, *id, EntryKind::File)?;
        let new = insert.execute((id, &digests.sha256[..], &digests.md5[..]))?;
        if new == 0 && of(sql, *id)?.as_ref() != Some(digests) {
            return refused(format!("entry {id} landed before with other checksums"));
        }
        added += new;
    }
    dataset::count(sql, dataset, added, 0)
}

/// The checksums of a file, once it landed.
pub(crate) fn of(sql: &Connection, id: EntryId) -> Work<Option<Digests>> {
    let mut statement = sql.prepare_cached("SELECT sha256, md5 FROM digest WHERE entry = ?")?;
    Ok(statement.query_row([id], |row| Ok(Digests { sha256: row.get(0)?, md5: row.get(1)? })).optional()?)
}
