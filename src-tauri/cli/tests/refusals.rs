//! What is refused, or cannot be done: exit code, stable code, and the words that the operator reads.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::Place;

/// The words of a failure, with the test's own folder taken out.
fn words(place: &Place, text: &str) -> String {
    text.replace(place.path("").to_str().unwrap().trim_end_matches('/'), "/T")
}

#[test]
fn a_source_that_is_missing() {
    let place = Place::new();
    let ran = place.run(["archive", "nowhere", "--name", "x"]).expect(1);
    let expected = "\
error: /T/nowhere cannot be archived
  why      There is nothing at this path
  now      See whether it is mounted and spelt right.
  file     /T/nowhere
  code     source.missing
";
    assert_eq!(words(&place, &ran.err), expected);
    assert_eq!(place.run(["--json", "datasets"]).expect(0).json()["total"], 0);
}

#[test]
fn a_folder_with_nothing_in_it() {
    let place = Place::new();
    fs::create_dir_all(place.path("hollow/deep/er")).unwrap();
    let ran = place.run(["--json", "archive", "hollow", "--name", "x"]).expect(4);
    assert_eq!(ran.json()["fault"]["code"], "dataset.empty");
    let plan = place.run(["--json", "plan", "archive", "hollow"]).expect(4).json();
    assert_eq!(plan["notes"][0]["code"], "dataset.empty");
    assert_eq!(place.run(["--json", "datasets"]).expect(0).json()["total"], 0);
}

#[test]
fn a_name_that_is_taken() {
    let place = Place::new();
    place.file("one/a", "1");
    place.file("two/a", "2");
    place.run(["archive", "one", "--name", "same"]).expect(0);
    let ran = place.run(["archive", "two", "--name", "same"]).expect(4);
    let expected = "\
error: same was not archived
  why      A dataset of this name or identifier comes from other sources
  now      Choose another name, and another identifier if you gave one.
  dataset  same
  code     dataset.exists
";
    assert_eq!(ran.err, expected);
    place.run(["archive", "one", "--name", "same"]).expect(4);
    // The identifier that the name gives is taken, and another is made.
    let other = place.run(["--json", "archive", "two", "--name", "SAME"]).expect(0).json();
    assert_eq!(other["dataset"]["pid"], "same-2");
}

#[test]
fn a_source_that_holds_a_storage() {
    let place = Place::new();
    place.file("a", "1");
    let ran = place.run(["--json", "archive", ".", "--name", "x"]).expect(4);
    assert_eq!(ran.json()["fault"]["code"], "source.storage");
}

#[test]
fn a_dataset_that_there_is_not() {
    let place = Place::new();
    for command in [&["dataset", "show", "nix"][..], &["verify", "nix"], &["retrieve", "nix", "out"]] {
        let ran = place.run([&["--json"][..], command].concat()).expect(1);
        assert_eq!(ran.json()["fault"]["code"], "dataset.unknown", "{command:?}");
    }
    let ran = place.run(["--json", "run", "show", "nix"]).expect(1);
    assert_eq!(ran.json()["fault"]["code"], "run.unknown");
}

#[test]
fn a_database_of_a_newer_version_is_not_touched() {
    let place = Place::new();
    place.run(["datasets"]).expect(0);
    let path = place.workspace().join("longshore.db");
    let mut bytes = fs::read(&path).unwrap();
    // SQLite's user version lies at byte 60 of the header, big-endian.
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    let ran = place.run(["--json", "datasets"]).expect(4);
    assert_eq!(ran.json()["fault"]["code"], "database.newer");
    assert!(fs::read(&path).unwrap() == bytes, "it was touched");
}

#[test]
fn a_workspace_whose_owner_does_not_answer() {
    let place = Place::new();
    place.run(["datasets"]).expect(0);
    let lock = fs::File::options().write(true).open(place.workspace().join("longshore.lock")).unwrap();
    lock.lock().unwrap();
    let ran = place.run(["--json", "datasets"]).expect(4);
    let fault = &ran.json()["fault"];
    assert_eq!(fault["code"], "workspace.locked");
    assert!(fault["now"].as_str().unwrap().contains("kill "), "{fault}");
    drop(lock);
    place.run(["datasets"]).expect(0);
}

#[test]
fn wrong_usage() {
    let place = Place::new();
    place.run(["archive", "src"]).expect(2);
    place.run(["fly"]).expect(2);
    place.run(["storage", "set", "lts"]).expect(2);
    assert!(!place.workspace().exists());
}

#[test]
fn a_storage_in_another() {
    let place = Place::new();
    let inside = place.workspace().join("landing/lts");
    let ran = place.run(["--json", "storage", "set", "lts", "--path", inside.to_str().unwrap()]).expect(4);
    assert_eq!(ran.json()["fault"]["code"], "storage.path");
    let moved =
        place.run(["--json", "storage", "set", "lts", "--path", "elsewhere", "--floor-percent", "2"]).expect(0).json();
    assert_eq!(moved["path"], place.path("elsewhere").canonicalize().unwrap().to_str().unwrap());
    assert_eq!(moved["floor_percent"], 2.0);
    // The disk of the machine may be fuller than that, and an archive would wait.
    place.run(["storage", "set", "lts", "--floor-percent", "0"]).expect(0);
    place.file("src/a", "1");
    place.run(["archive", "src", "--name", "x"]).expect(0);
    assert!(place.path("elsewhere/x/x_0.tar").exists());
    let ran = place.run(["--json", "storage", "set", "lts", "--path", "third"]).expect(4);
    assert_eq!(ran.json()["fault"]["code"], "storage.holds_data");
}

#[test]
fn a_flow_file_that_is_wrong() {
    let place = Place::new();
    let good = place.sleepy();
    place.run(["flow", "check", good.to_str().unwrap()]).expect(0);
    let bad = place.file("bad.yaml", "id: bad\ntasks:\n  - id: a\n    uses: nooop\n");
    let ran = place.run(["flow", "check", bad.to_str().unwrap()]).expect(1);
    assert!(ran.out.contains("bad.yaml:4:11"), "{}", ran.out);
    let json = place.run(["--json", "flow", "check", bad.to_str().unwrap()]).expect(1).json();
    assert_eq!(json[0]["faults"][0]["code"], "flow.unknown_kind");
    assert!(place.run(["flow", "schema"]).expect(0).json()["properties"]["tasks"].is_object());
    assert!(!place.workspace().exists(), "a check needs no workspace");
}
