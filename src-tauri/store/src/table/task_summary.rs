//! Task runs taken together: by task for a run's page, by run for a list of runs.

use longshore_engine::{Fault, TaskState};
use rusqlite::Connection;

use crate::error::{Result, Work};
use crate::store::Store;
use crate::table::journal;
use crate::table::task_run::{index, json};
use crate::words::Word;

/// How many task runs of a task are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateCount {
    /// State.
    pub state: TaskState,
    /// Number.
    pub count: u32,
}

/// All task runs of a task together.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSummary {
    /// Task.
    pub task: String,
    /// Task runs by state.
    pub counts: Vec<StateCount>,
    /// Number of task runs of a mapped task that is expanded.
    pub expanded: Option<u32>,
    /// When the first started.
    pub started_at: Option<i64>,
    /// When the last ended, if none is left that has not.
    pub ended_at: Option<i64>,
    /// What a queued one waits for, in words.
    pub waits: Option<String>,
    /// When the next of those goes on that are deferred or will be tried again.
    pub next_at: Option<i64>,
    /// First fault among them.
    pub fault: Option<Fault>,
}

/// What to show of a run's task runs in a list of runs.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// What one waits for.
    pub(crate) waits: Option<String>,
    /// Task and fault of one that failed.
    pub(crate) fault: Option<(String, Fault)>,
}

/// What to show of a run's task runs in a list of runs.
pub(crate) fn trouble(sql: &Connection, run: i64) -> Work<Trouble> {
    let mut trouble = Trouble { waits: waits(sql, run, None)?, fault: None };
    for state in [TaskState::Failed, TaskState::UpForRetry] {
        let mut statement = sql.prepare_cached(
            "SELECT task, fault FROM task_run WHERE run = ?1 AND state = ?2 AND state IN ('queued', 'failed', 'up_for_retry')
             AND fault IS NOT NULL LIMIT 1",
        )?;
        let mut rows = statement.query((run, state.word()))?;
        if let (None, Some(row)) = (&trouble.fault, rows.next()?) {
            trouble.fault = json(row, 1)?.map(|fault| Ok::<_, rusqlite::Error>((row.get(0)?, fault))).transpose()?;
        }
    }
    Ok(trouble)
}

fn waits(sql: &Connection, run: i64, task: Option<&str>) -> Work<Option<String>> {
    let mut statement = sql.prepare_cached(
        "SELECT waits FROM task_run WHERE run = ?1 AND state = 'queued' AND (?2 IS NULL OR task = ?2)
         AND waits <> '' LIMIT 1",
    )?;
    let mut rows = statement.query((run, task))?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

fn next_at(sql: &Connection, run: i64, task: &str) -> Work<Option<i64>> {
    let mut statement =
        sql.prepare_cached("SELECT min(next_at) FROM task_run WHERE run = ? AND task = ? AND next_at IS NOT NULL")?;
    Ok(statement.query_row((run, task), |row| row.get(0))?)
}

fn summaries(sql: &Connection, run: i64) -> Work<Vec<TaskSummary>> {
    let mut statement = sql.prepare_cached(
        "SELECT task, state, count(*), min(started_at), max(ended_at) FROM task_run WHERE run = ? GROUP BY task, state",
    )?;
    let mut rows = statement.query([run])?;
    let mut tasks: Vec<TaskSummary> = Vec::new();
    while let Some(row) = rows.next()? {
        let task: String = row.get(0)?;
        if tasks.last().is_none_or(|last| last.task != task) {
            tasks.push(summary(sql, run, task)?);
        }
        let count = StateCount { state: TaskState::of(row.get_ref(1)?.as_str()?)?, count: row.get(2)? };
        if let Some(last) = tasks.last_mut() {
            last.take(count, row.get(3)?, row.get(4)?);
        }
    }
    Ok(tasks)
}

fn summary(sql: &Connection, run: i64, task: String) -> Work<TaskSummary> {
    let mut mapped = sql.prepare_cached("SELECT max(idx) FROM task_run WHERE run = ? AND task = ?")?;
    let last: i64 = mapped.query_row((run, &task), |row| row.get(0))?;
    let mut faulty = sql.prepare_cached(
        "SELECT fault FROM task_run WHERE run = ?1 AND state IN ('failed', 'up_for_retry') AND task = ?2
         AND fault IS NOT NULL LIMIT 1",
    )?;
    let mut rows = faulty.query((run, &task))?;
    let fault = rows.next()?.map_or(Ok(None), |row| json(row, 0))?;
    Ok(TaskSummary {
        counts: Vec::new(),
        expanded: index(last).map(|last| last + 1),
        started_at: None,
        ended_at: None,
        waits: waits(sql, run, Some(&task))?,
        next_at: next_at(sql, run, &task)?,
        fault,
        task,
    })
}

impl TaskSummary {
    fn take(&mut self, count: StateCount, started: Option<i64>, ended: Option<i64>) {
        self.started_at = self.started_at.into_iter().chain(started).min();
        let over = self.counts.iter().chain([&count]).all(|count| count.state.is_final());
        self.ended_at = if over { self.ended_at.max(ended) } else { None };
        self.counts.push(count);
    }
}

impl Store {
    /// How many task runs of a run are in which state, by task.
    pub fn state_counts(&self, run: &str) -> Result<Vec<(String, StateCount)>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT task, state, count(*) FROM task_run WHERE run = ? GROUP BY task, state")?;
            let mut rows = statement.query([journal::key_of(sql, run)?])?;
            let mut counts = Vec::new();
            while let Some(row) = rows.next()? {
                let state = TaskState::of(row.get_ref(1)?.as_str()?)?;
                counts.push((row.get(0)?, StateCount { state, count: row.get(2)? }));
            }
            Ok(counts)
        })
    }

    /// The tasks of a run of which something happened, each with all its task runs together, by name.
    pub fn task_summaries(&self, run: &str) -> Result<Vec<TaskSummary>> {
        self.read(|sql| summaries(sql, journal::key_of(sql, run)?))
    }
}
