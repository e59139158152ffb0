//! Archive, prove, retrieve: what goes in comes out.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, SystemTime};

use common::{Place, tree};
use serde_json::json;

fn small_tree(place: &Place) {
    place.file("src/a.txt", "hello\n");
    place.file("src/empty", "");
    place.file("src/deep/er/large", vec![7; 100_000]);
    let odd = place.path("src").join(std::ffi::OsStr::from_bytes(b"line\nbreak \xff"));
    fs::write(odd, "odd").unwrap();
    fs::create_dir(place.path("src/hollow")).unwrap();
    symlink("a.txt", place.path("src/link")).unwrap();
    fs::set_permissions(place.path("src/a.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::new(1_500_000_000, 123_456_789);
    fs::File::open(place.path("src/a.txt")).unwrap().set_modified(then).unwrap();
    fs::File::open(place.path("src/deep")).unwrap().set_modified(then).unwrap();
}

#[test]
fn what_is_archived_comes_back_as_it_was() {
    let place = Place::new();
    small_tree(&place);
    let archived = place.run(["--json", "archive", "src", "--name", "Grid 3"]).expect(0).json();
    assert_eq!(archived["dataset"]["pid"], "grid-3");
    assert_eq!(archived["dataset"]["state"], "archived");
    assert_eq!((&archived["proved"], &archived["carried_on"]), (&json!(true), &json!(false)));
    let flows: Vec<_> = archived["runs"].as_array().unwrap().iter().map(|run| run["flow"].clone()).collect();
    assert_eq!(flows, ["upload_dataset", "archive_dataset"]);
    assert_eq!(fs::read_dir(place.workspace().join("landing")).unwrap().count(), 0);

    let retrieved = place.run(["--json", "retrieve", "grid-3", "out"]).expect(0).json();
    assert_eq!(retrieved["run"]["state"], "success");
    assert_eq!(tree(&place.path("out/src")), tree(&place.path("src")));

    place.run(["retrieve", "Grid 3", "one", "--file", "src/deep/er/large"]).expect(0);
    assert_eq!(fs::read(place.path("one/src/deep/er/large")).unwrap(), vec![7; 100_000]);
    assert!(!place.path("one/src/a.txt").exists());

    let verified = place.run(["--json", "verify", "grid-3"]).expect(0).json();
    assert_eq!(verified["dataset"]["state"], "archived");
}

#[test]
fn what_lies_in_a_folder_goes_to_the_top() {
    let place = Place::new();
    small_tree(&place);
    place.run(["archive", "src/", "--name", "inside"]).expect(0);
    let shown = place.run(["--json", "dataset", "show", "inside", "--files", "--history"]).expect(0).json();
    let paths: Vec<_> = shown["entries"].as_array().unwrap().iter().map(|entry| entry["path"].clone()).collect();
    let files_first = ["a.txt", "empty", "line\\x0Abreak \\xFF", "link", "deep", "deep/er", "deep/er/large", "hollow"];
    assert_eq!(paths, files_first);
    assert!(
        shown["history"].as_array().unwrap().iter().any(|line| line["event"] == "archived"),
        "{}",
        shown["history"]
    );
    let found = place.run(["--json", "find", "large"]).expect(0).json();
    assert_eq!((&found[0]["dataset"], &found[0]["entry"]["size"]), (&json!("inside"), &json!(100_000)));
    let listed = place.run(["--json", "datasets"]).expect(0).json();
    assert_eq!((&listed["total"], &listed["rows"][0]["name"]), (&json!(1), &json!("inside")));
}

#[test]
fn a_damaged_datablock_is_found_and_names_the_file() {
    let place = Place::new();
    small_tree(&place);
    place.run(["archive", "src", "--name", "one"]).expect(0);
    let shown = place.run(["--json", "dataset", "show", "one", "--files"]).expect(0).json();
    let large = shown["entries"].as_array().unwrap().iter().find(|entry| entry["path"] == "src/deep/er/large").unwrap();
    let block = &shown["blocks"][usize::try_from(large["block"].as_u64().unwrap()).unwrap()];
    let path = block["path"].as_str().unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[usize::try_from(large["offset"].as_u64().unwrap()).unwrap() + 50_000] ^= 1;
    fs::write(path, bytes).unwrap();
    let ran = place.run(["verify", "one"]).expect(1);
    assert!(ran.err.contains("src/deep/er/large"), "{}", ran.err);
    let shown = place.run(["--json", "dataset", "show", "one"]).expect(0).json();
    assert_eq!(shown["dataset"]["state"], "damaged");
}

#[test]
fn a_plan_says_what_would_be_done_and_does_nothing() {
    let place = Place::new();
    small_tree(&place);
    let plan = place.run(["--json", "plan", "archive", "src"]).expect(0).json();
    assert_eq!((&plan["files"], &plan["links"], &plan["folders"]), (&json!(4), &json!(1), &json!(4)));
    assert_eq!(
        (&plan["block_target"], &plan["can_start"], &plan["name"]),
        (&json!(65536), &json!(true), &json!("src"))
    );
    let storages: Vec<_> = plan["space"].as_array().unwrap().iter().map(|need| need["storage"].clone()).collect();
    assert_eq!(storages, ["landing", "lts"]);
    assert_eq!(place.run(["--json", "datasets"]).expect(0).json()["total"], 0);
}

#[test]
fn nothing_waits_if_told_so_and_goes_on_when_somebody_does() {
    let place = Place::new();
    small_tree(&place);
    let started = place.run(["--json", "archive", "src", "--name", "later", "--no-wait"]).expect(0);
    assert!(started.err.contains("longshore run wait"), "{}", started.err);
    let before = place.run(["--json", "dataset", "show", "later"]).expect(0).json();
    assert_eq!(before["dataset"]["state"], "landing");
    let ended = place.run(["--json", "run", "wait"]).expect(0).json();
    assert_eq!(ended[0]["id"], started.json()["run"]);
    let after = place.run(["--json", "dataset", "show", "later"]).expect(0).json();
    assert_eq!(after["dataset"]["state"], "archived");
}
