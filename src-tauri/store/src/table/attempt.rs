//! Attempts of task runs, as the journal leaves them.

use longshore_engine::event::{Span, TaskEvent};
use longshore_engine::{Fault, Millis, TaskState};
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::error::{Result, Work};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::journal;
use crate::table::task_run::{column, columns, json};
use crate::words::Word;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE attempt (
            run INTEGER NOT NULL REFERENCES run_id,
            task TEXT NOT NULL,
            idx INTEGER NOT NULL,
            number INTEGER NOT NULL,
            state TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            fault TEXT,
            parameters TEXT NOT NULL,
            PRIMARY KEY (run, task, idx, number)
          ) STRICT, WITHOUT ROWID;",
}];

/// One try of a task run.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// How it ended, or `running`, or `deferred` while it waits.
    pub state: TaskState,
    /// When it started, in milliseconds since the epoch.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Its fault.
    pub fault: Option<Fault>,
    /// Its parameters, rendered.
    pub with: Value,
}

/// What an event changes of attempts: it starts one, lets one wait or go on, or ends the one that goes on. A sensor that looks a
/// thousand times is one attempt.
pub(crate) fn project(
    sql: &Connection,
    (run, task): (i64, &str),
    span: Span,
    at: Millis,
    event: &TaskEvent,
) -> Work<()> {
    let state = event.state().word();
    match event {
        TaskEvent::Deferred { .. } | TaskEvent::Started { resumes: true, .. } => {
            let mut change = sql.prepare_cached(
                "UPDATE attempt SET state = ? WHERE run = ? AND task = ? AND idx = ? AND ended_at IS NULL",
            )?;
            for idx in columns(span) {
                change.execute(params![state, run, task, idx])?;
            }
        }
        TaskEvent::Started { attempt, with, .. } => {
            let mut insert = sql.prepare_cached(
                "INSERT INTO attempt (run, task, idx, number, state, started_at, parameters) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?;
            let with = serde_json::to_string(with)?;
            for idx in columns(span) {
                insert.execute(params![run, task, idx, attempt, state, at.0, with])?;
            }
        }
        TaskEvent::Succeeded { .. }
        | TaskEvent::Failed { .. }
        | TaskEvent::Retrying { .. }
        | TaskEvent::Skipped { .. }
        | TaskEvent::Marked { .. }
        | TaskEvent::Cancelled
        | TaskEvent::Interrupted => {
            let fault = event.fault().map(serde_json::to_string).transpose()?;
            let mut end = sql.prepare_cached(
                "UPDATE attempt SET state = ?, ended_at = ?, fault = ? WHERE run = ? AND task = ? AND idx = ? AND ended_at IS NULL",
            )?;
            for idx in columns(span) {
                end.execute(params![state, at.0, fault, run, task, idx])?;
            }
        }
        _ => {}
    }
    Ok(())
}

impl Store {
    /// The attempts of a task run, newest first.
    pub fn attempts(&self, run: &str, task: &str, index: Option<u32>) -> Result<Vec<Attempt>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT number, state, started_at, ended_at, fault, parameters FROM attempt
                 WHERE run = ? AND task = ? AND idx = ? ORDER BY number DESC",
            )?;
            let mut rows = statement.query((journal::key_of(sql, run)?, task, column(index)))?;
            let mut attempts = Vec::new();
            while let Some(row) = rows.next()? {
                attempts.push(Attempt {
                    number: row.get(0)?,
                    state: TaskState::of(row.get_ref(1)?.as_str()?)?,
                    started_at: row.get(2)?,
                    ended_at: row.get(3)?,
                    fault: json(row, 4)?,
                    with: json(row, 5)?.unwrap_or_default(),
                });
            }
            Ok(attempts)
        })
    }
}
