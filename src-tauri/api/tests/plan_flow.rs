//! What a run of a flow would do, told before there is one.
#![allow(clippy::unwrap_used)]

use longshore_api::wire::*;
use longshore_api::{Fault, Role, Session};
use serde_json::{Value, json};

const FLOW: &str = "
id: many
params: {names: {type: array}, large: {type: boolean, default: false}}
guard: '{{ params.names[0] }}'
tasks:
  - {id: list, uses: noop, with: {output: [1, 2]}, limits: [{name: tape, slots: 2}]}
  - id: fixed
    uses: noop
    for_each: '{{ params.names }}'
    with: {output: '{{ item }}'}
    reserve: {storage: scratch, bytes: 1 KiB}
    group: copies
  - {id: follows, uses: noop, for_each: '{{ tasks.fixed.each }}', with: {output: '{{ item }}'}}
  - {id: later, uses: noop, for_each: '{{ tasks.list.output }}', with: {output: '{{ item }}'}}
  - {id: never, uses: noop, when: '{{ params.large }}'}
  - {id: behind, uses: noop, needs: never}
  - {id: huge, uses: noop, when: '{{ params.large }}', reserve: {storage: lts, bytes: 8000 TiB}}
";

struct Place {
    session: Session,
    _temp: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self { session: Session::open(temp.path(), Role::Window).await.unwrap(), _temp: temp }
    }

    async fn ask(&self, source: &str, params: Value) -> Result<FlowPlan, Fault> {
        let args = PlanFlowArgs { flow: "many.yaml".into(), source: Some(source.into()), params };
        self.session.call::<PlanFlow>(args).await
    }

    async fn plan(&self, source: &str, params: Value) -> FlowPlan {
        self.ask(source, params).await.unwrap()
    }

    async fn runs(&self) -> u64 {
        self.session.call::<RunList>(RunListArgs::default()).await.unwrap().total
    }

    /// Starts a run, and gives its id.
    async fn start(&self, source: &str, params: Value) -> String {
        let (flow, source) = ("many.yaml".into(), Some(source.into()));
        self.session.call::<FlowRun>(FlowRunArgs { flow, source, params, key: None, priority: None }).await.unwrap().run
    }
}

fn task<'p>(plan: &'p FlowPlan, id: &str) -> &'p PlannedTask {
    plan.tasks.iter().find(|task| task.id == id).unwrap()
}

fn codes(plan: &FlowPlan) -> Vec<&str> {
    plan.refused.iter().map(|fault| fault.code.as_str()).collect()
}

#[tokio::test]
async fn what_is_known_of_each_task_is_told_and_nothing_is_written() {
    let place = Place::new().await;
    let plan = place.plan(FLOW, json!({"names": ["a", "b", "c"]})).await;
    let expects: Vec<_> = plan.tasks.iter().map(|task| (task.id.as_str(), task.runs, task.expects.as_str())).collect();
    let wanted = [
        ("list", Some(1), "1"),
        ("fixed", Some(3), "3"),
        ("follows", Some(3), "3"),
        ("later", None, "as many as list gives"),
        ("never", Some(0), "0"),
        ("behind", Some(0), "0"),
        ("huge", Some(0), "0"),
    ];
    assert_eq!(expects, wanted);
    assert_eq!(task(&plan, "list").limits, [PlannedSlots { limit: "tape".into(), slots: 2 }]);
    assert_eq!(task(&plan, "fixed").group.as_deref(), Some("copies"));
    assert_eq!(task(&plan, "fixed").reserves, Some(vec![PlannedSpace { storage: "scratch".into(), bytes: 3 << 10 }]));
    assert_eq!(task(&plan, "never").skipped.as_deref(), Some("its condition is false"));
    assert_eq!(task(&plan, "behind").skipped.as_deref(), Some("never is skipped"));
    assert_eq!(plan.unknown, ["follows", "later"]);
    let space: Vec<_> = plan.space.iter().map(|need| (need.storage.as_str(), need.needs, need.short)).collect();
    assert_eq!(space, [("scratch", 3 << 10, 0)]);
    assert!(plan.can_start, "{:?}", plan.refused);
    assert_eq!(place.runs().await, 0);
}

#[tokio::test]
async fn what_can_never_fit_is_refused() {
    let place = Place::new().await;
    let plan = place.plan(FLOW, json!({"names": ["a"], "large": true})).await;
    assert_eq!(codes(&plan), ["space.never"]);
    assert!(!plan.can_start);
    assert!(plan.space.iter().any(|need| need.storage == "lts" && need.short > 0));
}

#[tokio::test]
async fn parameters_and_the_flow_are_checked_as_for_a_run() {
    let place = Place::new().await;
    let wrong = place.ask(FLOW, json!({"names": 3, "more": 1})).await.err().unwrap();
    assert_eq!((wrong.code.as_str(), wrong.also.len()), ("params.wrong", 1));
    let plan = place.plan(&FLOW.replace("uses: noop, with: {output: [1, 2]}", "uses: nop"), json!({})).await;
    assert!(!plan.can_start && plan.tasks.is_empty());
    assert_eq!(plan.refused.len(), 1, "{:?}", plan.refused);
    let single = FLOW.replace("'{{ params.names }}'", "'{{ params.large }}'");
    assert_eq!(codes(&place.plan(&single, json!({"names": ["a"]})).await), ["flow.for_each"]);
}

#[tokio::test]
async fn the_run_that_holds_the_guard_is_named() {
    const WAITS: &str = "id: waits\nparams: {name: {}}\nguard: '{{ params.name }}'\ntasks: [{id: ask, uses: approve, with: {message: Really?}}]\n";
    let place = Place::new().await;
    let run = place.start(WAITS, json!({"name": "a"})).await;
    let plan = place.plan(WAITS, json!({"name": "a"})).await;
    assert_eq!(plan.held_by.as_ref(), Some(&run));
    assert_eq!(codes(&plan), ["run.guarded"]);
    let other = place.plan(WAITS, json!({"name": "b"})).await;
    assert!(other.can_start && other.held_by.is_none());
}

#[tokio::test]
async fn past_runs_say_how_long_a_task_takes() {
    const SHORT: &str = "id: short\ntasks: [{id: a, uses: noop}, {id: b, uses: noop, with: {fail: permanent}}]\n";
    let place = Place::new().await;
    let mut events = place.session.events().await;
    assert_eq!(task(&place.plan(SHORT, json!({})).await, "a").past, 0);
    let run = place.start(SHORT, json!({})).await;
    let ended = async {
        loop {
            let args = RunArgs { run: run.clone() };
            if place.session.call::<RunShow>(args).await.unwrap().run.state.is_final() {
                break;
            }
            events.next().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), ended).await.expect("in time");
    let plan = place.plan(SHORT, json!({})).await;
    let (a, b) = (task(&plan, "a"), task(&plan, "b"));
    assert_eq!((a.past, a.seconds.is_some()), (1, true));
    assert_eq!((b.past, b.seconds), (0, None));
}

#[tokio::test]
async fn a_flow_is_found_by_its_aliases_and_an_id_goes_before_them() {
    let temp = tempfile::tempdir().unwrap();
    let flows = temp.path().join("flows");
    std::fs::create_dir_all(&flows).unwrap();
    let file = |id: &str, aliases: &str| {
        let text = format!("id: {id}\naliases: [{aliases}]\ntasks: [{{id: only, uses: noop, with: {{output: 1}}}}]\n");
        std::fs::write(flows.join(format!("{id}.yaml")), text).unwrap();
    };
    file("first", "old.name, second");
    file("second", "other-name");
    let session = Session::open(temp.path(), Role::Window).await.unwrap();
    for (name, id) in [("old.name", "first"), ("second", "second"), ("other-name", "second")] {
        assert_eq!(session.call::<FlowShow>(FlowArgs { flow: name.into() }).await.unwrap().flow.id, id);
    }
    let args = FlowRunArgs { flow: "old.name".into(), source: None, params: json!({}), key: None, priority: None };
    let run = session.call::<FlowRun>(args).await.unwrap().run;
    assert_eq!(session.call::<RunShow>(RunArgs { run }).await.unwrap().run.flow, "first");
    let refused = session.call::<FlowShow>(FlowArgs { flow: "no.name".into() }).await.unwrap_err();
    assert_eq!(refused.code, "flow.unknown");
    session.close().await;
}
