//! When the runs of a flow began, and how long they took.

use longshore_engine::{RunState, TaskState};
use rusqlite::{Connection, params};

use crate::error::{Result, Work};
use crate::store::Store;
use crate::table::task_summary::StateCount;
use crate::words::Word as _;

/// When a run was created, and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// When it was created, in milliseconds since the epoch.
    pub at: i64,
    /// Its state.
    pub state: RunState,
}

/// When a run, or a task in it, started and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTimes {
    /// Run.
    pub run: String,
    /// State of the run.
    pub state: RunState,
    /// Task runs of the task by state; none if the whole run is meant.
    pub counts: Vec<StateCount>,
    /// When the run was created, in milliseconds since the epoch, as all times.
    pub created_at: i64,
    /// When it first started.
    pub started_at: Option<i64>,
    /// When it ended; nothing while something of it has not.
    pub ended_at: Option<i64>,
}

/// Reads nothing but the index that holds all that is asked for.
const BEGUN: &str = "SELECT state, created_at FROM run INDEXED BY run_by_flow
    WHERE flow = ? AND created_at >= ? AND created_at < ? ORDER BY state, key";

const LAST: &str = "SELECT key, id, state, created_at, started_at, ended_at FROM run INDEXED BY run_of_flow
    WHERE flow = ? ORDER BY key DESC LIMIT ?";

fn begun(sql: &Connection, (flow, since, until): (&str, i64, i64), mut each: impl FnMut(Begun)) -> Work<()> {
    let mut statement = sql.prepare_cached(BEGUN)?;
    let mut rows = statement.query(params![flow, since, until])?;
    while let Some(row) = rows.next()? {
        each(Begun { state: RunState::of(row.get_ref(0)?.as_str()?)?, at: row.get(1)? });
    }
    Ok(())
}

fn last(sql: &Connection, flow: &str, limit: u32) -> Work<Vec<(i64, RunTimes)>> {
    let mut statement = sql.prepare_cached(LAST)?;
    let mut rows = statement.query(params![flow, limit])?;
    let mut times = Vec::new();
    while let Some(row) = rows.next()? {
        let of = RunTimes {
            run: row.get(1)?,
            state: RunState::of(row.get_ref(2)?.as_str()?)?,
            counts: Vec::new(),
            created_at: row.get(3)?,
            started_at: row.get(4)?,
            ended_at: row.get(5)?,
        };
        times.push((row.get(0)?, of));
    }
    Ok(times)
}

/// Puts the task's times in the place of the run's.
fn of_task(sql: &Connection, key: i64, task: &str, run: RunTimes) -> Work<RunTimes> {
    let mut times = RunTimes { started_at: None, ended_at: None, ..run };
    let mut statement = sql.prepare_cached(
        "SELECT state, count(*), min(started_at), max(ended_at), count(ended_at) FROM task_run INDEXED BY task_run_counts
         WHERE run = ? AND task = ? GROUP BY state",
    )?;
    let mut rows = statement.query(params![key, task])?;
    let mut goes_on = false;
    while let Some(row) = rows.next()? {
        let (started, ended): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
        let (count, have_ended): (u32, u32) = (row.get(1)?, row.get(4)?);
        times.counts.push(StateCount { state: TaskState::of(row.get_ref(0)?.as_str()?)?, count });
        times.started_at = times.started_at.into_iter().chain(started).min();
        times.ended_at = times.ended_at.into_iter().chain(ended).max();
        goes_on |= started.is_some() && have_ended < count;
    }
    Ok(if goes_on { RunTimes { ended_at: None, ..times } } else { times })
}

impl Store {
    /// Shows when the runs of a flow began that were created between two times, in milliseconds since the epoch, the end left out.
    pub fn runs_begun(&self, flow: &str, since: i64, until: i64, each: impl FnMut(Begun)) -> Result<()> {
        self.read(|sql| begun(sql, (flow, since, until), each))
    }

    /// When the last runs of a flow started and ended, newest first.
    pub fn run_times(&self, flow: &str, limit: u32) -> Result<Vec<RunTimes>> {
        self.read(|sql| Ok(last(sql, flow, limit)?.into_iter().map(|(_, times)| times).collect()))
    }

    /// When a task started and ended in the last runs of a flow, newest first.
    pub fn task_times(&self, flow: &str, task: &str, limit: u32) -> Result<Vec<RunTimes>> {
        self.read(|sql| last(sql, flow, limit)?.into_iter().map(|(key, run)| of_task(sql, key, task, run)).collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use longshore_testkit::many_runs;
    use rusqlite::StatementStatus;

    use super::*;

    const RUNS: u32 = 2_000;

    fn filled() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longshore.db");
        Store::open(&path, &crate::Options::default()).unwrap().close().unwrap();
        many_runs::fill(&path, RUNS, 5, 0).unwrap();
        (folder, Store::open(&path, &crate::Options::default()).unwrap())
    }

    #[test]
    fn runs_that_began_are_counted_from_one_index_and_no_row_is_read() {
        let (_folder, store) = filled();
        let all = i64::from(RUNS + 1) * many_runs::APART;
        let mut counts = (0, 0);
        store
            .runs_begun("nightly", all / 2, all, |begun| {
                assert!(begun.at >= all / 2, "{begun:?}");
                if begun.state == RunState::Failed { counts.0 += 1 } else { counts.1 += 1 }
            })
            .unwrap();
        assert_eq!(counts.0 + counts.1, RUNS / 5 / 2);
        let steps = store
            .read(|sql| {
                let mut statement = sql.prepare(BEGUN)?;
                let rows = statement.query_map(params!["nightly", 0, all], |_| Ok(()))?.count();
                assert_eq!(rows, RUNS as usize / 5);
                let mut plan = sql.prepare(&format!("EXPLAIN QUERY PLAN {BEGUN}"))?;
                let line: String = plan.query_row(params!["nightly", 0, all], |row| row.get(3))?;
                assert_eq!(line, "SEARCH run USING COVERING INDEX run_by_flow (flow=?)");
                Ok(statement.get_status(StatementStatus::VmStep))
            })
            .unwrap();
        assert!(steps < 400 * 12, "{steps} steps for 400 runs");
    }

    #[test]
    fn times_of_runs_and_of_a_task_come_newest_first() {
        let (_folder, store) = filled();
        let runs = store.run_times("nightly", 10).unwrap();
        assert_eq!(runs.len(), 10);
        assert!(runs.is_sorted_by_key(|run| -run.created_at), "{runs:?}");
        assert_eq!(runs[0].state, RunState::Running);
        assert_eq!((runs[0].ended_at, runs[1].started_at), (None, Some(runs[1].created_at + 10)));
        let tasks = store.task_times("nightly", "pack", 10).unwrap();
        assert_eq!(tasks.len(), 10);
        assert_eq!(tasks[0].counts, [StateCount { state: TaskState::Success, count: 45 }]);
        assert_eq!(tasks[0].started_at, Some(tasks[0].created_at + 5));
        assert_eq!(tasks[0].ended_at, Some(tasks[0].created_at + 49 + 5));
        assert!(store.task_times("nightly", "none_such", 2).unwrap().iter().all(|run| run.counts.is_empty()));
    }
}
