//! Forgetting runs that ended long ago: journal, states and checkpoints of a run go together, in batches, so that no other write waits.
//! The ledger, the datasets' history and the audit log stay.

use longshore_engine::RunId;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Result, Work, refused};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::journal;

/// Rows deleted in one transaction.
const BATCH: u32 = 2_000;
/// States of runs that have ended.
const ENDED: &str = "('success', 'failed', 'cancelled')";

/// A run that stands in `forgetting` is gone for every reader; what is left of it is on its way out. Only there may the journal become
/// shorter, and only a run that has ended gets there.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 4,
    sql: "CREATE TABLE forgetting (run INTEGER PRIMARY KEY REFERENCES run_id) STRICT;
          CREATE TRIGGER forgetting_ended BEFORE INSERT ON forgetting
            WHEN NOT EXISTS (SELECT 1 FROM run WHERE key = NEW.run AND state IN ('success', 'failed', 'cancelled'))
            BEGIN SELECT raise(ABORT, 'only a run that has ended is forgotten'); END;
          DROP TRIGGER journal_grows;
          CREATE TRIGGER journal_grows BEFORE DELETE ON journal
            WHEN NOT EXISTS (SELECT 1 FROM forgetting WHERE run = OLD.run)
            BEGIN SELECT raise(ABORT, 'the journal is never shortened'); END;
          DROP TRIGGER run_id_grows;
          CREATE TRIGGER run_id_grows BEFORE DELETE ON run_id
            WHEN EXISTS (SELECT 1 FROM journal WHERE run = OLD.key) OR EXISTS (SELECT 1 FROM run WHERE key = OLD.key)
            BEGIN SELECT raise(ABORT, 'the journal is never shortened'); END;",
}];

/// Which runs may be forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Those that ended before this time may go, in milliseconds since the epoch.
    pub since: Option<i64>,
    /// Of each flow this many of those that ended are kept.
    pub count: Option<u64>,
}

/// Oldest runs that may go. That of the last row of the journal stays, so that a row's number is never given again: readers of the
/// journal keep their place by it. A run stays for as long as the run that started it, and one that started others until these have ended.
fn forgettable(sql: &Connection, keep: Keep, limit: u32) -> Work<Vec<String>> {
    let mut ids = Vec::new();
    let mut flows = sql.prepare_cached("SELECT DISTINCT flow FROM run")?;
    let flows = flows.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut find = sql.prepare_cached(&format!(
        "SELECT id FROM run r WHERE flow = ?1 AND state IN {ENDED} AND (key <= ?2 OR ended_at < ?3)
         AND key <> (SELECT run FROM journal ORDER BY seq DESC LIMIT 1)
         AND NOT EXISTS (SELECT 1 FROM run p WHERE p.id = r.parent)
         AND NOT EXISTS (SELECT 1 FROM run c WHERE c.parent = r.id AND c.state NOT IN {ENDED})
         ORDER BY key LIMIT ?4"
    ))?;
    for flow in flows {
        let last = keep.count.map_or(Ok(None), |count| last_to_go(sql, &flow, count))?;
        let found = find.query_map((&flow, last, keep.since, limit), |row| row.get(0))?;
        ids.extend(found.collect::<rusqlite::Result<Vec<String>>>()?);
    }
    ids.sort();
    ids.truncate(limit as usize);
    Ok(ids)
}

/// Key of the newest run of a flow that goes if only so many are kept.
fn last_to_go(sql: &Connection, flow: &str, count: u64) -> Work<Option<i64>> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT key FROM run WHERE flow = ? AND state IN {ENDED} ORDER BY key DESC LIMIT 1 OFFSET ?"
    ))?;
    Ok(statement.query_row((flow, count), |row| row.get(0)).optional()?)
}

/// Takes a run out of every reader's sight.
fn begin(sql: &Connection, run: &str) -> Work<()> {
    let key = journal::key_of(sql, run)?;
    let state: Option<String> =
        sql.prepare_cached("SELECT state FROM run WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()?;
    if !state.is_some_and(|state| matches!(state.as_str(), "success" | "failed" | "cancelled")) {
        return refused(format!("run {run} has not ended, so it is not forgotten"));
    }
    sql.prepare_cached("INSERT INTO forgetting VALUES (?)")?.execute([key])?;
    sql.prepare_cached("DELETE FROM run WHERE key = ?")?.execute([key])?;
    Ok(())
}

/// Deletes some of what is left of runs that are being forgotten. `false` once nothing is left.
fn go_on(sql: &Connection) -> Work<bool> {
    // The run of the journal's last row waits until there is a newer row: a row's number is never given again.
    let find = "SELECT run FROM forgetting WHERE run <> (SELECT run FROM journal ORDER BY seq DESC LIMIT 1) LIMIT 1";
    let next = sql.prepare_cached(find)?.query_row([], |row| row.get(0)).optional()?;
    let Some(key): Option<i64> = next else { return Ok(false) };
    let keyed = [
        ("attempt", "task, idx, number"),
        ("task_run", "task, idx"),
        ("checkpoint", "task, idx"),
        ("note", "task, idx"),
        ("asked", "run"),
        ("journal", "seq"),
    ];
    for (table, columns) in keyed {
        let delete = format!(
            "DELETE FROM {table} WHERE run = ?1 AND ({columns}) IN (SELECT {columns} FROM {table} WHERE run = ?1 LIMIT {BATCH})"
        );
        if sql.prepare_cached(&delete)?.execute([key])? > 0 {
            return Ok(true);
        }
    }
    sql.prepare_cached("DELETE FROM forgetting WHERE run = ?")?.execute([key])?;
    sql.prepare_cached("DELETE FROM run_id WHERE key = ?")?.execute([key])?;
    Ok(true)
}

impl Store {
    /// Runs that may be forgotten, oldest first, at most `limit`.
    pub fn forgettable_runs(&self, keep: Keep, limit: u32) -> Result<Vec<String>> {
        self.read(|sql| forgettable(sql, keep, limit))
    }

    /// Forgets a run that has ended, with its logs: from now on nobody finds it. What is left of it goes with [`Store::forget_some`].
    pub fn forget_run(&self, run: &RunId) -> Result<()> {
        let id = run.as_str().to_owned();
        self.write(move |sql| begin(sql, &id))?;
        self.forget_log(run.as_str())
    }

    /// Deletes a batch of what is left of forgotten runs. `false` once nothing is left.
    pub fn forget_some(&self) -> Result<bool> {
        self.write(go_on)
    }
}
