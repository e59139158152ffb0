//! Runs that a task waits for, and runs that keep others out.

mod common;

use std::sync::Arc;

use common::{Disk, Flows, flow, within};
use longshore_engine::{Fault, Flow, RunId, RunState, TaskState};
use longshore_runner::Retry;
use longshore_store::RunFilter;
use longshore_testkit::When;
use serde_json::json;

const ABOVE: &str = "
id: above
tasks:
  - {id: call, uses: flow.run, with: {flow: below, params: {n: 4}}}
  - {id: after, uses: noop, with: {output: '{{ tasks.call.output.outputs.a }}'}}
";
const BELOW: &str = "
id: below
params: {n: {type: integer}}
tasks: [{id: a, uses: puppet, with: {n: '{{ params.n }}'}}]
";

fn family() -> (Arc<Flow>, Flows) {
    let mut flows = Flows::default();
    flows.0.insert("below".into(), flow(BELOW));
    flows.0.insert("above".into(), flow(ABOVE));
    (flow(ABOVE), flows)
}

fn bad() -> Fault {
    Fault::permanent("test.bad", "It failed", "the data is wrong").now("Mend it.")
}

fn child(stage: &common::Stage, run: &RunId) -> RunId {
    let filter = RunFilter { parent: Some(run.to_string()), ..RunFilter::default() };
    let page = stage.store.runs(&filter).expect("reads");
    assert_eq!(page.rows.len(), 1, "one child");
    RunId::from(page.rows[0].id.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_waits_for_a_run_without_a_slot_and_gets_what_it_gave() {
    let disk = Disk::new();
    let (above, flows) = family();
    let mut stage = disk.stage_with(flows, None).await;
    let run = stage.create(&above, json!({})).await;
    let act = stage.act().await;
    assert_eq!(act.with, json!({"n": 4}));
    stage.event("call", "task.deferred").await;
    act.ends(Ok(json!("from below")));
    assert_eq!(stage.end(&run).await, RunState::Success);
    let after = stage.store.task_run(run.as_str(), "after", None).expect("there");
    assert_eq!(after.output, Some(json!("from below")));
    let call = stage.store.task_run(run.as_str(), "call", None).expect("there").output.expect("an output");
    assert_eq!((call["run"].as_str(), call["state"].as_str()), (Some(child(&stage, &run).as_str()), Some("success")));
    assert_eq!(stage.store.attempts(run.as_str(), "call", None).expect("reads").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_failure_is_the_tasks_and_a_retry_of_the_task_is_one_of_the_run() {
    let disk = Disk::new();
    let (above, flows) = family();
    let mut stage = disk.stage_with(flows, None).await;
    let run = stage.create(&above, json!({})).await;
    stage.act().await.ends(Err(bad()));
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "call", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "flow.child_failed");
    assert!(fault.why.contains("failed in a: It failed: the data is wrong (test.bad)"), "{}", fault.why);
    assert!(fault.now.starts_with("Mend it."), "{}", fault.now);
    let first = child(&stage, &run);
    stage.runner.retry(&run, Retry::default()).await.expect("retried");
    let act = stage.act().await;
    assert_eq!((act.context.run.as_str(), act.context.attempt), (first.as_str(), 2));
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(child(&stage, &run), first, "no second run was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_goes_down_and_up() {
    let disk = Disk::new();
    let (above, flows) = family();
    let mut stage = disk.stage_with(flows, None).await;
    let run = stage.create(&above, json!({})).await;
    let act = stage.act().await;
    stage.event("call", "task.deferred").await;
    let below = child(&stage, &run);
    stage.runner.cancel(&run).await.expect("may");
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Cancelled);
    assert_eq!(stage.end(&below).await, RunState::Cancelled);
    // The other way round: it fails the task that waits.
    let run = stage.create(&above, json!({})).await;
    let act = stage.act().await;
    stage.runner.cancel(&child(&stage, &run)).await.expect("may");
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "call", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "flow.child_cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn mapped_it_is_one_run_an_item() {
    let disk = Disk::new();
    let (_, flows) = family();
    let text = "
id: many
tasks:
  - {id: call, uses: flow.run, for_each: [1, 2], with: {flow: below, params: {n: '{{ item }}'}}}
  - {id: sum, uses: noop, with: {output: \"{{ tasks.call.output | map(attribute='outputs.a') | sum }}\"}}
";
    let mut stage = disk.stage_with(flows, None).await;
    let run = stage.create(&flow(text), json!({})).await;
    for _ in 0..2 {
        let act = stage.act().await;
        let n = act.with["n"].clone();
        act.ends(Ok(n));
    }
    assert_eq!(stage.end(&run).await, RunState::Success);
    let sum = stage.store.task_run(run.as_str(), "sum", None).expect("there");
    assert_eq!(sum.output, Some(json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_starts_itself_comes_to_an_end() {
    let disk = Disk::new();
    let text = "id: self\ntasks: [{id: call, uses: flow.run, with: {flow: self}}]\n";
    let mut flows = Flows::default();
    flows.0.insert("self".into(), flow(text));
    let stage = disk.stage_with(flows, None).await;
    let run = stage.create(&flow(text), json!({})).await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let page = stage.store.runs(&RunFilter::default()).expect("reads");
    assert_eq!(page.total, 17);
    let last = stage.store.task_run(&page.rows[0].id, "call", None).expect("there");
    assert_eq!(last.fault.expect("a fault").code, "flow.too_deep");
}

/// At every write of the journal, before it or after it: one run below, and both end well.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_write_there_is_one_run_below_and_the_same_end() {
    let below =
        "id: below\nparams: {n: {type: integer}}\ntasks: [{id: a, uses: noop, with: {output: '{{ params.n }}'}}]\n";
    let flows = || {
        let mut flows = Flows::default();
        flows.0.insert("below".into(), flow(below));
        flows
    };
    for when in [When::Before, When::After] {
        let mut writes = 0;
        loop {
            let disk = Disk::new();
            let first = disk.stage_with(flows(), Some((writes, when))).await;
            let created = first.try_create(&flow(ABOVE), json!({}), Some("key")).await;
            let ended = match &created {
                Ok(run) => within(first.runner.wait(run)).await,
                Err(fault) => Err(fault.clone()),
            };
            drop(first);
            let second = disk.stage_with(flows(), None).await;
            let run = second.try_create(&flow(ABOVE), json!({}), Some("key")).await.expect("a run");
            assert_eq!(second.end(&run).await, RunState::Success);
            let after = second.store.task_run(run.as_str(), "after", None).expect("there");
            assert_eq!((after.state, after.output), (TaskState::Success, Some(json!(4))));
            let below = child(&second, &run);
            assert_eq!(second.store.run(below.as_str()).expect("there").state, RunState::Success);
            if ended.is_ok() {
                break;
            }
            writes += 1;
        }
        assert!(writes >= 5, "only {writes} writes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_refuses_a_second_run_and_a_retry_while_another_one_works() {
    let text = "
id: g
params: {dataset: {type: string}}
guard: '{{ params.dataset }}'
tasks: [{id: a, uses: puppet}]
";
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let first = stage.create(&flow(text), json!({"dataset": "a"})).await;
    let act = stage.act().await;
    let fault = stage.try_create(&flow(text), json!({"dataset": "a"}), None).await.expect_err("guarded");
    assert_eq!(fault.code, "run.guarded");
    assert!(fault.why.contains(first.as_str()), "{}", fault.why);
    let other = stage.create(&flow(text), json!({"dataset": "b"})).await;
    stage.act().await.done();
    assert_eq!(stage.end(&other).await, RunState::Success);
    act.ends(Err(bad()));
    assert_eq!(stage.end(&first).await, RunState::Failed);
    let second = stage.create(&flow(text), json!({"dataset": "a"})).await;
    let act = stage.act().await;
    let fault = stage.runner.retry(&first, Retry::default()).await.expect_err("guarded");
    assert_eq!(fault.code, "run.guarded");
    act.done();
    assert_eq!(stage.end(&second).await, RunState::Success);
    stage.runner.retry(&first, Retry::default()).await.expect("free again");
    stage.act().await.done();
    assert_eq!(stage.end(&first).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_beyond_the_bound_fails_the_task() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow("id: p\ntasks: [{id: a, uses: puppet}]\n"), json!({})).await;
    stage.act().await.ends(Ok(json!("x".repeat(9 << 20))));
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "a", None).expect("there").fault.expect("a fault");
    assert_eq!(fault.code, "task.output_too_large");
}
