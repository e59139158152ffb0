//! Mapped tasks that follow mapped tasks, item by item.

mod common;

use common::{Sim, flow, permanent};
use longshore_engine::decide::{self, Ending, Redo, Stop};
use longshore_engine::{RunState, TaskState};
use serde_json::{Value, json};

const PAIRS: &str = "
id: pairs
tasks:
  - {id: list, uses: noop}
  - {id: pack, uses: noop, for_each: '{{ tasks.list.output }}', label: 'block {{ item }}'}
  - {id: verify, uses: noop, for_each: '{{ tasks.pack.each }}', with: {block: '{{ item.n }}', at: '{{ index }}'}}
  - {id: sum, uses: noop, with: {all: '{{ tasks.verify.output }}'}}
";

fn begun(items: &Value) -> (Sim, longshore_engine::RunId) {
    begun_with(PAIRS, items)
}

fn begun_with(text: &str, items: &Value) -> (Sim, longshore_engine::RunId) {
    let mut sim = Sim::new();
    let run = sim.create(&flow(text), json!({}));
    sim.done(&run, "list", items.clone());
    (sim, run)
}

fn packed(sim: &mut Sim, run: &longshore_engine::RunId, index: u32) {
    sim.end(run, "pack", Some(index), Ending::Done(json!({"n": index * 10})));
}

#[test]
fn each_begins_as_soon_as_its_counterpart_has_succeeded() {
    let (mut sim, run) = begun(&json!([1, 2, 3]));
    assert_eq!(sim.at(&run, "verify", Some(2)), TaskState::None);
    packed(&mut sim, &run, 1);
    assert_eq!(sim.working(&run), ["pack[0]", "pack[2]", "verify[1]"]);
    let start = sim.at_work.values().last().expect("verify[1]");
    assert_eq!(start.with, json!({"block": 10, "at": 1}));
    assert_eq!(sim.run(&run).tasks()[2].runs()[1].label(), Some("block 2"));
    sim.end(&run, "verify", Some(1), Ending::Done(json!("b")));
    sim.crash();
    packed(&mut sim, &run, 0);
    packed(&mut sim, &run, 2);
    sim.end(&run, "verify", Some(0), Ending::Done(json!("a")));
    sim.end(&run, "verify", Some(2), Ending::Done(json!("c")));
    assert_eq!(sim.at_work.values().next().expect("sum").with, json!({"all": ["a", "b", "c"]}));
    sim.done(&run, "sum", Value::Null);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn failures_and_skips_follow_item_by_item() {
    let (mut sim, run) = begun(&json!([1, 2, 3]));
    sim.end(&run, "pack", Some(0), permanent());
    sim.end(&run, "pack", Some(1), Ending::Skipped("empty".into()));
    packed(&mut sim, &run, 2);
    let states = [0, 1, 2].map(|index| sim.at(&run, "verify", Some(index)));
    assert_eq!(states, [TaskState::UpstreamFailed, TaskState::Skipped, TaskState::Running]);
    sim.end(&run, "verify", Some(2), Ending::Done(Value::Null));
    assert_eq!((sim.run_state(&run), sim.state(&run, "sum")), (RunState::Failed, TaskState::UpstreamFailed));
    // What failed is done again, with what follows it, and nothing else.
    assert_eq!(sim.act(&run, |run| Redo::default().touches(run)), 3, "pack[0], verify[0], sum");
    packed(&mut sim, &run, 0);
    sim.end(&run, "verify", Some(0), Ending::Done(Value::Null));
    assert_eq!(sim.state(&run, "sum"), TaskState::Skipped);
    assert_eq!(sim.run_state(&run), RunState::Success);
}

#[test]
fn one_item_is_done_again_with_what_follows_it_alone() {
    let (mut sim, run) = begun(&json!([1, 2]));
    for index in 0..2 {
        packed(&mut sim, &run, index);
        sim.end(&run, "verify", Some(index), Ending::Done(Value::Null));
    }
    sim.done(&run, "sum", Value::Null);
    let redo = Redo { task: Some("pack".into()), index: Some(1), downstream: true, ..Redo::default() };
    assert_eq!(sim.act(&run, |run| redo.touches(run)), 3, "pack[1], verify[1], sum");
    packed(&mut sim, &run, 1);
    assert_eq!(sim.working(&run), ["verify[1]"]);
    // What is mapped anew takes with it what follows it.
    let redo = Redo { task: Some("list".into()), downstream: true, ..Redo::default() };
    assert_eq!(redo.touches(sim.run(&run)).expect_err("it works").code, "retry.active");
    sim.end(&run, "verify", Some(1), Ending::Done(Value::Null));
    sim.done(&run, "sum", Value::Null);
    sim.act(&run, |run| redo.touches(run));
    sim.done(&run, "list", json!([7, 8, 9]));
    assert_eq!(sim.run(&run).tasks()[2].runs().len(), 3);
}

#[test]
fn over_nothing_both_are_skipped() {
    let (sim, run) = begun(&json!([]));
    assert_eq!((sim.state(&run, "pack"), sim.state(&run, "verify")), (TaskState::Skipped, TaskState::Skipped));
    let (sim, run) = begun(&json!(5));
    assert_eq!((sim.state(&run, "pack"), sim.state(&run, "verify")), (TaskState::Failed, TaskState::UpstreamFailed));
}

#[test]
fn what_else_it_needs_has_ended_first_and_a_condition_sees_the_item() {
    let text = PAIRS
        .replace("{id: verify, uses: noop,", "{id: verify, uses: noop, needs: other, when: '{{ item.n > 0 }}',")
        + "  - {id: other, uses: noop}\n";
    let (mut sim, run) = begun_with(&text, &json!([1, 2]));
    packed(&mut sim, &run, 0);
    packed(&mut sim, &run, 1);
    assert_eq!(sim.working(&run), ["other"]);
    sim.done(&run, "other", Value::Null);
    assert_eq!(sim.at(&run, "verify", Some(0)), TaskState::Skipped);
    assert_eq!(sim.working(&run), ["verify[1]"]);
}

#[test]
fn a_chain_of_followers_is_as_deep_as_it_is_written() {
    let text =
        PAIRS.replace("  - {id: sum", "  - {id: third, uses: noop, for_each: '{{ tasks.verify.each }}'}\n  - {id: sum");
    let (mut sim, run) = begun_with(&text, &json!([1, 2]));
    packed(&mut sim, &run, 0);
    sim.end(&run, "verify", Some(0), Ending::Done(json!("v")));
    assert_eq!(sim.working(&run), ["pack[1]", "third[0]"]);
}

#[test]
fn pause_and_cancel_reach_what_has_not_begun() {
    let (mut sim, run) = begun(&json!([1, 2]));
    let event = decide::pause(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    packed(&mut sim, &run, 0);
    assert_eq!(sim.at(&run, "verify", Some(0)), TaskState::None);
    let event = decide::resume(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.at(&run, "verify", Some(0)), TaskState::Running);
    let event = decide::cancel(sim.run(&run), sim.now).expect("may").expect("an event");
    sim.happen(event);
    sim.settle();
    assert_eq!(sim.at(&run, "verify", Some(1)), TaskState::Cancelled);
    sim.end(&run, "pack", Some(1), Ending::Stopped(Stop::Cancel));
    sim.end(&run, "verify", Some(0), Ending::Stopped(Stop::Cancel));
    assert_eq!(sim.run_state(&run), RunState::Cancelled);
}

#[test]
fn only_a_mapped_task_can_be_followed() {
    let wrong = |text: &str| {
        let faults = longshore_engine::Flow::parse("f.yaml", text, None).expect_err("wrong");
        faults.into_iter().map(|fault| format!("{}: {}", fault.code, fault.why)).collect::<Vec<_>>()
    };
    let text = PAIRS.replace("tasks.pack.each", "tasks.list.each");
    assert_eq!(wrong(&text), ["flow.value: \"list\" is not mapped, so there is nothing to follow item by item"]);
    let text = PAIRS.replace("{{ tasks.pack.each }}", "{{ tasks.pack.each | list }}");
    assert_eq!(wrong(&text), ["flow.expression: a task has no \"each\""]);
}
