//! Every pair of state and event, legal or not.

use longshore_engine::event::{By, Created, Mark, Outcome, RunEvent, TaskEvent};
use longshore_engine::transition::{next, next_run};
use longshore_engine::{Fault, Millis, RunState, TaskState};
use serde_json::{Map, Value};

fn task_events() -> Vec<TaskEvent> {
    let fault = Fault::transient("test", "It failed", "it was told to");
    vec![
        TaskEvent::Scheduled,
        TaskEvent::Queued { waits: String::new() },
        TaskEvent::Started { attempt: 1, with: Value::Null, resumes: false, reserved: Vec::new() },
        TaskEvent::Deferred { until: Millis(1) },
        TaskEvent::Succeeded { output: Value::Null },
        TaskEvent::Failed { fault: fault.clone() },
        TaskEvent::Retrying { fault, next_at: Millis(1) },
        TaskEvent::Skipped { why: String::new() },
        TaskEvent::UpstreamFailed { of: String::new() },
        TaskEvent::Held,
        TaskEvent::Released,
        TaskEvent::Cancelling,
        TaskEvent::Cancelled,
        TaskEvent::Interrupted,
        TaskEvent::Cleared,
        TaskEvent::Stopping { mark: Mark::Skipped.into() },
        TaskEvent::Marked { mark: Mark::Success { output: Value::from(7) }.into() },
        TaskEvent::Marked {
            mark: Mark::Failed { fault: Fault::permanent("test", "It failed", "somebody says so") }.into(),
        },
        TaskEvent::Marked { mark: Mark::Skipped.into() },
    ]
}

/// From each event to the states that it may follow.
const TASK_TABLE: &[(&str, &str)] = &[
    ("task.scheduled", "none deferred up_for_retry"),
    ("task.queued", "scheduled interrupted"),
    ("task.started", "scheduled queued interrupted"),
    ("task.deferred", "running"),
    ("task.succeeded", "running cancelling"),
    ("task.failed", "none scheduled queued running deferred up_for_retry paused interrupted"),
    ("task.retrying", "running"),
    ("task.skipped", "none running"),
    ("task.upstream_failed", "none"),
    ("task.held", "scheduled queued interrupted"),
    ("task.released", "paused"),
    ("task.cancelling", "running"),
    ("task.cancelled", "none scheduled queued deferred up_for_retry paused cancelling interrupted"),
    ("task.interrupted", "running cancelling"),
    ("task.cleared", "success failed upstream_failed skipped cancelled"),
    ("task.stopping", "running cancelling"),
    (
        "task.marked",
        "none scheduled queued deferred up_for_retry paused success failed upstream_failed skipped cancelling cancelled interrupted",
    ),
];

#[test]
fn task_table() {
    for event in task_events() {
        let (_, legal) =
            TASK_TABLE.iter().find(|(name, _)| *name == event.name()).expect("every event is in the table");
        for state in TaskState::ALL {
            let wanted = legal.split(' ').any(|word| word == state.word());
            match next(state, &event) {
                Ok(after) => assert!(wanted && after == event.state(), "{} after {}", event.name(), state.word()),
                Err(illegal) => {
                    assert!(!wanted, "{} after {}", event.name(), state.word());
                    assert_eq!(
                        illegal.to_string(),
                        format!("{} cannot follow the state {}", event.name(), state.word())
                    );
                }
            }
        }
    }
}

#[test]
fn every_state_is_reached_and_left() {
    for state in TaskState::ALL {
        let reached = task_events().iter().any(|event| event.state() == state);
        let left = task_events().iter().any(|event| next(state, event).is_ok());
        assert!(reached && left, "{}", state.word());
    }
}

const RUN_TABLE: &[(&str, &str)] = &[
    ("run.created", "no_run"),
    ("run.started", "queued"),
    ("run.paused", "queued running"),
    ("run.resumed", "paused"),
    ("run.cancelling", "queued running paused"),
    ("run.ended", "running paused cancelling"),
    ("run.reopened", "success failed cancelled"),
];

#[test]
fn run_table() {
    let (params, vars) = (Map::new(), Map::new());
    let created = Created {
        flow: "f".into(),
        version: "v".into(),
        params,
        vars,
        key: None,
        parent: None,
        scheduled: None,
        guard: None,
        priority: None,
    };
    let events = [
        RunEvent::Created(Box::new(created)),
        RunEvent::Started,
        RunEvent::Paused,
        RunEvent::Resumed { started: true },
        RunEvent::Resumed { started: false },
        RunEvent::Cancelling,
        RunEvent::Ended { outcome: Outcome::Success },
        RunEvent::Ended { outcome: Outcome::Failed },
        RunEvent::Ended { outcome: Outcome::Cancelled },
        RunEvent::Reopened,
    ];
    for event in events {
        let (_, legal) = RUN_TABLE.iter().find(|(name, _)| *name == event.name()).expect("every event is in the table");
        for state in RunState::ALL.into_iter().map(Some).chain([None]) {
            let word = state.map_or("no_run", RunState::word);
            let result = next_run(state, &event);
            assert_eq!(result.is_ok(), legal.split(' ').any(|one| one == word), "{} after {word}", event.name());
            if let Ok(after) = result {
                assert_eq!(after, event.state());
            }
        }
    }
}

#[test]
fn words_are_those_of_json_and_prefects_names_are_one_to_one() {
    let mut seen = std::collections::BTreeSet::new();
    for state in TaskState::ALL {
        assert_eq!(serde_json::to_value(state).expect("a word"), state.word());
        assert_eq!(TaskState::from_word(state.word()), Some(state));
        assert!(seen.insert(state.prefect().1), "{} shares its Prefect name", state.word());
    }
    for state in RunState::ALL {
        assert_eq!(serde_json::to_value(state).expect("a word"), state.word());
    }
}

#[test]
fn events_survive_json() {
    use longshore_engine::Event;
    use longshore_engine::event::Span;
    let run = "01J00000000000000000000000".into();
    for event in task_events() {
        for span in [Span::one(None), Span::one(Some(3)), Span { index: Some(3), count: 4 }] {
            let by = By { who: Some("ada".into()), why: None };
            let event = Event::task(&run, Millis(5), "pack", span, event.clone()).by(&by);
            let text = serde_json::to_string(&event).expect("writes");
            assert_eq!(serde_json::from_str::<Event>(&text).expect("reads"), event, "{text}");
        }
    }
}
