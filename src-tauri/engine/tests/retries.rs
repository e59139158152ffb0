//! Manual retries: what they touch, and what they leave alone.

mod common;

use common::{CHAIN, MAPPED, Sim, flow, permanent};
use longshore_engine::decide::{self, Ending, Redo};
use longshore_engine::{RunState, TaskState};
use serde_json::{Value, json};

fn retry(sim: &mut Sim, run: &longshore_engine::RunId, redo: &Redo) -> u32 {
    sim.act(run, |run| redo.touches(run))
}

#[test]
fn retry_of_all_that_failed_leaves_what_succeeded() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2, 3]));
    sim.end(&run, "pack", Some(0), Ending::Done(json!(1)));
    sim.end(&run, "pack", Some(1), permanent());
    sim.end(&run, "pack", Some(2), permanent());
    assert_eq!(sim.run_state(&run), RunState::Failed);
    assert_eq!(retry(&mut sim, &run, &Redo::default()), 3);
    assert_eq!(sim.working(&run), ["pack[1]", "pack[2]"]);
    assert_eq!(sim.at_work.values().next().expect("at work").attempt, 2);
    sim.end(&run, "pack", Some(1), Ending::Done(json!(2)));
    sim.end(&run, "pack", Some(2), Ending::Done(json!(3)));
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn retry_of_one_task_run_leaves_the_other_failures() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    sim.end(&run, "pack", Some(0), permanent());
    sim.end(&run, "pack", Some(1), permanent());
    let redo = Redo { task: Some("pack".into()), index: Some(1), ..Redo::default() };
    assert_eq!(retry(&mut sim, &run, &redo), 2, "the task run and the task below it");
    sim.end(&run, "pack", Some(1), Ending::Done(json!(2)));
    assert_eq!(sim.run_state(&run), RunState::Failed);
}

#[test]
fn retry_with_what_lies_downstream_maps_anew_and_never_reuses_a_number() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(MAPPED), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    sim.end(&run, "pack", Some(0), Ending::Done(json!(1)));
    sim.end(&run, "pack", Some(1), Ending::Done(json!(2)));
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
    let redo = Redo { task: Some("list".into()), downstream: true, ..Redo::default() };
    assert_eq!(retry(&mut sim, &run, &redo), 4);
    sim.done(&run, "list", json!([5]));
    let start = sim.at_work.values().next().expect("pack[0] at work");
    assert_eq!((start.attempt, start.with.clone()), (2, json!({"n": 5, "i": 0})));
    sim.end(&run, "pack", Some(0), Ending::Done(json!(5)));
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn a_task_that_was_cleared_and_has_not_begun_can_be_mapped_anew() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(&format!("{MAPPED}  - {{id: d, uses: noop}}\n")), json!({}));
    sim.done(&run, "list", json!([1, 2]));
    sim.end(&run, "pack", Some(0), permanent());
    let event = decide::pause(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    sim.end(&run, "pack", Some(1), permanent());
    assert_eq!(retry(&mut sim, &run, &Redo::default()), 3);
    assert_eq!(sim.at(&run, "pack", Some(0)), TaskState::None, "the run is paused");
    assert_eq!(retry(&mut sim, &run, &Redo { task: Some("list".into()), downstream: true, ..Redo::default() }), 3);
    let event = decide::resume(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    sim.done(&run, "list", json!([1]));
    assert_eq!(sim.working(&run), ["pack[0]", "d"]);
}

#[test]
fn retry_refuses_what_is_at_work_and_what_has_nothing_to_retry() {
    let mut sim = Sim::new();
    let run = sim.create(&flow(CHAIN), json!({}));
    let code = |sim: &Sim, redo: &Redo| redo.touches(sim.run(&run)).expect_err("refused").code;
    assert_eq!(code(&sim, &Redo::default()), "retry.nothing");
    assert_eq!(code(&sim, &Redo { task: Some("x".into()), ..Redo::default() }), "task.unknown");
    sim.done(&run, "a", json!({"n": 1}));
    assert_eq!(code(&sim, &Redo { task: Some("a".into()), downstream: true, ..Redo::default() }), "retry.active");
}

#[test]
fn clearing_takes_what_is_asked_for_upstream_downstream_or_failed_only() {
    let text = "
id: clear
tasks:
  - {id: a, uses: noop}
  - {id: list, uses: noop, needs: a}
  - {id: each, uses: noop, for_each: '{{ tasks.list.output }}'}
  - {id: side, uses: noop, needs: a}
  - {id: last, uses: noop, needs: [each, side], trigger: all_done}
";
    let cleared = |redo: Redo| {
        let mut sim = Sim::new();
        let run = sim.create(&flow(text), json!({}));
        sim.done(&run, "a", Value::Null);
        sim.done(&run, "list", json!([1, 2]));
        sim.done(&run, "side", Value::Null);
        sim.end(&run, "each", Some(0), Ending::Done(Value::Null));
        sim.end(&run, "each", Some(1), permanent());
        sim.done(&run, "last", Value::Null);
        assert_eq!(sim.run_state(&run), RunState::Failed);
        let one = sim.run(&run);
        let name = |slot: longshore_engine::run::Slot| {
            let task = &one.flow.tasks[slot.0].id;
            one.index(slot).map_or_else(|| task.clone(), |index| format!("{task}[{index}]"))
        };
        let touched = redo.touches(one).expect("something");
        let mut names: Vec<String> = touched.slots(one).map(name).collect();
        assert_eq!(names.len() + touched.leaves(one) as usize, 6);
        names.sort();
        names.join(" ")
    };
    let of = |task: &str| Redo { task: Some(task.into()), ..Redo::default() };
    assert_eq!(cleared(of("each")), "each[1]");
    assert_eq!(cleared(of("side")), "side");
    assert_eq!(cleared(Redo { downstream: true, ..of("side") }), "last side");
    assert_eq!(cleared(Redo { upstream: true, ..of("each") }), "a each[0] each[1] list");
    assert_eq!(cleared(Redo { upstream: true, downstream: true, ..of("list") }), "a each[0] each[1] last list");
    assert_eq!(cleared(Redo { downstream: true, only_failed: true, ..of("each") }), "each[1]");
    assert_eq!(cleared(Redo { upstream: true, only_failed: true, ..of("last") }), "each[1]");
    assert_eq!(cleared(Redo { whole: true, ..Redo::default() }), "a each[0] each[1] last list side");
    assert_eq!(cleared(Redo { whole: true, only_failed: true, ..Redo::default() }), "each[1]");
}
