//! `noop` and `flow.start`.
#![allow(clippy::unwrap_used)]

mod common;

use common::Workshop;
use longshore_engine::Class;
use serde_json::json;

#[test]
fn noop_gives_back_what_it_was_given() {
    let shop = Workshop::new();
    assert_eq!(shop.task("noop", json!({"output": [1, "two"]})).unwrap(), json!([1, "two"]));
    assert_eq!(shop.task("noop", json!({})).unwrap(), json!(null));
}

#[test]
fn noop_fails_as_told() {
    let shop = Workshop::new();
    let fault = shop.task("noop", json!({"fail": "transient"})).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("noop.failed", Class::Transient));
    assert!(shop.task("noop", json!({"fail": "fatal", "times": 0})).is_ok());
    assert_eq!(shop.task("noop", json!({"fails": "fatal"})).unwrap_err().code, "task.with");
}

#[test]
fn a_noop_that_waits_can_be_stopped() {
    let shop = Workshop::new();
    let with = json!({"for_ms": 1000});
    shop.host("noop", &with).cancel();
    assert_eq!(shop.task("noop", with).unwrap_err().code, "task.stopped");
}

#[test]
fn a_repeated_start_gives_the_same_run() {
    let shop = Workshop::new();
    let with = json!({"flow": "child", "params": {"n": 1}});
    let first = shop.attempt("flow.start", &with).unwrap();
    assert_eq!(shop.attempt("flow.start", &with).unwrap(), first);
    assert_eq!(shop.started.0.lock().unwrap().len(), 1);
}
