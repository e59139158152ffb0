//! What an endpoint answers when it does not do what was asked: told by a server that answers as each case wants.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use longshore_connectors::Connection;
use longshore_connectors::s3::S3;
use longshore_testkit::servers::{Answer, Answers, Asked};
use longshore_transfer::storage::{Finish, Status, Storage};
use serde_json::{Map, Value, json};

use crate::{REPLACE, code, get, put};

fn storage(server: &Answers) -> S3 {
    let extra: Value = json!({"endpoint_url": server.url(), "bucket": "b", "timeout_seconds": 1});
    let extra: Map<String, Value> = extra.as_object().cloned().unwrap();
    let (login, password) = (Some("key".into()), Some("secret".to_owned().into()));
    S3::open("b", &Connection { id: "c".into(), login, password, extra, ..Connection::default() }, b"").unwrap()
}

fn refusal(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as told</Message></Error>");
    Answer::new(status, body).with("Content-Type", "application/xml")
}

/// Answers so for the first requests, and well after that.
fn after(
    times: usize,
    first: Answer,
    then: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Answers, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server =
        Answers::start(
            move |request| {
                if count.fetch_add(1, Ordering::SeqCst) < times { first.clone() } else { then(request) }
            },
        );
    (server, asked)
}

fn well(request: &Asked) -> Answer {
    match request.method.as_str() {
        "GET" => Answer::new(206, "content").with("Content-Range", "bytes 0-6/7").with("ETag", "\"e\""),
        _ => Answer::new(200, "").with("ETag", "\"e\""),
    }
}

#[test]
fn what_hopes_for_another_try_is_tried_again() {
    for first in [
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        refusal(400, "RequestTimeout"),
        Answer::new(502, "<html>"),
    ] {
        let (server, asked) = after(4, first, well);
        assert_eq!(get(&storage(&server), b"file").unwrap(), b"content");
        assert_eq!(asked.load(Ordering::SeqCst), 5);
    }
    let (server, asked) = after(3, refusal(503, "SlowDown"), well);
    assert_eq!(code(put(&storage(&server), b"file", b"content")), "none");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    let (server, _) = after(1, refusal(400, "BadDigest"), well);
    assert_eq!(code(put(&storage(&server), b"file", b"content")), "none", "damaged on the way, sent again");
}

#[test]
fn trying_again_ends() {
    let (server, asked) = after(usize::MAX, refusal(503, "SlowDown"), well);
    let error = storage(&server).stat(b"file").unwrap_err();
    assert_eq!((error.code, error.status), ("s3.slow_down", Status::Transient));
    assert_eq!(asked.load(Ordering::SeqCst), 8);
}

#[test]
fn what_does_not_is_told_at_once() {
    let cases = [
        (403, "AccessDenied", "s3.denied"),
        (403, "SignatureDoesNotMatch", "s3.credentials"),
        (403, "RequestTimeTooSkewed", "s3.clock_skew"),
        (400, "ExpiredToken", "s3.expired"),
        (404, "NoSuchBucket", "s3.no_bucket"),
        (301, "PermanentRedirect", "s3.wrong_region"),
        (403, "InvalidObjectState", "s3.archived"),
        (501, "NotImplemented", "s3.unsupported"),
    ];
    for (status, said, expected) in cases {
        let (server, asked) = after(usize::MAX, refusal(status, said), well);
        let error = get(&storage(&server), b"file").unwrap_err();
        assert_eq!((error.code, error.status), (expected, Status::Permanent), "{said}: {error}");
        assert!(error.why.contains(said), "{error}");
        // Whether it was this program's signature is seen by that of the library.
        let requests = if said == "SignatureDoesNotMatch" { 2 } else { 1 };
        assert_eq!(asked.load(Ordering::SeqCst), requests, "{said}");
    }
}

#[test]
fn a_reply_that_is_shorter_than_it_says_is_asked_for_again() {
    let short = Answer { length: Some(7), ..well(&asked("GET")) };
    let short = Answer { body: b"con".to_vec(), ..short };
    let server = Answers::start(move |request| match request.headers.get("range").map(String::as_str) {
        Some("bytes=3-6") => {
            assert_eq!(request.headers.get("if-match").map(String::as_str), Some("\"e\""));
            Answer::new(206, "tent").with("Content-Range", "bytes 3-6/7").with("ETag", "\"e\"")
        }
        _ => short.clone(),
    });
    assert_eq!(get(&storage(&server), b"file").unwrap(), b"content");
}

#[test]
fn an_object_that_is_replaced_while_it_is_read_is_told() {
    let short = Answer { length: Some(7), body: b"con".to_vec(), ..well(&asked("GET")) };
    let (server, _) = after(1, short, |_| refusal(412, "PreconditionFailed"));
    assert_eq!(code(get(&storage(&server), b"file")), "file.changed");
}

#[test]
fn another_range_than_asked_for_is_not_taken() {
    let wrong = |_: &Asked| Answer::new(206, "tent").with("Content-Range", "bytes 3-6/7").with("ETag", "\"e\"");
    assert_eq!(code(get(&storage(&Answers::start(wrong)), b"file")), "s3.reply");
}

#[test]
fn a_server_that_begins_anew_each_time_is_not_believed() {
    let server = Answers::start(|_| Answer { length: Some(7), body: b"con".to_vec(), ..well(&asked("GET")) });
    let error = get(&storage(&server), b"file").unwrap_err();
    assert_eq!((error.code, error.status), ("s3.reply", Status::Permanent), "{error}");
}

/// A server that keeps something other than what was sent, and says so by its checksum.
#[test]
fn a_checksum_that_is_not_ours_confirms_nothing() {
    let server =
        Answers::start(|_| Answer::new(200, "").with("ETag", "\"e\"").with("x-amz-checksum-crc32c", "AAAAAA=="));
    let receipt = put(&storage(&server), b"file", b"content").unwrap();
    assert!(!receipt.confirmed);
}

/// A server that takes no notice of `If-None-Match`: what is there is not overwritten all the same.
#[test]
fn nothing_is_overwritten_on_a_server_that_knows_no_conditions() {
    let there = Arc::new(AtomicUsize::new(0));
    let puts = Arc::clone(&there);
    let server = Answers::start(move |request| match request.method.as_str() {
        "HEAD" if puts.load(Ordering::SeqCst) == 0 => Answer::new(404, ""),
        "PUT" => {
            puts.fetch_add(1, Ordering::SeqCst);
            Answer::new(200, "").with("ETag", "\"e\"")
        }
        _ => Answer::new(200, "").with("ETag", "\"e\""),
    });
    let storage = storage(&server);
    let write = |content: &[u8]| {
        let mut writer = storage.write(b"file", None).unwrap();
        writer.write(content).unwrap();
        writer.commit(&Finish { replace: false, ..REPLACE })
    };
    assert_eq!(code(write(b"first")), "none");
    let before = there.load(Ordering::SeqCst);
    assert_eq!(code(write(b"second")), "file.exists");
    assert_eq!(there.load(Ordering::SeqCst), before);
}

fn asked(method: &str) -> Asked {
    Asked { method: method.into(), target: "/".into(), headers: [].into(), body: Vec::new() }
}

/// An object of 12 MiB of which the server keeps this checksum, read in ranges.
fn large(sum: &'static str) -> Answers {
    const SIZE: usize = 12 << 20;
    Answers::start(move |request| {
        let ranged = request.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let Some((first, last)) = ranged else {
            let head = Answer { length: Some(SIZE), ..Answer::new(200, "") }.with("ETag", "\"e\"");
            return head.with("x-amz-checksum-crc32c", sum).with("x-amz-checksum-type", "FULL_OBJECT");
        };
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let last = last.min(SIZE - 1);
        let range = format!("bytes {first}-{last}/{SIZE}");
        Answer::new(206, vec![0; last + 1 - first]).with("Content-Range", &range).with("ETag", "\"e\"")
    })
}

#[test]
fn what_is_read_is_compared_with_the_checksum_that_the_server_keeps() {
    // CRC-32C of so many zeros, by another implementation.
    assert_eq!(
        get(&storage(&large("u7MK/Q==")), b"file").map(|content| content.len()).map_err(|e| e.code),
        Ok(12 << 20)
    );
    let error = get(&storage(&large("AAAAAA==")), b"file").unwrap_err();
    assert_eq!((error.code, error.status), ("s3.damaged", Status::Transient), "{error}");
}

/// Temporary keys that end in the middle of a file.
#[test]
fn keys_that_end_in_the_middle_are_told_at_once() {
    let content = crate::pattern(11 * crate::MIB);
    let parts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&parts);
    let server = Answers::start(move |request| {
        let xml = |body: &str| Answer::new(200, format!("<?xml version=\"1.0\"?>{body}"));
        match (request.method.as_str(), request.target.as_str()) {
            ("POST", target) if target.contains("uploads") => {
                xml("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
            }
            ("GET", _) => xml("<ListMultipartUploadsResult></ListMultipartUploadsResult>"),
            _ if count.fetch_add(1, Ordering::SeqCst) > 0 => refusal(400, "ExpiredToken"),
            _ => Answer::new(200, "").with("ETag", "\"e\""),
        }
    });
    let storage = storage(&server);
    let mut writer = storage.write(b"file", None).unwrap();
    let written = writer.write(&content).and_then(|()| writer.commit(&REPLACE).map(drop));
    assert_eq!(code(written), "s3.expired");
    assert!(parts.load(Ordering::SeqCst) <= 3, "no part is sent twice in vain");
}

/// A server that deletes many in one request, refuses some of them as it is told, and takes note of how each came.
fn deleting(refused: &'static [(&'static str, &'static str)]) -> (Answers, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&asked);
    let server = Answers::start(move |request| {
        let (note, answer) = match request.method.as_str() {
            "POST" => {
                let error = |(key, code): &(&str, &str)| {
                    format!("<Error><Key>{key}</Key><Code>{code}</Code><Message>as told</Message></Error>")
                };
                let errors: String = refused.iter().map(error).collect();
                let body = format!("<?xml version=\"1.0\"?><DeleteResult>{errors}</DeleteResult>");
                let keys = String::from_utf8_lossy(&request.body).matches("<Key>").count();
                (format!("{keys} together"), Answer::new(200, body).with("Content-Type", "application/xml"))
            }
            _ => (format!("{} {}", request.method, request.target), Answer::new(204, "")),
        };
        notes.lock().unwrap().push(note);
        answer
    });
    (server, asked)
}

fn keys(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|at| format!("f{at}").into_bytes()).collect()
}

#[test]
fn of_many_that_are_deleted_each_refusal_is_that_of_its_key() {
    let (server, asked) = deleting(&[("f7", "AccessDenied"), ("f2", "NoSuchKey"), ("f4", "InternalError")]);
    let storage = storage(&server);
    assert!(storage.capabilities().delete_many);
    let outcomes = storage.delete_many(&keys(1500));
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    let denied = |error: &&longshore_transfer::storage::Error| (error.code, error.path.clone());
    assert_eq!(refused.iter().map(denied).collect::<Vec<_>>(), [("s3.denied", b"f7".to_vec())]);
    assert_eq!((outcomes.len(), outcomes[7].is_err()), (1500, true));
    let asked = asked.lock().unwrap();
    let requests: Vec<&str> = asked.iter().map(|note| note.split('?').next().unwrap()).collect();
    assert_eq!(requests, ["1000 together", "DELETE /b/f4", "500 together"], "what hopes for another try has one");
}

#[test]
fn where_many_cannot_be_deleted_together_they_are_one_by_one() {
    let answer = |post: &'static str, delete: u16| {
        Answers::start(move |request| match request.method.as_str() {
            "POST" => refusal(400, post),
            _ => Answer::new(delete, ""),
        })
    };
    let server = answer("InvalidRequest", 204);
    assert_eq!(storage(&server).delete_many(&keys(3)), vec![Ok(()); 3]);
    let server = answer("AccessDenied", 403);
    let codes: Vec<_> = storage(&server).delete_many(&keys(3)).into_iter().map(code).collect();
    assert_eq!(codes, ["s3.denied"; 3]);
}

/// What was asked the shorter way is told by what a request of the library alone has.
fn by_the_library(request: &Asked) -> bool {
    request.headers.contains_key("amz-sdk-request")
}

#[test]
fn an_object_is_read_the_shorter_way_by_its_whole_name() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Answers::start(move |request| {
        seen.lock().unwrap().push(request.clone());
        well(request)
    });
    assert_eq!(get(&storage(&server), "a b/ü+?#%.tif".as_bytes()).unwrap(), b"content");
    let asked = asked.lock().unwrap();
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(!by_the_library(request));
    assert_eq!(request.target, "/b/a%20b/%C3%BC%2B%3F%23%25.tif");
    assert!(request.headers["authorization"].starts_with("AWS4-HMAC-SHA256 Credential=key/"), "{request:?}");
}

#[test]
fn what_the_shorter_way_may_not_the_library_asks_for() {
    let (server, asked) = after(0, Answer::new(200, ""), |request| {
        if by_the_library(request) { well(request) } else { refusal(403, "SignatureDoesNotMatch") }
    });
    let storage = storage(&server);
    for requests in [2, 3] {
        assert_eq!(get(&storage, b"file").unwrap(), b"content");
        assert_eq!(asked.load(Ordering::SeqCst), requests, "the shorter way is tried once");
    }
}
