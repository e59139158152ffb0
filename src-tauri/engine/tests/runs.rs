//! What becomes of runs, step by step.

mod common;

use std::time::Duration;

use common::{CHAIN, MAPPED, Sim, flow, permanent, transient};
use longshore_engine::decide::{self, Ending, Stop};
use longshore_engine::event::{TaskEvent, What};
use longshore_engine::{RunState, TaskState};
use serde_json::{Value, json};

#[test]
fn a_chain_runs_in_order_and_outputs_keep_their_type() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CHAIN), json!({}));
    assert_eq!(sim.working(&run), ["a"]);
    sim.done(&run, "a", json!({"n": 7}));
    let start = sim.at_work.values().next().expect("b at work");
    assert_eq!(start.with, json!({"x": 7}));
    sim.done(&run, "b", Value::Null);
    sim.done(&run, "c", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn a_failure_stops_what_needs_it_and_nothing_else() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(&format!("{CHAIN}  - {{id: d, uses: noop}}\n")), json!({}));
    sim.end(&run, "a", None, permanent());
    assert_eq!(sim.state(&run, "b"), TaskState::UpstreamFailed);
    assert_eq!(sim.state(&run, "c"), TaskState::UpstreamFailed);
    assert_eq!(sim.run_state(&run), RunState::Running);
    sim.done(&run, "d", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Failed);
    assert_eq!(
        sim.run(&run).fault.as_ref().map(|(task, fault)| (task.as_str(), fault.code.as_str())),
        Some(("a", "test.permanent"))
    );
}

#[test]
fn mapped_tasks_have_one_task_run_an_item() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([10, 20, 30]));
    assert_eq!(sim.working(&run), ["pack[0]", "pack[1]", "pack[2]"]);
    assert_eq!(sim.run(&run).tasks()[1].runs()[1].label(), Some("block 20"));
    for i in [2, 0, 1] {
        sim.end(&run, "pack", Some(i), Ending::Done(json!(i * 100)));
    }
    let start = sim.at_work.values().next().expect("sum at work");
    assert_eq!(start.with, json!({"all": [0, 100, 200]}));
}

#[test]
fn a_task_mapped_over_nothing_is_skipped_and_its_output_is_empty() {
    let mut sim = Sim::new();
    let text = MAPPED.replace("with: {all", "trigger: none_failed, with: {all");
    let run = sim.create(&flow(&text), json!({}));
    sim.done(&run, "list", json!([]));
    assert_eq!(sim.state(&run, "pack"), TaskState::Skipped);
    assert_eq!(sim.at_work.values().next().expect("sum at work").with, json!({"all": []}));
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn what_cannot_be_mapped_fails_and_says_what_it_got() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!({"blocks": 3}));
    let (task, fault) = sim.run(&run).fault.clone().expect("a fault");
    assert_eq!((task.as_str(), fault.code.as_str()), ("pack", "flow.for_each"));
    assert_eq!(fault.why, "`for_each` gave no list but {\"blocks\":3}");
    assert_eq!(sim.run_state(&run), RunState::Failed);
}

#[test]
fn an_expression_that_is_undefined_fails_the_task_and_names_itself() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CHAIN), json!({}));
    sim.done(&run, "a", json!({"m": 7}));
    let (_, fault) = sim.run(&run).fault.clone().expect("a fault");
    assert_eq!(fault.code, "flow.expression");
    assert_eq!(fault.at.as_deref(), Some("with: tasks.a.output.n"));
}

#[test]
fn only_transient_failures_are_retried_and_the_delay_grows() {
    let mut sim = Sim::new();
    let text = "
id: r
tasks:
  - {id: a, uses: noop, retries: {max: 3, delay: 10s, backoff: exponential, cap: 30s}}
";
    let run = sim.create(&flow(text), json!({}));
    for wanted in [10, 20, 30] {
        sim.end(&run, "a", None, transient());
        assert_eq!(sim.state(&run, "a"), TaskState::UpForRetry);
        assert_eq!(sim.last.wake, Some(sim.now + Duration::from_secs(wanted)));
        sim.advance(Duration::from_millis(wanted * 1000 - 1));
        assert_eq!(sim.state(&run, "a"), TaskState::UpForRetry);
        sim.advance(Duration::from_millis(1));
        assert_eq!(sim.state(&run, "a"), TaskState::Running);
    }
    sim.end(&run, "a", None, transient());
    assert_eq!(sim.run_state(&run), RunState::Failed);
    assert_eq!(sim.run(&run).tasks()[0].runs()[0].attempts(), 4);
}

#[test]
fn jitter_stays_within_a_quarter_and_is_the_same_on_every_machine() {
    let mut delays = Vec::new();
    for _ in 0..2 {
        let mut sim = Sim::new();
        let text = "id: r\ntasks: [{id: a, uses: noop, retries: {max: 1, delay: 100s, jitter: true}}]\n";
        let run = sim.create(&flow(text), json!({}));
        sim.end(&run, "a", None, transient());
        let delay = sim.last.wake.expect("a retry") - sim.now;
        assert!((75..=125).contains(&delay.as_secs()), "{delay:?}");
        delays.push(delay);
    }
    assert_eq!(delays[0], delays[1]);
}

#[test]
fn an_interrupted_attempt_is_taken_up_again_without_using_up_a_retry() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    sim.end(&run, "pack", Some(0), Ending::Done(json!(1)));
    for attempt in 2..6 {
        sim.crash();
        assert_eq!(sim.working(&run), ["pack[1]"]);
        assert_eq!(sim.at_work.values().next().expect("at work").attempt, attempt);
    }
    sim.end(&run, "pack", Some(1), transient());
    assert_eq!(sim.at(&run, "pack", Some(1)), TaskState::UpForRetry);
}

#[test]
fn a_clock_set_back_over_a_restart_does_not_make_a_retry_wait_longer() {
    let mut sim = Sim::new();
    let run = sim.create(&flow("id: r\ntasks: [{id: a, uses: noop, retries: {max: 1, delay: 60s}}]\n"), json!({}));
    sim.end(&run, "a", None, transient());
    sim.now.0 -= 3_600_000;
    sim.paranoid = false; // the journal's times lie in the future now
    sim.crash();
    assert_eq!(sim.last.wake, Some(sim.now + Duration::from_mins(1)));
    sim.advance(Duration::from_mins(1));
    assert_eq!(sim.state(&run, "a"), TaskState::Running);
}

#[test]
fn cancelling_stops_the_attempts_and_runs_the_hooks_for_it() {
    let mut sim = Sim::new();
    let text = format!(
        "{MAPPED}on_cancel: [{{id: tidy, uses: noop}}]\non_failure: [{{id: alarm, uses: noop}}]\nfinally: [{{id: last, uses: noop, with: {{s: '{{{{ run.state }}}}'}}}}]\n"
    );
    let run = sim.create(&flow(&text), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    let event = decide::cancel(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.at(&run, "pack", Some(0)), TaskState::Cancelling);
    assert_eq!(sim.state(&run, "sum"), TaskState::Cancelled);
    assert_eq!(sim.stops.len(), 2);
    sim.end(&run, "pack", Some(0), Ending::Stopped(Stop::Cancel));
    sim.end(&run, "pack", Some(1), Ending::Done(json!(2)));
    assert_eq!(sim.at(&run, "pack", Some(1)), TaskState::Success, "it was done before it could be stopped");
    assert_eq!((sim.state(&run, "tidy"), sim.state(&run, "alarm")), (TaskState::Running, TaskState::Cancelled));
    sim.done(&run, "tidy", Value::Null);
    assert_eq!(sim.at_work.values().next().expect("last at work").with, json!({"s": "cancelled"}));
    sim.done(&run, "last", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Cancelled);
    assert!(decide::cancel(sim.run(&run), sim.now).is_err());
}

#[test]
fn hooks_for_failure_see_the_fault() {
    let mut sim = Sim::new();
    let text = format!(
        "{CHAIN}on_failure: [{{id: alarm, uses: noop, with: {{code: '{{{{ run.fault.code }}}}', task: '{{{{ run.fault.task }}}}'}}}}]\non_cancel: [{{id: tidy, uses: noop}}]\n"
    );
    let run = sim.create(&flow(&text), json!({}));
    sim.end(&run, "a", None, permanent());
    assert_eq!(sim.at_work.values().next().expect("alarm").with, json!({"code": "test.permanent", "task": "a"}));
    sim.done(&run, "alarm", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Failed);
    assert_eq!(sim.state(&run, "tidy"), TaskState::Skipped);
}

#[test]
fn a_paused_run_lets_what_runs_finish_and_starts_nothing() {
    let mut sim = Sim::new();
    sim.world.capacity = 1;
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    let event = decide::pause(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.at(&run, "pack", Some(1)), TaskState::Paused);
    sim.end(&run, "pack", Some(0), Ending::Done(json!(1)));
    assert!(sim.at_work.is_empty());
    let event = decide::resume(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.working(&run), ["pack[1]"]);
}

#[test]
fn an_attempt_that_takes_too_long_is_stopped_and_retried() {
    let mut sim = Sim::new();
    let run = sim
        .create(&flow("id: r\ntasks: [{id: a, uses: noop, timeout: 1m, retries: {max: 1, delay: 1s}}]\n"), json!({}));
    assert_eq!(sim.last.wake, Some(sim.now + Duration::from_mins(1)));
    sim.advance(Duration::from_mins(1));
    assert_eq!(sim.stops.last().map(|stop| stop.2), Some(Stop::Timeout));
    sim.end(&run, "a", None, Ending::Stopped(Stop::Timeout));
    assert_eq!(sim.state(&run, "a"), TaskState::UpForRetry);
    sim.advance(Duration::from_secs(1));
    assert_eq!(sim.state(&run, "a"), TaskState::Running);
}

#[test]
fn limits_are_shared_by_runs_and_the_head_of_the_line_says_what_it_waits_for() {
    let mut sim = Sim::new();
    sim.world.limits.insert("tape".into(), 1);
    let text = "id: l\ntasks: [{id: a, uses: noop, limits: tape}]\n";
    let first = sim.create(&flow(text), json!({}));
    let second = sim.create(&flow(text), json!({}));
    assert_eq!(sim.state(&second, "a"), TaskState::Queued);
    assert_eq!(sim.waits(&second), ["waits for a slot of tape (1 of 1 taken)"]);
    assert_eq!(sim.world.taken("tape"), 1);
    sim.done(&first, "a", Value::Null);
    assert_eq!(sim.state(&second, "a"), TaskState::Running);
    let third = sim.create(&flow(&text.replace("tape", "disc")), json!({}));
    assert_eq!(sim.waits(&third), ["waits for the limit disc, which does not exist"]);
}

#[test]
fn two_that_do_not_fit_together_go_one_after_the_other() {
    let mut sim = Sim::new();
    let text = "id: s\nparams: {n: {type: integer}}\ntasks: [{id: a, uses: noop, reserve: {storage: lts, bytes: '{{ params.n }}'}}]\n";
    sim.free.insert("lts".into(), 100);
    let first = sim.create(&flow(text), json!({"n": 60}));
    let second = sim.create(&flow(text), json!({"n": 50}));
    assert_eq!(sim.waits(&second), ["waits for space on lts: needs 50 B, 40 B to grant"]);
    let third = sim.create(&flow(text), json!({"n": 40}));
    assert_eq!(sim.state(&third, "a"), TaskState::Running, "what fits need not wait for what does not");
    assert_eq!(sim.world.outstanding("lts"), 100);
    sim.end(&first, "a", None, permanent());
    assert_eq!(sim.state(&second, "a"), TaskState::Running);
}

#[test]
fn what_lies_on_the_storage_already_is_not_asked_for_again() {
    let mut sim = Sim::new();
    sim.free.insert("lts".into(), 100);
    let text = "id: s\ntasks: [{id: a, uses: noop, reserve: {storage: lts, bytes: 80 B}}]\n";
    let run = sim.create(&flow(text), json!({}));
    let slot = sim.run(&run).slot("a", None).expect("a task run");
    sim.world.written.insert((run.clone(), slot), 60);
    sim.free.insert("lts".into(), 40);
    sim.crash();
    assert_eq!(sim.state(&run, "a"), TaskState::Running);
    assert_eq!(sim.world.outstanding("lts"), 20);
}

#[test]
fn storages_of_one_pool_share_their_room() {
    let mut sim = Sim::new();
    sim.free.extend([("disc-landing".to_owned(), 100), ("disc-lts".to_owned(), 100)]);
    let text = "id: s\ntasks:\n  - {id: a, uses: noop, reserve: {storage: disc-landing, bytes: 60}}\n  - {id: b, uses: noop, reserve: {storage: disc-lts, bytes: 60}}\n";
    let run = sim.create(&flow(text), json!({}));
    assert_eq!((sim.state(&run, "a"), sim.state(&run, "b")), (TaskState::Running, TaskState::Queued));
}

#[test]
fn a_storage_that_is_not_there_is_waited_for() {
    let mut sim = Sim::new();
    let run = sim.create(
        &flow("id: s\ntasks: [{id: a, uses: noop, limits: gate, reserve: {storage: lts, bytes: 1}}]\n"),
        json!({}),
    );
    let problem = Some("it is not there".to_owned());
    let room = decide::Room { pool: "x".into(), free: 0, total: 0, floor: 0, at: sim.now, problem, fresh: true };
    sim.world.rooms.insert("lts".into(), room);
    sim.world.limits.insert("gate".into(), 1);
    sim.settle();
    assert_eq!(sim.waits(&run), ["waits for the storage lts: it is not there"]);
    sim.advance(Duration::from_secs(5));
    assert_eq!(sim.state(&run, "a"), TaskState::Running, "it is looked at again, and is there");
}

#[test]
fn max_active_runs_holds_back_whole_runs() {
    let mut sim = Sim::new();
    let text = "id: m\nmax_active_runs: 1\ntasks: [{id: a, uses: noop}]\n";
    let first = sim.create(&flow(text), json!({}));
    let second = sim.create(&flow(text), json!({}));
    assert_eq!(sim.run_state(&second), RunState::Queued);
    assert_eq!(sim.waits(&second), ["waits for a place among the active runs of m (at most 1)"]);
    sim.done(&first, "a", Value::Null);
    assert_eq!(sim.run_state(&second), RunState::Running);
}

#[test]
fn conditions_skip_and_skips_go_down() {
    let mut sim = Sim::new();
    let text = "
id: w
params: {go: {type: boolean}}
tasks:
  - {id: a, uses: noop, when: params.go}
  - {id: b, uses: noop, needs: a}
  - {id: c, uses: noop, needs: b, trigger: none_failed}
";
    let run = sim.create(&flow(text), json!({"go": false}));
    assert_eq!((sim.state(&run, "a"), sim.state(&run, "b")), (TaskState::Skipped, TaskState::Skipped));
    assert_eq!(sim.state(&run, "c"), TaskState::Running);
    sim.done(&run, "c", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn a_failing_hook_fails_the_run() {
    let mut sim = Sim::new();
    let run = sim.create(&flow("id: h\ntasks: [{id: a, uses: noop}]\nfinally: [{id: z, uses: noop}]\n"), json!({}));
    sim.done(&run, "a", Value::Null);
    sim.end(&run, "z", None, permanent());
    assert_eq!(sim.run_state(&run), RunState::Failed);
}

#[test]
fn a_hundred_thousand_mapped_task_runs_are_nothing_special() {
    let mut sim = Sim::new();
    sim.paranoid = false;
    // Without optimisation the time goes into JSON and templates, and says nothing of the engine.
    let count: u32 = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    let run = sim.create(&flow(MAPPED), json!({}));
    let begun = std::time::Instant::now();
    let items: Vec<Value> = (0..count).map(|i| json!({"name": format!("block {i}"), "size": i})).collect();
    sim.done(&run, "list", Value::Array(items));
    while let Some(slot) = sim.at_work.keys().next().map(|(_, slot)| *slot).filter(|slot| slot.0 == 1) {
        sim.end_slot(&run, slot, Ending::Done(json!(slot.1)));
    }
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
    let started =
        sim.journal.iter().filter(|event| matches!(&event.what, What::Task { event: TaskEvent::Started { .. }, .. }));
    assert_eq!(started.count(), count as usize + 2);
    assert!(begun.elapsed() < Duration::from_mins(2), "{:?}", begun.elapsed());
}
