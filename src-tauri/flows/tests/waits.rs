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
    shop.clock.advance(Duration::from_mins(1));
    assert_eq!(waits(&shop, "wait.until", &with), Some(until), "woken early, it waits for the same time");
    shop.clock.advance(Duration::from_mins(89));
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

#[test]
fn files_are_waited_for_until_they_grow_no_more() {
    let shop = Workshop::new();
    let folder = shop.places.top().join("landing/in/day");
    let with = json!({"path": "landing:in/*/scan-?.tif", "every": "20s", "settled": "5s"});
    let (now, second) = (shop.clock.now(), |seconds: i64| Millis(shop.clock.now().0 + seconds * 1000));
    assert_eq!(waits(&shop, "wait.file", &with), Some(second(20)), "no folder yet");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("scan-10.tif"), "no").unwrap();
    std::fs::write(folder.join(".scan-1.tif.longshore-part"), "half").unwrap();
    assert_eq!(waits(&shop, "wait.file", &with), Some(second(20)), "nothing that fits");
    std::fs::write(folder.join("scan-1.tif"), "ha").unwrap();
    assert_eq!(waits(&shop, "wait.file", &with), Some(second(5)));
    shop.clock.advance(Duration::from_secs(5));
    std::fs::write(folder.join("scan-1.tif"), "half").unwrap();
    assert_eq!(waits(&shop, "wait.file", &with), Some(second(5)), "it has grown");
    shop.clock.advance(Duration::from_secs(2));
    assert_eq!(waits(&shop, "wait.file", &with), Some(second(3)), "woken early");
    shop.clock.advance(Duration::from_secs(3));
    let output = shop.attempt("wait.file", &with).unwrap();
    let file = json!({"path": "landing:in/day/scan-1.tif", "name": "scan-1.tif", "bytes": 4});
    assert_eq!(output, json!({"files": [file], "count": 1, "bytes": 4}));
    assert_eq!(shop.clock.now().0 - now.0, 10_000);
}

#[test]
fn several_files_at_any_depth_may_be_wanted() {
    let shop = Workshop::new();
    let top = shop.places.top().join("watched");
    std::fs::create_dir_all(top.join("a/b")).unwrap();
    let with = json!({"path": format!("{}/**/*.zip", top.display()), "at_least": 2, "settled": 0});
    std::fs::write(top.join("one.zip"), "1").unwrap();
    assert!(waits(&shop, "wait.file", &with).is_some());
    std::fs::write(top.join("a/b/two.zip"), "22").unwrap();
    let output = shop.attempt("wait.file", &with).unwrap();
    assert_eq!((&output["count"], &output["bytes"]), (&json!(2), &json!(3)));
    assert_eq!(output["files"][0]["path"], format!("{}/a/b/two.zip", top.display()));
}
