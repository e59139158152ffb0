//! Kinds that wait.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::Workshop;
use longshore_engine::{Clock as _, Millis};
use longshore_flows::kind::Done;
use serde_json::{Value, json};

/// Until when a task run waits, if it does.
fn waits(shop: &Workshop, kind: &str, with: &Value) -> Option<Millis> {
    match shop.done(kind, with, &[]).unwrap() {
        Done::Deferred { until } => Some(until),
        _ => None,
    }
}

#[test]
fn a_time_is_waited_for_without_a_slot() {
    let shop = Workshop::new();
    let now = shop.clock.now();
    let with = json!({"after": "1h 30m"});
    let until = Millis(now.0 + 5_400_000);
    assert_eq!(waits(&shop, "wait.until", &with), Some(until));
    shop.clock.advance(Duration::from_secs(60));
    assert_eq!(waits(&shop, "wait.until", &with), Some(until), "woken early, it waits for the same time");
    shop.clock.advance(Duration::from_secs(5_340));
    let time = shop.attempt("wait.until", &with).unwrap()["time"].as_str().unwrap().to_owned();
    assert_eq!(time.parse::<jiff::Timestamp>().unwrap().as_millisecond(), until.0);
}

#[test]
fn a_time_may_be_of_a_zone() {
    let shop = Workshop::new();
    let at = |time: &str| waits(&shop, "wait.until", &json!({"time": time}));
    assert_eq!(at("2100-01-01T00:00:00Z"), Some(Millis(4_102_444_800_000)));
    assert_eq!(at("2100-01-01T01:00[Europe/Zurich]"), Some(Millis(4_102_444_800_000)));
    assert_eq!(at("2000-01-01T00:00:00+01:00"), None);
    let code = |with: Value| shop.done("wait.until", &with, &[]).unwrap_err().code;
    assert_eq!(code(json!({"time": "tomorrow"})), "task.with");
    assert_eq!(code(json!({})), "task.with");
}
