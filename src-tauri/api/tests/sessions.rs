//! Sessions: one owner, any number of clients, and what each of them is told.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use longshore_api::wire::*;
use longshore_api::{Fault, Listener, Role, RunState, Session};
use serde_json::{Value, json};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn workspace(&self) -> PathBuf {
        self.0.path().join("ws")
    }

    async fn open(&self, role: Role) -> Session {
        Session::open(&self.workspace(), role).await.unwrap()
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Waits for an event that is wanted.
async fn until(events: &mut Listener, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = events.next().await;
        if wanted(&event) {
            return event;
        }
    }
}

/// Waits until a run has ended, by its events.
async fn until_ended(session: &Session, events: &mut Listener, run: &str) -> RunDetail {
    loop {
        let detail = session.call::<RunShow>(RunArgs { run: run.to_owned() }).await.unwrap();
        if matches!(detail.run.state, RunState::Success | RunState::Failed | RunState::Cancelled) {
            return detail;
        }
        until(events, |event| matches!(event, Event::Changed { .. } | Event::Everything)).await;
    }
}

fn noop(for_ms: u64) -> FlowRunArgs {
    let source = format!("id: quiet\ntasks:\n  - {{id: rest, uses: noop, with: {{for_ms: {for_ms}}}}}\n");
    FlowRunArgs { flow: "quiet.yaml".into(), source: Some(source), params: json!({}), key: None, priority: None }
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code
}

#[tokio::test]
async fn a_client_sees_what_the_owner_does() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let client = place.open(Role::Command).await;
    assert!(owner.owns() && !client.owns());
    let mut events = client.events().await;
    let started = owner.call::<FlowRun>(noop(0)).await.unwrap();
    let detail = until_ended(&client, &mut events, &started.run).await;
    assert_eq!(detail.run.state, RunState::Success);
    assert_eq!(detail.tasks[0].id, "rest");
    let info = client.call::<WorkspaceShow>(Nothing {}).await.unwrap();
    assert_eq!((info.owner.as_str(), info.owner_pid), ("window", std::process::id()));
    owner.close().await;
}

#[tokio::test]
async fn the_socket_is_for_this_user_and_goes_with_the_owner() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let socket = place.workspace().join("longshore.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.workspace()).unwrap().permissions().mode() & 0o777, 0o700);
    owner.close().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_workspace_with_a_long_path_works_too() {
    let place = Place::new();
    let folder = place.0.path().join("x".repeat(200));
    let owner = Session::open(&folder, Role::Window).await.unwrap();
    let client = Session::open(&folder, Role::Command).await.unwrap();
    assert!(!client.owns());
    client.call::<WorkspaceShow>(Nothing {}).await.unwrap();
    owner.close().await;
}

#[tokio::test]
async fn a_client_takes_over_and_carries_on() {
    let place = Place::new();
    let owner = place.open(Role::Command).await;
    let client = place.open(Role::Window).await;
    let mut events = client.events().await;
    let started = owner.call::<FlowRun>(noop(3_600_000)).await.unwrap();
    owner.close().await;
    until(&mut events, |event| *event == Event::Connection { up: true }).await;
    assert!(client.owns());
    // Nothing was asked twice and nothing was lost: the run is the same, and works again.
    loop {
        let detail = client.call::<RunShow>(RunArgs { run: started.run.clone() }).await.unwrap();
        if detail.tasks[0].state == longshore_api::TaskState::Running {
            break;
        }
        until(&mut events, |event| matches!(event, Event::Changed { .. } | Event::Everything)).await;
    }
    client.call::<RunCancel>(RunArgs { run: started.run.clone() }).await.unwrap();
    assert_eq!(until_ended(&client, &mut events, &started.run).await.run.state, RunState::Cancelled);
    client.close().await;
}

#[tokio::test]
async fn who_only_looks_starts_nothing() {
    let place = Place::new();
    let glance = place.open(Role::Glance).await;
    let started = glance.call::<FlowRun>(noop(0)).await.unwrap();
    let detail = glance.call::<RunShow>(RunArgs { run: started.run.clone() }).await.unwrap();
    assert_ne!(detail.run.state, RunState::Success);
    glance.close().await;
    let owner = place.open(Role::Command).await;
    let mut events = owner.events().await;
    assert_eq!(until_ended(&owner, &mut events, &started.run).await.run.state, RunState::Success);
    owner.close().await;
}

/// Stands in for an owner: holds the lock, and answers every line with this.
fn impostor(workspace: &Path, answer: Option<Value>) -> fs::File {
    fs::create_dir_all(workspace).unwrap();
    let lock = fs::File::create(workspace.join("longshore.lock")).unwrap();
    lock.lock().unwrap();
    let listener = UnixListener::bind(workspace.join("longshore.sock")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while let (Some(Ok(line)), Some(answer)) = (lines.next(), &answer) {
                let request: Value = serde_json::from_str(&line).unwrap();
                let reply = json!({"id": request["id"], "ok": answer});
                writeln!(&stream, "{reply}").unwrap();
            }
            if answer.is_none() {
                // Hangs, as a stopped process does.
                std::mem::forget(stream);
            }
        }
    });
    lock
}

#[tokio::test]
async fn an_owner_of_another_version_is_not_talked_to() {
    let place = Place::new();
    let _lock = impostor(&place.workspace(), Some(json!({"pid": 7, "role": "window", "version": "99.0.0"})));
    let fault = Session::open(&place.workspace(), Role::Command).await.map(drop).unwrap_err();
    assert_eq!(fault.code, "workspace.version");
    assert!(fault.why.contains("99.0.0") && fault.why.contains("Process 7"), "{fault:?}");
}

#[tokio::test]
async fn an_owner_that_hangs_is_reported() {
    let place = Place::new();
    let _lock = impostor(&place.workspace(), None);
    match Session::open(&place.workspace(), Role::Command).await {
        // What it had begun may keep it for a moment longer, and it still answers.
        Ok(session) => assert!(!session.owns(), "there is one owner, and no second"),
        refused => assert_eq!(code(refused.map(drop)), "workspace.locked"),
    }
}

#[tokio::test]
async fn what_is_no_request_is_answered_all_the_same() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let socket = place.workspace().join("longshore.sock");
    let lines = tokio::task::spawn_blocking(move || {
        let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        stream
            .write_all(b"what?\n{\"id\":5,\"op\":\"no.such\"}\n{\"id\":6,\"op\":\"run.show\",\"args\":{}}\n")
            .unwrap();
        stream.write_all(b"{\"id\":7,\"op\":\"storage.list\"}\n").unwrap();
        let lines =
            BufReader::new(stream).lines().take(4).map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        lines.collect::<Vec<_>>()
    });
    let mut lines = lines.await.unwrap();
    lines.sort_by_key(|line| line["id"].as_u64());
    let codes: Vec<_> = lines.iter().map(|line| line["fault"]["code"].as_str().unwrap_or("none")).collect();
    assert_eq!(codes, ["request.malformed", "request.unknown", "request.args", "none"]);
    assert_eq!(lines[3]["ok"].as_array().unwrap().len(), 5);
    owner.close().await;
}

#[tokio::test]
async fn a_window_is_raised_and_a_command_cannot_be() {
    let place = Place::new();
    let window = place.open(Role::Window).await;
    let mut events = window.events().await;
    let second = place.open(Role::Window).await;
    assert!(second.call::<WindowRaise>(Nothing {}).await.unwrap());
    until(&mut events, |event| *event == Event::Raise).await;
    drop(second);
    window.close().await;
    let command = place.open(Role::Command).await;
    assert!(!command.call::<WindowRaise>(Nothing {}).await.unwrap());
    command.close().await;
}

#[tokio::test]
async fn a_storage_is_not_moved_under_a_run() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let started = owner.call::<FlowRun>(noop(3_600_000)).await.unwrap();
    let elsewhere = place.0.path().join("lts2").to_str().unwrap().to_owned();
    let set = StorageSetArgs { name: "lts".into(), path: Some(elsewhere), ..StorageSetArgs::default() };
    assert_eq!(code(owner.call::<StorageSet>(set.clone()).await), "storage.in_use");
    let mut events = owner.events().await;
    owner.call::<RunCancel>(RunArgs { run: started.run.clone() }).await.unwrap();
    until_ended(&owner, &mut events, &started.run).await;
    let info = owner.call::<WorkspaceSetup>(SetupArgs { storages: vec![set] }).await.unwrap();
    assert!(!info.first_run);
    let unknown = StorageSetArgs { name: "attic".into(), floor_percent: Some(1.0), ..StorageSetArgs::default() };
    assert_eq!(code(owner.call::<StorageSet>(unknown).await), "storage.unknown");
    owner.close().await;
}

#[tokio::test]
async fn a_look_at_a_folder_makes_nothing() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let folder = place.0.path().join("not/there");
    let look = |path: &std::path::Path| StorageLookArgs { name: "lts".into(), path: path.to_str().unwrap().into() };
    let seen = owner.call::<StorageLook>(look(&folder)).await.unwrap();
    // The machine may have no room above the floor.
    assert!(matches!(seen.health, StorageHealth::Ok | StorageHealth::Full), "{seen:?}");
    assert_eq!(seen.path, folder.to_str().unwrap());
    assert!(seen.free.is_some_and(|free| free > 0));
    assert!(!folder.exists() && !folder.parent().unwrap().exists());
    assert_ne!(owner.call::<StorageShow>(StorageArgs { name: "lts".into() }).await.unwrap().storage.path, seen.path);
    let landing = place.workspace().join("landing/below");
    assert_eq!(code(owner.call::<StorageLook>(look(&landing)).await), "storage.path");
    owner.close().await;
}

#[tokio::test]
async fn a_storage_that_went_away_is_missing_and_the_rest_goes_on() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    fs::rename(place.workspace().join("lts"), place.workspace().join("gone")).unwrap();
    let rows = owner.call::<StorageList>(Nothing {}).await.unwrap();
    let lts = rows.iter().find(|row| row.name == "lts").unwrap();
    assert_eq!((lts.health, lts.total), (StorageHealth::Missing, None));
    assert!(rows.iter().filter(|row| row.name != "lts").all(|row| row.health == StorageHealth::Ok), "{rows:?}");
    let paths = vec![place.file("src/a", "1")];
    let plan = owner.call::<PlanArchive>(PlanArchiveArgs { paths, token: "t".into() }).await.unwrap();
    assert!(plan.space.iter().any(|need| need.storage == "lts" && need.problem.is_some()), "{plan:?}");
    owner.close().await;
}

#[tokio::test]
async fn a_flow_of_the_operator_is_taken_up_and_a_bad_one_leaves_the_good_in_force() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let mut events = owner.events().await;
    let flows = |event: &Event| matches!(event, Event::Changed { tags } if tags.contains(&Tag::Flows));
    let good = "id: mine\ntitle: Mine\ntasks:\n  - {id: a, uses: noop}\n";
    place.file("ws/flows/mine.yaml", good);
    until(&mut events, flows).await;
    let mine = |rows: Vec<FlowRow>| rows.into_iter().find(|row| row.id == "mine").unwrap();
    let row = mine(owner.call::<FlowList>(Nothing {}).await.unwrap());
    assert!(!row.built_in && row.refused.is_none(), "{row:?}");
    place.file("ws/flows/mine.yaml", "id: mine\ntasks: nonsense\n");
    until(&mut events, flows).await;
    let row = mine(owner.call::<FlowList>(Nothing {}).await.unwrap());
    assert_eq!((row.title.as_str(), row.refused.is_some()), ("Mine", true));
    owner.close().await;
    // Across a restart too.
    let owner = place.open(Role::Window).await;
    let row = mine(owner.call::<FlowList>(Nothing {}).await.unwrap());
    assert_eq!((row.title.as_str(), row.refused.is_some()), ("Mine", true));
    assert_eq!(owner.call::<FlowShow>(FlowArgs { flow: "mine".into() }).await.unwrap().source, good);
    owner.close().await;
}

#[tokio::test]
async fn a_workspace_that_was_moved_takes_its_storages_along() {
    let place = Place::new();
    place.open(Role::Window).await.close().await;
    let moved = place.0.path().join("moved");
    fs::rename(place.workspace(), &moved).unwrap();
    let owner = Session::open(&moved, Role::Window).await.unwrap();
    let rows = owner.call::<StorageList>(Nothing {}).await.unwrap();
    let moved = moved.canonicalize().unwrap();
    assert!(
        rows.iter().all(|row| Path::new(&row.path).starts_with(&moved) && row.health == StorageHealth::Ok),
        "{rows:?}"
    );
    owner.close().await;
}

#[tokio::test]
async fn a_plan_tells_how_far_it_is_and_can_be_stopped() {
    let place = Place::new();
    for number in 0..3000 {
        place.file(&format!("src/{}/{number}", number % 7), "x");
    }
    let owner = place.open(Role::Window).await;
    let mut events = owner.events().await;
    let paths = vec![place.0.path().join("src").to_str().unwrap().to_owned()];
    let plan = owner.call::<PlanArchive>(PlanArchiveArgs { paths: paths.clone(), token: "one".into() }).await.unwrap();
    assert_eq!((plan.files, plan.bytes, plan.block_count), (3000, 3000, 1));
    let told = until(&mut events, |event| matches!(event, Event::Plan { .. })).await;
    assert!(matches!(told, Event::Plan { ref token, files, .. } if token == "one" && files >= 1000), "{told:?}");
    // The same token again stops the first: it is asked for twice at once.
    let ask = || owner.call::<PlanArchive>(PlanArchiveArgs { paths: paths.clone(), token: "two".into() });
    let (first, second) = tokio::join!(ask(), ask());
    assert!(first.is_ok() || second.is_ok());
    for result in [first, second] {
        assert!(result.as_ref().map_or_else(|fault| fault.code == "plan.stopped", |plan| plan.files == 3000));
    }
    owner.close().await;
}

#[tokio::test]
async fn a_failed_run_says_why_and_a_retry_says_what_it_touches() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    let mut events = owner.events().await;
    let source = "id: fails\ntasks:\n  - {id: a, uses: noop}\n  - {id: b, uses: noop, needs: [a], with: {fail: permanent, times: 1}}\n  - {id: c, uses: noop, needs: [b]}\n";
    let args =
        FlowRunArgs { flow: "fails".into(), source: Some(source.into()), params: json!({}), key: None, priority: None };
    let run = owner.call::<FlowRun>(args).await.unwrap().run;
    let detail = until_ended(&owner, &mut events, &run).await;
    assert_eq!((detail.run.state, detail.run.fault_task.as_deref()), (RunState::Failed, Some("b")));
    assert_eq!(detail.can, RunCan { retry: true, ..RunCan::default() });
    let overview = owner.call::<OverviewShow>(Nothing {}).await.unwrap();
    assert_eq!(overview.needs_you[0].id, run);
    let retry = RetryArgs { run: run.clone(), task: None, index: None, downstream: false };
    let preview = owner.call::<RunRetryPreview>(retry.clone()).await.unwrap();
    let touched: Vec<_> = preview.touches.iter().map(|row| row.task.as_str()).collect();
    assert_eq!((touched, preview.leaves), (vec!["b", "c"], 1));
    assert_eq!(owner.call::<RunRetry>(retry).await.unwrap().count, preview.count);
    assert_eq!(until_ended(&owner, &mut events, &run).await.run.state, RunState::Success);
    let attempts = owner
        .call::<RunTaskRun>(TaskRunArgs { run: run.clone(), task: "b".into(), index: None })
        .await
        .unwrap()
        .attempts;
    assert_eq!(attempts.len(), 2);
    let journal = owner.call::<RunEvents>(RunEventsArgs { run, after: 0, limit: 500 }).await.unwrap();
    assert!(journal.iter().any(|row| row.event == "task.failed" && row.text.contains("noop.failed")), "{journal:?}");
    owner.close().await;
}

#[tokio::test]
async fn who_has_left_is_told_so() {
    let place = Place::new();
    let owner = place.open(Role::Window).await;
    owner.close().await;
    owner.close().await;
    assert_eq!(code(owner.call::<WorkspaceShow>(Nothing {}).await), "workspace.closed");
}

#[tokio::test]
async fn an_owner_that_was_not_closed_keeps_the_lock() {
    let place = Place::new();
    drop(place.open(Role::Window).await);
    assert_eq!(code(Session::open(&place.workspace(), Role::Command).await.map(drop)), "workspace.locked");
}

#[tokio::test]
async fn a_call_at_the_moment_when_the_owner_leaves_is_done_once() {
    let place = Place::new();
    for round in 0..20 {
        let owner = place.open(Role::Glance).await;
        let client = place.open(Role::Command).await;
        let args = FlowRunArgs { key: Some(format!("round {round}")), ..noop(0) };
        let (started, ()) = tokio::join!(client.call::<FlowRun>(args), owner.close());
        let started = started.unwrap();
        let mut events = client.events().await;
        assert_eq!(until_ended(&client, &mut events, &started.run).await.run.state, RunState::Success);
        client.close().await;
    }
    let owner = place.open(Role::Glance).await;
    assert_eq!(owner.call::<RunList>(RunListArgs::default()).await.unwrap().total, 20);
    owner.close().await;
}
