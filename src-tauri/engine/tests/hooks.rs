//! Time over all attempts, hooks for retries, setups and teardowns.

mod common;

use std::time::Duration;

use common::{Sim, flow, permanent, transient};
use longshore_engine::decide::{self, Ending, Redo, Stop};
use longshore_engine::{RunState, TaskState};
use serde_json::{Value, json};

#[test]
fn a_deadline_counts_attempts_and_waits_and_lets_nothing_be_tried_again() {
    let text = "id: d\ntasks: [{id: a, uses: noop, deadline: 60s, timeout: 50s, retries: {max: 9, delay: 30s}}]\n";
    // It works when its time is over.
    let mut sim = Sim::new();
    let run = sim.create(&flow(text), json!({}));
    sim.advance(Duration::from_secs(20));
    sim.end(&run, "a", None, transient());
    sim.advance(Duration::from_secs(30));
    assert_eq!((sim.state(&run, "a"), sim.last.wake), (TaskState::Running, Some(sim.now + Duration::from_secs(10))));
    sim.advance(Duration::from_secs(10));
    assert!(matches!(sim.stops.as_slice(), [(_, _, Stop::Deadline)]));
    sim.end(&run, "a", None, Ending::Stopped(Stop::Deadline));
    assert_eq!(sim.run(&run).fault.as_ref().map(|(_, fault)| fault.code.as_str()), Some("task.deadline"));
    assert_eq!(sim.run_state(&run), RunState::Failed);
    // Its time passes during its last commit: what is done is done, and not undone by a clock.
    let mut sim = Sim::new();
    let run = sim.create(&flow(&text.replace("timeout: 50s, ", "")), json!({}));
    sim.advance(Duration::from_secs(61));
    assert!(matches!(sim.stops.as_slice(), [(_, _, Stop::Deadline)]));
    sim.end(&run, "a", None, Ending::Done(json!(7)));
    assert_eq!((sim.state(&run, "a"), sim.run_state(&run)), (TaskState::Success, RunState::Success));
    // It waits for its next try, or as a sensor, over a crash too.
    for ending in [transient(), Ending::Deferred(longshore_engine::Millis(i64::MAX / 2))] {
        let mut sim = Sim::new();
        let run = sim.create(&flow(text), json!({}));
        sim.advance(Duration::from_secs(45));
        sim.end(&run, "a", None, ending);
        sim.crash();
        sim.advance(Duration::from_secs(14));
        assert_eq!(sim.run_state(&run), RunState::Running);
        sim.advance(Duration::from_secs(1));
        assert_eq!((sim.run_state(&run), sim.state(&run, "a")), (RunState::Failed, TaskState::Failed));
        // A retry by hand has all of the time again.
        sim.act(&run, |run| Redo::default().touches(run));
        assert_eq!(sim.working(&run), ["a"]);
        sim.advance(Duration::from_secs(40));
        assert_eq!(sim.stops.len(), 0);
    }
}

const NOTED: &str = "
id: r
tasks: [{id: a, uses: noop, retries: {max: 5, delay: 10s}}]
on_retry:
  - {id: note, uses: noop, with: {task: '{{ run.retry.task }}', code: '{{ run.retry.code }}'}}
  - {id: then, uses: noop, needs: note}
finally: [{id: last, uses: noop}]
";

#[test]
fn a_hook_for_retries_comes_with_each_and_holds_none_up() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(NOTED), json!({}));
    sim.end(&run, "a", None, transient());
    assert_eq!(sim.working(&run), ["note"]);
    assert_eq!(sim.at_work.values().next().expect("note").with, json!({"task": "a", "code": "test.transient"}));
    sim.advance(Duration::from_secs(10));
    assert_eq!(sim.working(&run), ["a", "note"], "the retry does not wait");
    // Two more failures while the hook works are one more round of it.
    sim.end(&run, "a", None, transient());
    sim.advance(Duration::from_secs(10));
    sim.end(&run, "a", None, transient());
    sim.done(&run, "note", Value::Null);
    sim.done(&run, "then", Value::Null);
    assert_eq!(sim.working(&run), ["note"]);
    assert_eq!(sim.at_work.values().next().expect("note").attempt, 2);
    sim.advance(Duration::from_secs(10));
    sim.done(&run, "a", Value::Null);
    assert_eq!(sim.working(&run), ["note"], "the end waits for the hook");
    sim.done(&run, "note", Value::Null);
    sim.done(&run, "then", Value::Null);
    sim.done(&run, "last", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn a_hook_for_retries_that_never_came_is_skipped_and_one_at_work_is_cancelled_with_the_run() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(NOTED), json!({}));
    sim.done(&run, "a", Value::Null);
    assert_eq!((sim.state(&run, "note"), sim.state(&run, "then")), (TaskState::Skipped, TaskState::Skipped));
    let run = sim.create(&flow(NOTED), json!({}));
    sim.end(&run, "a", None, transient());
    let event = decide::cancel(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.state(&run, "note"), TaskState::Cancelling);
    sim.end(&run, "note", None, Ending::Stopped(Stop::Cancel));
    sim.done(&run, "last", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Cancelled);
}

const CLUSTER: &str = "
id: cluster
tasks:
  - {id: create, uses: noop, setup: true}
  - {id: work, uses: noop, needs: create}
  - {id: delete, uses: noop, teardown: [create], needs: work}
";

#[test]
fn a_teardown_runs_whatever_the_work_did_and_the_work_decides_how_the_run_ends() {
    for (ending, wanted) in [(Ending::Done(Value::Null), RunState::Success), (permanent(), RunState::Failed)] {
        let mut sim = Sim::new();
        let run = sim.create(&flow(CLUSTER), json!({}));
        sim.done(&run, "create", Value::Null);
        sim.end(&run, "work", None, ending);
        assert_eq!(sim.working(&run), ["delete"]);
        sim.done(&run, "delete", Value::Null);
        assert_eq!(sim.run_state(&run), wanted);
    }
}

#[test]
fn a_teardown_that_fails_fails_the_run_only_if_the_file_says_so() {
    let strict = CLUSTER.replace("teardown: [create]", "teardown: [create], on_failure_fail_run: true");
    for (text, wanted) in [(CLUSTER, RunState::Success), (strict.as_str(), RunState::Failed)] {
        let mut sim = Sim::new();
        let run = sim.create(&flow(text), json!({}));
        sim.done(&run, "create", Value::Null);
        sim.done(&run, "work", Value::Null);
        sim.end(&run, "delete", None, permanent());
        assert_eq!(sim.run_state(&run), wanted);
    }
}

#[test]
fn a_teardown_does_not_run_where_nothing_was_set_up() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CLUSTER), json!({}));
    sim.end(&run, "create", None, permanent());
    assert_eq!(sim.state(&run, "delete"), TaskState::UpstreamFailed);
    assert_eq!(sim.run_state(&run), RunState::Failed);
    let run = sim.create(&flow(&CLUSTER.replace("setup: true", "setup: true, when: false")), json!({}));
    assert_eq!((sim.state(&run, "delete"), sim.run_state(&run)), (TaskState::Skipped, RunState::Success));
}

#[test]
fn a_run_that_is_cancelled_is_still_cleaned_up_after() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CLUSTER), json!({}));
    sim.done(&run, "create", Value::Null);
    let event = decide::cancel(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    sim.end(&run, "work", None, Ending::Stopped(Stop::Cancel));
    assert_eq!(sim.working(&run), ["delete"]);
    sim.done(&run, "delete", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Cancelled);
}

#[test]
fn work_that_is_done_again_is_set_up_again() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CLUSTER), json!({}));
    sim.done(&run, "create", Value::Null);
    sim.end(&run, "work", None, permanent());
    sim.done(&run, "delete", Value::Null);
    assert_eq!(sim.act(&run, |run| Redo::default().touches(run)), 3);
    assert_eq!(sim.working(&run), ["create"]);
    // While the teardown has not run, what was set up still stands.
    let mut sim = Sim::new();
    let text = format!("{CLUSTER}  - {{id: more, uses: noop, needs: create}}\n")
        .replace("needs: work}", "needs: [work, more]}");
    let run = sim.create(&flow(&text), json!({}));
    sim.done(&run, "create", Value::Null);
    sim.end(&run, "work", None, permanent());
    assert_eq!(sim.act(&run, |run| Redo::default().touches(run)), 1);
    assert_eq!(sim.working(&run), ["work", "more"]);
}
