//! Logs and the database, from the command line.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::process::Command;

use common::Place;
use longshore_testkit::servers::program;
use serde_json::{Value, json};

fn failed(place: &Place) -> String {
    let text = "id: fails\ntasks:\n  - {id: a, uses: noop, with: {fail: permanent}}\n";
    let file = place.file("fails.yaml", text);
    let ran = place.run(["--json", "flow", "run", file.to_str().unwrap(), "--wait", "--quiet"]).expect(1);
    assert!(ran.err.contains("noop.failed"), "{}", ran.err);
    let runs = place.run(["--json", "run", "list", "--state", "failed"]).expect(0).json();
    runs["rows"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_backup_is_made_checked_and_brought_back() {
    let place = Place::new();
    let run = failed(&place);
    let copy = place.path("copy.db");
    let written = place.run(["--json", "db", "backup", "copy.db"]).expect(0).json();
    assert_eq!(written["bytes"].as_u64(), Some(copy.metadata().unwrap().len()));
    assert_eq!(place.run(["--json", "db", "backup", "copy.db"]).expect(1).json()["fault"]["code"], "file.path");
    let sound = place.run(["db", "check"]).expect(0).out;
    assert!(sound.contains("is sound; the journals of 1 run agree"), "{sound}");
    place.run(["db", "vacuum"]).expect(0);
    place.run(["limit", "set", "later", "1"]).expect(0);
    let replaced = place.run(["--json", "db", "restore", "copy.db"]).expect(0).json();
    assert!(std::path::Path::new(replaced["replaced"].as_str().unwrap()).is_file());
    assert!(!place.run(["limit", "list"]).expect(0).out.contains("later"));
    place.run(["run", "show", &run]).expect(0);
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let place = Place::new();
    place.run(["db", "backup", "copy.db"]).expect(0);
    let sleepy = place.sleepy();
    let mut owner = place.start(["flow", "run", sleepy.to_str().unwrap(), "--wait"]);
    let run = place.until_running(&mut owner);
    let refused = place.run(["--json", "db", "restore", "copy.db"]).expect(4).json();
    assert_eq!(refused["fault"]["code"], "workspace.locked");
    assert_eq!(place.run(["--json", "db", "vacuum"]).expect(4).json()["fault"]["code"], "database.in_use");
    place.run(["db", "check"]).expect(0);
    place.run(["run", "cancel", &run, "--hard"]).expect(0);
    owner.end();
}

#[test]
fn logs_are_filtered_searched_and_saved() {
    let place = Place::new();
    let source = place.file("data/a.txt", "some bytes");
    place.run(["archive", source.to_str().unwrap(), "--name", "Logged"]).expect(0);
    let all = place.run(["--json", "log", "search", ""]).expect(0).json();
    let line = &all[0];
    let (run, text) = (line["run"].as_str().unwrap(), line["line"]["text"].as_str().unwrap());
    let found = place.run(["--json", "run", "logs", run, "--search", text]).expect(0).json();
    assert!(found.as_array().unwrap().iter().any(|row| row["text"] == text));
    assert_eq!(
        place.run(["--json", "run", "logs", run, "--search", "no such thing"]).expect(0).json(),
        serde_json::json!([])
    );
    place.run(["run", "logs", run, "--output", "log.txt"]).expect(0);
    let saved = std::fs::read_to_string(place.path("log.txt")).unwrap();
    assert!(saved.contains(text) && saved.lines().all(|line| line.contains('Z')), "{saved}");
    assert_eq!(
        place.run(["--json", "run", "logs", run, "--output", "log.txt"]).expect(1).json()["fault"]["code"],
        "file.path"
    );
    assert_eq!(place.run(["--json", "run", "logs", "R9"]).expect(1).json()["fault"]["code"], "run.unknown");
}

#[test]
fn a_file_for_whoever_helps_tells_what_failed_and_no_secret() {
    let connection =
        json!({"conn_type": "ssh", "host": "login.example", "login": "me", "password": "sesame-of-this-test"});
    let place = Place::new().with("AIRFLOW_CONN_CLUSTER", &connection.to_string());
    place.run(["variable", "set", "site", "a-value-of-their-own"]).expect(0);
    let run = failed(&place);
    let written = place.run(["--json", "diagnostics", "help.zip"]).expect(0);
    assert!(written.err.contains("Look into it before you send it"), "{}", written.err);
    assert_eq!(written.json()["bytes"].as_u64(), Some(place.path("help.zip").metadata().unwrap().len()));
    let script = "import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                  print(json.dumps({name: z.read(name).decode() for name in z.namelist()}))";
    let read =
        Command::new(program("bagit", "python")).args(["-c", script]).arg(place.path("help.zip")).output().unwrap();
    let entries: BTreeMap<String, String> = serde_json::from_slice(&read.stdout).unwrap();
    let of = |name: &str| -> Value {
        serde_json::from_str(&entries[name]).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert_eq!(of("about.json")["longshore"], env!("CARGO_PKG_VERSION"));
    assert_eq!(of("runs.json")["total"], 1);
    assert_eq!(of(&format!("failed/{run}.json"))["tasks"][0]["fault"]["code"], "noop.failed");
    assert!(!of(&format!("failed/{run}-events.json")).as_array().unwrap().is_empty());
    assert!(of("variables.json").as_array().unwrap().contains(&json!("site")));
    assert_eq!(of("storages.json").as_array().unwrap().len(), 5);
    assert!(entries["connections.json"].contains("login.example") && entries.contains_key("logs/longshore.log"));
    for (name, text) in &entries {
        assert!(!text.contains("sesame-of-this-test") && !text.contains("a-value-of-their-own"), "{name}");
    }
    assert_eq!(place.run(["--json", "diagnostics", "help.zip"]).expect(1).json()["fault"]["code"], "file.path");
}
