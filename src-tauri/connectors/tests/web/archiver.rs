//! An archiver service that says no, in each of the ways that it has, and what is sent to it.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_connectors::Connection;
use longshore_connectors::archiver::{Archiver, Put};
use longshore_connectors::s3::WrittenPart;
use longshore_testkit::servers::{Answer, Answers, Asked};
use longshore_transfer::storage::{Result, Status};
use serde_json::{Value, json};

use crate::common::{code, steps};

fn connection(server: &Answers) -> Connection {
    Connection {
        id: "central".into(),
        kind: "archiver".into(),
        host: Some(server.url()),
        password: Some("a-token".to_owned().into()),
        extra: json!({"timeout": 5, "retries": 0}).as_object().cloned().unwrap_or_default(),
        ..Connection::default()
    }
}

fn at(server: &Answers) -> Archiver {
    Archiver::open(&connection(server), None, Arc::new(SystemTime::now)).unwrap()
}

fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What a service that answers everything this way makes of a request for room: code, and whether another try may help.
fn asked_for_room(status: u16, body: &Value) -> (&'static str, Status, String) {
    let body = body.to_string();
    let server = Answers::start(move |_| Answer::new(status, body.clone()));
    let error = wait(at(&server).request("1/a", 1)).unwrap_err();
    (error.code, error.status, error.why)
}

#[test]
fn room_that_is_refused_is_told_by_name() {
    let full = asked_for_room(507, &json!({"message": "It is full", "dataset_id": "1/a", "requested_size_gib": 1}));
    assert_eq!((full.0, full.1), ("archiver.no_room", Status::Transient));
    assert!(full.2.contains("It is full"), "{}", full.2);
    let missing = asked_for_room(201, &json!({"message": "Bucket 'landingzone' does not exist"}));
    assert_eq!((missing.0, missing.1), ("archiver.no_bucket", Status::Permanent));
    assert!(missing.2.contains("landingzone"), "{}", missing.2);
    let field = asked_for_room(422, &json!({"detail": [{"loc": ["body", "dataset_id"], "msg": "too long"}]}));
    assert_eq!((field.0, field.2.contains("dataset_id: too long")), ("archiver.refused", true));
    assert_eq!(asked_for_room(401, &json!({"detail": "no"})).0, "archiver.denied");
    assert_eq!(
        (asked_for_room(500, &json!({})).1, asked_for_room(404, &json!({})).0),
        (Status::Transient, "archiver.address")
    );
}

#[test]
fn sizes_are_told_in_whole_gib_with_the_token() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let server = Answers::start(move |asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        kept.lock().unwrap().push((asked.headers["authorization"].clone(), body["dataset_size_gib"].clone()));
        Answer::json(201, &json!({"message": "ok"}))
    });
    for bytes in [1, 1 << 30, (1 << 30) + 1] {
        wait(at(&server).request("1/a", bytes)).unwrap();
    }
    let sizes: Vec<_> = told.lock().unwrap().iter().map(|(token, size)| (token.clone(), size.as_u64())).collect();
    assert_eq!(sizes, [1, 1, 2].map(|size| ("Bearer a-token".to_owned(), Some(size))));
}

/// A service that grants URLs for `parts` which are signed with this header, and whose object storage answers `put`.
fn granting(signed: &'static str, put: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Answers {
    Answers::start(move |asked| {
        if asked.method == "PUT" {
            return put(asked);
        }
        let parts = serde_json::from_slice::<Value>(&asked.body).unwrap()["parts"].as_u64().unwrap();
        let url = format!("http://{}/bucket/key?X-Amz-SignedHeaders={signed}", asked.headers["host"]);
        let urls = vec![STANDARD.encode(url); usize::try_from(parts).unwrap()];
        let upload = if parts > 1 { "an upload" } else { "" };
        Answer::json(201, &json!({"upload_id": upload, "urls": urls}))
    })
}

fn put(server: &Answers) -> Result<String> {
    let archiver = at(server);
    let part = Put { bytes: "x".into(), md5: [0xab; 16], sha256: [1; 32] };
    wait(async {
        let granted = archiver.grant("1/a", "key", 1).await?;
        archiver.put("key", &granted, 0, &part).await
    })
}

#[test]
fn an_object_storage_is_sent_what_was_signed_and_no_token() {
    let server = granting("host%3Bx-amz-storage-class", |asked| {
        let sent = |name: &str| asked.headers.contains_key(name);
        let right = asked.headers["x-amz-storage-class"] == "GLACIER";
        let more = ["authorization", "content-md5", "content-type", "x-amz-checksum-sha256"].into_iter().any(sent);
        Answer::new(if right && !more { 200 } else { 400 }, "").with("ETag", &"ab".repeat(16))
    });
    assert_eq!(put(&server).unwrap(), "ab".repeat(16));
}

#[test]
fn a_part_that_does_not_arrive_is_told() {
    let altered = granting("host", |_| Answer::new(200, "").with("ETag", &"cd".repeat(16)));
    assert_eq!(code(put(&altered)), "archiver.altered");
    let expired = granting("host", |_| Answer::new(403, "<Code>AccessDenied</Code>"));
    let error = put(&expired).unwrap_err();
    assert_eq!((error.code, error.status), ("archiver.expired", Status::Transient));
    assert!(!error.to_string().contains("X-Amz"), "{error}");
}

#[test]
fn an_upload_in_parts_is_completed_with_the_checksum_of_its_parts() {
    let told = Arc::new(Mutex::new(Value::Null));
    let kept = Arc::clone(&told);
    let server = Answers::start(move |asked| {
        *kept.lock().unwrap() = serde_json::from_slice(&asked.body).unwrap();
        Answer::json(201, &json!({"location": "l", "key": "k"}))
    });
    let part = |number| WrittenPart { number, etag: format!("e{number}"), sha256: STANDARD.encode([0; 32]) };
    wait(at(&server).complete("1/a", "key", "an upload", &[part(1), part(2)])).unwrap();
    let told = told.lock().unwrap().clone();
    assert_eq!(told["parts"][1], json!({"part_number": 2, "etag": "e2", "checksum_sha256": STANDARD.encode([0; 32])}));
    // SHA-256 of 64 bytes of zero.
    assert_eq!(told["checksum_sha256"], "9aX9QtFqIDAnmO9u0wmXm0MAPSMg2fDo6pgxqSdZ+0s=");
}

#[test]
fn urls_that_are_no_urls_are_not_used() {
    for urls in [json!(["http://plain.example/"]), json!([STANDARD.encode("file:///etc/passwd")]), json!([])] {
        let body = json!({"upload_id": "", "urls": urls}).to_string();
        let server = Answers::start(move |_| Answer::new(201, body.clone()));
        let granted = wait(async { at(&server).grant("1/a", "key", 1).await });
        assert_eq!(code(granted), "archiver.answer");
    }
}

#[test]
fn the_test_of_a_connection_says_whether_a_service_is_there() {
    let there = Answers::start(|_| Answer::new(405, "{}"));
    assert!(!steps(&connection(&there), b"", false).contains(':'), "{}", steps(&connection(&there), b"", false));
    let nothing = Answers::start(|_| Answer::new(404, "{}"));
    assert!(steps(&connection(&nothing), b"", false).ends_with("login:archiver.address"));
}
