//! What whoever started a run said besides its parameters, and what was noted at runs and task runs. None of it is of any weight for the
//! run: the journal does not have it.

use rusqlite::{OptionalExtension as _, params};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::schema::Migration;
use crate::store::Store;
use crate::table::journal;
use crate::table::task_run::column;

/// `task` is empty and `idx` -1 where the note is about the run as a whole.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 11,
    sql: "CREATE TABLE asked (
            run INTEGER PRIMARY KEY REFERENCES run_id, by TEXT NOT NULL, conf TEXT NOT NULL, logical_at INTEGER, since INTEGER, until INTEGER
          ) STRICT;
          CREATE TABLE note (
            run INTEGER NOT NULL REFERENCES run_id, task TEXT NOT NULL, idx INTEGER NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (run, task, idx)
          ) STRICT, WITHOUT ROWID;",
}];

/// What was said where a run was started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Who.
    pub by: String,
    /// What was given for the run, what it has no parameter for included; never a secret.
    pub conf: Map<String, Value>,
    /// The time that the run stands for, in milliseconds since the epoch, as all times.
    pub logical_at: Option<i64>,
    /// Beginning of the interval whose data it works on.
    pub since: Option<i64>,
    /// End of that interval.
    pub until: Option<i64>,
}

impl Store {
    /// Keeps what was said where a run was started.
    pub fn keep_asked(&self, run: &str, asked: Asked) -> Result<()> {
        let run = run.to_owned();
        self.write(move |sql| {
            let conf = serde_json::to_string(&asked.conf)?;
            sql.prepare_cached("INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
                journal::key_of(sql, &run)?,
                asked.by,
                conf,
                asked.logical_at,
                asked.since,
                asked.until
            ])?;
            Ok(())
        })
    }

    /// Notes something at a run, or at a task run of it; an empty text takes the note away.
    pub fn set_note(&self, run: &str, task: Option<(&str, Option<u32>)>, text: &str) -> Result<()> {
        let (run, text) = (run.to_owned(), text.to_owned());
        let (task, idx) = task.map_or((String::new(), -1), |(task, index)| (task.to_owned(), column(index)));
        self.write(move |sql| {
            let key = journal::key_of(sql, &run)?;
            if text.is_empty() {
                sql.prepare_cached("DELETE FROM note WHERE run = ? AND task = ? AND idx = ?")?
                    .execute((key, task, idx))?;
                return Ok(());
            }
            sql.prepare_cached("INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?)")?.execute((key, task, idx, text))?;
            Ok(())
        })
    }

    /// The notes at task runs of a run: task, map index, text.
    pub fn task_notes(&self, run: &str) -> Result<Vec<(String, Option<u32>, String)>> {
        self.read(|sql| {
            let mut find = sql.prepare_cached("SELECT task, idx, text FROM note WHERE run = ? AND task <> ''")?;
            let rows = find.query_map([journal::key_of(sql, run)?], |row| {
                Ok((row.get(0)?, super::task_run::index(row.get(1)?), row.get(2)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The run of a flow that was asked for to stand for a time, if there is one.
    pub fn run_of_time(&self, flow: &str, logical_at: i64) -> Result<Option<String>> {
        self.read(|sql| {
            let mut find = sql.prepare_cached(
                "SELECT r.id FROM run r JOIN asked a ON a.run = r.key WHERE r.flow = ? AND a.logical_at = ?",
            )?;
            Ok(find.query_row((flow, logical_at), |row| row.get(0)).optional()?)
        })
    }
}
