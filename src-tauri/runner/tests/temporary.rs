//! Connections that a task makes for its run: seen by that run alone, and gone with it, however it ends.

mod common;

use std::sync::Arc;

use common::{Disk, flow};
use longshore_engine::RunState;
use longshore_flows::kind::Storages;
use longshore_testkit::Memory;
use longshore_transfer::storage::Storage;
use serde_json::json;

const FLOW: &str = "{id: lends, tasks: [{id: a, uses: puppet}, {id: b, uses: puppet, needs: [a]}]}";

fn memory() -> Arc<dyn Storage> {
    Arc::new(Memory::new())
}

fn code(storages: &dyn Storages, name: &str) -> String {
    storages.storage(name).err().map(|fault| fault.code).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_seen_by_its_run_alone_and_gone_when_that_has_ended() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(FLOW), json!({})).await;
    let first = stage.act().await;
    let ours = first.context.services.storages.clone();
    assert_eq!(code(&*ours, "hpc"), "storage.unknown");
    ours.lend("hpc", memory()).expect("it is taken in");
    assert_eq!(ours.local_path("hpc").expect_err("it lies elsewhere").code, "storage.not_local");
    assert_eq!(ours.lend("lts", memory()).expect_err("the workspace has one").code, "connection.temporary");
    first.done();
    let second = stage.act().await;
    assert_eq!(code(&*second.context.services.storages, "hpc"), "");
    let other = stage.create(&flow(FLOW), json!({})).await;
    let stranger = stage.act().await;
    assert_eq!(code(&*stranger.context.services.storages, "hpc"), "storage.unknown");
    second.done();
    assert_eq!(stage.end(&run).await, RunState::Success);
    assert_eq!(code(&*ours, "hpc"), "storage.unknown");
    stranger.done();
    stage.act().await.done();
    assert_eq!(stage.end(&other).await, RunState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_gone_when_its_run_fails_or_is_cancelled() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    for cancelled in [false, true] {
        let run = stage.create(&flow(FLOW), json!({})).await;
        let act = stage.act().await;
        let ours = act.context.services.storages.clone();
        ours.lend("hpc", memory()).expect("it is taken in");
        if cancelled {
            stage.runner.cancel(&run).await.expect("it is cancelled");
            assert_eq!(stage.end(&run).await, RunState::Cancelled);
        } else {
            act.ends(Err(longshore_engine::Fault::permanent("x.y", "It failed", "it was told to")));
            assert_eq!(stage.end(&run).await, RunState::Failed);
        }
        assert_eq!(code(&*ours, "hpc"), "storage.unknown");
    }
}
