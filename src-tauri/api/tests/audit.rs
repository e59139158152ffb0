//! The audit log: every act in it, with who and why, refused ones too, and no secret.
#![allow(clippy::unwrap_used)]

use longshore_api::wire::*;
use longshore_api::{Role, Session};
use serde_json::json;

async fn rows(session: &Session) -> Vec<AuditRow> {
    session.call::<AuditList>(AuditListArgs::default()).await.unwrap().rows
}

#[tokio::test]
async fn every_act_is_recorded_with_who_and_why() {
    let temp = tempfile::tempdir().unwrap();
    let owner = Session::open(temp.path(), Role::Window).await.unwrap();
    let client = Session::open(temp.path(), Role::Glance).await.unwrap();
    let mut events = owner.events().await;
    let args = LimitSetArgs { limit: "lts".into(), slots: 3, why: Some("a faster drive".into()) };
    assert_eq!(client.call::<LimitSet>(args).await.unwrap().slots, 3);
    while !matches!(events.next().await, Event::Changed { tags } if tags.contains(&Tag::Audit)) {}
    let refused = owner.call::<RunCancel>(RunArgs { run: "R1".into() }).await.unwrap_err();
    let rows = rows(&client).await;
    assert_eq!(rows.len(), 2);
    let said = |at: usize| (rows[at].op.as_str(), rows[at].object.as_str(), rows[at].state, rows[at].fault.clone());
    assert_eq!(said(0), ("run.cancel", "run R1", ActState::Failed, Some(refused.code)));
    assert_eq!(said(1), ("limit.set", "limit lts", ActState::Done, None));
    assert_eq!(
        (rows[1].why.as_deref(), &rows[1].detail),
        (Some("a faster drive"), &json!({"limit": "lts", "slots": 3}))
    );
    // Client and owner are one process here; who it is says the kernel.
    assert_eq!((&rows[0].by, &rows[0].program), (&rows[1].by, &rows[1].program));
    assert!(!rows[0].by.is_empty() && rows[0].program.starts_with("audit"), "{:?}", rows[0]);
    owner.close().await;
}

#[tokio::test]
async fn what_is_asked_without_changing_anything_is_not_recorded_and_no_parameter_is() {
    let temp = tempfile::tempdir().unwrap();
    let owner = Session::open(temp.path(), Role::Glance).await.unwrap();
    owner.call::<WindowRaise>(Nothing {}).await.unwrap();
    owner.call::<LimitList>(Nothing {}).await.unwrap();
    assert_eq!(rows(&owner).await, []);
    let source = "id: quiet\nparams:\n  word: {type: string}\ntasks:\n  - {id: rest, uses: noop}\n".to_owned();
    let params = json!({"word": "hunter2"});
    let args = FlowRunArgs { flow: "quiet.yaml".into(), source: Some(source), params, key: None, priority: None };
    let started = owner.call::<FlowRun>(args).await.unwrap();
    let rows = rows(&owner).await;
    assert_eq!((rows[0].op.as_str(), rows[0].object.as_str()), ("flow.run", "flow quiet.yaml"));
    assert_eq!(rows[0].detail["made_run"], json!(started.run));
    assert!(!serde_json::to_string(&rows).unwrap().contains("hunter2"));
    owner.close().await;
}

#[tokio::test]
async fn variables_are_set_shown_and_removed() {
    let temp = tempfile::tempdir().unwrap();
    let owner = Session::open(temp.path(), Role::Glance).await.unwrap();
    let find = |rows: Vec<VariableRow>| rows.into_iter().find(|row| row.name == "keep_runs_days").unwrap();
    assert_eq!(find(owner.call::<VariableList>(Nothing {}).await.unwrap()).from, VariableSource::BuiltIn);
    let set = VariableSetArgs { variable: "keep_runs_days".into(), value: json!(30), why: None };
    assert_eq!(owner.call::<VariableSet>(set).await.unwrap().value, json!(30));
    assert_eq!(rows(&owner).await[0].detail, json!({"variable": "keep_runs_days", "value": 30}));
    let name = VariableArgs { variable: "keep_runs_days".into(), why: None };
    owner.call::<VariableRemove>(name.clone()).await.unwrap();
    assert_eq!(owner.call::<VariableRemove>(name).await.unwrap_err().code, "variable.unknown");
    assert_eq!(find(owner.call::<VariableList>(Nothing {}).await.unwrap()).value, json!(null));
    owner.close().await;
}

#[tokio::test]
async fn a_limit_says_who_holds_its_slots() {
    let temp = tempfile::tempdir().unwrap();
    let owner = Session::open(temp.path(), Role::Window).await.unwrap();
    let set = |slots| LimitSetArgs { limit: "drive".into(), slots, why: None };
    owner.call::<LimitSet>(set(2)).await.unwrap();
    let source = "id: quiet\ntasks:\n  - {id: rest, uses: noop, for_each: [1, 2, 3], limits: [drive], with: {for_ms: 3600000}}\n";
    let args = FlowRunArgs {
        flow: "q.yaml".into(),
        source: Some(source.into()),
        params: json!({}),
        key: None,
        priority: None,
    };
    let mut events = owner.events().await;
    let run = owner.call::<FlowRun>(args).await.unwrap().run;
    loop {
        let rows = owner.call::<LimitList>(Nothing {}).await.unwrap();
        let row = rows.into_iter().find(|row| row.name == "drive").unwrap();
        if row.held == 2 {
            assert!(
                row.holders.iter().all(|one| one.run == run && one.task == "rest" && one.since.is_some()),
                "{row:?}"
            );
            break;
        }
        events.next().await;
    }
    // Fewer slots than are held: nothing is taken away.
    let row = owner.call::<LimitSet>(set(0)).await.unwrap();
    assert_eq!((row.slots, row.held), (0, 2));
    owner.close().await;
}
