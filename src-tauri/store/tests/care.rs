//! Care of the database: checked, copied, brought back, and what ended long ago let go of.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use longshore_engine::event::{Created, Outcome, RunEvent, Span, TaskEvent};
use longshore_engine::{Event, Flow, Millis, RunId};
use longshore_store::{FlowVersion, Keep, LogLine, Options, RunFilter, Store, restore};
use rusqlite::Connection;
use serde_json::json;

const FLOW: &str = "id: f\ntasks:\n  - {id: t, uses: noop}\n";

/// A run that works, or has ended at its creation's time plus 3.
fn run(store: &Store, id: &str, at: i64, ended: bool, parent: Option<&str>) {
    let flow = Flow::parse("f.yaml", FLOW, None).unwrap();
    let version = FlowVersion { version: flow.version.clone(), flow: "f".into(), source: FLOW.into() };
    store.keep_flow_version(&version).unwrap();
    let id = RunId::from(id);
    let mut created = json!({"flow": "f", "version": flow.version, "params": {}, "vars": {}});
    if let Some(parent) = parent {
        created["parent"] = json!({"run": parent, "task": "t"});
    }
    let created: Created = serde_json::from_value(created).unwrap();
    let task = |at, event| Event::task(&id, Millis(at), "t", Span::one(None), event);
    let started: TaskEvent = serde_json::from_value(json!({"type": "started", "attempt": 1, "with": {}})).unwrap();
    let mut events = vec![
        Event::run(&id, Millis(at), RunEvent::Created(Box::new(created))),
        Event::run(&id, Millis(at + 1), RunEvent::Started),
        task(at + 1, TaskEvent::Scheduled),
        task(at + 2, started),
    ];
    if ended {
        events.push(task(at + 3, TaskEvent::Succeeded { output: 1.into() }));
        events.push(Event::run(&id, Millis(at + 3), RunEvent::Ended { outcome: Outcome::Success }));
    }
    store.append_blocking(events).unwrap();
}

fn ids(store: &Store) -> Vec<String> {
    store.runs(&RunFilter::default()).unwrap().rows.into_iter().rev().map(|run| run.id).collect()
}

#[test]
fn a_sound_database_is_found_sound_and_a_changed_one_is_not() {
    let place = Place::new();
    run(&place.store, "R1", 100, true, None);
    run(&place.store, "R2", 200, false, None);
    let checked = place.store.check_all(10).unwrap();
    assert_eq!((checked.problems, checked.runs), (Vec::new(), 2));
    place.store.close().unwrap();
    let sql = Connection::open(place.path()).unwrap();
    sql.execute_batch("UPDATE task_run SET state = 'failed' WHERE run = 1; DELETE FROM attempt WHERE run = 2").unwrap();
    sql.close().unwrap();
    let store = Store::open(&place.path(), &Options::default()).unwrap();
    let problems = store.check_all(10).unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.contains(&"run R1: state is failed, and its journal says success".to_owned()), "{problems:?}");
    assert!(problems.contains(&"run R2: there is less than follows from its journal".to_owned()), "{problems:?}");
    store.rebuild_from_journal().unwrap();
    assert_eq!(store.check_all(10).unwrap().problems, Vec::<String>::new());
}

#[test]
fn runs_are_forgotten_by_age_and_by_number_whole_and_only_once_they_have_ended() {
    let place = Place::new();
    let store = &place.store;
    for (n, id) in (1..).zip(["R1", "R2", "R3", "R4"]) {
        run(store, id, n * 100, true, None);
    }
    run(store, "R5", 500, false, None);
    let line = LogLine { at: 1, task: "t".into(), index: None, attempt: 1, level: "info".into(), text: "x".into() };
    store.log("R1", &[line]).unwrap();
    let going = |since, count| store.forgettable_runs(Keep { since, count }, 10).unwrap();
    assert_eq!(going(None, None), Vec::<String>::new());
    assert_eq!(going(Some(204), None), ["R1", "R2"]);
    assert_eq!(going(None, Some(1)), ["R1", "R2", "R3"]);
    store.forget_run(&RunId::from("R1")).unwrap();
    // Gone for every reader at once; what is left goes in batches.
    assert_eq!(ids(store), ["R2", "R3", "R4", "R5"]);
    assert_eq!(store.events(&RunId::from("R1")).unwrap_err().code(), "run.unknown");
    while store.forget_some().unwrap() {}
    assert_eq!(store.log_bytes().unwrap(), 0);
    assert_eq!(store.forget_run(&RunId::from("R5")).unwrap_err().code(), "database.refused");
    assert_eq!(store.check_all(10).unwrap().problems, Vec::<String>::new());
    store.rebuild_from_journal().unwrap();
    assert_eq!(ids(store), ["R2", "R3", "R4", "R5"]);
    store.close().unwrap();
    let sql = Connection::open(place.path()).unwrap();
    let rows: u32 = sql.query_row("SELECT count(*) FROM journal WHERE run = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
    for refused in ["DELETE FROM journal", "INSERT INTO forgetting VALUES (5)", "DELETE FROM run_id"] {
        assert!(sql.execute_batch(refused).is_err(), "{refused}");
    }
}

#[test]
fn a_run_stays_as_long_as_the_one_that_started_it_and_those_that_it_started() {
    let place = Place::new();
    let store = &place.store;
    run(store, "R1", 100, true, None);
    run(store, "R2", 200, true, Some("R1"));
    run(store, "R3", 300, true, None);
    run(store, "R4", 400, false, Some("R3"));
    let keep = Keep { since: Some(1_000), count: None };
    assert_eq!(store.forgettable_runs(keep, 10).unwrap(), ["R1"]);
    store.forget_run(&RunId::from("R1")).unwrap();
    while store.forget_some().unwrap() {}
    assert_eq!(store.forgettable_runs(keep, 10).unwrap(), ["R2"]);
}

#[test]
fn a_backup_is_whole_and_can_be_put_back() {
    let place = Place::new();
    run(&place.store, "R1", 100, true, None);
    let copy = place.folder.path().join("copy.db");
    assert!(place.store.backup(&copy).unwrap() > 4_096);
    assert_eq!(place.store.backup(&copy).unwrap_err().code(), "backup.exists");
    run(&place.store, "R2", 200, true, None);
    place.store.vacuum().unwrap();
    place.store.close().unwrap();
    let replaced = restore(&place.path(), &copy).unwrap().unwrap();
    let store = Store::open(&place.path(), &Options::default()).unwrap();
    assert_eq!(ids(&store), ["R1"]);
    assert_eq!(store.check_all(10).unwrap().problems, Vec::<String>::new());
    store.close().unwrap();
    // And back again.
    restore(&place.path(), &replaced).unwrap();
    assert_eq!(ids(&Store::open(&place.path(), &Options::default()).unwrap()), ["R1", "R2"]);
}

#[test]
fn what_is_no_backup_replaces_nothing() {
    let place = Place::new();
    run(&place.store, "R1", 100, true, None);
    place.store.backup(&place.folder.path().join("copy.db")).unwrap();
    place.store.close().unwrap();
    let mut bytes = std::fs::read(place.folder.path().join("copy.db")).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xAA);
    let damaged = place.folder.path().join("damaged.db");
    std::fs::write(&damaged, bytes).unwrap();
    let before = std::fs::read(place.path()).unwrap();
    assert_eq!(restore(&place.path(), &damaged).unwrap_err().code(), "database.corrupt");
    let none = place.folder.path().join("none.db");
    assert_eq!(restore(&place.path(), &none).unwrap_err().code(), "database.foreign");
    assert!(std::fs::read(place.path()).unwrap() == before);
}
