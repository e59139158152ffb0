//! Flows as files for other engines, loaded and run by the real ones.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Place;
use longshore_testkit::servers::program;

/// Tasks of all sorts: mapped ones in a row, a condition, a rule, hooks.
const PIPE: &str = "
id: pipe
title: A pipe
params: {word: {type: string, default: hello}, count: {type: integer, default: 2}, from: {type: [string, 'null'], default: null}}
tasks:
  - {id: list, uses: noop, with: {output: '{{ range(params.count) | list }}'}, limits: [hands], retries: {max: 1, delay: 1s}}
  - id: each
    uses: noop
    for_each: '{{ tasks.list.output }}'
    with: {output: {said: '{{ params.word }} {{ item }}'}}
  - id: after
    uses: noop
    for_each: '{{ tasks.each.each }}'
    with: {output: '{{ item.said }}-{{ index }}'}
  - {id: last, uses: noop, needs: [after], with: {output: '{{ tasks.after.output }}'}}
  - {id: never, uses: noop, when: '{{ params.count > 99 }}'}
  - {id: below, uses: noop, needs: [never]}
  - {id: anyway, uses: noop, needs: [below, last], trigger: none_failed, with: {output: done}}
on_failure:
  - {id: sorry, uses: noop}
finally:
  - {id: bye, uses: noop, with: {output: '{{ run.state }}'}}
";

/// Flows that are built in and can be carried over.
const OVER: [&str; 22] = [
    "archive_dataset",
    "b2share_to_ssh",
    "copy",
    "feeder",
    "file_watcher",
    "gitlab_to_ssh",
    "glacier_restore",
    "http_to_ssh",
    "image_transfer",
    "mlflow_stagein",
    "mlflow_upload_model",
    "model_search_upload",
    "retrieve_dataset",
    "ssh_to_b2share",
    "ssh_to_ssh",
    "sync_debagged",
    "upload_dataset",
    "validate_bag",
    "verify_dataset",
    "webdav_stagein",
    "webdav_stageout",
    "webdav_to_unicore",
];

fn exported(place: &Place, what: &[&str], flows: &[&str]) {
    let out = place.path("out");
    let state = place.path("state");
    let words = ["export"].iter().chain(what).chain(flows).copied();
    place.run(words.chain(["--out", out.to_str().unwrap(), "--state", state.to_str().unwrap()])).expect(0);
}

fn pipe(place: &Place) -> String {
    place.file("pipe.yaml", PIPE).to_str().unwrap().to_owned()
}

/// Runs a program of an engine in a home of its own, and gives what it printed.
fn ran(place: &Place, command: &mut Command) -> String {
    let home = place.path("home");
    command.env("AIRFLOW_HOME", &home).env("PREFECT_HOME", &home).env("HOME", &home);
    command.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False").env("AIRFLOW__CORE__DAGS_FOLDER", place.path("out"));
    command.env("LONGSHORE", env!("CARGO_BIN_EXE_longshore")).env("LONGSHORE_KEYRING", "off");
    command.env("PREFECT_SERVER_ANALYTICS_ENABLED", "false").env("NO_PROXY", "127.0.0.1,localhost");
    command.current_dir(place.path("out"));
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

/// What a task run gave, by the document that its worker left.
fn given(place: &Place, document: &str) -> serde_json::Value {
    let runs: Vec<_> = fs::read_dir(place.path("state/pipe")).unwrap().map(|run| run.unwrap().path()).collect();
    assert_eq!(runs.len(), 1);
    let text = fs::read(runs[0].join(document)).unwrap();
    serde_json::from_slice::<serde_json::Value>(&text).unwrap()
}

fn all_went_well(place: &Place) {
    assert_eq!(given(place, "last.json")["output"], serde_json::json!(["hello 0-0", "hello 1-1"]));
    assert_eq!(
        (&given(place, "never.json")["state"], &given(place, "anyway.json")["output"]),
        (&"skipped".into(), &"done".into())
    );
    assert_eq!(
        (&given(place, "bye.json")["output"], &given(place, "sorry.json")["state"]),
        (&"success".into(), &"skipped".into())
    );
    assert!(!Path::new(&place.path("state/pipe")).join("below.json").exists());
}

#[test]
fn airflow_loads_and_runs_what_is_exported() {
    let place = Place::new();
    let own = pipe(&place);
    exported(&place, &["airflow"], &[&[own.as_str()], &OVER[..]].concat());
    let load = "import sys\nfrom airflow.dag_processing.dagbag import DagBag\n\
                bag = DagBag(sys.argv[1])\n\
                assert not bag.import_errors, bag.import_errors\nprint(len(bag.dags), 'loaded')";
    ran(&place, Command::new(program("airflow", "airflow")).args(["db", "migrate"]));
    ran(&place, Command::new(program("airflow", "airflow")).args(["pools", "set", "hands", "2", "hands"]));
    let out = place.path("out");
    let said = ran(&place, Command::new(program("airflow", "python")).args(["-c", load, out.to_str().unwrap()]));
    assert!(said.contains(&format!("{} loaded", OVER.len() + 1)), "{said}");
    let said = ran(&place, Command::new(program("airflow", "airflow")).args(["dags", "test", "pipe"]));
    assert!(said.contains("state=success"), "{said}");
    all_went_well(&place);
}

#[test]
fn prefect_runs_what_is_exported() {
    let place = Place::new();
    let own = pipe(&place);
    exported(&place, &["prefect"], &[&own, "copy", "archive_dataset", "validate_bag"]);
    let load = "import importlib\nfor name in ('copy', 'archive_dataset', 'validate_bag'):\n    \
                importlib.import_module('longshore_' + name)\nimport longshore_pipe\nlongshore_pipe.pipe()\nprint('went well')";
    let said =
        ran(&place, Command::new(program("prefect", "python")).args(["-c", load]).env("PYTHONPATH", place.path("out")));
    assert!(said.contains("went well"), "{said}");
    all_went_well(&place);
}

#[test]
fn what_an_engine_has_not_is_refused_by_name() {
    let place = Place::new();
    let flow = place.file(
        "much.yaml",
        "id: much\nguard: {value: '{{ params.a }}', on_duplicate: refuse}\nparams: {a: {type: string, default: x}}\n\
         schedule: {cron: '0 2 * * *'}\ntasks:\n  - {id: ask, uses: approve, with: {message: Really?}}\n  \
         - {id: two, uses: noop, limits: [a, b], retries: {max: 2, delay: [1s, 9s]}}\n\
         on_retry:\n  - {id: again, uses: noop}\n",
    );
    for engine in ["airflow", "prefect"] {
        let out = place.path("none");
        let refused = place.run(["--json", "export", engine, flow.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        let fault = refused.expect(4).json()["fault"].clone();
        assert_eq!(fault["code"], "export.unsupported");
        let named = format!("{} {}", fault["why"], fault["also"]);
        let common = ["guard", "ask (approve)", "again"];
        assert!(common.iter().all(|name| named.contains(name)), "{named}");
        assert_eq!(named.contains("two.limits") && named.contains("two.retries"), engine == "airflow", "{named}");
        assert!(!out.exists(), "nothing was written");
    }
}
