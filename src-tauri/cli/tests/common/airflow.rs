//! A workspace whose runs are asked for through Airflow's interface.

use std::io::Write as _;
use std::process::{Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::http::{Answer, send};
use super::{Place, Ran, Running};

/// The user that each test has, who may do everything.
pub const ADMIN: (&str, &str) = ("ada", "correct horse");

/// A flow under the id that a DAG had: a list, a mapped task, and one that writes a log.
const FLOW: &str = "
id: stage_in
aliases: [old_stage_in]
title: From a repository to a machine
params:
  oid: {type: string, default: ''}
  target: {type: string, default: /tmp}
  count: {type: integer, default: 1}
  fail: {type: [string, 'null'], default: null}
  word: {type: [string, 'null'], default: null, format: secret}
tasks:
  - {id: list, uses: noop, with: {output: [a, b]}}
  - {id: copy, uses: noop, for_each: '{{ tasks.list.output }}', with: {output: '{{ params.target }}/{{ item }}'}, limits: [transfers]}
  - {id: say, uses: shell, needs: copy, with: {command: [echo, 'it is there']}}
  - {id: check, uses: noop, needs: say, with: {fail: '{{ params.fail }}', output: {files: 2}}, retries: {max: 1, delay: 1s}}
";

/// A workspace with a passphrase for its secrets, the flow, and the user.
pub fn place() -> Place {
    let place = Place::new();
    let passphrase = place.file("passphrase.txt", "a passphrase for this test\n");
    let place = place.with("LONGSHORE_PASSPHRASE_FILE", passphrase.to_str().unwrap()).with("LONGSHORE_KEYRING", "off");
    place.file("workspace/flows/stage_in.yaml", FLOW);
    place.run(["limit", "set", "transfers", "4"]).expect(0);
    user(&place, &["add", ADMIN.0], ADMIN.1).expect(0);
    place
}

/// `longshore user`, with a password on its standard input.
pub fn user(place: &Place, args: &[&str], password: &str) -> Ran {
    let mut command = place.command(["--json", "user"].iter().chain(args));
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

/// A workspace that is served.
pub struct Api {
    owner: Running,
    pub address: String,
}

impl Api {
    pub fn start(place: &Place) -> Self {
        let mut owner = place.start(["--json", "serve", "--airflow-api", "--port", "0"]);
        let said: Value = serde_json::from_str(&owner.until_printed()).unwrap();
        assert_eq!((&said["metrics"], &said["archiver_api"]), (&Value::Null, &Value::Null));
        let address = said["airflow_api"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { owner, address }
    }

    /// A request of v1, as a user with a password.
    pub fn basic(&self, (name, password): (&str, &str), method: &str, path: &str, body: &Value) -> Answer {
        let login = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        self.send(&login, method, &format!("/api/v1{path}"), body)
    }

    pub fn send(&self, login: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("Authorization", login), ("Content-Type", "application/json"), ("Accept", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&self.address, method, path, &headers, body.as_bytes())
    }

    pub fn get(&self, path: &str) -> Value {
        self.basic(ADMIN, "GET", path, &Value::Null).json(200)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.basic(ADMIN, "POST", path, body)
    }

    /// A token of v2, as the header has it.
    pub fn token(&self, (name, password): (&str, &str)) -> String {
        let body = json!({"username": name, "password": password});
        let told = self.send("", "POST", "/auth/token", &body).json(201);
        format!("Bearer {}", told["access_token"].as_str().unwrap())
    }

    /// Starts a run, and waits for its end with the program.
    pub fn ended(&self, place: &Place, conf: &Value) -> Value {
        let run = self.post("/dags/old_stage_in/dagRuns", &json!({ "conf": conf })).json(200);
        let path = format!("/dags/old_stage_in/dagRuns/{}", run["dag_run_id"].as_str().unwrap().replace('+', "%2B"));
        place.run(["run", "wait"]);
        self.get(&path)
    }

    pub fn end(self) {
        self.owner.signal(Signal::TERM);
        self.owner.end().expect(0);
    }
}
