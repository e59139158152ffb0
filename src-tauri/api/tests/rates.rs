//! Limits of bytes a second: set, shown, kept, and in force for what moves already.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use longshore_api::wire::*;
use longshore_api::{Fault, Listener, Role, RunState, Session, TaskState};
use longshore_testkit::servers::{Answer, Answers};
use serde_json::json;

/// Bytes of the file that the server has.
const SIZE: u64 = 24 << 20;

async fn open(workspace: &Path) -> Session {
    Session::open(workspace, Role::Window).await.unwrap()
}

fn set(connection: Option<&str>, rates: &str) -> RateSetArgs {
    let why = Some("backups run".to_owned());
    RateSetArgs {
        connection: connection.map(str::to_owned),
        rates: rates.into(),
        timezone: Some("Europe/Zurich".into()),
        why,
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code
}

async fn connect(session: &Session, url: &str) {
    let args = json!({"connection": "web", "kind": "http", "host": url, "new": true});
    session.call::<ConnectionSet>(serde_json::from_value(args).unwrap()).await.unwrap();
}

async fn detail(session: &Session, run: &str) -> RunDetail {
    session.call::<RunShow>(RunArgs { run: run.to_owned() }).await.unwrap()
}

/// Waits until something is true of a run, by the events.
async fn until(session: &Session, events: &mut Listener, run: &str, wanted: impl Fn(&RunDetail) -> bool) -> RunDetail {
    loop {
        let found = detail(session, run).await;
        if wanted(&found) {
            return found;
        }
        events.next().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_taken_off_lets_a_copy_that_runs_go_on_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Answers::start(|_| Answer::new(200, vec![7; usize::try_from(SIZE).unwrap()]));
    let session = open(&folder.path().join("ws")).await;
    connect(&session, &server.url()).await;
    // At this rate it would take an hour and a half.
    session.call::<RateSet>(set(None, "4 KiB/s")).await.unwrap();
    let mut events = session.events().await;
    let to = folder.path().join("copy");
    let params = json!({"from": "web:file", "to": to.to_str().unwrap()});
    let copy = FlowRunArgs { flow: "copy".into(), source: None, params, key: None, priority: None };
    let run = session.call::<FlowRun>(copy).await.unwrap().run;
    let busy = |found: &RunDetail| found.tasks.iter().any(|task| task.id == "copy" && task.state == TaskState::Running);
    let slow = until(&session, &mut events, &run, busy).await;
    assert!(slow.run.progress.bytes < SIZE / 2);

    let row = session.call::<RateSet>(set(None, "off")).await.unwrap();
    assert_eq!((row.now, row.rates.as_str()), (None, "off"));
    let ended = until(&session, &mut events, &run, |found| found.run.ended_at.is_some()).await;
    assert_eq!(ended.run.state, RunState::Success, "{:?}", ended.run);
    assert_eq!(std::fs::metadata(to).unwrap().len(), SIZE);
    session.close().await;
}

/// A server of one file that gives parts of it, and notes where each begins.
fn by_parts(begun: &Arc<Mutex<Vec<u64>>>) -> Answers {
    let (content, begun) = (vec![7; usize::try_from(SIZE).unwrap()], Arc::clone(begun));
    Answers::start(move |asked| {
        let Some(range) = asked.headers.get("range") else { return Answer::new(200, content.clone()) };
        let (from, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
        let from: usize = from.parse().unwrap();
        let end = (last.parse::<usize>().unwrap() + 1).min(content.len());
        begun.lock().unwrap().push(from as u64);
        let span = format!("bytes {from}-{}/{}", end - 1, content.len());
        Answer::new(206, &content[from..end]).with("Content-Range", &span).with("ETag", "\"same\"")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_paused_moves_nothing_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Arc::default();
    let server = by_parts(&begun);
    let session = open(&folder.path().join("ws")).await;
    connect(&session, &server.url()).await;
    session.call::<RateSet>(set(None, "4 MiB/s")).await.unwrap();
    let mut events = session.events().await;
    let to = folder.path().join("copy");
    let params = json!({"from": "web:file", "to": to.to_str().unwrap()});
    let copy = FlowRunArgs { flow: "copy".into(), source: None, params, key: None, priority: None };
    let run = session.call::<FlowRun>(copy).await.unwrap().run;
    let copied = |found: &RunDetail| found.tasks.iter().any(|task| task.id == "copy" && task.progress.bytes > SIZE / 3);
    until(&session, &mut events, &run, copied).await;

    session.call::<RunPause>(RunArgs { run: run.clone() }).await.unwrap();
    let stands =
        |found: &RunDetail| found.tasks.iter().any(|task| task.id == "copy" && task.state == TaskState::Paused);
    until(&session, &mut events, &run, stands).await;
    assert!(!to.exists());
    let asked = std::mem::take(&mut *begun.lock().unwrap()).len();
    assert!(asked > 0);

    session.call::<RateSet>(set(None, "off")).await.unwrap();
    session.call::<RunResume>(RunArgs { run: run.clone() }).await.unwrap();
    let ended = until(&session, &mut events, &run, |found| found.run.ended_at.is_some()).await;
    assert_eq!(ended.run.state, RunState::Success, "{:?}", ended.run);
    assert_eq!(std::fs::metadata(to).unwrap().len(), SIZE);
    let again = begun.lock().unwrap().clone();
    // The tree is measured by looking at the first byte; what is copied begins behind what is there.
    assert!(again.iter().all(|from| *from == 0 || *from >= SIZE / 6), "{again:?}");
    assert!(again.iter().any(|from| *from >= SIZE / 6), "{again:?}");
    session.close().await;
}

#[tokio::test]
async fn limits_are_shown_kept_refused_and_stand_in_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let session = open(folder.path()).await;
    connect(&session, "http://127.0.0.1:1").await;
    let rows = session.call::<RateList>(Nothing {}).await.unwrap();
    assert_eq!((rows.len(), rows[0].now, rows[0].rates.as_str()), (1, None, "off"));
    session.call::<RateSet>(set(None, "10 MiB/s")).await.unwrap();
    let own = session.call::<RateSet>(set(Some("web"), "00:00 1 MiB/s, 12:00 2 MiB/s")).await.unwrap();
    assert!(own.now.is_some_and(|now| now == 1 << 20 || now == 2 << 20) && own.until.is_some());
    assert_eq!(code(session.call::<RateSet>(set(None, "08:00 slow")).await), "rate.wrong");
    assert_eq!(code(session.call::<RateSet>(set(Some("nobody"), "off")).await), "connection.unknown");
    let acts = AuditListArgs { op: Some("rate.set".into()), ..AuditListArgs::default() };
    let acts = session.call::<AuditList>(acts).await.unwrap().rows;
    assert_eq!(acts.len(), 4);
    assert!(acts.iter().all(|act| act.why.as_deref() == Some("backups run")));
    assert!(acts.iter().any(|act| act.detail["rates"] == "10 MiB/s"));
    session.close().await;

    let session = open(folder.path()).await;
    let rows = session.call::<RateList>(Nothing {}).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.connection.as_deref(), row.timezone.as_str())).collect();
    assert_eq!(told, [(None, "Europe/Zurich"), (Some("web"), "Europe/Zurich")]);
    assert_eq!(rows[0].now, Some(10 << 20));
    session.call::<ConnectionRemove>(ConnectionArgs { connection: "web".into(), why: None }).await.unwrap();
    assert_eq!(session.call::<RateList>(Nothing {}).await.unwrap().len(), 1, "its limit is gone with it");
    session.close().await;
}
