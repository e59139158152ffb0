//! `object.restore`, against a server that plays Amazon's archives.
#![allow(clippy::unwrap_used)]

mod common;

use common::Workshop;
use longshore_connectors::s3::S3;
use longshore_flows::kind::Done;
use longshore_testkit::servers::Moto;
use longshore_transfer::storage::{Finish, Storage};
use serde_json::{Value, json};

fn storage(server: &Moto, class: Option<&str>) -> S3 {
    let extra = json!({"bucket": "vault", "storage_class": class});
    S3::open("vault", &server.connection(&extra), b"").unwrap()
}

fn put(storage: &S3, path: &str) {
    let mut writer = storage.write(path.as_bytes(), None).unwrap();
    writer.write(path.as_bytes()).unwrap();
    writer.commit(&Finish::default()).unwrap();
}

/// Parameters with a connection to the server that is there for this run only.
fn with(server: &Moto, from: &str) -> Value {
    let known = server.connection(&json!({"bucket": "vault"}));
    let password = "longshore-secret";
    let archive =
        json!({"id": "archive", "conn_type": "s3", "login": known.login, "password": password, "extra": known.extra});
    json!({"from": from, "days": 2, "every": "1h", "connections": [archive]})
}

/// Attempts until it is done: its output, and how often it was deferred.
fn until_done(shop: &Workshop, with: &Value) -> (Value, u32) {
    for deferred in 0..20 {
        match shop.done("object.restore", with, &[]).unwrap() {
            Done::Output(output) => return (output, deferred),
            Done::Deferred { .. } => {}
            Done::Skipped(why) => panic!("{why}"),
        }
    }
    panic!("it is never done");
}

#[test]
fn a_folder_is_restored_object_by_object_and_waited_for() {
    let server = Moto::start();
    let (warm, cold) = (storage(&server, None), storage(&server, Some("DEEP_ARCHIVE")));
    warm.create_bucket("vault").unwrap();
    server.restores_take(3);
    for (at, path) in ["set/a", "set/b/c", "set/b/d", "set/e", "set/f", "other"].into_iter().enumerate() {
        put(if at % 2 == 0 { &warm } else { &cold }, path);
    }
    let shop = Workshop::new();
    let folder = with(&server, "archive:set");
    let (output, deferred) = until_done(&shop, &folder);
    assert_eq!((&output["objects"], &output["restored"]), (&json!(5), &json!(2)));
    assert!(output["until"].as_i64().is_some_and(|until| until > 1_700_000_000_000), "{output}");
    assert!(deferred >= 1, "it was waited for");
    let other = longshore_connectors::s3::Restoration::Archived;
    assert_eq!(cold.restoration(b"other").unwrap(), other, "what was not meant is left");
    let (output, _) = until_done(&shop, &with(&server, "archive:other"));
    assert_eq!((&output["objects"], &output["restored"]), (&json!(1), &json!(1)));
}

#[test]
fn what_is_no_archive_is_refused() {
    let shop = Workshop::new();
    let refused = |from: &str| shop.done("object.restore", &json!({"from": from}), &[]).unwrap_err().code;
    assert_eq!(refused("lts:"), "storage.unsupported");
    assert_eq!(refused("nowhere:x"), "storage.unknown");
}
