//! `http.request` and `sensor.http`, against real servers on the loopback.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::server::{Server, answer};
use common::{Workshop, leftovers};
use longshore_engine::{Class, Clock as _};
use longshore_flows::kind::Done;
use serde_json::{Value, json};

const KIND: &str = "http.request";

fn fault(shop: &Workshop, with: &Value) -> (String, Class) {
    let fault = shop.done(KIND, with, &[]).unwrap_err();
    (fault.code, fault.class)
}

#[test]
fn a_request_is_made_as_it_is_told() {
    let shop = Workshop::new();
    let server =
        Server::start(|_| answer("201 Created", &["content-type: application/json", "x-a: 1"], r#"{"id": 7}"#));
    let with = json!({"method": "post", "url": server.url("/things?a=1"), "query": {"b": "x y"}, "headers": {"X-Key": 5},
        "json": {"name": "n"}, "expect": [201]});
    let output = shop.attempt(KIND, &with).unwrap();
    assert_eq!(
        (&output["status"], &output["json"], &output["headers"]["x-a"]),
        (&json!(201), &json!({"id": 7}), &json!("1"))
    );
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /things?a=1&b=x+y HTTP/1.1");
    assert_eq!((asked.header("x-key"), asked.header("content-type")), (Some("5"), Some("application/json")));
    assert_eq!(asked.body, r#"{"name":"n"}"#);
    let form = json!({"method": "PUT", "url": server.url("/"), "form": {"a": "1&2"}, "expect": ["200-299"]});
    shop.attempt(KIND, &form).unwrap();
    assert_eq!(server.asked()[1].body, "a=1%262");
}

#[test]
fn an_answer_means_retry_or_failure_by_its_status() {
    let shop = Workshop::new();
    let server = Server::start(|asked| answer(asked.line.split(['/', ' ']).nth(2).unwrap(), &[], "the reason"));
    let with = |status: u16| json!({"url": server.url(&format!("/{status}"))});
    assert_eq!(fault(&shop, &with(404)), ("http.status".into(), Class::Permanent));
    assert_eq!(fault(&shop, &with(500)), ("http.status".into(), Class::Transient));
    assert_eq!(fault(&shop, &with(429)), ("http.status".into(), Class::Transient));
    let why = shop.done(KIND, &with(403), &[]).unwrap_err().why;
    assert!(why.contains("403") && why.contains("the reason"), "{why}");
    let expected = json!({"url": server.url("/404"), "expect": ["200-299", 404]});
    assert_eq!(shop.attempt(KIND, &expected).unwrap()["text"], "the reason");
}

#[test]
fn a_wait_that_is_asked_for_holds_no_slot() {
    let shop = Workshop::new();
    let server = Server::start(|_| answer("503 Busy", &["retry-after: 120"], ""));
    let with = json!({"url": server.url("/")});
    for _ in 0..10 {
        let Done::Deferred { until } = shop.done(KIND, &with, &[]).unwrap() else { panic!("it did not wait") };
        assert_eq!(until - shop.clock.now(), Duration::from_mins(2));
    }
    assert_eq!(fault(&shop, &with).0, "http.status", "not for ever");
}

#[test]
fn nobody_there_and_nobody_answering_are_worth_a_retry() {
    let shop = Workshop::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(
        fault(&shop, &json!({"url": format!("http://{closed}/")})),
        ("http.unreachable".into(), Class::Transient)
    );
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let with = json!({"url": format!("http://{}/", silent.local_addr().unwrap()), "timeout": 0.05});
    assert_eq!(fault(&shop, &with), ("http.timeout".into(), Class::Transient));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let shop = Workshop::new();
    for with in [
        json!({"url": "ftp://host/"}),
        json!({"url": "http://user:pass@host/"}),
        json!({"url": "http://host/", "json": 1, "body": "x"}),
        json!({"url": "http://host/", "expect": ["good"]}),
        json!({"url": "http://host/", "headers": {"a b": "c"}}),
    ] {
        assert_eq!(fault(&shop, &with).0, "task.with", "{with}");
    }
}

#[test]
fn an_answer_becomes_a_file_whole_or_not_at_all() {
    let shop = Workshop::new();
    let body = "0123456789".repeat(100_000);
    let page = body.clone();
    let server = Server::start(move |asked| match asked.line.as_str() {
        "GET /cut HTTP/1.1" => answer("200 OK", &[], &page)[..500_000].to_vec(),
        "GET /none HTTP/1.1" => answer("404 Not Found", &[], "<h1>Not found</h1>"),
        _ => answer("200 OK", &[], &page),
    });
    let saved = |path: &str, more: Value| {
        let mut with = json!({"url": server.url(path), "save_to": "lts:got/file"});
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with
    };
    let there = shop.places.top().join("lts/got/file");
    assert_eq!(fault(&shop, &saved("/cut", json!({}))).1, Class::Transient);
    assert_eq!(fault(&shop, &saved("/none", json!({}))).0, "http.status");
    assert_eq!(fault(&shop, &saved("/", json!({"sha256": "00"}))).0, "fixity.mismatch");
    assert!(!there.exists() && leftovers(&shop).is_empty());
    let output = shop.attempt(KIND, &saved("/", json!({}))).unwrap();
    assert_eq!((&output["saved"]["bytes"], &output["saved"]["path"]), (&json!(1_000_000), &json!("lts:got/file")));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), body);
    let sha256 = output["saved"]["sha256"].clone();
    assert_eq!(fault(&shop, &saved("/", json!({"sha256": sha256}))).0, "file.exists");
    shop.attempt(KIND, &saved("/", json!({"sha256": sha256, "replace": true}))).unwrap();
    assert_eq!(fault(&shop, &json!({"url": server.url("/"), "max_bytes": "10KiB"})).0, "http.too_large");
}

#[test]
fn credentials_do_not_follow_a_redirection_to_another_host() {
    let shop = Workshop::new();
    let other = Server::start(|_| answer("200 OK", &[], "there"));
    let target = other.url("/landed");
    let server = Server::start(move |asked| match asked.line.as_str() {
        "GET /here HTTP/1.1" => answer("302 Found", &["location: /again"], ""),
        "GET /again HTTP/1.1" => answer("200 OK", &[], "here"),
        "GET /loop HTTP/1.1" => answer("302 Found", &["location: /loop"], ""),
        _ => answer("307 Temporary Redirect", &[&format!("location: {target}")], ""),
    });
    let with =
        |path: &str| json!({"url": server.url(path), "headers": {"Authorization": "Bearer x", "X-Api-Key": "y"}});
    assert_eq!(shop.attempt(KIND, &with("/here")).unwrap()["text"], "here");
    assert_eq!(server.asked()[1].header("x-api-key"), Some("y"));
    assert_eq!(shop.attempt(KIND, &with("/away")).unwrap()["text"], "there");
    let asked = &other.asked()[0];
    assert_eq!((asked.header("authorization"), asked.header("x-api-key")), (None, None));
    assert_eq!(fault(&shop, &with("/loop")).0, "http.redirect");
    let post = json!({"method": "POST", "url": server.url("/away"), "body": "private"});
    assert_eq!(fault(&shop, &post).0, "http.redirect");
}

#[test]
fn who_cannot_prove_who_it_is_is_not_talked_to() {
    let shop = Workshop::new();
    let (address, heard) = common::tls::server();
    let with = json!({"url": format!("https://localhost:{}/", address.port()), "headers": {"X-Key": "secret"}});
    assert_eq!(fault(&shop, &with), ("http.tls".into(), Class::Permanent));
    assert_eq!(heard.load(Ordering::SeqCst), 0, "a byte of the request got through");
}

#[test]
fn a_request_can_be_stopped() {
    let shop = Workshop::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let with = json!({"url": format!("http://{}/", silent.local_addr().unwrap())});
    shop.host(KIND, &with).cancel();
    assert_eq!(fault(&shop, &with).0, "task.stopped");
}

#[test]
fn a_sensor_asks_until_the_answer_is_there() {
    let shop = Workshop::new();
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => answer("500 Broken", &[], ""),
        1 => answer("200 OK", &[], "not JSON"),
        2 => answer("200 OK", &[], r#"{"state": "busy"}"#),
        _ => answer("200 OK", &[], r#"{"state": "ready"}"#),
    });
    let with = json!({"url": server.url("/"), "until": "json.state == 'ready'", "every": "10s"});
    for _ in 0..3 {
        let Done::Deferred { until } = shop.done("sensor.http", &with, &[]).unwrap() else { panic!("it did not wait") };
        assert_eq!(until - shop.clock.now(), Duration::from_secs(10));
    }
    assert_eq!(shop.attempt("sensor.http", &with).unwrap()["json"]["state"], "ready");
    let wrong = json!({"url": server.url("/"), "until": "json.nothing == 1"});
    assert_eq!(shop.done("sensor.http", &wrong, &[]).unwrap_err().code, "task.with");
}

#[test]
fn a_sensor_waits_for_what_may_come_and_fails_at_what_will_not() {
    let shop = Workshop::new();
    let server = Server::start(|asked| answer(asked.line.split(['/', ' ']).nth(2).unwrap(), &[], ""));
    let done = |status: u16| shop.done("sensor.http", &json!({"url": server.url(&format!("/{status}"))}), &[]);
    assert!(matches!(done(404).unwrap(), Done::Deferred { .. }));
    assert!(matches!(done(503).unwrap(), Done::Deferred { .. }));
    assert!(matches!(done(204).unwrap(), Done::Output(_)));
    assert_eq!(done(401).unwrap_err().code, "http.status");
}
