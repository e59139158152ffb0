//! Sensors that wait without a slot, and operators who say how task runs ended.

mod common;

use std::time::Duration;

use common::{CHAIN, MAPPED, Sim, flow, permanent, transient};
use longshore_engine::decide::{self, Ending, Marking, Stop, Waking};
use longshore_engine::event::{By, Mark, TaskEvent, What};
use longshore_engine::{Fault, Millis, RunId, RunState, TaskState};
use serde_json::{Value, json};

const SENSOR: &str = "
id: sensor
tasks:
  - {id: a, uses: noop, limits: slot, reserve: {storage: lts, bytes: 10}, timeout: 10s, retries: {max: 1, delay: 5s}}
  - {id: b, uses: noop, needs: a}
";

fn sensor() -> (Sim, RunId) {
    let mut sim = Sim::new();
    sim.world.limits.insert("slot".into(), 1);
    let run = sim.create(&flow(SENSOR), json!({}));
    (sim, run)
}

fn defer(sim: &mut Sim, run: &RunId, seconds: u64) {
    let until = sim.now + Duration::from_secs(seconds);
    sim.end(run, "a", None, Ending::Deferred(until));
    assert_eq!(sim.state(run, "a"), TaskState::Deferred);
}

fn mark(sim: &mut Sim, run: &RunId, task: &str, index: Option<u32>, mark: Mark) -> u32 {
    let marking = Marking { task: task.into(), index, mark };
    sim.act(run, |run| marking.touches(run))
}

fn success(output: Value) -> Mark {
    Mark::Success { output }
}

#[test]
fn a_deferred_task_run_gives_slot_and_room_back_and_its_attempt_goes_on() {
    let (mut sim, run) = sensor();
    for _ in 0..100 {
        assert_eq!((sim.world.taken("slot"), sim.world.outstanding("lts")), (1, 10));
        let start = sim.at_work.values().next().expect("at work");
        assert_eq!(start.attempt, 1);
        defer(&mut sim, &run, 3600);
        assert_eq!((sim.world.taken("slot"), sim.world.outstanding("lts")), (0, 0));
        assert_eq!(sim.last.wake, Some(sim.now + Duration::from_hours(1)));
        // The timeout of an attempt is one of work: it does not run while it waits.
        sim.advance(Duration::from_secs(3599));
        assert_eq!((sim.state(&run, "a"), sim.stops.len()), (TaskState::Deferred, 0));
        sim.advance(Duration::from_secs(1));
    }
    assert!(sim.at_work.values().all(|start| start.resumes));
    let looks = sim.journal.iter().filter(|event| event.name() == "task.started").count();
    assert_eq!(looks, 101);
    // A failure ends the attempt, and the next is a new one.
    sim.end(&run, "a", None, transient());
    sim.advance(Duration::from_secs(5));
    let start = sim.at_work.values().next().expect("at work");
    assert_eq!((start.attempt, start.resumes), (2, false));
}

#[test]
fn a_deferred_task_run_is_woken_before_its_time() {
    let (mut sim, run) = sensor();
    defer(&mut sim, &run, 1_000_000);
    sim.wake(&run, "a", None);
    assert_eq!(sim.working(&run), ["a"]);
    assert!(sim.last.wake.is_some_and(|at| at <= sim.now + Duration::from_secs(10)), "only its timeout is left");
    let slot = sim.run(&run).slot("a", None).expect("there");
    assert_eq!(decide::wake(sim.run(&run), slot, sim.now), None, "it does not wait");
    sim.done(&run, "a", Value::Null);
    sim.done(&run, "b", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn an_operator_wakes_what_waits_and_nothing_else() {
    let (mut sim, run) = sensor();
    let waking = |task: Option<&str>, index| Waking { task: task.map(str::to_owned), index };
    let refused = |sim: &Sim, waking: Waking| waking.touches(sim.run(&run)).expect_err("nothing waits").code;
    assert_eq!(refused(&sim, waking(None, None)), "wake.nothing");
    defer(&mut sim, &run, 1_000_000);
    assert_eq!(refused(&sim, waking(Some("b"), None)), "wake.nothing");
    assert_eq!(refused(&sim, waking(Some("c"), None)), "task.unknown");
    assert_eq!(refused(&sim, waking(Some("a"), Some(3))), "task.unknown");
    for waking in [waking(None, None), waking(Some("a"), None)] {
        let touched = waking.touches(sim.run(&run)).expect("it waits");
        assert_eq!((touched.count(sim.run(&run)), touched.leaves(sim.run(&run))), (1, 1));
        for event in touched.events(sim.run(&run), sim.now) {
            sim.happen(event);
        }
        sim.settle();
        assert_eq!(sim.working(&run), ["a"]);
        defer(&mut sim, &run, 1_000_000);
    }
}

#[test]
fn what_waits_for_its_next_try_can_be_woken_too() {
    let (mut sim, run) = sensor();
    sim.end(&run, "a", None, transient());
    sim.wake(&run, "a", None);
    assert_eq!(sim.at_work.values().next().expect("at work").attempt, 2);
}

#[test]
fn a_deferred_task_run_survives_a_crash_and_goes_on_at_its_time() {
    let (mut sim, run) = sensor();
    defer(&mut sim, &run, 60);
    sim.crash();
    assert_eq!(sim.state(&run, "a"), TaskState::Deferred);
    assert_eq!(sim.last.wake, Some(sim.now + Duration::from_mins(1)));
    sim.advance(Duration::from_mins(1));
    let start = sim.at_work.values().next().expect("at work");
    assert_eq!((start.attempt, start.resumes), (1, true));
    // Cut off while it looks: that was an attempt.
    sim.crash();
    let start = sim.at_work.values().next().expect("at work");
    assert_eq!((start.attempt, start.resumes), (2, false));
}

#[test]
fn a_run_that_is_paused_lets_sensors_wait_and_does_not_let_them_look() {
    let (mut sim, run) = sensor();
    defer(&mut sim, &run, 60);
    let event = decide::pause(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    sim.advance(Duration::from_mins(10));
    assert_eq!((sim.state(&run, "a"), sim.last.wake), (TaskState::Deferred, None));
    sim.wake(&run, "a", None);
    assert_eq!(sim.state(&run, "a"), TaskState::Paused);
    let event = decide::resume(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    let start = sim.at_work.values().next().expect("at work");
    assert_eq!((start.attempt, start.resumes), (1, true));
}

#[test]
fn cancelling_ends_what_is_deferred() {
    let (mut sim, run) = sensor();
    defer(&mut sim, &run, 60);
    let event = decide::cancel(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!((sim.run_state(&run), sim.state(&run, "a")), (RunState::Cancelled, TaskState::Cancelled));
}

#[test]
fn marked_successful_it_hands_on_what_the_operator_gave() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CHAIN), json!({}));
    sim.end(&run, "a", None, permanent());
    assert_eq!(sim.run_state(&run), RunState::Failed);
    assert_eq!(mark(&mut sim, &run, "a", None, success(json!({"n": 5}))), 3, "it, and what never ran because of it");
    assert_eq!(sim.at_work.values().next().expect("b at work").with, json!({"x": 5}));
    sim.done(&run, "b", Value::Null);
    sim.done(&run, "c", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn a_task_run_is_marked_from_any_state() {
    for wanted in [success(Value::Null), Mark::Skipped] {
        let (mut sim, run) = sensor();
        defer(&mut sim, &run, 60);
        mark(&mut sim, &run, "a", None, wanted.clone());
        assert_eq!(sim.state(&run, "a"), wanted.state());
        // What has not begun, too.
        let (mut sim, run) = sensor();
        sim.end(&run, "a", None, transient());
        mark(&mut sim, &run, "a", None, wanted.clone());
        assert_eq!((sim.state(&run, "a"), sim.last.wake), (wanted.state(), None));
    }
    let mut sim = Sim::new();
    let run = sim.create(&flow(CHAIN), json!({}));
    mark(&mut sim, &run, "c", None, Mark::Skipped);
    sim.done(&run, "a", json!({"n": 1}));
    sim.done(&run, "b", Value::Null);
    assert_eq!((sim.run_state(&run), sim.state(&run, "c")), (RunState::Success, TaskState::Skipped));
}

#[test]
fn marked_failed_it_fails_the_run_with_the_fault_that_was_given() {
    let (mut sim, run) = sensor();
    defer(&mut sim, &run, 60);
    let fault = Fault::permanent("approval.rejected", "It was rejected", "not now");
    mark(&mut sim, &run, "a", None, Mark::Failed { fault: fault.clone() });
    assert_eq!((sim.run_state(&run), sim.state(&run, "b")), (RunState::Failed, TaskState::UpstreamFailed));
    assert_eq!(sim.run(&run).fault, Some(("a".into(), fault)));
}

#[test]
fn one_at_work_is_stopped_first_and_then_marked_even_over_a_crash() {
    for crash in [false, true] {
        for ending in [Ending::Stopped(Stop::Cancel), Ending::Done(json!(1)), permanent()] {
            let (mut sim, run) = sensor();
            mark(&mut sim, &run, "a", None, success(json!({"n": 2})));
            assert_eq!(sim.state(&run, "a"), TaskState::Cancelling);
            assert!(matches!(sim.stops.as_slice(), [(_, _, Stop::Cancel)]));
            assert_eq!(sim.world.taken("slot"), 1, "it still works");
            if crash {
                sim.crash();
            } else {
                sim.end(&run, "a", None, ending);
            }
            let slot = sim.run(&run).slot("a", None).expect("there");
            let one = sim.run(&run).task_run(slot).expect("there");
            assert_eq!((one.state(), one.output()), (TaskState::Success, Some(json!({"n": 2}))));
            assert_eq!(sim.working(&run), ["b"]);
        }
    }
}

#[test]
fn who_wanted_it_stands_at_the_event_that_marks() {
    let (mut sim, run) = sensor();
    let by = By { who: Some("ada".into()), why: Some("seen by hand".into()) };
    let marking = Marking { task: "a".into(), index: None, mark: Mark::Skipped };
    let events = marking.touches(sim.run(&run)).expect("may").events(sim.run(&run), sim.now);
    for event in events {
        sim.happen(event.by(&by));
    }
    sim.settle();
    sim.end(&run, "a", None, Ending::Stopped(Stop::Cancel));
    let marked = sim.journal.iter().find(|event| event.name() == "task.marked").expect("marked");
    assert_eq!(marked.by.as_deref(), Some(&by));
}

#[test]
fn all_task_runs_of_a_mapped_task_are_marked_or_one_of_them() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2, 3]));
    sim.end(&run, "pack", Some(0), Ending::Done(json!(10)));
    sim.end(&run, "pack", Some(1), permanent());
    assert_eq!(mark(&mut sim, &run, "pack", Some(1), success(json!(20))), 2, "it, and the sum that was given up");
    assert_eq!(mark(&mut sim, &run, "pack", None, success(json!(30))), 1, "the one that is not successful yet");
    sim.end(&run, "pack", Some(2), Ending::Stopped(Stop::Cancel));
    assert_eq!(sim.at_work.values().next().expect("sum at work").with, json!({"all": [10, 20, 30]}));
    let marking = Marking { task: "pack".into(), index: None, mark: success(Value::Null) };
    assert_eq!(marking.touches(sim.run(&run)).expect_err("nothing").code, "mark.nothing");
    let unknown = Marking { task: "pack".into(), index: Some(9), mark: Mark::Skipped };
    assert_eq!(unknown.touches(sim.run(&run)).expect_err("nothing").code, "task.unknown");
}

#[test]
fn a_task_run_that_was_cancelled_alone_keeps_its_run_from_being_green() {
    let mut sim = Sim::new();
    let run = sim.create(&flow("id: one\ntasks: [{id: a, uses: noop}, {id: b, uses: noop}]\n"), json!({}));
    let slot = sim.run(&run).slot("a", None).expect("there");
    let event = longshore_engine::Event::task(
        &run,
        sim.now,
        "a",
        longshore_engine::event::Span::one(sim.run(&run).index(slot)),
        TaskEvent::Cancelling,
    );
    sim.happen(event);
    sim.settle();
    assert!(matches!(sim.stops.as_slice(), [(_, _, Stop::Cancel)]));
    sim.end(&run, "a", None, Ending::Stopped(Stop::Cancel));
    sim.done(&run, "b", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Cancelled);
}

#[test]
fn a_skip_after_work_is_an_end() {
    let (mut sim, run) = sensor();
    sim.end(&run, "a", None, Ending::Skipped("nothing to do".into()));
    assert_eq!((sim.state(&run, "a"), sim.state(&run, "b")), (TaskState::Skipped, TaskState::Skipped));
    let told = sim.journal.iter().any(
        |event| matches!(&event.what, What::Task { event: TaskEvent::Skipped { why }, .. } if why == "nothing to do"),
    );
    assert!(told && sim.now > Millis(0));
}
