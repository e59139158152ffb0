//! Runs carried out: what starts, what is stopped, what is told.

mod common;

use std::time::Duration;

use common::{Disk, Flows, flow};
use longshore_engine::{Fault, RunState, TaskState};
use longshore_flows::kind::{Level, Progress};
use longshore_runner::{Note, Retry};
use longshore_store::{Limit, LogFilter};
use serde_json::{Value, json};

const CHAIN: &str = "
id: chain
params: {n: {type: integer, default: 3}}
tasks:
  - {id: list, uses: noop, with: {output: [1, 2, '{{ params.n }}']}}
  - {id: each, uses: noop, for_each: '{{ tasks.list.output }}', with: {output: '{{ item * 10 }}'}}
  - {id: sum, uses: noop, with: {output: '{{ tasks.each.output | sum }}'}}
";

const PUPPET: &str = "id: p\ntasks: [{id: a, uses: puppet}]\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_runs_to_its_end_and_hands_outputs_on() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    let run = stage.create(&flow(CHAIN), json!({"n": 4})).await;
    assert_eq!(stage.end(&run).await, RunState::Success);
    let sum = stage.store.task_run(run.as_str(), "sum", None).expect("there");
    assert_eq!((sum.state, sum.output), (TaskState::Success, Some(json!(70))));
    assert_eq!(stage.runner.active(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_checked_before_anything_is_written() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    let fault = stage.try_create(&flow(CHAIN), json!({"n": "four"}), None).await.expect_err("wrong");
    assert_eq!(fault.code, "params.wrong");
    assert_eq!(stage.store.journal_standing().expect("reads").rows, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_failure_is_tried_again_after_its_delay() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let text = "id: r\ntasks: [{id: a, uses: noop, with: {fail: transient, times: 2}, retries: {max: 3, delay: 10s, backoff: exponential}}]\n";
    let run = stage.create(&flow(text), json!({})).await;
    assert_eq!(stage.pass_retry("a").await, Duration::from_secs(10));
    assert_eq!(stage.pass_retry("a").await, Duration::from_secs(20));
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_failure_ends_the_run_and_a_manual_retry_wakes_it() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(PUPPET), json!({})).await;
    let act = stage.act().await;
    act.ends(Err(Fault::permanent("test.bad", "It failed", "the data is wrong")));
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let preview = stage.runner.retry_preview(&run, Retry::default()).await.expect("can be retried");
    assert_eq!((preview.touches.clone(), preview.count, preview.leaves), (vec![("a".to_owned(), None)], 1, 0));
    assert_eq!(stage.runner.active(), [], "a preview changes nothing");
    assert_eq!(stage.runner.retry(&run, Retry::default()).await.expect("retried"), preview);
    let act = stage.act().await;
    assert_eq!(act.context.attempt, 2);
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    let fault = stage.runner.retry(&run, Retry::default()).await.expect_err("nothing failed");
    assert_eq!(fault.code, "retry.nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_stops_the_attempt_and_waits_for_it() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(PUPPET), json!({})).await;
    let act = stage.act().await;
    assert!(!act.context.host.cancelled());
    stage.runner.cancel(&run).await.expect("may");
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Cancelled);
    assert_eq!(stage.store.task_run(run.as_str(), "a", None).expect("there").state, TaskState::Cancelled);
    assert_eq!(stage.runner.cancel(&run).await.expect_err("it has ended").code, "run.ended");
    assert_eq!(stage.runner.cancel(&"nobody".into()).await.expect_err("no run").code, "run.unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_starts_nothing_until_it_is_resumed() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage
        .create(&flow("id: p\ntasks:\n  - {id: a, uses: puppet}\n  - {id: b, uses: puppet, needs: a}\n"), json!({}))
        .await;
    let act = stage.act().await;
    stage.runner.pause(&run).await.expect("may");
    act.done();
    stage.event("a", "task.succeeded").await;
    stage.runner.pause(&run).await.expect("again changes nothing");
    assert!(!stage.acts(), "nothing new starts");
    stage.runner.resume(&run).await.expect("may");
    stage.act().await.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_over_runs_and_can_be_changed() {
    let disk = Disk::new();
    disk.open().set_limit(&Limit { name: "tape".into(), slots: 1 }).expect("set");
    let mut stage = disk.stage().await;
    let text = flow("id: l\ntasks: [{id: a, uses: puppet, limits: [tape]}]\n");
    let first = stage.create(&text, json!({})).await;
    let second = stage.create(&text, json!({})).await;
    let act = stage.act().await;
    stage.until(|runner| runner.live(&second).iter().any(|live| live.waits.is_some())).await;
    assert_eq!(stage.waits(&second).as_deref(), Some("waits for a slot of tape (1 of 1 taken)"));
    assert!(!stage.acts());
    stage.store.set_limit(&Limit { name: "tape".into(), slots: 2 }).expect("set");
    stage.runner.look_again().await;
    stage.act().await.done();
    assert_eq!(stage.end(&second).await, RunState::Success);
    act.done();
    assert_eq!(stage.end(&first).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_that_do_not_fit_together_go_one_after_the_other() {
    let disk = Disk::new();
    disk.storage.set_free(100);
    let mut stage = disk.stage().await;
    let text = flow("id: s\ntasks: [{id: a, uses: puppet, reserve: {storage: lts, bytes: 60}}]\n");
    let first = stage.create(&text, json!({})).await;
    let act = stage.act().await;
    let second = stage.create(&text, json!({})).await;
    stage.until(|runner| runner.live(&second).iter().any(|live| live.waits.is_some())).await;
    assert_eq!(stage.waits(&second).as_deref(), Some("waits for space on lts: needs 60 B, 40 B to grant"));
    let held: Vec<_> = stage.runner.reservations().into_iter().map(|one| (one.run, one.bytes, one.granted)).collect();
    assert_eq!(held, [(first.clone(), 60, true), (second.clone(), 60, false)]);
    // The first writes its bytes and ends; somebody makes room; the second goes on by itself at the next look.
    act.context.host.progress(Progress { written: 60, ..Progress::default() });
    disk.storage.set_free(40);
    act.done();
    assert_eq!(stage.end(&first).await, RunState::Success);
    disk.storage.set_free(70);
    stage.clock.advance(Duration::from_secs(5));
    stage.act().await.done();
    assert_eq!(stage.end(&second).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_is_missing_is_waited_for_and_one_that_hangs_holds_up_nobody() {
    let disk = Disk::new();
    disk.storage.set_missing(true);
    let mut stage = disk.stage().await;
    let text = flow("id: s\ntasks: [{id: a, uses: puppet, reserve: {storage: lts, bytes: 60}}]\n");
    let run = stage.create(&text, json!({})).await;
    stage.until(|runner| runner.live(&run).iter().any(|live| live.waits.is_some())).await;
    let text = "waits for the storage lts: The storage cannot be used: its folder is not there";
    assert_eq!(stage.waits(&run).as_deref(), Some(text));
    disk.storage.set_missing(false);
    disk.storage.set_hangs(true);
    stage.clock.advance(Duration::from_secs(5));
    let other = stage.create(&flow(CHAIN), json!({})).await;
    assert_eq!(stage.end(&other).await, RunState::Success);
    stage.clock.advance(Duration::from_secs(30));
    let silent = Some("waits for the storage lts: it does not answer");
    stage.until(|runner| runner.live(&run).iter().any(|live| live.waits.as_deref() == silent)).await;
    stage.clock.advance(Duration::from_mins(1));
    let other = stage.create(&flow(CHAIN), json!({})).await;
    assert_eq!(stage.end(&other).await, RunState::Success);
    assert_eq!(stage.waits(&run).as_deref(), silent, "still");
    disk.storage.set_hangs(false);
    stage.act().await.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_takes_too_long_is_stopped() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow("id: t\ntasks: [{id: a, uses: puppet, timeout: 1h}]\n"), json!({})).await;
    let act = stage.act().await;
    stage.clock.advance(Duration::from_hours(1));
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "a", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "task.timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_panics_fails_its_task_and_nothing_else() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    let run = stage
        .create(&flow("id: b\ntasks: [{id: a, uses: puppet, with: {panic: true}, retries: 3}]\n"), json!({}))
        .await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "a", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "task.panicked");
    assert!(fault.why.contains("it was told to panic"), "{}", fault.why);
    let run = stage.create(&flow(CHAIN), json!({})).await;
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_there_is_not_is_said() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    let run = stage.create(&flow("id: b\ntasks: [{id: a, uses: nobody}]\n"), json!({})).await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "a", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "task.unknown_kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_thinned_and_gives_rate_and_time_left() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(PUPPET), json!({})).await;
    let act = stage.act().await;
    let tell = |bytes| act.context.host.progress(Progress { bytes, bytes_total: Some(10_000), ..Progress::default() });
    tell(1000);
    for step in 1..=20 {
        stage.clock.advance(Duration::from_secs(1));
        tell(1000 + step * 100);
    }
    let live = stage.runner.live(&run).remove(0);
    assert_eq!(live.progress.bytes, 3000);
    assert!((live.rate.expect("a rate") - 100.0).abs() < 1.0, "{:?}", live.rate);
    assert!((live.seconds_left.expect("time left") - 70.0).abs() < 1.0, "{:?}", live.seconds_left);
    // The note comes a tick after the move, whenever the runner comes to look at the clock.
    let clock = stage.clock.clone();
    let told = loop {
        let progress = |note: &Note| match note {
            Note::Progress { run, live } => Some((run.clone(), live.len())),
            _ => None,
        };
        tokio::select! {
            biased;
            told = stage.note(progress) => break told,
            () = tokio::task::yield_now() => clock.advance(Duration::from_millis(100)),
        }
    };
    assert_eq!(told, (run.clone(), 1));
    stage.clock.advance(Duration::from_mins(1));
    assert_eq!(stage.runner.live(&run).remove(0).rate, None, "nothing has moved for a minute");
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hears_of_the_end_finds_the_log() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(PUPPET), json!({})).await;
    let act = stage.act().await;
    act.context.host.log(Level::Info, "first");
    act.context.host.log(Level::Warning, "second");
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    let lines = stage.store.log_page(run.as_str(), &LogFilter::default()).expect("reads");
    let texts: Vec<_> = lines.iter().map(|record| (record.line.task.as_str(), record.line.text.as_str())).collect();
    assert_eq!(texts, [("a", "first"), ("a", "second")]);
    let told = stage.note(|note| if let Note::Log { lines, .. } = note { Some(lines.len()) } else { None }).await;
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_known_by_its_key_while_it_works_and_after() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let text = flow(PUPPET);
    let first = stage.try_create(&text, json!({}), Some("k")).await.expect("a run");
    assert_eq!(stage.try_create(&text, json!({}), Some("k")).await.expect("the run"), first);
    stage.act().await.done();
    assert_eq!(stage.end(&first).await, RunState::Success);
    assert_eq!(stage.try_create(&text, json!({}), Some("k")).await.expect("the run"), first);
    assert_ne!(stage.try_create(&text, json!({}), Some("l")).await.expect("a run"), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_starts_a_run_and_is_its_parent() {
    let disk = Disk::new();
    let child = flow(PUPPET);
    let flows = Flows([("p".to_owned(), child)].into());
    let mut stage = disk.stage_with(flows, None).await;
    let parent = flow("id: q\ntasks: [{id: go, uses: flow.start, with: {flow: p, key: x}}]\n");
    let run = stage.create(&parent, json!({})).await;
    assert_eq!(stage.end(&run).await, RunState::Success);
    let output = stage.store.task_run(run.as_str(), "go", None).expect("there").output.expect("an output");
    let child = output.get("run").and_then(Value::as_str).expect("an id").into();
    stage.act().await.done();
    assert_eq!(stage.end(&child).await, RunState::Success);
    assert_eq!(stage.store.run(child.as_str()).expect("there").parent.as_deref(), Some(run.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_task_runs_than_attempts_go_through() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    let text =
        "id: m\ntasks: [{id: a, uses: noop, for_each: '{{ range(500) | list }}', with: {output: '{{ item }}'}}]\n";
    let run = stage.create(&flow(text), json!({})).await;
    assert_eq!(stage.end(&run).await, RunState::Success);
    let started = stage.journal(&run).iter().filter(|name| name.starts_with("task.started")).count();
    assert_eq!(started, 500);
}
