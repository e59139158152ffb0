//! Checkpoints: what a task run goes on from. One for each task run; it outlives attempts and goes with success.

use longshore_engine::event::What;
use longshore_engine::{Event, TaskState};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::error::{Result, Work};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::journal;
use crate::table::task_run::{column, columns};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE checkpoint (
            run INTEGER NOT NULL REFERENCES run_id,
            task TEXT NOT NULL,
            idx INTEGER NOT NULL,
            saved TEXT NOT NULL,
            written INTEGER NOT NULL,
            PRIMARY KEY (run, task, idx)
          ) STRICT, WITHOUT ROWID;",
}];

/// A checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What the kind of task gave.
    pub saved: Value,
    /// Bytes of the task run's reservation that were on the storage then.
    pub written: u64,
}

/// What an event does to checkpoints: success and a reset make them go.
pub(crate) fn follow(sql: &Connection, run: i64, event: &Event) -> Work<()> {
    match &event.what {
        What::Task { task, span, event } if event.state() == TaskState::Success => {
            let columns = columns(*span);
            sql.prepare_cached("DELETE FROM checkpoint WHERE run = ? AND task = ? AND idx >= ? AND idx < ?")?
                .execute((run, task, columns.start, columns.end))?;
        }
        What::Reset { task } => {
            sql.prepare_cached("DELETE FROM checkpoint WHERE run = ? AND task = ?")?.execute((run, task))?;
        }
        _ => {}
    }
    Ok(())
}

impl Store {
    /// Saves a checkpoint, replacing the last. Blocks until it survives a crash and a power cut.
    pub fn save_checkpoint(&self, run: &str, task: &str, index: Option<u32>, checkpoint: &Checkpoint) -> Result<()> {
        let (run, task) = (run.to_owned(), task.to_owned());
        let (saved, written) = (checkpoint.saved.to_string(), checkpoint.written);
        self.write(move |sql| {
            let key = journal::key_of(sql, &run)?;
            sql.prepare_cached(
                "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, task, idx) DO UPDATE
                 SET saved = excluded.saved, written = excluded.written",
            )?
            .execute(params![key, task, column(index), saved, written])?;
            Ok(())
        })
    }

    /// The last checkpoint of a task run.
    pub fn checkpoint(&self, run: &str, task: &str, index: Option<u32>) -> Result<Option<Checkpoint>> {
        self.read(|sql| {
            let key = journal::key_of(sql, run)?;
            let mut statement =
                sql.prepare_cached("SELECT saved, written FROM checkpoint WHERE run = ? AND task = ? AND idx = ?")?;
            let found: Option<(String, u64)> =
                statement.query_row((key, task, column(index)), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let read =
                |(saved, written): (String, u64)| Ok(Checkpoint { saved: serde_json::from_str(&saved)?, written });
            found.map(read).transpose()
        })
    }
}
