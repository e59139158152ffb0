//! `copy` of files that are still being written.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Workshop, put};
use longshore_engine::{Class, Clock as _, Millis};
use longshore_flows::kind::Done;
use serde_json::{Value, json};

const SECONDS: i64 = 1000;

fn deferred(shop: &Workshop, with: &Value) -> Millis {
    match shop.done("copy", with, &[]).unwrap() {
        Done::Deferred { until } => until,
        other => panic!("it did not wait: {other:?}"),
    }
}

#[test]
fn what_changed_a_short_while_ago_is_left_alone_until_it_has_settled() {
    let shop = Workshop::new();
    let (folder, storage) = shop.folder("a");
    let now = shop.clock.now();
    put(storage.as_ref(), b"old", b"whole", 0o644, (1, 0));
    put(storage.as_ref(), b"new", b"ha", 0o644, (now.0 / 1000 - 3, 0));
    let with = json!({"from": folder.to_text(), "to": "lts:b", "settle": "30s"});
    assert_eq!(deferred(&shop, &with).0 - now.0, 30 * SECONDS);
    let there = |name: &str| shop.places.top().join("lts/b").join(name).exists();
    assert!(there("old") && !there("new"));
    // It grows meanwhile, and is waited for anew.
    put(storage.as_ref(), b"new", b"half", 0o644, (now.0 / 1000 + 20, 0));
    shop.clock.advance(Duration::from_secs(30));
    deferred(&shop, &with);
    shop.clock.advance(Duration::from_secs(30));
    let done = shop.attempt("copy", &with).unwrap();
    assert_eq!((&done["files"], &done["already"], &done["verified"]), (&json!(2), &json!(0), &json!(true)));
    assert_eq!(std::fs::read(shop.places.top().join("lts/b/new")).unwrap(), b"half");
}

#[test]
fn what_changes_while_it_is_read_is_copied_once_it_has_settled() {
    let shop = Workshop::new();
    let faulty = shop.places.faulty("retrieval").unwrap();
    put(faulty.as_ref(), b"a/x", b"half", 0o644, (1, 0));
    let path = shop.places.top().join("retrieval/a/x");
    faulty.on_read(b"a/x", move || std::fs::write(&path, b"whole").unwrap());
    let with = json!({"from": "retrieval:a", "to": "lts:b"});
    let now = shop.clock.now();
    assert_eq!(deferred(&shop, &with).0 - now.0, 5 * SECONDS);
    shop.clock.advance(Duration::from_secs(5));
    let done = shop.attempt("copy", &with).unwrap();
    assert_eq!((&done["files"], &done["verified"]), (&json!(1), &json!(true)));
    assert_eq!(std::fs::read(shop.places.top().join("lts/b/x")).unwrap(), b"whole");
}

#[test]
fn what_never_settles_is_told_by_name() {
    let shop = Workshop::new();
    let (folder, storage) = shop.folder("a");
    let mut looks = 0;
    let with = json!({"from": format!("{}/growing", folder.to_text()), "to": "lts:growing", "settle": 60});
    let fault = loop {
        let content = vec![7; 10 + looks];
        put(storage.as_ref(), b"growing", &content, 0o644, (shop.clock.now().0 / 1000, 0));
        match shop.done("copy", &with, &[]) {
            Ok(Done::Deferred { .. }) => shop.clock.advance(Duration::from_mins(1)),
            other => break other.unwrap_err(),
        }
        looks += 1;
        assert!(looks < 100, "it waits for ever");
    };
    assert_eq!((fault.code.as_str(), fault.class), ("file.unsettled", Class::Transient));
    assert!(fault.file.unwrap().ends_with("growing"));
}
