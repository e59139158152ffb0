//! Who may start: slots of limits, of a run, of the machine; weights; room that will never be there; guards.

mod common;

use common::{Sim, flow};
use longshore_engine::decide::{Admission, guard};
use longshore_engine::{RunState, TaskState};
use serde_json::{Map, Value, json};

fn sim(limits: &[(&str, u32)]) -> Sim {
    let mut sim = Sim::new();
    sim.world.limits.extend(limits.iter().map(|(name, slots)| ((*name).to_owned(), *slots)));
    sim
}

#[test]
fn a_task_run_may_take_several_slots_and_who_holds_them_is_a_query() {
    let mut sim = sim(&[("tape", 3)]);
    let text = "
id: l
tasks:
  - {id: a, uses: noop, limits: [{name: tape, slots: 2}]}
  - {id: b, uses: noop, limits: tape}
  - {id: c, uses: noop, limits: [tape]}
";
    let run = sim.create(&flow(text), json!({}));
    assert_eq!(sim.working(&run), ["a", "b"]);
    assert_eq!(sim.world.holders("tape"), [(run.clone(), (0, 0), 2), (run.clone(), (1, 0), 1)]);
    assert_eq!((sim.world.taken("tape"), sim.world.holders("other")), (3, Vec::new()));
    assert_eq!(sim.waits(&run), ["waits for a slot of tape (3 of 3 taken)"]);
    sim.done(&run, "b", Value::Null);
    assert_eq!(sim.working(&run), ["a", "c"]);
}

#[test]
fn who_needs_several_slots_is_not_overtaken_for_ever() {
    let mut sim = sim(&[("tape", 2)]);
    let small = flow("id: s\ntasks: [{id: a, uses: noop, limits: tape, for_each: '{{ range(4) | list }}'}]\n");
    let first = sim.create(&small, json!({}));
    let large = sim.create(&flow("id: l\ntasks: [{id: b, uses: noop, limits: [{name: tape, slots: 2}]}]\n"), json!({}));
    sim.end(&first, "a", Some(0), longshore_engine::decide::Ending::Done(Value::Null));
    assert_eq!((sim.working(&first).len(), sim.working(&large).len()), (1, 0), "the free slot is kept for it");
    sim.end(&first, "a", Some(1), longshore_engine::decide::Ending::Done(Value::Null));
    assert_eq!(sim.working(&large), ["b"]);
}

#[test]
fn a_limit_that_shrinks_kills_nothing_and_starts_nothing() {
    let mut sim = sim(&[("tape", 2)]);
    let text = "id: l\ntasks: [{id: a, uses: noop, limits: tape, for_each: '{{ range(3) | list }}'}]\n";
    let run = sim.create(&flow(text), json!({}));
    sim.world.limits.insert("tape".into(), 1);
    sim.settle();
    assert_eq!((sim.working(&run).len(), sim.stops.len()), (2, 0));
    assert_eq!(sim.waits(&run), ["waits for a slot of tape (2 of 1 taken)"]);
    sim.world.limits.insert("tape".into(), 0);
    sim.end(&run, "a", Some(0), longshore_engine::decide::Ending::Done(Value::Null));
    assert_eq!(
        sim.waits(&run),
        ["waits for a slot of tape, which is set to 0 slots: nothing starts until it has more"]
    );
    sim.world.limits.remove("tape");
    sim.settle();
    assert_eq!(sim.waits(&run), ["waits for the limit tape, which does not exist"]);
    sim.world.limits.insert("tape".into(), 5);
    sim.settle();
    assert_eq!(sim.working(&run), ["a[1]", "a[2]"]);
}

#[test]
fn the_heaviest_starts_first_whatever_run_it_is_of() {
    let mut sim = sim(&[]);
    sim.world.capacity = 1;
    let text = "
id: p
params: {name: {type: string}}
tasks:
  - {id: first, uses: noop}
  - {id: light, uses: noop, needs: first, priority: -1}
  - {id: plain, uses: noop, needs: first}
  - {id: heavy, uses: noop, needs: first, priority: 10}
";
    let one = sim.create(&flow(text), json!({"name": "one"}));
    let two = sim.create(&flow(text), json!({"name": "two"}));
    let mut order = Vec::new();
    while let Some(((run, slot), _)) = sim.at_work.first_key_value() {
        let (run, slot) = (run.clone(), *slot);
        let name = if run == one { "one" } else { "two" };
        order.push(format!("{name} {}", sim.run(&run).flow.tasks[slot.0].id));
        sim.end_slot(&run, slot, longshore_engine::decide::Ending::Done(Value::Null));
    }
    let wanted =
        ["one first", "one heavy", "one plain", "two first", "two heavy", "two plain", "one light", "two light"];
    assert_eq!(order, wanted);
    assert_eq!(sim.run_state(&two), RunState::Success);
}

#[test]
fn the_weight_of_a_run_is_added_to_that_of_its_tasks() {
    let mut sim = sim(&[]);
    sim.world.capacity = 1;
    let text = "id: p\ntasks:\n  - {id: a, uses: noop}\n  - {id: b, uses: noop, needs: a, priority: 1}\n";
    let mut runs = Vec::new();
    for priority in [None, Some(-1), Some(5)] {
        sim.priority = priority;
        runs.push(sim.create(&flow(text), json!({})));
    }
    let mut order = Vec::new();
    while let Some(((run, slot), _)) = sim.at_work.first_key_value() {
        let (run, slot) = (run.clone(), *slot);
        order.push(runs.iter().position(|one| *one == run).unwrap_or_default());
        sim.end_slot(&run, slot, longshore_engine::decide::Ending::Done(Value::Null));
    }
    // The first was at work before there was another.
    assert_eq!(order, [0, 2, 2, 0, 1, 1]);
}

#[test]
fn a_run_has_a_number_of_places_too() {
    let mut sim = sim(&[]);
    let text = "id: m\nmax_active_tasks: 2\ntasks: [{id: a, uses: noop, for_each: '{{ range(5) | list }}'}]\n";
    let text = flow(text);
    let (one, two) = (sim.create(&text, json!({})), sim.create(&text, json!({})));
    assert_eq!((sim.working(&one).len(), sim.working(&two).len()), (2, 2));
    assert_eq!(sim.waits(&one), ["waits for a place among the running tasks of its run (2 of 2 taken)"]);
    sim.end(&one, "a", Some(0), longshore_engine::decide::Ending::Done(Value::Null));
    assert_eq!(sim.working(&one), ["a[1]", "a[2]"]);
}

#[test]
fn room_that_will_never_be_there_fails_at_once_and_says_why() {
    let mut sim = sim(&[]);
    sim.total = 100 << 20;
    sim.free.insert("lts".into(), 10 << 20);
    let text = "
id: r
tasks:
  - {id: fits, uses: noop, reserve: {storage: lts, bytes: 90 MiB}}
  - {id: never, uses: noop, reserve: [{storage: lts, bytes: 90 MiB}, {storage: lts-too, bytes: 11 MiB}]}
";
    let run = sim.create(&flow(text), json!({}));
    assert_eq!(sim.state(&run, "fits"), TaskState::Queued, "there may be room one day");
    let (task, fault) = sim.run(&run).fault.clone().expect("a fault");
    assert_eq!((task.as_str(), fault.code.as_str()), ("never", "space.never"));
    assert_eq!(fault.why, "it needs 101.0 MiB; the storage has 100.0 MiB in all, of which 0 B must stay free");
    sim.free.insert("lts".into(), 95 << 20);
    sim.advance(std::time::Duration::from_secs(6));
    assert_eq!(sim.working(&run), ["fits"]);
}

const GUARDED: &str = "
id: g
params: {dataset: {type: string, default: ''}}
guard: '{{ params.dataset }}'
tasks: [{id: a, uses: noop}]
";

#[test]
fn a_guard_names_the_run_that_holds_it() {
    let mut sim = Sim::new();
    let text = flow(GUARDED);
    let value = |dataset: &str| {
        let Value::Object(params) = json!({"dataset": dataset}) else { return None };
        guard(&text, &params, &Map::new()).expect("renders")
    };
    assert_eq!((value("a"), value("")), (Some(json!("a")), None));
    let run = sim.create_guarded(&text, json!({"dataset": "a"}), value("a"));
    assert_eq!(sim.world.admits(&text, value("b").as_ref()), Admission::Made);
    assert_eq!(sim.world.admits(&text, None), Admission::Made);
    let Admission::Refused(fault) = sim.world.admits(&text, value("a").as_ref()) else { panic!("not refused") };
    assert_eq!((fault.code.as_str(), fault.why), ("run.guarded", format!("the run {run} is active for a")));
    let same = flow(
        &GUARDED.replace("guard: '{{ params.dataset }}'", "guard: {value: '{{ params.dataset }}', on_duplicate: same}"),
    );
    assert_eq!(sim.world.admits(&same, value("a").as_ref()), Admission::Same(run.clone()));
    sim.done(&run, "a", Value::Null);
    assert_eq!(sim.world.admits(&text, value("a").as_ref()), Admission::Made);
}

#[test]
fn guarded_runs_that_may_wait_go_one_after_the_other() {
    let mut sim = Sim::new();
    let text = flow(
        &GUARDED.replace("guard: '{{ params.dataset }}'", "guard: {value: '{{ params.dataset }}', on_duplicate: wait}"),
    );
    let value = Some(json!("a"));
    assert_eq!(sim.world.admits(&text, value.as_ref()), Admission::Made);
    let one = sim.create_guarded(&text, json!({"dataset": "a"}), value.clone());
    let two = sim.create_guarded(&text, json!({"dataset": "a"}), value);
    assert_eq!((sim.run_state(&one), sim.run_state(&two)), (RunState::Running, RunState::Queued));
    assert_eq!(sim.waits(&two), [format!("waits for the run {one}, which works on the same")]);
    sim.crash();
    assert_eq!(sim.run_state(&two), RunState::Queued);
    sim.done(&one, "a", Value::Null);
    assert_eq!(sim.run_state(&two), RunState::Running);
}
