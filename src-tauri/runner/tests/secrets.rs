//! Secret parameters: used, and neither stored nor shown.

mod common;

use common::{Disk, Flows, flow, within};
use longshore_engine::{Fault, RunState};
use longshore_flows::kind::{Level, Progress};
use longshore_store::LogFilter;
use serde_json::json;

const SECRET: &str = "correct-horse-battery";

const FLOW: &str = "
id: secretive
params: {token: {type: string, format: secret}, plain: {type: string, default: x}}
tasks:
  - {id: use, uses: puppet, with: {header: 'Bearer {{ params.token }}', list: ['{{ params.token }}'], plain: '{{ params.plain }}'}}
";

/// Every file of the workspace's database and of its logs, as it lies on the disk.
fn on_disk(disk: &Disk) -> String {
    let folder = disk.database().parent().expect("a folder").to_owned();
    let listed = [folder.join("logs"), folder].into_iter().flat_map(|folder| std::fs::read_dir(folder).expect("lists"));
    let files = listed.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("reads")).into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_reaches_the_task_and_nothing_else() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(FLOW), json!({"token": SECRET})).await;
    let act = stage.act().await;
    assert_eq!(act.with, json!({"header": format!("Bearer {SECRET}"), "list": [SECRET], "plain": "x"}));
    let host = act.context.host.clone();
    host.log(Level::Info, &format!("sent {SECRET}"));
    host.progress(Progress { now: SECRET.into(), ..Progress::default() });
    let saving = host.clone();
    within(tokio::task::spawn_blocking(move || saving.save_checkpoint(json!({"at": SECRET}))))
        .await
        .expect("it ends")
        .expect("it is saved");
    assert_eq!(stage.runner.live(&run)[0].progress.now, "***");
    act.ends(Ok(json!({"echo": [format!("it was {SECRET}")]})));
    assert_eq!(stage.end(&run).await, RunState::Success);
    let output = stage.store.task_run(run.as_str(), "use", None).expect("is there").output;
    assert_eq!(output, Some(json!({"echo": ["it was ***"]})));
    let log = stage.store.log_page(run.as_str(), &LogFilter::default()).expect("reads");
    assert_eq!(log[0].line.text, "sent ***");
    assert!(!on_disk(&disk).contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_does_not_tell_it() {
    let disk = Disk::new();
    let mut stage = disk.stage().await;
    let run = stage.create(&flow(FLOW), json!({"token": SECRET})).await;
    let why = format!("403 for {SECRET}");
    stage.act().await.ends(Err(Fault::permanent("x.refused", "It was refused", why)));
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "use", None).expect("is there").fault.expect("a fault");
    assert_eq!(fault.why, "403 for ***");
    assert!(!on_disk(&disk).contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_it_must_be_given_again() {
    let disk = Disk::new();
    let mut first = disk.stage().await;
    let run = first.create(&flow(FLOW), json!({"token": SECRET})).await;
    let act = first.act().await;
    first.runner.shutdown().await.expect("stops");
    drop((act, first));
    let mut second = disk.stage().await;
    assert_eq!(second.end(&run).await, RunState::Failed);
    let fault = second.store.task_run(run.as_str(), "use", None).expect("is there").fault.expect("a fault");
    assert_eq!(fault.code, "param.secret_gone");
    let unknown = second.runner.give_secret(&run, "plain", SECRET.into()).await.expect_err("it is no secret");
    assert_eq!(unknown.code, "param.unknown");
    second.runner.give_secret(&run, "token", SECRET.into()).await.expect("takes it");
    second.runner.retry(&run, longshore_runner::Retry::default()).await.expect("retries");
    let act = second.act().await;
    assert_eq!(act.with["header"], format!("Bearer {SECRET}"));
    act.done();
    assert_eq!(second.end(&run).await, RunState::Success);
    assert!(!on_disk(&disk).contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_hidden_or_would_be_stored_is_refused() {
    let child = "{id: child, params: {word: {type: string}}, tasks: [{id: a, uses: noop}]}";
    let parent = "
id: parent
params: {token: {type: string, format: secret}}
tasks: [{id: start, uses: flow.start, with: {flow: child, params: {word: '{{ params.token }}'}}}]
";
    let disk = Disk::new();
    let flows = Flows([("child".to_owned(), flow(child))].into());
    let stage = disk.stage_with(flows, None).await;
    let short = stage.try_create(&flow(FLOW), json!({"token": "abc"}), None).await.expect_err("too short");
    assert_eq!(short.code, "params.wrong");
    let run = stage.create(&flow(parent), json!({"token": SECRET})).await;
    assert_eq!(stage.end(&run).await, RunState::Failed);
    let fault = stage.store.task_run(run.as_str(), "start", None).expect("is there").fault.expect("a fault");
    assert_eq!(fault.code, "param.secret_exposed");
}
