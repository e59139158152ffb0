//! What runs that have ended moved, kept with them: whoever lists runs must not read their journals for it.
//!
//! Nothing but a cache of what the journal says: unknown after the projections were made anew, for a run that was reopened, and in an older
//! database; whoever reads it works it out again.

use rusqlite::{Connection, Row};

use crate::error::{Result, Work};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 6,
    sql: "ALTER TABLE run ADD COLUMN moved_bytes INTEGER;
          ALTER TABLE run ADD COLUMN moved_files INTEGER;
          ALTER TABLE run ADD COLUMN due_bytes INTEGER;
          ALTER TABLE run ADD COLUMN due_files INTEGER;
          CREATE INDEX run_moved_unknown ON run (key) WHERE moved_bytes IS NULL AND ended_at IS NOT NULL;",
}];

/// What a run that has ended moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunMoved {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    /// Bytes that were to be moved, if that was known.
    pub bytes_due: Option<u64>,
    /// Files that were to be moved, if that was known.
    pub files_due: Option<u64>,
}

/// The columns of `run r` that [`read`] reads.
pub(crate) const COLUMNS: &str = "r.moved_bytes, r.moved_files, r.due_bytes, r.due_files";

/// What is known of it, from four columns of which this is the first.
pub(crate) fn read(row: &Row<'_>, first: usize) -> Work<Option<RunMoved>> {
    let bytes: Option<u64> = row.get(first)?;
    let Some(bytes) = bytes else { return Ok(None) };
    let (bytes_due, files_due) = (row.get(first + 2)?, row.get(first + 3)?);
    Ok(Some(RunMoved { bytes, files: row.get(first + 1)?, bytes_due, files_due }))
}

/// Unless the run was reopened, or ended anew, since it was worked out.
fn keep(sql: &Connection, run: &str, ended_at: i64, moved: RunMoved) -> Work<()> {
    let RunMoved { bytes, files, bytes_due, files_due } = moved;
    sql.prepare_cached(
        "UPDATE run SET moved_bytes = ?, moved_files = ?, due_bytes = ?, due_files = ? WHERE id = ? AND ended_at = ?",
    )?
    .execute((bytes, files, bytes_due, files_due, run, ended_at))?;
    Ok(())
}

impl Store {
    /// Runs that have ended and of which it is not known what they moved, newest first, at most `most`.
    pub fn runs_to_settle(&self, most: u32) -> Result<Vec<String>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT id FROM run WHERE moved_bytes IS NULL AND ended_at IS NOT NULL ORDER BY key DESC LIMIT ?",
            )?;
            let ids = statement.query_map([most], |row| row.get(0))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Keeps what runs moved, each with its id and the time at which it ended.
    pub fn keep_moved(&self, moved: Vec<(String, i64, RunMoved)>) -> Result<()> {
        self.write(move |sql| moved.iter().try_for_each(|(run, ended_at, moved)| keep(sql, run, *ended_at, *moved)))
    }
}
