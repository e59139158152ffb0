//! Single tasks, secrets and programs, through the built program.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use common::{Place, Ran};
use rustix::process::Signal;
use serde_json::json;

const ASKS: &str = "
id: asks
tasks:
  - {id: ask, uses: approve, with: {message: Really?}}
  - {id: after, uses: noop, with: {output: '{{ tasks.ask.output.reason }}'}}
";

const SECRETIVE: &str = "
id: secretive
params: {token: {type: string, format: secret}}
tasks:
  - id: send
    uses: shell
    with: {script: 'echo \"sent $TOKEN\"; echo \"$TOKEN\" | wc -c', env: {TOKEN: '{{ params.token }}'}}
";

const MAPPED: &str = "
id: mapped
params: {word: {type: string}}
tasks:
  - {id: list, uses: noop, with: {output: [1, 2]}}
  - id: each
    uses: shell
    for_each: '{{ tasks.list.output }}'
    with: {command: [echo, '{{ params.word }}', '{{ item }}', '{{ tasks.list.output | length }}']}
";

/// Runs the program with something on standard input.
fn run_with(place: &Place, args: &[&str], input: &str) -> Ran {
    let mut program = place.command(args).stdin(Stdio::piped()).spawn().unwrap();
    program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = program.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: ended.status.code().unwrap_or(-1), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Everything below the workspace, as it lies on the disk.
fn on_disk(place: &Place) -> Vec<u8> {
    let (mut all, mut folders) = (Vec::new(), vec![place.workspace()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => all.extend(std::fs::read(entry.path()).unwrap()),
                _ => {}
            }
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn an_operator_answers_what_a_task_asks() {
    for (answer, state, code) in [("--approve", "success", 0), ("--reject", "failed", 1)] {
        let place = Place::new();
        let flow = place.file("asks.yaml", ASKS);
        let owner = place.start(["--json", "flow", "run", flow.to_str().unwrap(), "--wait"]);
        let run = until_deferred(&place);
        let refused = place.run(["--json", "task", "answer", &run, "after", "--approve"]).expect(1).json();
        assert_eq!(refused["fault"]["code"], "approval.none");
        place.run(["task", "answer", &run, "ask", answer, "--reason", "as agreed"]).expect(0);
        let ended = owner.end().expect(code);
        assert_eq!(ended.json()[0]["state"], state);
        let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
        if answer == "--reject" {
            let why = shown["tasks"][0]["fault"]["why"].as_str().unwrap();
            assert!(shown["tasks"][0]["fault"]["code"] == "approval.rejected" && why.ends_with("as agreed"), "{why}");
        }
    }
}

/// Waits until the only run's first task is deferred; gives the run.
fn until_deferred(place: &Place) -> String {
    loop {
        let runs = place.run(["--json", "run", "list"]).expect(0).json();
        if let Some(run) = runs["rows"][0]["id"].as_str() {
            let shown = place.run(["--json", "run", "show", run]).expect(0).json();
            if shown["tasks"][0]["state"] == "deferred" {
                return run.to_owned();
            }
        }
    }
}

#[test]
fn a_secret_is_asked_for_used_and_found_nowhere() {
    let place = Place::new();
    let flow = place.file("secretive.yaml", SECRETIVE);
    let secret = "open-sesame-please";
    let args = ["--json", "flow", "run", flow.to_str().unwrap(), "--secret", "token"];
    let lost = run_with(&place, &args, &format!("{secret}\n")).expect(1);
    assert_eq!(lost.json()["fault"]["code"], "param.secret_lost");
    let ran = run_with(&place, &[&args[..], &["--wait"]].concat(), &format!("{secret}\n")).expect(0);
    let run = ran.json()[0]["id"].as_str().unwrap().to_owned();
    let log = place.run(["run", "logs", &run]).expect(0).out;
    assert!(log.contains("sent ***") && log.contains("19"), "{log}");
    let shown = place.run(["--json", "run", "show", &run]).expect(0).json();
    assert_eq!(shown["params"], json!({}));
    assert!(!holds(&on_disk(&place), secret));
}

#[test]
fn a_task_is_tried_without_a_run() {
    let place = Place::new();
    let flow = place.file("mapped.yaml", MAPPED);
    let flow = flow.to_str().unwrap();
    let args =
        ["--json", "task", "test", flow, "each", "--param", "word=hey", "--item", "7", "--output", "list=[1,2,3]"];
    let tried = place.run(args).expect(0);
    assert_eq!(tried.json()["output"], "hey 7 3");
    assert!(tried.err.contains("hey 7 3"), "{}", tried.err);
    let missing = place.run(["--json", "task", "test", flow, "each", "--param", "word=hey", "--item", "7"]).expect(1);
    assert_eq!(missing.json()["fault"]["code"], "flow.expression");
    let unknown = place.run(["--json", "task", "test", flow, "none", "--param", "word=hey"]).expect(1);
    assert_eq!(unknown.json()["fault"]["code"], "task.unknown");
    let secretive = place.file("secretive.yaml", SECRETIVE);
    let args = ["--json", "task", "test", secretive.to_str().unwrap(), "send", "--secret", "token"];
    let tried = run_with(&place, &args, "open-sesame\n").expect(0);
    assert_eq!(tried.json()["log"][0]["text"], "sent ***");
    assert_eq!(place.run(["--json", "run", "list"]).expect(0).json()["total"], 0);
}

#[test]
fn a_program_does_not_outlive_a_killed_owner() {
    let place = Place::new();
    let fifo = place.path("alive");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let text = format!(
        "id: long\ntasks:\n  - id: work\n    uses: shell\n    with: {{script: 'exec 9> {}; echo up >&9; sleep 1000 & sleep 1000'}}\n",
        fifo.display()
    );
    let flow = place.file("long.yaml", text);
    let owner = place.start(["flow", "run", flow.to_str().unwrap(), "--wait"]);
    let mut alive = BufReader::new(File::open(&fifo).unwrap());
    let mut line = String::new();
    alive.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    owner.signal(Signal::KILL);
    // Ends once the last process that holds the other end is gone.
    assert_eq!(alive.read_to_string(&mut line).unwrap(), 0);
}

#[test]
fn a_trial_in_another_process_ends_when_whoever_asked_for_it_goes() {
    let place = Place::new();
    let fifo = place.path("alive");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let text = format!(
        "id: long\ntasks:\n  - id: work\n    uses: shell\n    with: {{script: 'exec 9> {}; echo up >&9; sleep 1000 & sleep 1000'}}\n",
        fifo.display()
    );
    let flow = place.file("long.yaml", text);
    let mut owner = place.start(["--json", "serve"]);
    owner.until_printed();
    let trial = place.start(["task", "test", flow.to_str().unwrap(), "work"]);
    let mut alive = BufReader::new(File::open(&fifo).unwrap());
    let mut line = String::new();
    alive.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    trial.signal(Signal::INT);
    trial.end().expect(130);
    // Ends once the last process that holds the other end is gone, while the owner is still there.
    assert_eq!(alive.read_to_string(&mut line).unwrap(), 0);
    assert_eq!(place.run(["--json", "workspace"]).expect(0).json()["owner_pid"], owner.id());
    owner.signal(Signal::TERM);
    owner.end().expect(0);
}

/// Answers every request with a table, to whoever shows the token.
fn table_server(token: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the process of the test.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head: Vec<String> =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let known = head.iter().any(|line| line.ends_with(&format!("Bearer {token}")));
            let (status, body) = if known { ("200 OK", "a,b\n1,2\n") } else { ("401 Unknown", "who are you") };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/table.csv")
}

#[test]
fn the_example_of_the_documents_fetches_and_keeps() {
    let place = Place::new();
    let url = format!("url={}", table_server("let-me-in-please"));
    let flow = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/fetch_and_keep.yaml");
    let args = [
        "--json",
        "flow",
        "run",
        flow,
        "--param",
        &url,
        "--param",
        "webhook=http://localhost:9/",
        "--secret",
        "token",
        "--wait",
    ];
    let ran = run_with(&place, &args, "let-me-in-please\n").expect(0);
    let run = ran.json()[0]["id"].as_str().unwrap().to_owned();
    let kept = place.workspace().join("lts/kept").join(&run).join("latest.csv");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "a,b\n1,2\n");
    assert!(!place.workspace().join("scratch/fetched").join(&run).exists());
    let refused = run_with(&place, &args, "wrong-token\n").expect(1);
    assert_eq!(refused.json()[0]["fault"]["code"], "http.status");
    assert!(!holds(&on_disk(&place), "let-me-in-please") && !holds(&on_disk(&place), "wrong-token"));
}
