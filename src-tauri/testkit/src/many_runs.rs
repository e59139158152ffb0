//! A database of many runs, written as rows: a hundred thousand runs by way of the engine would take hours.

use std::path::Path;

use longshore_engine::event::{Outcome, RunEvent, Span, TaskEvent, What};
use rusqlite::{Connection, Result, params};
use serde_json::json;

/// The flows, a fifth of the runs each.
pub const FLOWS: [&str; 5] = ["archive_dataset", "upload_dataset", "retrieve_dataset", "verify_dataset", "nightly"];
/// Task runs of each run: five of tasks by themselves, the others of one mapped task.
pub const TASK_RUNS: u32 = 50;
/// Milliseconds from one run to the next.
pub const APART: i64 = 60_000;
/// Of this many runs, the oldest, it is not known what they moved: they were left by an older version.
pub const OLDER: u32 = 100;

/// Adds runs to the empty database of a store that is closed, the first of which was created at `begun` (milliseconds since the epoch): one in
/// ten failed, the last `at_work` still run. Each task run has a started and an ended row in the journal.
pub fn fill(database: &Path, runs: u32, at_work: u32, begun: i64) -> Result<()> {
    let sql = Connection::open(database)?;
    sql.execute_batch(&format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF; BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {runs}) SELECT n FROM n;
         CREATE TEMP TABLE t (t INTEGER PRIMARY KEY, task TEXT, idx INTEGER, begins TEXT, ends TEXT);
         CREATE TEMP TABLE f (f INTEGER PRIMARY KEY, flow TEXT);"
    ))?;
    tasks(&sql)?;
    flows(&sql)?;
    let ended = serde_json::to_string(&What::Run { event: RunEvent::Ended { outcome: Outcome::Success } });
    let ended = ended.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    sql.execute_batch(&format!(
        "INSERT INTO run_id SELECT n, printf('01J%023d', n) FROM n;
         INSERT INTO run (key, id, flow, version, state, run_key, params, created_at, started_at, ended_at,
             moved_bytes, moved_files, due_bytes, due_files)
           SELECT n, printf('01J%023d', n), flow, 'v-' || flow,
             CASE WHEN n > {runs} - {at_work} THEN 'running' WHEN n % 10 = 3 THEN 'failed' ELSE 'success' END,
             printf('key-%d', n), json_object('dataset_id', printf('dataset-%d', n % 1000), 'note', printf('%.200c', 'x')),
             {begun} + n * {APART}, {begun} + n * {APART} + 10,
             CASE WHEN n <= {runs} - {at_work} THEN {begun} + n * {APART} + 10 + (n * 7919 % 50000) END,
             CASE WHEN n > {OLDER} AND n <= {runs} - {at_work} THEN 45 END, 0, 45, NULL FROM n JOIN f ON f = n % 5;
         INSERT INTO task_run (run, task, idx, state, attempts, started_at, ended_at, fault, output)
           SELECT n, task, idx,
             CASE WHEN n > {runs} - {at_work} AND t = 4 THEN 'running' WHEN n % 10 = 3 AND t = 4 THEN 'failed' ELSE 'success' END,
             1, {begun} + n * {APART} + t, {begun} + n * {APART} + t + 5,
             CASE WHEN n % 10 = 3 AND t = 4 THEN '{{\"class\":\"permanent\",\"code\":\"noop.failed\",\"what\":\"w\",\"why\":\"y\",\"now\":\"\"}}' END,
             '{{\"bytes\":1}}' FROM n, t;
         INSERT INTO journal (run, at, what) SELECT n, {begun} + n * {APART} + t, begins FROM n, t;
         INSERT INTO journal (run, at, what) SELECT n, {begun} + n * {APART} + t, ends FROM n, t;
         INSERT INTO journal (run, at, what) SELECT n, {begun} + n * {APART} + 60, '{ended}' FROM n WHERE n <= {runs} - {at_work};
         COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    ))
}

/// The task runs of a run, with what the journal says of them.
fn tasks(sql: &Connection) -> Result<()> {
    for t in 0..TASK_RUNS {
        let index = t.checked_sub(5);
        let task = if index.is_some() { "pack".to_owned() } else { format!("task_{t}") };
        let said = |event| {
            let what = What::Task { task: task.clone(), span: Span::one(index), event };
            serde_json::to_string(&what).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
        };
        let ended = said(TaskEvent::Succeeded { output: json!({"bytes": 1}) })?;
        let column = index.map_or(-1, i64::from);
        sql.execute(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
            params![t, task, column, said(TaskEvent::Scheduled)?, ended],
        )?;
    }
    Ok(())
}

fn flows(sql: &Connection) -> Result<()> {
    let tasks = (0..5).map(|t| format!("  - {{id: task_{t}, uses: noop}}\n")).collect::<Vec<_>>().concat();
    for (number, flow) in FLOWS.iter().enumerate() {
        let source = format!(
            "id: {flow}\ntasks:\n  - {{id: pack, uses: noop, for_each: '{{{{ range(45) | list }}}}'}}\n{tasks}"
        );
        sql.execute("INSERT INTO f VALUES (?, ?)", params![number, flow])?;
        sql.execute(
            "INSERT INTO flow_version (version, flow, source) VALUES ('v-' || ?1, ?1, ?2)",
            params![flow, source],
        )?;
    }
    Ok(())
}
