//! The process goes away, and comes back.

mod common;

use common::{Disk, Flows, flow, within};
use longshore_engine::RunState;
use longshore_flows::kind::Progress;
use longshore_runner::Note;
use longshore_testkit::When;
use serde_json::json;

const SMALL: &str = "
id: small
tasks:
  - {id: list, uses: noop, with: {output: [1, 2, 3]}}
  - {id: each, uses: noop, for_each: '{{ tasks.list.output }}', with: {output: '{{ item }}'}}
  - {id: sum, uses: noop, with: {output: '{{ tasks.each.output | sum }}'}}
finally: [{id: last, uses: noop}]
";

/// At every write of the journal, before it or after it: the next process brings the run to the same end, and records each end
/// of a task run once.
#[tokio::test(flavor = "multi_thread")]
async fn at_every_write_of_the_journal() {
    for when in [When::Before, When::After] {
        let mut writes = 0;
        loop {
            let disk = Disk::new();
            let survived = lives_through(&disk, (writes, when)).await;
            if survived {
                break;
            }
            writes += 1;
        }
        assert!(writes >= 5, "only {writes} writes");
    }
}

/// Whether the run ended before the fuse blew.
async fn lives_through(disk: &Disk, fuse: (u64, When)) -> bool {
    let first = disk.stage_with(Flows::default(), Some(fuse)).await;
    let created = first.try_create(&flow(SMALL), json!({}), Some("key")).await;
    let ended = match &created {
        Ok(run) => within(first.runner.wait(run)).await,
        Err(fault) => Err(fault.clone()),
    };
    if let Err(fault) = &ended {
        assert_eq!(fault.code, "test.dead");
    }
    drop(first);
    let second = disk.stage().await;
    // Whoever asked and got no answer asks again; if the run was made, it is the same.
    let run = second.try_create(&flow(SMALL), json!({}), Some("key")).await.expect("a run");
    if let Ok(known) = &created {
        assert_eq!(*known, run);
    }
    assert_eq!(second.end(&run).await, RunState::Success);
    let journal = second.journal(&run);
    for task in ["list", "each[0]", "each[1]", "each[2]", "sum", "last"] {
        let wanted = format!("task.succeeded {task}");
        assert_eq!(journal.iter().filter(|name| **name == wanted).count(), 1, "{wanted} in {journal:#?}");
    }
    let sum = second.store.task_run(run.as_str(), "sum", None).expect("there");
    assert_eq!(sum.output, Some(json!(6)));
    ended.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_cannot_be_written_stops_everything_and_says_so() {
    let disk = Disk::new();
    let mut stage = disk.stage_with(Flows::default(), Some((1, When::Before))).await;
    let text = flow("id: p\ntasks: [{id: a, uses: puppet}]\n");
    let run = stage.create(&text, json!({})).await;
    let act = stage.act().await;
    let waiter = stage.runner.clone();
    let id = run.clone();
    let waiting = tokio::spawn(async move { waiter.wait(&id).await });
    let fault = stage.runner.cancel(&run).await.expect_err("it cannot be recorded");
    assert_eq!(fault.code, "test.dead");
    act.stopped().await;
    assert_eq!(within(waiting).await.expect("joins").expect_err("it will not end").code, "test.dead");
    let told = stage.note(|note| if let Note::Broken(fault) = note { Some(fault.code.clone()) } else { None }).await;
    assert_eq!(told, "test.dead");
    assert_eq!(stage.try_create(&text, json!({}), None).await.expect_err("it is over").code, "test.dead");
    assert_eq!(stage.runner.broken().expect("it says why").code, "test.dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_goes_on_from_its_checkpoint_and_asks_only_for_the_room_that_it_still_needs() {
    let disk = Disk::new();
    disk.storage.set_free(100);
    let text = flow("id: p\ntasks: [{id: a, uses: puppet, reserve: {storage: lts, bytes: 80}}]\n");
    let run = {
        // Writes: the run, once its room is known the attempt, its checkpoint, and the end of it, which fails.
        let mut stage = disk.stage_with(Flows::default(), Some((3, When::Before))).await;
        let run = stage.create(&text, json!({})).await;
        let act = stage.act().await;
        assert_eq!(act.context.host.checkpoint(), None);
        let host = act.context.host.clone();
        host.progress(Progress { written: 60, ..Progress::default() });
        let saved = tokio::task::spawn_blocking(move || host.save_checkpoint(json!({"at": 60}))).await.expect("joins");
        saved.expect("saved");
        disk.storage.set_free(40);
        // The end cannot be recorded: the process is gone.
        act.done();
        assert_eq!(within(stage.runner.wait(&run)).await.expect_err("gone").code, "test.dead");
        run
    };
    let mut stage = disk.stage().await;
    let act = stage.act().await;
    assert_eq!((act.context.attempt, act.context.host.checkpoint()), (2, Some(json!({"at": 60}))));
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(stage.store.checkpoint(run.as_str(), "a", None).expect("reads"), None, "it goes with success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_interrupts_and_the_next_start_goes_on() {
    let disk = Disk::new();
    let text = flow("id: p\ntasks: [{id: a, uses: puppet, retries: 0}]\n");
    let run = {
        let mut stage = disk.stage().await;
        let run = stage.create(&text, json!({})).await;
        let act = stage.act().await;
        let runner = stage.runner.clone();
        let down = tokio::spawn(async move { runner.shutdown().await });
        act.stopped().await;
        within(down).await.expect("joins").expect("recorded");
        assert_eq!(stage.journal(&run).last().map(String::as_str), Some("task.interrupted a"));
        assert_eq!(stage.runner.cancel(&run).await.expect_err("it is over").code, "runner.stopped");
        run
    };
    let mut stage = disk.stage().await;
    let act = stage.act().await;
    assert_eq!(act.context.attempt, 2);
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_would_not_stop_does_not_hold_up_the_end_for_ever() {
    let disk = Disk::new();
    let stage = disk.stage().await;
    // A kind that does not listen: it waits for the clock, and is asked for more than the farewell gives.
    let text = flow("id: p\ntasks: [{id: a, uses: deaf}]\n");
    let run = stage.create(&text, json!({})).await;
    stage.until(|runner| !runner.live(&run).is_empty()).await;
    let runner = stage.runner.clone();
    let down = tokio::spawn(async move { runner.shutdown().await });
    stage
        .until(|_| {
            stage.clock.advance(std::time::Duration::from_secs(1));
            down.is_finished()
        })
        .await;
    down.await.expect("joins").expect("recorded");
    assert_eq!(stage.journal(&run).last().map(String::as_str), Some("task.interrupted a"));
}
