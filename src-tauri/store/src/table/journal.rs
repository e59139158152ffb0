//! The journal: every change of state, one row each, never changed and never deleted. All that is known of runs follows from it.

use longshore_engine::event::What;
use longshore_engine::{Event, Millis, RunId};
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result, Work, missing};
use crate::page;
use crate::schema::Migration;
use crate::store::Store;
use crate::table::task_run::json;
use crate::table::{attempt, checkpoint, run, task_run};

/// `run_id` gives each run a short key, for all tables about runs; it belongs to the journal and is never changed either.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE run_id (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
          CREATE TABLE journal (
            seq INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run_id,
            at INTEGER NOT NULL,
            what TEXT NOT NULL
          ) STRICT;
          CREATE INDEX journal_of ON journal (run);
          CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN SELECT raise(ABORT, 'the journal is never changed'); END;
          CREATE TRIGGER journal_grows BEFORE DELETE ON journal BEGIN SELECT raise(ABORT, 'the journal is never shortened'); END;
          CREATE TRIGGER run_id_stays BEFORE UPDATE ON run_id BEGIN SELECT raise(ABORT, 'the journal is never changed'); END;
          CREATE TRIGGER run_id_grows BEFORE DELETE ON run_id BEGIN SELECT raise(ABORT, 'the journal is never shortened'); END;",
}, Migration {
    to: 2,
    // Who asked for what happened, and why.
    sql: "ALTER TABLE journal ADD COLUMN by TEXT;",
}];

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRecord {
    /// Number of the row; ascends over all runs.
    pub seq: i64,
    /// What happened.
    pub event: Event,
}

/// How long the journal is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalStanding {
    /// Rows ever written.
    pub rows: u64,
    /// When the last was written, in milliseconds since the epoch.
    pub last: Option<i64>,
}

/// Appends events and what follows from each.
fn append(sql: &Connection, events: &[Event]) -> Work<()> {
    let mut insert = sql.prepare_cached("INSERT INTO journal (run, at, what, by) VALUES (?, ?, ?, ?)")?;
    for event in events {
        let key = key_for(sql, event)?;
        let by = event.by.as_deref().map(serde_json::to_string).transpose()?;
        insert.execute((key, event.at.0, serde_json::to_string(&event.what)?, by))?;
        project(sql, key, event)?;
        checkpoint::follow(sql, key, event)?;
    }
    Ok(())
}

/// The key of an event's run; the event that creates a run gives it one.
fn key_for(sql: &Connection, event: &Event) -> Work<i64> {
    let known = find_key(sql, event.run.as_str())?;
    match (known, run::is_creation(event)) {
        (Some(key), false) => Ok(key),
        (None, false) => Err(missing("run", &event.run)),
        (Some(_), true) => Err(Error::Taken { what: "run", value: event.run.to_string() }.into()),
        (None, true) => {
            sql.prepare_cached("INSERT INTO run_id (id) VALUES (?)")?.execute([event.run.as_str()])?;
            Ok(sql.last_insert_rowid())
        }
    }
}

fn find_key(sql: &Connection, id: &str) -> Work<Option<i64>> {
    let mut statement = sql.prepare_cached(
        "SELECT key FROM run_id WHERE id = ? AND NOT EXISTS (SELECT 1 FROM forgetting WHERE run = key)",
    )?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// The key of a run.
pub(crate) fn key_of(sql: &Connection, id: &str) -> Work<i64> {
    find_key(sql, id)?.ok_or_else(|| missing("run", id))
}

/// Writes what follows from an event: states of the run, its task runs and attempts. The same live and when they are made anew.
fn project(sql: &Connection, key: i64, event: &Event) -> Work<()> {
    match &event.what {
        What::Run { event: what } => run::project(sql, key, event, what),
        What::Expanded { task, items } => task_run::expand(sql, key, task, items),
        What::Followed { task, count, labels, .. } => task_run::follow(sql, key, task, *count, labels),
        What::Reset { task } => task_run::reset(sql, key, task),
        What::Task { task, span, event: what } => {
            task_run::project(sql, (key, task), *span, event.at, what)?;
            attempt::project(sql, (key, task), *span, event.at, what)
        }
    }
}

fn read(sql: &Connection, key: i64, id: &RunId, after: i64, limit: u32) -> Work<Vec<JournalRecord>> {
    let mut statement =
        sql.prepare_cached("SELECT seq, at, what, by FROM journal WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?")?;
    let mut rows = statement.query((key, after, limit))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row, id.clone())?);
    }
    Ok(records)
}

/// The row of a query for seq, at, what, by.
fn record(row: &rusqlite::Row<'_>, run: RunId) -> Work<JournalRecord> {
    let what = serde_json::from_str(row.get_ref(2)?.as_str()?)?;
    let event = Event { run, at: Millis(row.get(1)?), what, by: json(row, 3)?.map(Box::new) };
    Ok(JournalRecord { seq: row.get(0)?, event })
}

/// All events of a run, in order.
pub(crate) fn all(sql: &Connection, key: i64, id: &RunId) -> Work<Vec<Event>> {
    Ok(read(sql, key, id, 0, u32::MAX)?.into_iter().map(|record| record.event).collect())
}

/// Writes what follows from a run's events.
pub(crate) fn replay(sql: &Connection, key: i64, events: &[Event]) -> Work<()> {
    events.iter().try_for_each(|event| project(sql, key, event))
}

/// Forgets all that follows from the journal and makes it anew.
fn rebuild(sql: &Connection) -> Work<()> {
    sql.execute_batch("DELETE FROM attempt; DELETE FROM task_run; DELETE FROM run")?;
    let mut statement = sql.prepare(
        "SELECT j.run, r.id, j.at, j.what FROM journal j JOIN run_id r ON r.key = j.run
         WHERE j.run NOT IN (SELECT run FROM forgetting) ORDER BY j.seq",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let run = RunId::from(row.get::<_, String>(1)?);
        let what = serde_json::from_str(row.get_ref(3)?.as_str()?)?;
        project(sql, row.get(0)?, &Event::new(&run, Millis(row.get(2)?), what))?;
    }
    Ok(())
}

impl Store {
    /// Appends events, with the states of runs, task runs and attempts that follow from them, in one transaction. Resolves
    /// once all of it survives a crash and a power cut; with an error none of it was written.
    ///
    /// An event that creates a run is refused with [`Error::Taken`] if the run, or the flow's key, exists. Whether an event
    /// may follow is not looked at here: that is the engine's to say, before.
    pub async fn append(&self, events: Vec<Event>) -> Result<()> {
        self.change(move |sql| append(sql, &events)).await
    }

    /// [`Store::append`], blocking.
    pub fn append_blocking(&self, events: Vec<Event>) -> Result<()> {
        self.write(move |sql| append(sql, &events))
    }

    /// All events of a run, in order.
    pub fn events(&self, run: &RunId) -> Result<Vec<Event>> {
        self.read(|sql| all(sql, key_of(sql, run.as_str())?, run))
    }

    /// A page of the journal of a run, in order, after a row (0 for the first).
    pub fn journal_page(&self, run: &RunId, after: i64, limit: u32) -> Result<Vec<JournalRecord>> {
        self.read(|sql| read(sql, key_of(sql, run.as_str())?, run, after, page::limit(limit)))
    }

    /// A page of the journal of all runs, in order, after a row (0 for the first). Runs that were forgotten are in it too.
    pub fn journal_after(&self, after: i64, limit: u32) -> Result<Vec<JournalRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT j.seq, j.at, j.what, j.by, r.id FROM journal j JOIN run_id r ON r.key = j.run
                 WHERE j.seq > ? ORDER BY j.seq LIMIT ?",
            )?;
            let mut rows = statement.query((after, limit))?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                let run = RunId::from(row.get::<_, String>(4)?);
                records.push(record(row, run)?);
            }
            Ok(records)
        })
    }

    /// How long the journal is.
    pub fn journal_standing(&self) -> Result<JournalStanding> {
        self.read(|sql| {
            // Rows are numbered without gaps; those of forgotten runs count as well.
            let mut statement = sql.prepare_cached("SELECT seq, at FROM journal ORDER BY seq DESC LIMIT 1")?;
            let standing = statement
                .query_row([], |row| Ok(JournalStanding { rows: row.get(0)?, last: row.get(1)? }))
                .optional()?;
            Ok(standing.unwrap_or_default())
        })
    }

    /// Makes the states of runs, task runs and attempts anew from the journal, in one transaction. They are the same as before,
    /// unless somebody has changed them by hand.
    pub fn rebuild_from_journal(&self) -> Result<()> {
        self.write(rebuild)
    }
}
