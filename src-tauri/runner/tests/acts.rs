//! Sensors that wait, and operators who say how task runs ended.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::site::Site;
use common::{Disk, Flows, flow};
use longshore_engine::event::Mark;
use longshore_engine::{Clock, RunState, TaskState};
use longshore_runner::{By, Marking};
use longshore_store::{Attempt, Limit};
use serde_json::{Value, json};

const SENSOR: &str = "
id: s
tasks: [{id: a, uses: puppet, limits: [tape], reserve: {storage: lts, bytes: 10}, timeout: 10s}]
";

fn disk() -> Disk {
    let disk = Disk::new();
    disk.open().set_limit(&Limit { name: "tape".into(), slots: 1 }).expect("set");
    disk
}

fn ada() -> By {
    By { who: Some("ada".into()), why: Some("seen by hand".into()) }
}

fn marking(mark: Mark) -> Marking {
    Marking { task: "a".into(), index: None, mark }
}

fn shown(attempts: &[Attempt]) -> Vec<(u32, TaskState, bool)> {
    attempts.iter().map(|one| (one.number, one.state, one.ended_at.is_some())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensor_waits_without_slot_and_room_is_woken_and_stays_one_attempt() {
    let disk = disk();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(SENSOR), json!({})).await;
    let act = stage.act().await;
    let (host, waker) = (act.context.host.clone(), act.context.host.waker());
    tokio::task::spawn_blocking(move || host.save_checkpoint(json!("seen 1"))).await.expect("joins").expect("saved");
    act.defers(stage.clock.now() + Duration::from_hours(1000));
    stage.event("a", "task.deferred").await;
    assert_eq!(stage.runner.reservations(), []);
    assert_eq!(stage.store.holdings().expect("reads").len(), 0);
    let row = stage.store.task_run(run.as_str(), "a", None).expect("there");
    assert_eq!((row.state, row.ended_at), (TaskState::Deferred, None));
    assert_eq!(row.next_at, Some((stage.clock.now() + Duration::from_hours(1000)).0));
    assert_eq!(stage.store.task_summaries(run.as_str()).expect("reads")[0].next_at, row.next_at);
    waker();
    let act = stage.act().await;
    assert_eq!((act.context.attempt, act.context.host.checkpoint()), (1, Some(json!("seen 1"))));
    let attempts = stage.store.attempts(run.as_str(), "a", None).expect("reads");
    assert_eq!(shown(&attempts), [(1, TaskState::Running, false)]);
    act.skips();
    assert_eq!(stage.end(&run).await, RunState::Success);
    let attempts = stage.store.attempts(run.as_str(), "a", None).expect("reads");
    assert_eq!(shown(&attempts), [(1, TaskState::Skipped, true)]);
}

/// The clock stands still: only the change in the folder can wake it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_is_seen_at_once() {
    let site = Site::new();
    let text = "id: w\nparams: {path: {type: string}}\ntasks: [{id: a, uses: wait.file, with: {path: '{{ params.path }}', settled: 0, every: 1h}}]\n";
    let (folder, kinds) = (site.places.top().join("watched"), longshore_flows::kinds());
    let path = folder.join("*.tif");
    let mut stage = site.stage(kinds).await;
    let run = stage.create(&flow(text), json!({"path": path.to_str()})).await;
    stage.event("a", "task.deferred").await;
    // The folder itself comes first.
    std::fs::create_dir(&folder).expect("made");
    stage.event("a", "task.deferred").await;
    std::fs::write(folder.join("scan.tif"), "x").expect("written");
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn woken_while_it_looks_it_looks_again_at_once() {
    let disk = disk();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(SENSOR), json!({})).await;
    let act = stage.act().await;
    assert!(!stage.runner.wake(&run, "a", None).await.expect("there"), "it does not wait yet");
    act.defers(stage.clock.now() + Duration::from_hours(1000));
    stage.act().await.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(stage.runner.wake(&run, "a", None).await.expect_err("it is over").code, "run.ended");
    assert_eq!(stage.runner.wake(&"nobody".into(), "a", None).await.expect_err("no run").code, "run.unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_task_run_is_taken_up_at_its_time_by_the_next_process() {
    let disk = disk();
    let mut stage = disk.stage_with(Flows::default(), None).await;
    let run = stage.create(&flow(SENSOR), json!({})).await;
    let until = stage.clock.now() + Duration::from_mins(10);
    stage.act().await.defers(until);
    stage.event("a", "task.deferred").await;
    drop(stage);
    let mut stage = disk.stage().await;
    assert!(!stage.acts());
    stage.clock.advance(Duration::from_mins(10));
    let act = stage.act().await;
    assert_eq!(act.context.attempt, 1);
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_task_run_is_marked_and_who_did_it_is_in_the_journal() {
    let disk = disk();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(SENSOR), json!({})).await;
    stage.act().await.defers(stage.clock.now() + Duration::from_hours(1000));
    stage.event("a", "task.deferred").await;
    let success = marking(Mark::Success { output: json!({"approved": true}) });
    let preview = stage.runner.mark_preview(&run, success.clone()).await.expect("may");
    assert_eq!((preview.touches.clone(), preview.leaves), (vec![("a".to_owned(), None)], 0));
    assert_eq!(stage.runner.by(ada()).mark(&run, success).await.expect("may"), preview);
    assert_eq!(stage.end(&run).await, RunState::Success);
    let row = stage.store.task_run(run.as_str(), "a", None).expect("there");
    assert_eq!(row.output, Some(json!({"approved": true})));
    let attempts = stage.store.attempts(run.as_str(), "a", None).expect("reads");
    assert_eq!(shown(&attempts), [(1, TaskState::Success, true)]);
    let events = stage.store.events(&run).expect("reads");
    let marked = events.iter().find(|event| event.name() == "task.marked").expect("there");
    assert_eq!(marked.by, Some(Box::new(ada())));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_work_is_stopped_and_then_marked_and_an_ended_run_is_reopened() {
    let disk = disk();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(SENSOR), json!({})).await;
    let act = stage.act().await;
    stage.runner.mark(&run, marking(Mark::Skipped)).await.expect("may");
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(stage.store.task_run(run.as_str(), "a", None).expect("there").state, TaskState::Skipped);
    let fault = longshore_engine::Fault::permanent("test.bad", "It was not good", "looked at it");
    stage.runner.mark(&run, marking(Mark::Failed { fault: fault.clone() })).await.expect("may");
    assert_eq!(stage.end(&run).await, RunState::Failed);
    assert_eq!(stage.store.run(run.as_str()).expect("there").fault, Some(fault));
    let before = shown_all(&stage, &run);
    stage.store.rebuild_from_journal().expect("rebuilt");
    assert_eq!(shown_all(&stage, &run), before);
    stage.runner.mark(&run, marking(Mark::Success { output: Value::Null })).await.expect("may");
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(stage.store.run(run.as_str()).expect("there").fault, None);
}

fn shown_all(stage: &common::Stage, run: &longshore_engine::RunId) -> String {
    let store = Arc::new(stage.store.clone());
    let row = store.task_run(run.as_str(), "a", None).expect("there");
    format!("{row:?} {:?}", store.attempts(run.as_str(), "a", None).expect("reads"))
}
