//! What happened to each dataset, for the operator.

use longshore_catalogue::{DatasetId, HistoryLine};
use rusqlite::Connection;

use crate::error::{Result, Work};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::dataset;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE history (
            seq INTEGER PRIMARY KEY,
            dataset INTEGER NOT NULL REFERENCES dataset,
            at INTEGER NOT NULL,
            event TEXT NOT NULL,
            text TEXT NOT NULL,
            run TEXT
          ) STRICT;
          CREATE INDEX history_of ON history (dataset, at);",
}];

/// One line of a history.
pub type HistoryRecord = HistoryLine;

/// Appends a line; one with the event, text and run of a line that is there is passed over.
pub(crate) fn add(sql: &Connection, id: DatasetId, line: &HistoryLine) -> Work<()> {
    dataset::listed(sql, id)?;
    sql.prepare_cached(
        "INSERT INTO history (dataset, at, event, text, run) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE NOT EXISTS (SELECT 1 FROM history WHERE dataset = ?1 AND event = ?3 AND text = ?4 AND run IS ?5)",
    )?
    .execute((id, line.at, &line.event, &line.text, &line.run))?;
    dataset::touch(sql, id, line.at)
}

impl Store {
    /// A page of a dataset's history, newest first.
    pub fn history(&self, pid_or_name: &str, offset: u64, limit: u32) -> Result<Page<HistoryRecord>> {
        self.read(|sql| {
            let id = dataset::id_of(sql, pid_or_name)?;
            let total = sql
                .prepare_cached("SELECT count(*) FROM history WHERE dataset = ?")?
                .query_row([id], |row| row.get(0))?;
            let mut statement = sql.prepare_cached(
                "SELECT at, event, text, run FROM history WHERE dataset = ? ORDER BY at DESC, seq DESC LIMIT ? OFFSET ?",
            )?;
            let rows = statement.query_map((id, page::limit(limit), offset), |row| {
                Ok(HistoryLine { at: row.get(0)?, event: row.get(1)?, text: row.get(2)?, run: row.get(3)? })
            })?;
            Ok(Page { rows: rows.collect::<rusqlite::Result<_>>()?, total })
        })
    }
}
