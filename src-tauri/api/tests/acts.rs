//! What an operator does with runs: seen, done, recorded, also in the journal.
#![allow(clippy::unwrap_used)]

use longshore_api::wire::*;
use longshore_api::{Listener, Role, RunState, Session, TaskState};
use serde_json::{Value, json};

struct Place {
    session: Session,
    events: Listener,
    _temp: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let session = Session::open(temp.path(), Role::Window).await.unwrap();
        Self { events: session.events().await, session, _temp: temp }
    }

    async fn start(&self, tasks: &str) -> String {
        let source = Some(format!("id: acted\ntasks:\n{tasks}"));
        let args = FlowRunArgs { flow: "acted.yaml".into(), source, params: json!({}), key: None, priority: None };
        self.session.call::<FlowRun>(args).await.unwrap().run
    }

    async fn until(&mut self, run: &str, wanted: impl Fn(&RunDetail) -> bool) -> RunDetail {
        loop {
            let detail = self.session.call::<RunShow>(RunArgs { run: run.to_owned() }).await.unwrap();
            if wanted(&detail) {
                return detail;
            }
            while !matches!(self.events.next().await, Event::Changed { .. } | Event::Everything) {}
        }
    }

    async fn act(&self, run: &str, act: RunAct) -> Result<RunsDone, longshore_api::Fault> {
        let select = RunSelect { runs: vec![run.to_owned()], ..RunSelect::default() };
        let why = Some("because".to_owned());
        self.session.call::<RunsAct>(RunsActArgs { select, act, token: None, expect: None, why }).await
    }
}

const FAILS: &str = "  - {id: a, uses: noop, with: {fail: permanent}}\n  - {id: b, uses: noop, needs: [a]}\n";

#[tokio::test]
async fn a_task_is_marked_and_what_waited_for_it_goes_on() {
    let mut place = Place::new().await;
    let run = place.start(FAILS).await;
    place.until(&run, |detail| detail.run.state == RunState::Failed).await;
    let act = RunAct::Mark { task: "a".into(), index: None, state: MarkState::Success, output: json!(7) };
    assert_eq!(place.act(&run, act.clone()).await.unwrap().done, 1);
    let detail = place.until(&run, |detail| detail.run.state == RunState::Success).await;
    assert!(detail.tasks.iter().all(|task| task.state == TaskState::Success), "{:?}", detail.tasks);
    assert_eq!(place.act(&run, act).await.unwrap_err().code, "mark.nothing");
    let journal = place.session.call::<RunEvents>(RunEventsArgs { run, after: 0, limit: 100 }).await.unwrap();
    assert!(
        journal.iter().any(|row| row.event == "task.marked" && row.why.as_deref() == Some("because")),
        "{journal:?}"
    );
    place.session.close().await;
}

#[tokio::test]
async fn a_task_is_cleared_with_what_lies_below_it() {
    let mut place = Place::new().await;
    let run = place.start("  - {id: a, uses: noop}\n  - {id: b, uses: noop, needs: [a]}\n").await;
    place.until(&run, |detail| detail.run.state == RunState::Success).await;
    let clear =
        RunAct::Clear { task: Some("a".into()), index: None, downstream: true, upstream: false, only_failed: false };
    let select = RunSelect { runs: vec![run.clone()], ..RunSelect::default() };
    let preview = place.session.call::<RunsPreviewShow>(RunsPreviewArgs { select, act: clear.clone() }).await.unwrap();
    assert_eq!((preview.runs, preview.task_runs), (1, 2));
    place.act(&run, clear).await.unwrap();
    let again = |detail: &RunDetail| detail.run.state == RunState::Success;
    place.until(&run, again).await;
    let args = TaskRunArgs { run, task: "b".into(), index: None };
    assert_eq!(place.session.call::<RunTaskRun>(args).await.unwrap().attempts.len(), 2);
    place.session.close().await;
}

#[tokio::test]
async fn a_whole_run_is_cleared_and_what_waits_is_woken() {
    let mut place = Place::new().await;
    let run = place.start("  - {id: a, uses: noop}\n  - {id: b, uses: noop, for_each: [1, 2]}\n").await;
    place.until(&run, |detail| detail.run.state == RunState::Success).await;
    let clear = serde_json::from_value::<RunAct>(json!({"act": "clear"})).unwrap();
    let select = RunSelect { runs: vec![run.clone()], ..RunSelect::default() };
    let preview = place.session.call::<RunsPreviewShow>(RunsPreviewArgs { select, act: clear.clone() }).await.unwrap();
    assert_eq!((preview.runs, preview.task_runs), (1, 3));
    place.act(&run, clear).await.unwrap();
    place.until(&run, |detail| detail.run.state == RunState::Success).await;
    let args = TaskRunArgs { run: run.clone(), task: "b".into(), index: Some(1) };
    assert_eq!(place.session.call::<RunTaskRun>(args).await.unwrap().row.state, TaskState::Success);
    let journal = place.session.call::<RunEvents>(RunEventsArgs { run, after: 0, limit: 100 }).await.unwrap();
    assert!(journal.iter().any(|row| row.event == "run.reopened" && row.why.as_deref() == Some("because")));
    let sleeper = place.start("  - {id: a, uses: noop, with: {fail: transient}, retries: {max: 1, delay: 1h}}\n").await;
    place.until(&sleeper, |detail| detail.tasks[0].state == TaskState::UpForRetry).await;
    let wake = RunAct::Wake { task: Some("a".into()), index: None };
    place.act(&sleeper, wake.clone()).await.unwrap();
    place.until(&sleeper, |detail| detail.run.state == RunState::Failed).await;
    assert_eq!(place.act(&sleeper, wake).await.unwrap_err().code, "wake.nothing");
    place.session.close().await;
}

#[tokio::test]
async fn what_was_seen_is_what_is_done() {
    let mut place = Place::new().await;
    let first = place.start(FAILS).await;
    place.until(&first, |detail| detail.run.state == RunState::Failed).await;
    let select = RunSelect { flow: Some("acted".into()), states: vec![RunState::Failed], ..RunSelect::default() };
    let act = RunAct::Retry { task: None, index: None, downstream: false };
    let args = RunsPreviewArgs { select: select.clone(), act: act.clone() };
    let preview = place.session.call::<RunsPreviewShow>(args).await.unwrap();
    let second = place.start(FAILS).await;
    place.until(&second, |detail| detail.run.state == RunState::Failed).await;
    let (token, expect, why) = (Some(preview.token), None, None);
    let args = RunsActArgs { select, act, token, expect, why };
    assert_eq!(place.session.call::<RunsAct>(args).await.unwrap_err().code, "acts.changed");
    let nobody = RunsPreviewArgs { select: RunSelect::default(), act: RunAct::Pause };
    assert_eq!(place.session.call::<RunsPreviewShow>(nobody).await.unwrap_err().code, "acts.unselected");
    place.session.close().await;
}

#[tokio::test]
async fn a_run_is_cancelled_hard() {
    let mut place = Place::new().await;
    let run = place.start("  - {id: a, uses: noop, with: {for_ms: 3600000}}\n").await;
    place.until(&run, |detail| detail.tasks[0].state == TaskState::Running).await;
    place.act(&run, RunAct::Cancel { hard: true }).await.unwrap();
    let detail = place.until(&run, |detail| detail.run.state == RunState::Cancelled).await;
    assert_eq!(detail.tasks[0].state, TaskState::Cancelled);
    assert_eq!(place.act(&run, RunAct::Cancel { hard: true }).await.unwrap_err().code, "run.state");
    place.session.close().await;
}

#[test]
fn acts_have_the_shape_that_scripts_write() {
    let read = |value: Value| serde_json::from_value::<RunAct>(value).unwrap();
    assert_eq!(read(json!({"act": "cancel"})), RunAct::Cancel { hard: false });
    let retry = RunAct::Retry { task: None, index: None, downstream: false };
    assert_eq!(read(json!({"act": "retry"})), retry);
}
