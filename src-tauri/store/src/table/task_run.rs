//! Task runs, as the journal leaves them. A task of which nothing happened yet has no row: it is in `none`.

use longshore_engine::event::{Item, Mark, Reserved, Span, TaskEvent};
use longshore_engine::{Fault, Millis, TaskState};
use rusqlite::{Connection, Row, named_params, params};
use serde_json::Value;

use crate::error::{Result, Work, missing};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::{journal, output};
use crate::words::Word;

/// `idx` is -1 for the task run of a task that is not mapped, or not expanded yet. The first index answers "how many are in which
/// state, since when" without reading a row; the others hold only what somebody is looking for.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 1,
        sql: "CREATE TABLE task_run (
            run INTEGER NOT NULL REFERENCES run_id,
            task TEXT NOT NULL,
            idx INTEGER NOT NULL,
            state TEXT NOT NULL,
            label TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            started_at INTEGER,
            ended_at INTEGER,
            next_at INTEGER,
            waits TEXT,
            fault TEXT,
            output TEXT,
            reserved TEXT,
            PRIMARY KEY (run, task, idx)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX task_run_counts ON task_run (run, task, state, started_at, ended_at);
          CREATE INDEX task_run_trouble ON task_run (run, state) WHERE state IN ('queued', 'failed', 'up_for_retry');
          CREATE INDEX task_run_works ON task_run (state) WHERE state IN ('running', 'cancelling');",
    },
    Migration {
        to: 2,
        // When the next of a task's waiting task runs goes on.
        sql: "CREATE INDEX task_run_next ON task_run (run, task, next_at) WHERE next_at IS NOT NULL;",
    },
];

/// A task run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRun {
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Short text of its item.
    pub label: Option<String>,
    /// State.
    pub state: TaskState,
    /// Number of its last attempt.
    pub attempts: u32,
    /// When its first attempt started, in milliseconds since the epoch, as all times.
    pub started_at: Option<i64>,
    /// When its last attempt ended.
    pub ended_at: Option<i64>,
    /// When the next attempt comes, or how long a sensor waits, if that is known.
    pub next_at: Option<i64>,
    /// What it waited for when it was queued, in words.
    pub waits: Option<String>,
    /// Fault of the last attempt.
    pub fault: Option<Fault>,
    /// Output. In a page of rows, one beyond 64 KiB of JSON is only named with its size: `{"$large": BYTES}`.
    pub output: Option<Value>,
    /// Room that it holds while it runs.
    pub reserved: Vec<Reserved>,
}

/// Which task runs of a run to list, by task and index.
#[derive(Debug, Clone, Default)]
pub struct TaskRunFilter {
    /// One task.
    pub task: Option<String>,
    /// States; empty for all.
    pub states: Vec<TaskState>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

/// A task run that works and holds room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// When its attempt started, in milliseconds since the epoch.
    pub since: Option<i64>,
    /// Room.
    pub reserved: Vec<Reserved>,
}

/// The column of a map index.
pub(crate) fn column(index: Option<u32>) -> i64 {
    index.map_or(-1, i64::from)
}

/// The map index of a column.
pub(crate) fn index(column: i64) -> Option<u32> {
    u32::try_from(column).ok()
}

/// The columns of a span.
pub(crate) fn columns(span: Span) -> std::ops::Range<i64> {
    let first = column(span.index);
    first..first + i64::from(span.count)
}

/// Replaces the one task run of a mapped task by one for each item.
pub(crate) fn expand(sql: &Connection, run: i64, task: &str, items: &[Item]) -> Work<()> {
    sql.prepare_cached("DELETE FROM task_run WHERE run = ? AND task = ?")?.execute((run, task))?;
    let mut insert =
        sql.prepare_cached("INSERT INTO task_run (run, task, idx, state, label) VALUES (?, ?, ?, 'scheduled', ?)")?;
    for (idx, item) in (0_i64..).zip(items) {
        insert.execute((run, task, idx, &item.label))?;
    }
    Ok(())
}

/// Replaces the one task run of a task by as many as another one has that it follows.
pub(crate) fn follow(sql: &Connection, run: i64, task: &str, count: u32, labels: &[Option<String>]) -> Work<()> {
    sql.prepare_cached("DELETE FROM task_run WHERE run = ? AND task = ?")?.execute((run, task))?;
    let mut insert =
        sql.prepare_cached("INSERT INTO task_run (run, task, idx, state, label) VALUES (?, ?, ?, 'none', ?)")?;
    for idx in 0..count {
        insert.execute((run, task, idx, labels.get(idx as usize).and_then(Option::as_ref)))?;
    }
    Ok(())
}

/// Replaces the task runs of a mapped task by one.
pub(crate) fn reset(sql: &Connection, run: i64, task: &str) -> Work<()> {
    sql.prepare_cached("DELETE FROM task_run WHERE run = ? AND task = ?")?.execute((run, task))?;
    sql.prepare_cached("INSERT INTO task_run (run, task, idx, state) VALUES (?, ?, -1, 'none')")?
        .execute((run, task))?;
    Ok(())
}

/// What an event leaves in a row; what is `None` here is empty there, unless [`UPSERT`] says otherwise.
#[derive(Default)]
struct Change {
    attempt: Option<u32>,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    next_at: Option<i64>,
    waits: Option<String>,
    fault: Option<String>,
    output: Option<String>,
    reserved: Option<String>,
    /// Keeps the fault of the last attempt, and when it started and ended.
    keeps: bool,
    /// Does not keep that fault after all.
    unfault: bool,
}

const UPSERT: &str = "
    INSERT INTO task_run (run, task, idx, state, attempts, started_at, ended_at, next_at, waits, fault, output, reserved)
    VALUES (:run, :task, :idx, :state, coalesce(:attempt, 0), :started, :ended, :next, :waits, :fault, :output, :reserved)
    ON CONFLICT (run, task, idx) DO UPDATE SET
      state = excluded.state, attempts = coalesce(:attempt, attempts),
      started_at = CASE WHEN :keeps THEN coalesce(started_at, :started) END,
      ended_at = CASE WHEN :keeps THEN coalesce(:ended, CASE WHEN :attempt IS NULL THEN ended_at END) END,
      fault = CASE WHEN :keeps THEN coalesce(:fault, CASE WHEN :output IS NULL AND NOT :unfault THEN fault END) END,
      next_at = excluded.next_at, waits = excluded.waits, output = excluded.output, reserved = excluded.reserved";

/// What an event changes of task runs.
pub(crate) fn project(
    sql: &Connection,
    (run, task): (i64, &str),
    span: Span,
    at: Millis,
    event: &TaskEvent,
) -> Work<()> {
    let change = Change::of(event, at)?;
    let mut statement = sql.prepare_cached(UPSERT)?;
    for idx in columns(span) {
        statement.execute(named_params! {
            ":run": run, ":task": task, ":idx": idx, ":state": event.state().word(), ":attempt": change.attempt,
            ":started": change.started_at, ":ended": change.ended_at, ":next": change.next_at, ":waits": change.waits,
            ":fault": change.fault, ":output": change.output, ":reserved": change.reserved, ":keeps": change.keeps,
            ":unfault": change.unfault,
        })?;
    }
    Ok(())
}

impl Change {
    fn of(event: &TaskEvent, at: Millis) -> Work<Self> {
        let mut change = Self { keeps: true, ..Self::default() };
        match event {
            TaskEvent::Queued { waits } => change.waits = Some(waits.clone()),
            TaskEvent::Started { attempt, reserved, .. } => {
                change.attempt = Some(*attempt);
                change.started_at = Some(at.0);
                change.reserved = json_unless_empty(reserved)?;
            }
            TaskEvent::Deferred { until } => change.next_at = Some(until.0),
            TaskEvent::Succeeded { output } => {
                change.ended_at = Some(at.0);
                change.output = Some(output::kept(output)?);
            }
            TaskEvent::Failed { fault } => {
                change.ended_at = Some(at.0);
                change.fault = Some(serde_json::to_string(fault)?);
            }
            TaskEvent::Retrying { fault, next_at } => {
                change.next_at = Some(next_at.0);
                change.ended_at = Some(at.0);
                change.fault = Some(serde_json::to_string(fault)?);
            }
            TaskEvent::Marked { mark } => {
                change.ended_at = Some(at.0);
                change.marked(mark)?;
            }
            TaskEvent::Skipped { .. } | TaskEvent::UpstreamFailed { .. } | TaskEvent::Cancelled => {
                change.ended_at = Some(at.0);
            }
            TaskEvent::Cleared => change.keeps = false,
            TaskEvent::Scheduled
            | TaskEvent::Held
            | TaskEvent::Released
            | TaskEvent::Cancelling
            | TaskEvent::Stopping { .. }
            | TaskEvent::Interrupted => {}
        }
        Ok(change)
    }
}

impl Change {
    /// What an operator says takes the place of what the last attempt left.
    fn marked(&mut self, mark: &Mark) -> Work<()> {
        self.unfault = true;
        match mark {
            Mark::Success { output } => self.output = Some(output::kept(output)?),
            Mark::Failed { fault } => self.fault = Some(serde_json::to_string(fault)?),
            Mark::Skipped => {}
        }
        Ok(())
    }
}

fn json_unless_empty(reserved: &[Reserved]) -> Work<Option<String>> {
    if reserved.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(reserved)?)) }
}

const SELECT: &str =
    "SELECT task, idx, label, state, attempts, started_at, ended_at, next_at, waits, fault, output, reserved
                      FROM task_run";

fn of_row(row: &Row<'_>) -> Work<TaskRun> {
    Ok(TaskRun {
        task: row.get(0)?,
        index: index(row.get(1)?),
        label: row.get(2)?,
        state: TaskState::of(row.get_ref(3)?.as_str()?)?,
        attempts: row.get(4)?,
        started_at: row.get(5)?,
        ended_at: row.get(6)?,
        next_at: row.get(7)?,
        waits: row.get(8)?,
        fault: json(row, 9)?,
        output: json(row, 10)?,
        reserved: json(row, 11)?.unwrap_or_default(),
    })
}

/// A column of JSON, or nothing.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Work<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    Ok(text.map(serde_json::from_str).transpose()?)
}

fn page_of(sql: &Connection, run: i64, filter: &TaskRunFilter) -> Work<Page<TaskRun>> {
    let states = filter.states.iter().map(|state| format!("'{}'", state.word())).collect::<Vec<_>>().join(", ");
    let states = if states.is_empty() { String::new() } else { format!("AND state IN ({states})") };
    let task = if filter.task.is_some() { "AND task = ?2" } else { "AND ?2 IS NULL" };
    let total = sql
        .prepare_cached(&format!("SELECT count(*) FROM task_run WHERE run = ?1 {task} {states}"))?
        .query_row((run, &filter.task), |row| row.get(0))?;
    let query = format!("{SELECT} WHERE run = ?1 {task} {states} ORDER BY task, idx LIMIT ?3 OFFSET ?4");
    let mut statement = sql.prepare_cached(&query)?;
    let mut found = statement.query(params![run, filter.task, page::limit(filter.limit), filter.offset])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(of_row(row)?);
    }
    Ok(Page { rows, total })
}

impl Store {
    /// A page of the task runs of a run, by task and index.
    pub fn task_runs(&self, run: &str, filter: &TaskRunFilter) -> Result<Page<TaskRun>> {
        self.read(|sql| page_of(sql, journal::key_of(sql, run)?, filter))
    }

    /// One task run.
    pub fn task_run(&self, run: &str, task: &str, index: Option<u32>) -> Result<TaskRun> {
        self.read(|sql| {
            let key = journal::key_of(sql, run)?;
            let mut statement = sql.prepare_cached(&format!("{SELECT} WHERE run = ? AND task = ? AND idx = ?"))?;
            let mut rows = statement.query((key, task, column(index)))?;
            let found = rows.next()?.map_or_else(|| Err(missing("task run", format!("{run} {task}"))), of_row)?;
            let output = found.output.map(|kept| output::whole(sql, key, task, index, kept)).transpose()?;
            Ok(TaskRun { output, ..found })
        })
    }

    /// Task runs that work, over all runs: what holds slots and room.
    pub fn holdings(&self) -> Result<Vec<Holding>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT r.id, t.task, t.idx, t.reserved,
                   (SELECT max(a.started_at) FROM attempt a WHERE (a.run, a.task, a.idx) = (t.run, t.task, t.idx))
                 FROM task_run t JOIN run_id r ON r.key = t.run
                 WHERE t.state IN ('running', 'cancelling') ORDER BY t.run, t.task, t.idx",
            )?;
            let mut rows = statement.query([])?;
            let mut holdings = Vec::new();
            while let Some(row) = rows.next()? {
                let reserved = json(row, 3)?.unwrap_or_default();
                let (run, task, index) = (row.get(0)?, row.get(1)?, index(row.get(2)?));
                holdings.push(Holding { run, task, index, since: row.get(4)?, reserved });
            }
            Ok(holdings)
        })
    }

    /// How many task runs of a run are known and have not ended.
    pub fn unended_task_runs(&self, run: &str) -> Result<u32> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT count(*) FROM task_run WHERE run = ?
                 AND state NOT IN ('success', 'failed', 'upstream_failed', 'skipped', 'cancelled')",
            )?;
            Ok(statement.query_row([journal::key_of(sql, run)?], |row| row.get(0))?)
        })
    }

    /// How long the last task runs of a task took that succeeded, in milliseconds, newest first, from the flow's last thousand runs.
    pub fn past_durations(&self, flow: &str, task: &str, limit: u32) -> Result<Vec<i64>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT t.ended_at - t.started_at
                 FROM (SELECT key FROM run WHERE flow = ? ORDER BY key DESC LIMIT 1000) r
                 CROSS JOIN task_run t ON t.run = r.key
                 WHERE t.task = ? AND t.state = 'success' AND t.ended_at >= t.started_at
                 ORDER BY r.key DESC, t.idx DESC LIMIT ?",
            )?;
            let durations = statement.query_map((flow, task, limit), |row| row.get(0))?;
            Ok(durations.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Outputs of a task in runs of a flow that ended well at or after a time, in milliseconds since the epoch.
    pub fn outputs_since(&self, flow: &str, task: &str, at: i64) -> Result<Vec<Value>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT t.output FROM run r CROSS JOIN task_run t ON t.run = r.key
                 WHERE r.ended_at >= ? AND r.state = 'success' AND r.flow = ? AND t.task = ? AND t.output IS NOT NULL",
            )?;
            let mut rows = statement.query((at, flow, task))?;
            let mut outputs = Vec::new();
            while let Some(row) = rows.next()? {
                outputs.extend(json(row, 0)?);
            }
            Ok(outputs)
        })
    }
}
