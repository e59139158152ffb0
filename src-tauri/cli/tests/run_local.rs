//! `longshore run --local`: a flow carried out in a workspace that is there for it alone.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::Place;
use longshore_testkit::servers::Seaweed;
use rustix::process::Signal;
use serde_json::json;

const WORDS: &str = "
id: words
params: {word: {type: string, default: none}, code: {type: integer, default: 0}}
tasks:
  - {id: list, uses: noop, with: {output: [1, 2]}}
  - id: say
    uses: shell
    needs: [list]
    with: {script: 'echo \"heard $WORD\"; exit $CODE', env: {WORD: '{{ params.word }} {{ vars.site }}', CODE: '{{ params.code }}'}}
  - {id: after, uses: noop, needs: [say], with: {output: 1}}
";

/// A place whose workspaces for one run lie where they can be looked for.
fn place() -> (Place, PathBuf) {
    let place = Place::new();
    let temp = place.path("temp");
    fs::create_dir(&temp).unwrap();
    let place = place.with("TMPDIR", temp.to_str().unwrap());
    place.file("words.yaml", WORDS);
    place.run(["variable", "set", "site", "harbour"]).expect(0);
    (place, temp)
}

fn left(temp: &PathBuf) -> Vec<PathBuf> {
    fs::read_dir(temp).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_flow_is_carried_out_with_its_log_and_leaves_nothing_anywhere() {
    let (place, temp) = place();
    let well = place.run(["run", "--local", "words.yaml", "--param", "word=seven"]).expect(0);
    assert!(well.err.contains("heard seven harbour") && well.err.contains("words succeeded after"), "{}", well.err);
    for row in ["list   noop   success", "say    shell  success", "after  noop   success"] {
        assert!(well.out.contains(row), "{row}: {}", well.out);
    }
    let failed = place.run(["run", "--local", "words.yaml", "--param", "code=7"]).expect(1);
    assert!(failed.out.contains("after  noop   upstream_failed"), "{}", failed.out);
    assert!(failed.out.contains("it ended with exit code 7") && failed.out.contains("shell.failed"), "{}", failed.out);
    let told = place.run(["--json", "run", "--local", "words.yaml"]).expect(0).json();
    assert_eq!((&told[0]["run"]["state"], &told[0]["tasks"][1]["id"]), (&json!("success"), &json!("say")));
    assert_eq!(left(&temp), [] as [PathBuf; 0]);
    assert_eq!(place.run(["--json", "run", "list"]).expect(0).json()["total"], 0);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_starts_nothing() {
    let (place, temp) = place();
    place.file("bad.yaml", "id: bad\ntasks:\n  - {id: a, uses: shell, with: {run: x}}\n");
    let bad = place.run(["run", "--local", "bad.yaml"]).expect(1);
    assert!(bad.err.contains("bad.yaml:3:") && bad.err.contains("flow.with"), "{}", bad.err);
    assert!(place.run(["run", "--local", "gone.yaml"]).expect(1).err.contains("file.unreadable"));
    assert!(place.run(["run", "--local", "gone"]).expect(1).err.contains("flow.unknown"));
    let usage = place.run(["run"]).expect(2).err;
    assert!(usage.contains("a command, or --local with a flow, is needed"), "{usage}");
    place.run(["run", "--keep"]).expect(2);
    place.run(["run", "--local", "words.yaml", "list"]).expect(2);
    place.run(["run", "--local", "words.yaml", "--param", "code=many"]).expect(1);
    assert_eq!(left(&temp), [] as [PathBuf; 0]);
}

#[test]
fn flows_of_the_workspace_run_too_and_what_is_kept_can_be_looked_at() {
    let (place, temp) = place();
    fs::copy(place.path("words.yaml"), place.workspace().join("flows/words.yaml")).unwrap();
    let kept = place.run(["run", "--local", "words", "--keep"]).expect(0);
    let [folder] = left(&temp).try_into().unwrap();
    assert!(kept.err.contains(&format!("Kept: {}", folder.display())), "{}", kept.err);
    let there = place.run(["--json", "--workspace", folder.to_str().unwrap(), "run", "list"]).expect(0).json();
    assert_eq!((&there["total"], &there["rows"][0]["flow"]), (&json!(1), &json!("words")));
}

#[test]
fn a_run_that_is_interrupted_is_cancelled_with_its_hooks_and_goes_away() {
    let (place, temp) = place();
    let told = place.path("told");
    let hook = format!("on_cancel:\n  - {{id: told, uses: shell, with: {{command: [touch, '{}']}}}}\n", told.display());
    place.file(
        "long.yaml",
        format!("id: long\ntasks:\n  - {{id: wait, uses: shell, with: {{script: 'echo begun; sleep 600'}}}}\n{hook}"),
    );
    let mut long = place.start(["run", "--local", "long.yaml"]);
    long.until_said("begun");
    long.signal(Signal::INT);
    let ended = long.end().expect(130);
    assert!(ended.err.contains("long cancelled after"), "{}", ended.err);
    assert!(told.exists());
    assert_eq!(left(&temp), [] as [PathBuf; 0]);
}

#[test]
fn connections_are_those_of_the_workspace_and_of_one_that_counts_only_when_it_is_named() {
    let (place, temp) = place();
    let s3 = Seaweed::start();
    let [user, password] = Seaweed::keys();
    let connection = place
        .file("lake.json", json!({"conn_type": "s3", "login": user, "extra": {"endpoint_url": s3.url()}}).to_string());
    // Relative to the workspace's folder, as what is mounted there would be.
    fs::write(place.workspace().join("key.txt"), password).unwrap();
    place
        .run(["connection", "add", "lake", "--file", connection.to_str().unwrap(), "--secret", "password=file:key.txt"])
        .expect(0);
    place.file("data/one.txt", "one");
    let from = format!("from={}", place.path("data").display());
    let copy = ["run", "--local", "copy", "--param", &from, "--param", "to=lake:landing/there"];
    place.run(copy).expect(0);
    assert!(place.run(["ls", "lake:landing/there"]).expect(0).out.contains("one.txt"));

    place.run(["profile", "set", "production"]).expect(0);
    place.run(["profile", "use", "production"]).expect(0);
    let refused = place.run(["run", "--local", "words.yaml"]).expect(4);
    assert!(
        refused.err.contains("profile.production") && refused.err.contains("--profile production"),
        "{}",
        refused.err
    );
    place.run(["--profile", "production", "run", "--local", "words.yaml"]).expect(1); // It knows no variable `site`.
    place.run(["--profile", "default", "run", "--local", "words.yaml"]).expect(0);
    assert_eq!(left(&temp), [] as [PathBuf; 0]);
}
