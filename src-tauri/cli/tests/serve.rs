//! The workspace served without a window: metrics, events of runs, an orderly end.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use common::Place;
use rustix::process::Signal;
use serde_json::Value;

/// The answer to a request, from a connection of its own.
fn ask(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Where a service that was started with `--port 0` listens.
fn address(owner: &mut common::Running) -> String {
    let line = owner.until_printed();
    let said: Value = serde_json::from_str(&line).unwrap();
    let url = said["metrics"].as_str().unwrap();
    url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned()
}

#[test]
fn metrics_are_told_to_this_machine_and_to_nobody_else() {
    let place = Place::new();
    let mut owner = place.start(["--json", "serve", "--port", "0"]);
    let address = address(&mut owner);
    let file = place.file("quiet.yaml", "id: quiet\ntasks:\n  - {id: rest, uses: noop}\n");
    place.run(["flow", "run", file.to_str().unwrap(), "--wait"]).expect(0);
    let page = ask(&address, "/metrics", &address);
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    assert!(page.contains("longshore_runs{flow=\"quiet\",state=\"success\"} 1"), "{page}");
    assert!(page.contains("longshore_task_run_seconds_count{ended=\"success\"} 1"), "{page}");
    assert!(page.contains("longshore_storage_free_bytes{storage=\"lts\"}"), "{page}");
    assert!(ask(&address, "/healthz", "localhost").ends_with("\r\n\r\nok\n"));
    assert!(ask(&address, "/metrics", "rebound.example").starts_with("HTTP/1.1 403"));
    assert!(ask(&address, "/else", "localhost").starts_with("HTTP/1.1 404"));
    let second = place.run(["--json", "serve"]).expect(4).json();
    assert_eq!(second["fault"]["code"], "serve.owned");
    owner.signal(Signal::TERM);
    owner.end().expect(0);
}

/// A collector of events on a port, which may be away.
struct Collector {
    listener: TcpListener,
}

impl Collector {
    /// Takes this many events; answers each with this status.
    fn take(&self, count: usize, status: &str) -> Vec<Value> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let (stream, _) = self.listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(("content-length", value)) = line.to_lowercase().split_once(": ") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            taken.push(serde_json::from_slice(&body).unwrap());
        }
        taken
    }
}

#[test]
fn events_reach_a_collector_that_was_away_also_over_a_restart() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}/api/v1/lineage?key=open-sesame");
    let serve = ["--json", "serve", "--lineage-url", &url];
    drop(listener);
    let mut first = place.start(serve);
    first.until_printed();
    let text = "id: fails\ntasks:\n  - {id: a, uses: noop, with: {fail: permanent}}\n";
    let file = place.file("fails.yaml", text);
    place.run(["flow", "run", file.to_str().unwrap(), "--wait", "--quiet"]).expect(1);
    // The collector is away, and the process goes before it comes back.
    first.signal(Signal::KILL);
    drop(first);
    let collector = Collector { listener: TcpListener::bind(address).unwrap() };
    let mut second = place.start(serve);
    second.until_printed();
    // It is not well at first: the same event comes again.
    let unwell = collector.take(1, "503 Unavailable");
    let told = collector.take(2, "201 Created");
    assert_eq!(unwell[0], told[0]);
    let kinds: Vec<&str> = told.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "FAIL"]);
    // What it does not take for good holds up nothing, and what was taken does not come again.
    let quiet = place.file("quiet.yaml", "id: quiet\ntasks:\n  - {id: rest, uses: noop}\n");
    place.run(["flow", "run", quiet.to_str().unwrap()]).expect(0);
    let refused = collector.take(1, "400 Bad Request");
    let next = collector.take(1, "200 OK");
    assert_eq!((&refused[0]["eventType"], &refused[0]["job"]["name"]), (&"START".into(), &"quiet".into()));
    assert_eq!((&next[0]["eventType"], &next[0]["job"]["name"]), (&"COMPLETE".into(), &"quiet".into()));
    second.signal(Signal::TERM);
    second.end().expect(0);
}

#[test]
fn starts_and_ends_of_runs_go_to_a_file() {
    let place = Place::new();
    let events = place.path("events.jsonl");
    let mut owner = place.start(["--json", "serve", "--lineage-file", events.to_str().unwrap()]);
    owner.until_printed();
    let text = "id: fails\ntasks:\n  - {id: a, uses: noop, with: {fail: permanent}}\n";
    let file = place.file("fails.yaml", text);
    place.run(["flow", "run", file.to_str().unwrap(), "--wait", "--quiet"]).expect(1);
    let lines = loop {
        let text = std::fs::read_to_string(&events).unwrap_or_default();
        if text.lines().count() >= 2 {
            break text;
        }
        // Asking the owner lets time pass until it has told.
        place.run(["run", "list"]).expect(0);
    };
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = told.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "FAIL"]);
    assert_eq!((&told[0]["job"]["name"], &told[0]["run"]["runId"]), (&"fails".into(), &told[1]["run"]["runId"]));
    let message = told[1]["run"]["facets"]["errorMessage"]["message"].as_str().unwrap();
    assert!(message.contains("noop.failed"), "{message}");
    owner.signal(Signal::TERM);
    owner.end().expect(0);
}
