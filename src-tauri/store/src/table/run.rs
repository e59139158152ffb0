//! Runs, as the journal leaves them.

use longshore_engine::event::{RunEvent, What};
use longshore_engine::{Event, Fault, RunId, RunState};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use crate::error::{Error, Result, Work, missing};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::run_moved::{self, RunMoved};
use crate::table::{dataset, task_summary};
use crate::words::Word;

/// Each of `run_narrow` and `run_by_...` holds all that a kind of list is filtered and sorted by, so that no row is read that is not shown.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 1,
        sql: "CREATE TABLE run (
            key INTEGER PRIMARY KEY REFERENCES run_id,
            id TEXT NOT NULL UNIQUE,
            flow TEXT NOT NULL,
            version TEXT NOT NULL,
            state TEXT NOT NULL,
            run_key TEXT,
            dataset TEXT,
            parent TEXT,
            parent_task TEXT,
            parent_idx INTEGER,
            params TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER
          ) STRICT;
          CREATE UNIQUE INDEX run_of_key ON run (flow, run_key) WHERE run_key IS NOT NULL;
          CREATE INDEX run_of_flow ON run (flow);
          CREATE INDEX run_in_state ON run (state);
          CREATE INDEX run_ended ON run (ended_at);
          CREATE INDEX run_of_dataset ON run (dataset) WHERE dataset IS NOT NULL;
          CREATE INDEX run_of_parent ON run (parent) WHERE parent IS NOT NULL;",
    },
    Migration {
        to: 4,
        sql: "CREATE INDEX run_narrow ON run (key, state, flow, created_at, started_at, ended_at);
          CREATE INDEX run_of_flow_in_state ON run (flow, state);",
    },
    Migration {
        to: 5,
        sql: "DROP INDEX run_of_flow_in_state;
          CREATE INDEX run_by_flow ON run (flow, state, key, created_at, started_at, ended_at);
          CREATE INDEX run_by_state ON run (state, key, created_at, started_at, ended_at);
          CREATE INDEX run_by_start ON run (started_at, key, created_at);
          CREATE INDEX run_by_end ON run (ended_at, key, created_at);
          CREATE INDEX run_by_duration ON run (ended_at - started_at, key, created_at);",
    },
];

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Id.
    pub id: String,
    /// Flow.
    pub flow: String,
    /// Version of the flow with which it started.
    pub version: String,
    /// State.
    pub state: RunState,
    /// What makes it the same run when asked for twice.
    pub key: Option<String>,
    /// Pid of the dataset that its parameter `dataset_id` or `dataset` names, if there is one.
    pub dataset: Option<String>,
    /// Name of that dataset.
    pub dataset_name: Option<String>,
    /// Run that started it, if one did.
    pub parent: Option<String>,
    /// Parameters.
    pub params: Map<String, Value>,
    /// When it was created, in milliseconds since the epoch, as all times.
    pub created_at: i64,
    /// When it first started.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// What it moved, if it has ended and that was worked out.
    pub moved: Option<RunMoved>,
    /// What a queued task run waited for when it was queued, in words, if one is queued.
    pub waits: Option<String>,
    /// First fault among its failed task runs, or else among those that will be tried again.
    pub fault: Option<Fault>,
    /// Task that has the fault.
    pub fault_task: Option<String>,
}

/// Whether an event creates its run.
pub(crate) fn is_creation(event: &Event) -> bool {
    matches!(&event.what, What::Run { event: RunEvent::Created(_) })
}

/// What an event changes of a run.
pub(crate) fn project(sql: &Connection, key: i64, event: &Event, what: &RunEvent) -> Work<()> {
    let (started, ended) = match what {
        RunEvent::Created(_) => return create(sql, key, event),
        RunEvent::Started => (Some(event.at.0), None),
        RunEvent::Ended { .. } => (None, Some(event.at.0)),
        _ => (None, None),
    };
    sql.prepare_cached(
        "UPDATE run SET state = ?, started_at = coalesce(started_at, ?), ended_at = ?, moved_bytes = NULL WHERE key = ?",
    )?
    .execute((what.state().word(), started, ended, key))?;
    Ok(())
}

fn create(sql: &Connection, key: i64, event: &Event) -> Work<()> {
    let What::Run { event: RunEvent::Created(new) } = &event.what else { return Ok(()) };
    let parent = new.parent.as_ref();
    let done = sql
        .prepare_cached(
            "INSERT INTO run (key, id, flow, version, state, run_key, dataset, parent, parent_task, parent_idx, params, created_at)
             VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            key,
            event.run.as_str(),
            new.flow,
            new.version,
            new.key,
            dataset_of(sql, &new.params)?,
            parent.map(|parent| parent.run.as_str()),
            parent.map(|parent| &parent.task),
            parent.and_then(|parent| parent.index),
            serde_json::to_string(&new.params)?,
            event.at.0,
        ]);
    match done {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            let value = format!("{} of flow {}", new.key.as_deref().unwrap_or_default(), new.flow);
            Err(Error::Taken { what: "run key", value }.into())
        }
        done => Ok(done.map(drop)?),
    }
}

/// The pid of the dataset that a run's parameters name.
fn dataset_of(sql: &Connection, params: &Map<String, Value>) -> Work<Option<String>> {
    let named = params.get("dataset_id").or_else(|| params.get("dataset")).and_then(Value::as_str);
    named.map_or(Ok(None), |named| dataset::find_pid(sql, named))
}

/// A dataset is known now that runs at work have named before it was: they are of it.
pub(crate) fn belong(sql: &Connection, pid: &str, name: &str) -> Work<()> {
    sql.prepare_cached(
        "UPDATE run SET dataset = ?1 WHERE state IN ('queued', 'running', 'paused', 'cancelling') AND dataset IS NULL
         AND coalesce(params ->> 'dataset_id', params ->> 'dataset') IN (?1, ?2)",
    )?
    .execute((pid, name))?;
    Ok(())
}

/// The newest run that works on a dataset.
pub(crate) fn newest_of_dataset(sql: &Connection, pid: &str) -> Work<Option<String>> {
    let mut statement = sql.prepare_cached("SELECT id FROM run WHERE dataset = ? ORDER BY key DESC LIMIT 1")?;
    Ok(statement.query_row([pid], |row| row.get(0)).optional()?)
}

/// Selects what [`record`] reads.
pub(crate) fn select() -> String {
    let moved = run_moved::COLUMNS;
    format!(
        "SELECT r.key, r.id, r.flow, r.version, r.state, r.run_key, r.dataset, d.name, r.parent, r.params,
           r.created_at, r.started_at, r.ended_at, {moved}
         FROM run r LEFT JOIN dataset d ON d.pid = r.dataset"
    )
}

pub(crate) fn record(sql: &Connection, row: &Row<'_>) -> Work<RunRecord> {
    let key: i64 = row.get(0)?;
    let trouble = task_summary::trouble(sql, key)?;
    let (fault_task, fault) = trouble.fault.unzip();
    Ok(RunRecord {
        id: row.get(1)?,
        flow: row.get(2)?,
        version: row.get(3)?,
        state: RunState::of(row.get_ref(4)?.as_str()?)?,
        key: row.get(5)?,
        dataset: row.get(6)?,
        dataset_name: row.get(7)?,
        parent: row.get(8)?,
        params: serde_json::from_str(row.get_ref(9)?.as_str()?)?,
        created_at: row.get(10)?,
        started_at: row.get(11)?,
        ended_at: row.get(12)?,
        moved: run_moved::read(row, 13)?,
        waits: trouble.waits,
        fault,
        fault_task,
    })
}

impl Store {
    /// One run.
    pub fn run(&self, id: &str) -> Result<RunRecord> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(&format!("{} WHERE r.id = ?", select()))?;
            let mut rows = statement.query([id])?;
            rows.next()?.map_or_else(|| Err(missing("run", id)), |row| record(sql, row))
        })
    }

    /// State of a run.
    pub fn run_state(&self, id: &str) -> Result<RunState> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT state FROM run WHERE id = ?")?;
            let mut rows = statement.query([id])?;
            rows.next()?.map_or_else(|| Err(missing("run", id)), |row| RunState::of(row.get_ref(0)?.as_str()?))
        })
    }

    /// The run of a flow that has this key.
    pub fn run_of_key(&self, flow: &str, key: &str) -> Result<Option<RunId>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT id FROM run WHERE flow = ? AND run_key = ?")?;
            Ok(statement.query_row([flow, key], |row| row.get::<_, String>(0)).optional()?.map(RunId::from))
        })
    }

    /// Runs that have not ended, oldest first.
    pub fn unfinished_runs(&self) -> Result<Vec<RunId>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT id FROM run WHERE state IN ('queued', 'running', 'paused', 'cancelling') ORDER BY key",
            )?;
            let ids = statement.query_map([], |row| row.get::<_, String>(0).map(RunId::from))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// States of the last runs of a flow, at most `limit`, newest last.
    pub fn last_states(&self, flow: &str, limit: u32) -> Result<Vec<RunState>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT state FROM run WHERE flow = ? ORDER BY key DESC LIMIT ?")?;
            let mut rows = statement.query((flow, limit))?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                states.push(RunState::of(row.get_ref(0)?.as_str()?)?);
            }
            states.reverse();
            Ok(states)
        })
    }

    /// How many runs of a flow have not ended.
    pub fn active_runs(&self, flow: &str) -> Result<u32> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT count(*) FROM run WHERE flow = ? AND state IN ('queued', 'running', 'paused', 'cancelling')",
            )?;
            Ok(statement.query_row(params![flow], |row| row.get(0))?)
        })
    }
}
