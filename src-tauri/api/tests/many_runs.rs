//! A workspace with many runs: what its lists read.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use longshore_api::wire::*;
use longshore_api::{Role, RunState, Session};
use longshore_testkit::many_runs;
use rusqlite::Connection;

const RUNS: u32 = 1_000;

/// A workspace with runs that have ended, closed.
async fn filled(place: &tempfile::TempDir) -> (PathBuf, PathBuf) {
    let folder = place.path().join("ws");
    Session::open(&folder, Role::Glance).await.unwrap().close().await;
    let database = folder.join("longshore.db");
    many_runs::fill(&database, RUNS, 0, 1_000).unwrap();
    (folder, database)
}

/// From now on whoever reads the journal of a run fails.
fn spoil_journal(database: &Path) {
    let sql = Connection::open(database).unwrap();
    sql.execute_batch("DROP TRIGGER journal_stays; UPDATE journal SET what = 'spoilt'").unwrap();
}

async fn page(session: &Session, offset: u64) -> Page<RunRow> {
    session.call::<RunList>(RunListArgs { offset, limit: 100, ..RunListArgs::default() }).await.unwrap()
}

#[tokio::test]
async fn no_list_reads_the_journal_of_a_run_that_has_ended() {
    let place = tempfile::tempdir().unwrap();
    let (folder, database) = filled(&place).await;
    spoil_journal(&database);
    let session = Session::open(&folder, Role::Glance).await.unwrap();
    let first = page(&session, 0).await;
    assert_eq!((first.rows.len(), first.total), (100, u64::from(RUNS)));
    assert!(first.rows.iter().all(|row| row.progress.bytes == 45 && row.progress.bytes_total == Some(45)));
    let flow = Some("verify_dataset".to_owned());
    let failed = RunListArgs { states: vec![RunState::Failed], flow, limit: 50, ..RunListArgs::default() };
    assert_eq!(session.call::<RunList>(failed).await.unwrap().total, u64::from(RUNS) / 10);
    let overview = session.call::<OverviewShow>(Nothing {}).await.unwrap();
    assert_eq!(overview.needs_you.len(), 50);
    session.call::<FlowList>(Nothing {}).await.unwrap();
    session.call::<MetricsShow>(Nothing {}).await.unwrap();
    let grid = RunGridArgs { flow: "nightly".into(), offset: 24, limit: 0 };
    let grid = session.call::<RunGrid>(grid).await.unwrap();
    assert_eq!((grid.rows.len(), grid.total), (24, u64::from(RUNS) / 5));
    let run = &grid.rows[0];
    assert_eq!(run.run.flow, "nightly");
    let tasks: Vec<_> = run.tasks.iter().map(|task| (task.id.as_str(), task.mapped, task.counts[0].count)).collect();
    assert_eq!(tasks[0], ("pack", true, 45));
    assert_eq!(tasks[1..], ["task_0", "task_1", "task_2", "task_3", "task_4"].map(|task| (task, false, 1)));
    session.close().await;
}

#[tokio::test]
async fn what_an_older_version_left_is_worked_out_once_and_kept() {
    let place = tempfile::tempdir().unwrap();
    let (folder, database) = filled(&place).await;
    let session = Session::open(&folder, Role::Glance).await.unwrap();
    let oldest = u64::from(RUNS - many_runs::OLDER);
    let before = page(&session, oldest).await;
    assert!(before.rows.iter().all(|row| row.progress.bytes == 45), "{:?}", before.rows[0]);
    session.close().await;
    spoil_journal(&database);
    let session = Session::open(&folder, Role::Glance).await.unwrap();
    assert_eq!(page(&session, oldest).await, before);
    session.close().await;
}

#[tokio::test]
async fn a_run_that_has_just_ended_is_kept_with_what_it_moved() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("ws");
    let session = Session::open(&folder, Role::Command).await.unwrap();
    let mut events = session.events().await;
    let source = "id: quiet\ntasks:\n  - {id: rest, uses: noop, with: {output: {bytes: 7, files: 2}}}\n";
    let args = FlowRunArgs {
        flow: "quiet.yaml".into(),
        source: Some(source.into()),
        params: serde_json::json!({}),
        key: None,
        priority: None,
    };
    let run = session.call::<FlowRun>(args).await.unwrap().run;
    while page(&session, 0).await.rows[0].state != RunState::Success {
        events.next().await;
    }
    let moved = page(&session, 0).await.rows[0].progress.clone();
    session.close().await;
    assert_eq!((moved.bytes, moved.files), (7, 2));
    let sql = Connection::open(folder.join("longshore.db")).unwrap();
    let kept = sql.query_row("SELECT moved_bytes, moved_files FROM run WHERE id = ?", [run], |row| {
        Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, Option<u64>>(1)?))
    });
    assert_eq!(kept.unwrap(), (Some(7), Some(2)));
}
