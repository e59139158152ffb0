//! `notify`, against small servers on the loopback.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::Workshop;
use common::server::{Server, answer};
use longshore_engine::Class;
use serde_json::{Value, json};

/// A mail server that takes what it is given, or refuses receivers with this answer. Gives its address, and what it was told.
fn mail_server(refusal: Option<&'static str>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, told) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let kept = told.clone();
    // It ends with the process of the test.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            talk(&stream, refusal, &kept);
        }
    });
    (address, told)
}

fn talk(mut stream: &TcpStream, refusal: Option<&str>, told: &Mutex<Vec<String>>) {
    stream.write_all(b"220 test\r\n").unwrap();
    let mut in_data = false;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        told.lock().unwrap().push(line.clone());
        let reply = match line.split(' ').next().unwrap() {
            "." if in_data => {
                in_data = false;
                "250 taken"
            }
            _ if in_data => continue,
            "EHLO" => "250-test\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "RCPT" => refusal.unwrap_or("250 ok"),
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        // A client that has gone wants no answer.
        let _ = stream.write_all(format!("{reply}\r\n").as_bytes());
    }
}

fn email(address: SocketAddr) -> Value {
    json!({"server": "127.0.0.1", "port": address.port(), "encryption": "none", "user": "u", "password": "p",
        "from": "Longshore <l@example.org>", "to": ["a@example.org", "B <b@example.org>"]})
}

#[test]
fn it_is_told_by_every_way_that_is_given() {
    let shop = Workshop::new();
    let (address, told) = mail_server(None);
    let server = Server::start(|_| answer("200 OK", &[], ""));
    let with = json!({"title": "Done: dätaset", "text": "All of it.\nReally.", "desktop": true, "email": email(address),
        "webhook": {"url": server.url("/hook"), "headers": {"X-Token": "t"}}});
    assert_eq!(shop.attempt("notify", &with).unwrap(), json!({"desktop": true, "email": true, "webhook": true}));
    assert_eq!(shop.host("notify", &with).notices(), [("Done: dätaset".to_owned(), "All of it.\nReally.".to_owned())]);
    let told = told.lock().unwrap().clone();
    for line in
        ["MAIL FROM:<l@example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "All of it.", "Really."]
    {
        assert!(told.iter().any(|said| said.starts_with(line)), "{line:?} is not in {told:#?}");
    }
    let asked = &server.asked()[0];
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!((&body["title"], &body["run"]), (&json!("Done: dätaset"), &json!("run-1")));
    assert_eq!(asked.header("x-token"), Some("t"));
}

#[test]
fn a_retry_does_not_send_a_second_mail() {
    let shop = Workshop::new();
    let (address, told) = mail_server(None);
    let broken = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(move |_| {
        let first = broken.swap(false, std::sync::atomic::Ordering::SeqCst);
        answer(if first { "502 Broken" } else { "204 Taken" }, &[], "")
    });
    let with = json!({"title": "t", "email": email(address), "webhook": {"url": server.url("/"), "json": {"a": 1}}});
    let fault = shop.done("notify", &with, &[]).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("http.status", Class::Transient));
    shop.attempt("notify", &with).unwrap();
    assert_eq!(told.lock().unwrap().iter().filter(|line| *line == "DATA").count(), 1);
    assert_eq!(server.asked()[1].body, r#"{"a":1}"#);
}

#[test]
fn what_a_mail_server_refuses_for_good_is_not_retried() {
    let shop = Workshop::new();
    for (refusal, class) in [("550 unknown", Class::Permanent), ("451 busy", Class::Transient)] {
        let (address, _) = mail_server(Some(refusal));
        let fault = shop.done("notify", &json!({"title": "t", "email": email(address)}), &[]).unwrap_err();
        assert_eq!((fault.code.as_str(), fault.class), ("notify.email", class), "{fault}");
    }
}

#[test]
fn what_makes_no_sense_or_is_not_safe_is_refused() {
    let shop = Workshop::new();
    let code = |with: Value| shop.done("notify", &with, &[]).unwrap_err().code;
    assert_eq!(code(json!({"title": "t"})), "task.with");
    let mut open = email(([127, 0, 0, 1], 25).into());
    open["server"] = json!("mail.example.org");
    assert_eq!(code(json!({"title": "t", "email": open})), "task.with");
    let mut nobody = email(([127, 0, 0, 1], 25).into());
    nobody["to"] = json!(["not an address"]);
    assert_eq!(code(json!({"title": "t", "email": nobody})), "task.with");
    let (plain, _) = mail_server(None);
    let mut starttls = email(plain);
    starttls["encryption"] = json!("starttls");
    let fault = shop.done("notify", &json!({"title": "t", "email": starttls}), &[]).unwrap_err();
    assert_eq!(fault.code, "notify.email");
}
