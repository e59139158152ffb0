//! Servers that do what no good server does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use longshore_testkit::servers::{Answer, Answers, Asked, to};
use longshore_transfer::storage::{Status, Storage, UNKNOWN_SIZE};
use serde_json::json;

use crate::common::{MIB, code, open, pattern, read_all, read_from};

const PATH: &[u8] = b"file";

fn at(server: &Answers) -> Arc<dyn Storage> {
    open(&to(&server.url(), &json!({"timeout": 5, "retries": 3})))
}

/// First and last byte of the range that is asked for.
fn range(asked: &Asked) -> Option<(usize, usize)> {
    let (from, to) = asked.headers.get("range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// What a good server answers.
fn part(content: &[u8], asked: &Asked, tag: &str) -> Answer {
    let Some((from, to)) = range(asked) else { return Answer::new(200, content).with("ETag", tag) };
    let to = to.min(content.len() - 1);
    let told = format!("bytes {from}-{to}/{}", content.len());
    Answer::new(206, &content[from..=to]).with("Content-Range", &told).with("ETag", tag)
}

#[test]
fn a_server_that_ignores_ranges_gives_no_byte_twice() {
    let content = pattern(MIB);
    let given = content.clone();
    let server = Answers::start(move |_| Answer::new(200, given.clone()));
    assert_eq!(at(&server).stat(PATH).unwrap().size, content.len() as u64);
    assert_eq!(read_all(&*at(&server), PATH).unwrap(), content);
    assert_eq!(read_from(&*at(&server), PATH, 400_001).unwrap(), content[400_001..]);
    assert_eq!(read_from(&*at(&server), PATH, content.len() as u64).unwrap(), b"");
}

#[test]
fn a_stream_that_breaks_begins_anew_where_it_broke() {
    let content = pattern(MIB);
    let (given, asked) = (content.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    let server = Answers::start(move |_| {
        let whole = Answer::new(200, given.clone()).with("ETag", "W/\"1\"");
        match count.fetch_add(1, Ordering::SeqCst) {
            broken @ 0..3 => {
                Answer { body: given[..300_000 * (broken + 1)].into(), length: Some(given.len()), ..whole }
            }
            _ => whole,
        }
    });
    assert_eq!(read_all(&*at(&server), PATH).unwrap(), content);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn a_length_that_is_never_reached_ends_in_an_error() {
    let server = Answers::start(|_| Answer { length: Some(2 * MIB), ..Answer::new(200, pattern(MIB)) });
    let failed = read_all(&*at(&server), PATH).unwrap_err();
    assert_eq!((failed.code, failed.status), ("net.broken", Status::Transient), "{failed}");
    let content = pattern(MIB);
    let server = Answers::start(move |asked| {
        let (from, _) = range(asked).unwrap_or_default();
        if from >= content.len() {
            return Answer::new(416, "");
        }
        let told = format!("bytes {from}-{}/{}", 2 * MIB - 1, 2 * MIB);
        let body = content[from..].to_vec();
        Answer { length: Some(2 * MIB - from), ..Answer::new(206, body).with("Content-Range", &told) }
    });
    assert_eq!(code(read_all(&*at(&server), PATH)), "file.changed");
}

#[test]
fn a_file_that_changes_in_the_middle_is_an_error() {
    for (first, second) in [("\"a\"", "\"b\""), ("W/\"a\"", "W/\"b\"")] {
        let asked = AtomicUsize::new(0);
        let content = pattern(20 * MIB);
        let server = Answers::start(move |request| {
            let tag = if asked.fetch_add(1, Ordering::SeqCst) < 2 { first } else { second };
            let changed = request.headers.get("if-range").is_some_and(|known| known != tag);
            if changed { Answer::new(200, content.clone()).with("ETag", tag) } else { part(&content, request, tag) }
        });
        assert_eq!(code(read_all(&*at(&server), PATH)), "file.changed");
    }
}

#[test]
fn a_busy_server_is_waited_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let content = pattern(MIB);
    let given = content.clone();
    let server = Answers::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::new(503, "later").with("Retry-After", "1"),
        1 => Answer::new(500, "oh"),
        _ => part(&given, request, "\"a\""),
    });
    let began = std::time::Instant::now();
    assert_eq!(read_all(&*at(&server), PATH).unwrap(), content);
    assert!(began.elapsed().as_millis() >= 1000, "it was asked to wait a second");
    let busy = Answers::start(|_| Answer::new(503, "later").with("Retry-After", "3600"));
    let failed = read_all(&*at(&busy), PATH).unwrap_err();
    assert_eq!((failed.code, failed.status), ("http.busy", Status::Transient), "an hour is not waited here");
    let denied = Answers::start(|_| Answer::new(403, "<html><body>No</body></html>"));
    let failed = read_all(&*at(&denied), PATH).unwrap_err();
    assert_eq!((failed.code, failed.why.contains('<')), ("http.denied", false));
}

#[test]
fn credentials_go_to_no_other_host() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let other = Answers::start(move |asked| {
        kept.lock().unwrap().push(asked.headers.clone());
        part(b"elsewhere", asked, "\"a\"")
    });
    let target = format!("{}/file", other.url());
    let server = Answers::start(move |_| Answer::new(302, "").with("Location", &target));
    let mut connection = to(&server.url(), &json!({"X-Auth-Token": "token-secret"}));
    connection.login = Some("user".into());
    connection.password = Some("password-secret".to_owned().into());
    assert_eq!(read_all(&*open(&connection), PATH).unwrap(), b"elsewhere");
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty());
    for headers in seen.iter() {
        assert!(!headers.contains_key("authorization") && !headers.contains_key("x-auth-token"), "{headers:?}");
        assert!(headers.contains_key("range"));
    }
}

#[test]
fn a_change_is_never_redirected_into_a_look() {
    let server = Answers::start(|asked| match asked.method.as_str() {
        "HEAD" => Answer::new(404, ""),
        _ => Answer::new(302, "").with("Location", "/elsewhere"),
    });
    let mut writer = at(&server).write(PATH, None).unwrap();
    writer.write(b"x").unwrap();
    assert_eq!(code(writer.commit(&longshore_transfer::storage::Finish::default())), "http.redirect");
    assert_eq!(code(at(&server).delete(PATH)), "http.redirect");
}

#[test]
fn redirections_without_an_end_end() {
    let server = Answers::start(|_| Answer::new(307, "").with("Location", "/file?again"));
    assert_eq!(code(read_all(&*at(&server), PATH)), "http.redirect");
}

#[test]
fn a_packed_body_is_not_taken_for_the_file() {
    let server = Answers::start(|asked| {
        assert_eq!(asked.headers.get("accept-encoding").map(String::as_str), Some("identity"));
        Answer::new(200, "packed").with("Content-Encoding", "gzip")
    });
    assert_eq!(code(read_all(&*at(&server), PATH)), "http.encoded");
    // A file that lies there packed is what it is.
    assert_eq!(read_all(&*at(&server), b"file.tar.gz").unwrap(), b"packed");
}

#[test]
fn another_part_than_was_asked_for_is_refused() {
    let server = Answers::start(|_| Answer::new(206, "abc").with("Content-Range", "bytes 5-7/100"));
    assert_eq!(code(read_all(&*at(&server), PATH)), "http.range");
    let server = Answers::start(|_| Answer::new(206, "abc"));
    assert_eq!(code(read_all(&*at(&server), PATH)), "http.range");
}

#[test]
fn a_length_that_is_not_told_is_unknown() {
    let server = Answers::start(|asked| match asked.method.as_str() {
        "HEAD" => Answer::new(405, ""),
        _ => Answer { chunked: true, ..Answer::new(200, pattern(MIB)) },
    });
    assert_eq!(at(&server).stat(PATH).unwrap().size, UNKNOWN_SIZE);
    assert_eq!(read_all(&*at(&server), PATH).unwrap(), pattern(MIB));
}
