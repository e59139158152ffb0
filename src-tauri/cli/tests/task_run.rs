//! Tasks carried out one by one for another engine, with nothing but a folder between them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::{self, File};

use common::{Place, Ran};
use rustix::process::Signal;
use serde_json::{Value, json};

const PIPE: &str = "
id: pipe
params: {word: {type: string}, count: {type: integer, default: 2}}
tasks:
  - {id: list, uses: noop, with: {output: '{{ range(params.count) | list }}'}}
  - id: each
    uses: noop
    for_each: '{{ tasks.list.output }}'
    with: {output: {said: '{{ params.word }} {{ item }}'}}
  - id: after
    uses: noop
    for_each: '{{ tasks.each.each }}'
    with: {output: '{{ item.said }}-{{ index }}-{{ run.id }}'}
  - {id: last, uses: noop, needs: [after], with: {output: '{{ tasks.after.output }}'}}
  - {id: never, uses: noop, when: '{{ params.count > 99 }}'}
  - {id: child, uses: flow.run, with: {flow: copy, params: {from: '{{ params.word }}', to: /b}}}
  - {id: wrong, uses: noop, with: {output: '{{ params.word.nothing.at_all }}'}}
  - {id: roomy, uses: noop, reserve: {storage: /, bytes: 1000}}
on_failure:
  - {id: sorry, uses: noop, with: {output: '{{ run.state }}: {{ run.fault.task }} {{ run.fault.code }}'}}
on_cancel:
  - {id: gone, uses: noop, with: {output: '{{ run.state }}'}}
finally:
  - {id: bye, uses: noop, with: {output: '{{ run.state }}'}}
";

/// Carries a task run of a flow file out.
fn carried(place: &Place, flow: &str, task: &str, more: &[&str]) -> Ran {
    let place_of_state = place.path("state");
    let words =
        ["--json", "task", "run", "--flow", flow, "--task", task, "--run-id", "manual__2026-11-23T20:00:00+00:00"];
    place.run(words.iter().copied().chain(["--state", place_of_state.to_str().unwrap()]).chain(more.iter().copied()))
}

fn pipe(place: &Place, task: &str, more: &[&str]) -> Ran {
    let flow = place.file("pipe.yaml", PIPE);
    let word = ["--param", "word=hello"];
    carried(place, flow.to_str().unwrap(), task, &[&word[..], more].concat())
}

#[test]
fn the_tasks_of_a_run_find_what_the_others_gave() {
    let place = Place::new();
    assert_eq!(pipe(&place, "list", &[]).expect(0).json()["output"], json!([0, 1]));
    let flow = place.path("pipe.yaml");
    let state = place.path("state");
    let run = "manual__2026-11-23T20:00:00+00:00";
    let expand = ["task", "expand", "--flow", flow.to_str().unwrap(), "--task", "each", "--run-id", run, "--state"];
    let indexes = place.run(expand.iter().chain(&[state.to_str().unwrap(), "--param", "word=hello"])).expect(0);
    assert_eq!(indexes.json(), json!([0, 1]));
    for index in ["0", "1"] {
        pipe(&place, "each", &["--map-index", index]).expect(0);
        pipe(&place, "after", &["--map-index", index]).expect(0);
    }
    let last = pipe(&place, "last", &[]).expect(0).json();
    assert_eq!(last["output"], json!([format!("hello 0-0-{run}"), format!("hello 1-1-{run}")]));
    // What was given as an input stands above what lies there, and what is given back goes where it is wanted.
    let given = place.file("given.json", r#"{"after": ["x"]}"#);
    let out = place.path("out.json");
    let (given, wanted) = (given.to_str().unwrap(), out.to_str().unwrap());
    pipe(&place, "last", &["--inputs", given, "--outputs", wanted, "--attempt", "2"]).expect(0);
    assert_eq!(fs::read_to_string(&out).unwrap(), "[\"x\"]\n");
    assert!(!place.workspace().exists(), "no workspace was made");
}

#[test]
fn how_it_ended_is_told_by_the_code() {
    let place = Place::new();
    let skipped = pipe(&place, "never", &[]).expect(99).json();
    assert_eq!(skipped["state"], "skipped");
    assert_eq!(pipe(&place, "wrong", &[]).expect(65).json()["fault"]["code"], "flow.expression");
    assert_eq!(pipe(&place, "child", &[]).expect(78).json()["fault"]["code"], "worker.kind");
    assert_eq!(pipe(&place, "each", &[]).expect(65).json()["fault"]["code"], "task.unknown");
    assert_eq!(pipe(&place, "nobody", &[]).expect(65).json()["fault"]["code"], "task.unknown");
    let full = Place::new().with("LONGSHORE_FLOOR_PERCENT", "99.9");
    assert_eq!(pipe(&full, "roomy", &[]).expect(75).json()["fault"]["code"], "space.short");
    let roomy = Place::new().with("LONGSHORE_FLOOR_PERCENT", "0");
    pipe(&roomy, "roomy", &[]).expect(0);
}

#[test]
fn what_an_engine_does_itself_is_told_to_it() {
    let place = Place::new();
    let flow = place.file("pipe.yaml", PIPE);
    let state = place.path("state");
    let words = ["task", "with", "--flow", flow.to_str().unwrap(), "--task", "child", "--run-id", "r", "--state"];
    let with = place.run(words.iter().chain(&[state.to_str().unwrap(), "--param", "word=/a"])).expect(0).json();
    assert_eq!(with, json!({"flow": "copy", "params": {"from": "/a", "to": "/b"}}));
}

#[test]
fn hooks_see_how_the_work_went() {
    let place = Place::new();
    pipe(&place, "list", &[]).expect(0);
    pipe(&place, "sorry", &[]).expect(99);
    pipe(&place, "gone", &[]).expect(99);
    assert_eq!(pipe(&place, "bye", &[]).expect(0).json()["output"], "success");
    pipe(&place, "wrong", &[]).expect(65);
    assert_eq!(pipe(&place, "sorry", &["--attempt", "2"]).expect(0).json()["output"], "failed: wrong flow.expression");
    pipe(&place, "gone", &["--attempt", "2"]).expect(99);
    assert_eq!(pipe(&place, "bye", &["--attempt", "2"]).expect(0).json()["output"], "failed");
}

#[test]
fn an_attempt_that_is_asked_for_twice_is_done_once() {
    let place = Place::new();
    let text =
        "id: once\ntasks:\n  - {id: add, uses: shell, with: {command: [sh, -c, 'echo x >> $0', '{{ vars.file }}']}}\n";
    let flow = place.file("once.yaml", text);
    let file = place.path("lines");
    let place = place.with("LONGSHORE_VARIABLE_FILE", file.to_str().unwrap());
    for (attempt, lines) in [("1", 1), ("1", 1), ("2", 2)] {
        carried(&place, flow.to_str().unwrap(), "add", &["--attempt", attempt]).expect(0);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), lines);
    }
}

#[test]
fn a_secret_is_a_reference_that_the_worker_reads() {
    let text = "id: shy\nparams: {token: {type: string, format: secret}}\ntasks:\n  - id: send\n    uses: shell\n    \
                with: {script: 'echo \"sent $TOKEN\"', env: {TOKEN: '{{ params.token }}'}}\n";
    let place = Place::new().with("SHIP_TOKEN", "very-secret-1");
    let flow = place.file("shy.yaml", text);
    let flow = flow.to_str().unwrap();
    let plain = carried(&place, flow, "send", &["--param", "token=very-secret-1"]).expect(65);
    assert_eq!(plain.json()["fault"]["code"], "param.secret_exposed");
    assert!(!plain.err.contains("very-secret-1"), "{}", plain.err);
    let sent = carried(&place, flow, "send", &["--param", "token=env:SHIP_TOKEN", "--events"]).expect(0);
    assert!(sent.err.contains("sent ***") && !sent.err.contains("very-secret-1"), "{}", sent.err);
    let kept: Vec<_> = walk(&place.path("state"));
    assert!(!kept.is_empty() && kept.iter().all(|text| !text.contains("very-secret-1")));
}

/// What lies in the files below a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn a_copy_that_was_killed_goes_on_at_its_byte_on_another_worker() {
    const SIZE: u64 = 400 << 20;
    let place = Place::new();
    let source = place.path("source");
    File::create(&source).unwrap().set_len(SIZE).unwrap();
    let (state, target) = (place.path("state"), place.path("target"));
    let words = |attempt: &'static str| {
        let from = format!("from={}", source.display());
        let to = format!("to={}", target.display());
        let words =
            ["--json", "task", "run", "--flow", "copy", "--task", "copy", "--run-id", "r", "--events", "--attempt"];
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let measured = place.file("measured.json", json!({"measure": {"place": "/", "space": 0}}).to_string());
        all.extend([attempt.to_owned(), "--state".to_owned(), state.display().to_string()]);
        all.extend(["--param".to_owned(), from, "--param".to_owned(), to]);
        all.extend(["--inputs".to_owned(), measured.display().to_string()]);
        all
    };
    let mut first = place.start(words("1"));
    let kept = state.join("copy/r/copy.checkpoint.json");
    let sent = || {
        let kept: Value = serde_json::from_slice(&fs::read(&kept).ok()?).ok()?;
        kept["begun"]["source"]["written"].as_u64().filter(|bytes| *bytes > 0)
    };
    while sent().is_none() {
        first.until_said_again("\"checkpoint\"");
    }
    first.signal(Signal::KILL);
    assert_eq!(first.end().code, -1);
    let sent = sent().unwrap();
    assert!(!target.exists(), "a half file has no final name");
    let second = place.start(words("2")).end().expect(0);
    let said: Vec<Value> = second.err.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let progress = said.iter().find(|event| event["event"] == "progress").unwrap();
    assert!(progress["progress"]["bytes"].as_u64().unwrap() >= sent, "{progress}, and {sent} were kept");
    assert_eq!(
        (second.json()["output"]["verified"].clone(), fs::metadata(&target).unwrap().len()),
        (json!(true), SIZE)
    );
    let left: Vec<_> = walk_names(&state);
    assert!(left.iter().all(|name| !name.contains("checkpoint")), "{left:?}");
}

fn walk_names(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk_names(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

/// A task run of a built-in flow, on a worker that knows a landing zone and an LTS.
fn stepped(place: &Place, flow: &str, task: &str, more: &[&str]) -> Ran {
    let mut all =
        vec!["--json", "task", "run", "--flow", flow, "--task", task, "--run-id", "r", "--param", "dataset_id=d1"];
    let state = place.path("state");
    all.extend(["--state", state.to_str().unwrap()]);
    place.run(all.iter().chain(more))
}

#[test]
fn a_dataset_is_archived_by_workers_as_it_is_at_home() {
    let place = Place::new().with("LONGSHORE_FLOOR_PERCENT", "0");
    for (name, size) in [("a/one.bin", 90_000), ("a/two.bin", 70_000), ("three.txt", 5)] {
        place.file(&format!("source/{name}"), vec![7; size]);
    }
    let source = format!("{}/", place.path("source").display());
    // At home, in a workspace of its own.
    let other = place.path("other");
    let home = ["--workspace", other.to_str().unwrap(), "archive", &source, "--name", "d1", "--pid", "d1"];
    place.run(home).expect(0);
    // By workers: the workspace makes the dataset known, and nothing more.
    let state = place.path("state");
    let state = state.to_str().unwrap();
    place.run(["archive", &source, "--name", "d1", "--pid", "d1", "--no-wait"]).expect(0);
    place.run(["ledger", "export", "d1", state]).expect(0);
    for name in ["lts", "landing"] {
        fs::create_dir_all(place.path(&format!("shared/{name}"))).unwrap();
    }
    let (lts, landing) = (place.path("shared/lts"), place.path("shared/landing"));
    let mut place = place;
    place.connect("LONGSHORE_STORAGE_LTS", lts.to_str().unwrap());
    place.connect("LONGSHORE_STORAGE_LANDING", landing.to_str().unwrap());
    let count = archived(&place, state);
    let home_lts: Vec<_> = common::tree(&other.join("lts/d1")).iter().map(|line| without_time(line)).collect();
    assert_eq!(common::tree(&lts.join("d1")).iter().map(|line| without_time(line)).collect::<Vec<_>>(), home_lts);
    assert!(!landing.join("d1").exists(), "what was proved was released");
    // Brought home, once and once more.
    let brought = place.run(["--json", "ledger", "import", state]).expect(0).json();
    assert_eq!((&brought["datasets"], &brought["blocks"]), (&json!(1), &json!(count)));
    let again = place.run(["--json", "ledger", "import", state]).expect(0).json();
    assert_eq!(again["blocks"], 0);
    let shown = |workspace: &std::path::Path| {
        let args = ["--json", "--workspace", workspace.to_str().unwrap(), "dataset", "show", "d1", "--files"];
        let shown = place.run(args).expect(0).json();
        let blocks: Vec<Value> = shown["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| json!([block["name"], block["state"], block["size"], block["sha256"]]))
            .collect();
        (shown["dataset"]["state"].clone(), blocks)
    };
    let here = shown(&place.workspace());
    assert_eq!(here, shown(&other));
    assert_eq!(here.0, "archived");
}

/// Archives the dataset, task by task; gives how many datablocks it has.
fn archived(place: &Place, state: &str) -> usize {
    for (task, code) in [("list", 0), ("register", 0), ("room", 99), ("land", 0), ("register_files", 0)] {
        stepped(place, "upload_dataset", task, &[]).expect(code);
    }
    for task in ["find_dataset", "archival_started", "get_origdatablocks", "create_datablocks"] {
        stepped(place, "archive_dataset", task, &[]).expect(0);
    }
    let first =
        ["task", "expand", "--flow", "archive_dataset", "--task", "stage_datablock", "--run-id", "r", "--state", state];
    let indexes = place.run(first.iter().chain(&["--param", "dataset_id=d1"])).expect(0).json();
    let count = indexes.as_array().unwrap().len();
    assert!(count > 1, "{indexes}");
    let each = [
        "stage_datablock",
        "check_free_space_in_lts",
        "move_datablock_to_lts",
        "wait_before_verify",
        "verify_datablock_in_lts",
        "clean_up_staging",
    ];
    for (task, index) in each.iter().flat_map(|task| (0..count).map(move |index| (task, index))) {
        stepped(place, "archive_dataset", task, &["--map-index", &index.to_string()]).expect(0);
    }
    for task in ["register_datablocks", "dataset_on_archivedisk", "release", "report"] {
        stepped(place, "archive_dataset", task, &[]).expect(0);
    }
    count
}

/// Name, mode and content: when a copy was made is its own.
fn without_time(line: &str) -> String {
    let (before, rest) = line.split_once(" (").unwrap();
    format!("{before} {}", rest.split_once(") ").unwrap().1)
}
