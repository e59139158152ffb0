//! Attempts that stand still.
#![allow(clippy::expect_used)]

mod common;

use std::time::Duration;

use common::{Disk, flow};
use longshore_engine::RunState;
use longshore_flows::kind::Progress;
use serde_json::json;

const FLOW: &str = "id: t\ntasks: [{id: a, uses: puppet, stall_timeout: 1h}]\n";

fn moved(bytes: u64) -> Progress {
    Progress { bytes, ..Progress::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_moves_nothing_is_told_to_stop_and_says_so() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(FLOW), json!({})).await;
    let act = stage.act().await;
    act.context.host.progress(moved(1));
    stage.clock.advance(Duration::from_mins(30));
    act.context.host.progress(moved(1));
    while !act.context.host.cancelled() {
        stage.clock.advance(Duration::from_mins(15));
        tokio::task::yield_now().await;
    }
    act.stopped().await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "a", None).expect("there").fault.expect("a fault");
    assert_eq!((fault.code.as_str(), fault.class), ("task.stalled", longshore_engine::Class::Transient));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_comes_forward_may_take_as_long_as_it_takes() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(FLOW), json!({})).await;
    let act = stage.act().await;
    for bytes in 1..40 {
        act.context.host.progress(moved(bytes));
        stage.clock.advance(Duration::from_mins(50));
        act.context.host.came_forward();
    }
    assert!(!act.context.host.cancelled());
    act.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
}
