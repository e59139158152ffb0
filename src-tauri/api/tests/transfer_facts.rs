//! What the page of transfers asks: why runs failed, which files were not copied, how fast bytes moved, and what is retried.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use longshore_api::wire::*;
use longshore_api::{Listener, Role, RunState, Session};
use serde_json::json;

const HOSTILE: &str = "raw/<b>\u{202e}gpj.exe";

async fn start(session: &Session, from: &Path, to: &Path) -> String {
    let params = json!({ "from": from.to_str(), "to": to.to_str() });
    let args = FlowRunArgs { flow: "copy".into(), source: None, params, key: None, priority: None };
    session.call::<FlowRun>(args).await.unwrap().run
}

async fn ended(session: &Session, events: &mut Listener, run: &str, state: RunState) {
    loop {
        let detail = session.call::<RunShow>(RunArgs { run: run.to_owned() }).await.unwrap();
        if detail.run.state == state {
            return;
        }
        assert!(detail.run.ended_at.is_none(), "{:?}", detail.run);
        while !matches!(events.next().await, Event::Changed { .. } | Event::Everything) {}
    }
}

async fn files(session: &Session, args: TransferFilesArgs) -> TransferFiles {
    session.call::<TransferFilesShow>(args).await.unwrap()
}

fn of(run: &str) -> TransferFilesArgs {
    TransferFilesArgs { run: run.to_owned(), ..TransferFilesArgs::default() }
}

/// A folder of ten files, of which three have another file at the target.
fn fill(top: &Path) -> [String; 3] {
    let names = ["b.tif".to_owned(), "c.tif".to_owned(), HOSTILE.to_owned()];
    for folder in ["from/raw", "to/raw"] {
        std::fs::create_dir_all(top.join(folder)).unwrap();
    }
    for number in 0..7 {
        std::fs::write(top.join(format!("from/a{number}.tif")), [number; 1000]).unwrap();
    }
    for name in &names {
        std::fs::write(top.join("from").join(name), "new").unwrap();
        std::fs::write(top.join("to").join(name), "old").unwrap();
    }
    names
}

#[tokio::test]
async fn failed_files_are_named_with_their_cause_and_those_alone_are_retried() {
    let temp = tempfile::tempdir().unwrap();
    let blockers = fill(temp.path());
    let (from, to) = (temp.path().join("from"), temp.path().join("to"));
    let session = Session::open(&temp.path().join("ws"), Role::Window).await.unwrap();
    let mut events = session.events().await;
    let run = start(&session, &from, &to).await;
    ended(&session, &mut events, &run, RunState::Failed).await;

    let told = files(&session, of(&run)).await;
    assert_eq!((told.done, told.failed, told.total, told.more_failed), (7, 3, 3, false));
    assert_eq!(told.read_back + told.by_server, 7, "{told:?}");
    assert_eq!(
        told.causes.iter().map(|cause| (cause.code.as_str(), cause.files)).collect::<Vec<_>>(),
        [("file.exists", 3)]
    );
    assert!(
        told.rows.iter().all(|row| row.why.contains("Something else lies there") && !row.now.is_empty()),
        "{told:?}"
    );
    let paged = files(&session, TransferFilesArgs { offset: 1, limit: 1, ..of(&run) }).await;
    assert_eq!((paged.rows.as_slice(), paged.total), (&told.rows[1..2], 3));
    let found = files(&session, TransferFilesArgs { search: Some("RAW/".into()), ..of(&run) }).await;
    assert_eq!((found.total, found.failed), (1, 3));
    let other = files(&session, TransferFilesArgs { code: Some("file.missing".into()), ..of(&run) }).await;
    assert_eq!((other.total, other.rows.len()), (0, 0));

    let causes = session.call::<TransferCauses>(Nothing {}).await.unwrap();
    assert_eq!((causes.failed, causes.causes.len()), (1, 1), "{causes:?}");
    let cause = &causes.causes[0];
    assert_eq!((cause.code.as_str(), cause.runs, cause.run.as_str()), ("copy.incomplete", 1, run.as_str()));

    for name in &blockers {
        std::fs::remove_file(to.join(name)).unwrap();
    }
    let select = RunSelect { states: vec![RunState::Failed], fault: Some(cause.code.clone()), ..RunSelect::default() };
    let act = RunAct::Retry { task: None, index: None, downstream: false };
    let preview = RunsPreviewArgs { select: select.clone(), act: act.clone() };
    let preview = session.call::<RunsPreviewShow>(preview).await.unwrap();
    assert_eq!((preview.runs, preview.task_runs), (1, 1));
    let none = RunSelect { fault: Some("file.missing".into()), ..select.clone() };
    let none = session.call::<RunsPreviewShow>(RunsPreviewArgs { select: none, act: act.clone() }).await.unwrap();
    assert_eq!(none.runs, 0);
    let args = RunsActArgs { select, act, token: Some(preview.token), expect: None, why: None };
    assert_eq!(session.call::<RunsAct>(args).await.unwrap().done, 1);
    ended(&session, &mut events, &run, RunState::Success).await;
    let told = files(&session, of(&run)).await;
    assert_eq!((told.done, told.failed, told.already), (10, 0, 0), "{told:?}");
    assert_eq!(std::fs::read(to.join(HOSTILE)).unwrap(), b"new");
    assert_eq!(
        session.call::<TransferCauses>(Nothing {}).await.unwrap(),
        FaultCauses { failed: 0, causes: Vec::new() }
    );
    session.close().await;
}

#[tokio::test]
async fn runs_and_datasets_are_counted_by_state() {
    let temp = tempfile::tempdir().unwrap();
    let session = Session::open(temp.path(), Role::Window).await.unwrap();
    let mut events = session.events().await;
    let source = |with: &str| Some(format!("id: counted\ntasks:\n  - {{id: a, uses: noop, with: {with}}}\n"));
    for (with, state) in [("{}", RunState::Success), ("{}", RunState::Success), ("{fail: permanent}", RunState::Failed)]
    {
        let args = FlowRunArgs {
            flow: "counted.yaml".into(),
            source: source(with),
            params: json!({}),
            key: None,
            priority: None,
        };
        let run = session.call::<FlowRun>(args).await.unwrap().run;
        ended(&session, &mut events, &run, state).await;
    }
    let counted = |args: RunListArgs| session.call::<RunCounts>(args);
    let all =
        [RunStateCount { state: RunState::Failed, count: 1 }, RunStateCount { state: RunState::Success, count: 2 }];
    // The states of the filter are what is counted; its flow, its time and its text hold.
    let failed = RunListArgs { states: vec![RunState::Failed], ..RunListArgs::default() };
    assert_eq!(counted(failed.clone()).await.unwrap(), all);
    assert_eq!(counted(RunListArgs { flow: Some("counted".into()), ..failed.clone() }).await.unwrap(), all);
    assert_eq!(
        counted(RunListArgs { search: Some("counted".into()), sort: RunSort::Ended, ..failed }).await.unwrap(),
        all
    );
    assert_eq!(counted(RunListArgs { flow: Some("other".into()), ..RunListArgs::default() }).await.unwrap(), []);
    assert_eq!(session.call::<DatasetCounts>(DatasetCountsArgs::default()).await.unwrap(), []);

    std::fs::create_dir(temp.path().join("data")).unwrap();
    std::fs::write(temp.path().join("data/a.tif"), "bytes").unwrap();
    let args = ArchiveArgs {
        paths: vec![temp.path().join("data").to_str().unwrap().into()],
        name: "grid one".into(),
        pid: None,
        land_only: true,
    };
    let started = session.call::<ArchiveStart>(args).await.unwrap();
    ended(&session, &mut events, &started.run, RunState::Success).await;
    let landed = [DatasetStateCount { state: DatasetStateText::Landed, count: 1 }];
    let search = |text: &str| DatasetCountsArgs { search: Some(text.into()) };
    assert_eq!(session.call::<DatasetCounts>(search("GRID")).await.unwrap(), landed);
    assert_eq!(session.call::<DatasetCounts>(search("other")).await.unwrap(), []);
    session.close().await;
}

#[tokio::test]
async fn how_the_last_test_of_a_connection_ended_is_kept_until_it_is_changed() {
    let temp = tempfile::tempdir().unwrap();
    let session = Session::open(temp.path(), Role::Window).await.unwrap();
    let set = |host: &str| {
        let args = json!({ "connection": "web", "kind": "http", "host": host });
        serde_json::from_value::<ConnectionSetArgs>(args).unwrap()
    };
    // Nobody listens at port 1 of this machine.
    session.call::<ConnectionSet>(set("http://127.0.0.1:1")).await.unwrap();
    let health = || session.call::<ConnectionHealthList>(Nothing {});
    assert_eq!(health().await.unwrap(), []);
    let test: ConnectionTestArgs = serde_json::from_value(json!({ "connection": "web" })).unwrap();
    let tested = session.call::<ConnectionTest>(test).await.unwrap();
    assert!(!tested.ok, "{tested:?}");
    let kept = health().await.unwrap();
    let last = tested.steps.last().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].connection.as_str(), kept[0].ok, &kept[0].step, &kept[0].code),
        ("web", false, &last.name, &last.code)
    );
    session.close().await;
    let session = Session::open(temp.path(), Role::Window).await.unwrap();
    assert_eq!(session.call::<ConnectionHealthList>(Nothing {}).await.unwrap(), kept);
    // What is only tried out is not kept; the form as it stands is the connection itself.
    let draft = |host: &str| {
        let args = json!({ "connection": "web", "draft": set(host) });
        session.call::<ConnectionTest>(serde_json::from_value(args).unwrap())
    };
    draft("http://127.0.0.1:2").await.unwrap();
    assert_eq!(session.call::<ConnectionHealthList>(Nothing {}).await.unwrap(), kept);
    draft("http://127.0.0.1:1").await.unwrap();
    let again = session.call::<ConnectionHealthList>(Nothing {}).await.unwrap();
    assert!(again.len() == 1 && again[0].at >= kept[0].at, "{again:?}");
    session.call::<ConnectionRemove>(ConnectionArgs { connection: "web".into(), why: None }).await.unwrap();
    assert_eq!(session.call::<ConnectionHealthList>(Nothing {}).await.unwrap(), []);
    session.close().await;
}

#[tokio::test]
async fn what_waits_for_an_answer_is_told_with_its_question() {
    let temp = tempfile::tempdir().unwrap();
    let session = Session::open(temp.path(), Role::Window).await.unwrap();
    let mut events = session.events().await;
    let source = "id: asks\ntasks:\n  - {id: may_it, uses: approve, with: {message: 'Release it?'}}\n";
    let args = FlowRunArgs {
        flow: "asks.yaml".into(),
        source: Some(source.into()),
        params: json!({}),
        key: None,
        priority: None,
    };
    let run = session.call::<FlowRun>(args).await.unwrap().run;
    let row = loop {
        if let Some(row) = session.call::<TaskApprovals>(Nothing {}).await.unwrap().pop() {
            break row;
        }
        while !matches!(events.next().await, Event::Changed { .. } | Event::Everything) {}
    };
    assert_eq!(
        (row.run.as_str(), row.task.as_str(), row.index, row.message.as_str()),
        (run.as_str(), "may_it", None, "Release it?")
    );
    let answer = TaskAnswerArgs { run: run.clone(), task: row.task, index: row.index, approve: true, why: None };
    session.call::<TaskAnswer>(answer).await.unwrap();
    ended(&session, &mut events, &run, RunState::Success).await;
    assert_eq!(session.call::<TaskApprovals>(Nothing {}).await.unwrap(), []);
    session.close().await;
}
