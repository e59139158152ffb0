//! Several processes and one workspace: who owns it, and what happens when that one goes.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use rustix::process::Signal;

#[test]
fn a_second_command_works_beside_the_first() {
    let place = Place::new();
    let flow = place.sleepy();
    let mut owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait"]);
    let run = place.until_running(&mut owner);
    let info = place.run(["--json", "workspace"]).expect(0).json();
    assert_eq!(info["owner"], "command");
    assert_eq!(info["owner_pid"], owner.id());
    place.file("src/a", "1");
    place.run(["archive", "src", "--name", "beside"]).expect(0);
    let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
    assert_eq!((&shown["run"]["state"], &shown["tasks"][0]["state"]), (&"running".into(), &"running".into()));
    place.run(["run", "cancel", &run]).expect(0);
    let ended = owner.end().expect(1);
    assert!(ended.err.contains("cancelled"), "{}", ended.err);
}

#[test]
fn a_killed_owner_leaves_no_lock_and_its_run_is_carried_on() {
    let place = Place::new();
    let flow = place.sleepy();
    let mut owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait"]);
    let run = place.until_running(&mut owner);
    owner.signal(Signal::KILL);
    drop(owner);
    let info = place.run(["--json", "workspace"]).expect(0).json();
    assert_ne!(info["journal_rows"], 0);
    let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
    assert_eq!(shown["tasks"][0]["state"], "interrupted");
    place.run(["run", "cancel", &run]).expect(0);
    let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
    assert_eq!(shown["run"]["state"], "cancelled");
}

#[test]
fn who_waits_takes_over_when_the_owner_is_killed() {
    let place = Place::new();
    let flow = place.sleepy();
    let mut owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait"]);
    let run = place.until_running(&mut owner);
    let mut waits = place.start(["run", "wait", &run]);
    waits.until_said("Another process owns the workspace");
    owner.signal(Signal::KILL);
    drop(owner);
    waits.until_said("This process owns the workspace now");
    place.run(["run", "cancel", &run]).expect(0);
    waits.end().expect(1);
}

#[test]
fn an_interrupt_is_clean_and_says_how_to_go_on() {
    let place = Place::new();
    let flow = place.sleepy();
    for signal in [Signal::INT, Signal::TERM] {
        let mut owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait", "--key", "one"]);
        let run = place.until_running(&mut owner);
        owner.signal(signal);
        let ended = owner.end().expect(130);
        assert!(ended.err.contains("longshore run wait"), "{}", ended.err);
        let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
        assert_eq!(shown["tasks"][0]["state"], "interrupted");
    }
}

#[test]
fn a_client_that_is_interrupted_leaves_the_run_alone() {
    let place = Place::new();
    let flow = place.sleepy();
    let mut owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait"]);
    let run = place.until_running(&mut owner);
    let mut waits = place.start(["run", "wait", &run]);
    waits.until_said("Another process owns the workspace");
    waits.signal(Signal::INT);
    let ended = waits.end().expect(130);
    assert!(ended.err.contains("goes on in the process that owns"), "{}", ended.err);
    let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
    assert_eq!(shown["run"]["state"], "running");
}

#[test]
fn logs_are_followed_to_the_end_of_the_run() {
    let place = Place::new();
    place.file("src/a", "1");
    let started = place.run(["--json", "archive", "src", "--name", "x", "--no-wait"]).expect(0).json();
    let run = started["run"].as_str().unwrap();
    place.run(["run", "wait"]).expect(0);
    let followed = place.run(["--json", "run", "logs", run, "--follow"]).expect(0);
    let all = place.run(["--json", "run", "logs", run]).expect(0).json();
    let lines: Vec<serde_json::Value> = followed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(serde_json::Value::Array(lines), all);
}
