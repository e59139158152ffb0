//! Bags, with no workspace and with one.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Command;

use common::Place;
use longshore_testkit::servers::program;
use serde_json::{Value, json};

/// A folder with three files.
fn source(place: &Place) {
    for (name, content) in [("a", "one"), ("b/two", "two"), ("b/ünï", "three")] {
        place.file(&format!("source/{name}"), content);
    }
}

/// Whether the reference implementation takes a bag.
fn taken_by_bagit(place: &Place, bag: &str) -> bool {
    let script = "import bagit, sys; bagit.Bag(sys.argv[1]).validate()";
    Command::new(program("bagit", "python")).args(["-c", script]).arg(place.path(bag)).status().unwrap().success()
}

#[test]
fn a_bag_is_made_judged_and_unpacked_without_a_workspace() {
    let place = Place::new();
    source(&place);
    let made = ["--json", "bag", "make", "source", "one", "--md5", "--sha256", "--info", "Contact-Name=A = B"];
    let made = place.run(made).expect(0).json();
    assert_eq!((&made["files"], &made["checksums"]), (&json!(3), &json!(["md5", "sha256"])));
    assert!(taken_by_bagit(&place, "one"));
    let info = fs::read_to_string(place.path("one/bag-info.txt")).unwrap();
    assert!(info.starts_with("Contact-Name: A = B\n") && info.contains("Payload-Oxum: 11.3\n"), "{info}");
    for (to, form) in [("W.bag.zip", None), ("W.tar", None), ("packed", Some("zip-deflated"))] {
        let form = form.map(|form| vec!["--form", form]).unwrap_or_default();
        place.run([vec!["bag", "make", "source", to], form.clone()].concat()).expect(0);
        let judged = place.run(["--json", "bag", "validate", to]).expect(0).json();
        assert_eq!((&judged["verdict"], &judged["files"]), (&json!("valid"), &json!(3)), "{to}");
        assert_eq!(judged["algorithms"], json!(["sha256", "sha512"]));
        place.run([vec!["bag", "make", "source", to], form].concat()).expect(1);
    }
    let unpacked = place.run(["--json", "bag", "unpack", "W.bag.zip", "works"]).expect(0).json();
    assert_eq!((&unpacked["works"][0]["id"], &unpacked["bag"]["bytes"]), (&json!("W"), &json!(11)));
    assert_eq!(fs::read_to_string(place.path("works/W/b/two")).unwrap(), "two");
    assert_eq!(place.run(["bag", "unpack", "W.bag.zip", "works"]).expect(1).out, "");
    place.run(["bag", "unpack", "W.bag.zip", "works", "--replace"]).expect(0);
    assert!(!place.workspace().exists(), "none of it needed one");
}

#[test]
fn a_verdict_is_an_exit_code_with_its_reasons() {
    let place = Place::new();
    source(&place);
    place.run(["bag", "make", "source", "bag"]).expect(0);
    let said = place.run(["bag", "validate", "bag"]).expect(0).out;
    assert!(said.starts_with("valid  ") && said.contains("BagIt 1.0  sha256 sha512  11 B in 3 files"), "{said}");

    fs::write(place.path("bag/data/a"), "uno").unwrap();
    fs::write(place.path("bag/data/new"), "").unwrap();
    let said = place.run(["bag", "validate", "bag"]).expect(1).out;
    assert!(
        said.starts_with("invalid  ") && said.contains("data/new: it is there, and no manifest lists it"),
        "{said}"
    );
    let judged = place.run(["--json", "bag", "validate", "bag"]).expect(1).json();
    let codes: Vec<&Value> = judged["findings"].as_array().unwrap().iter().map(|found| &found["code"]).collect();
    assert_eq!(codes, ["bag.not_listed", "bag.oxum", "bag.checksum"]);

    place.run(["bag", "make", "source", "other", "--sha512"]).expect(0);
    fs::remove_file(place.path("other/data/a")).unwrap();
    fs::write(place.path("other/fetch.txt"), "https://example.org/a 3 data/a\n").unwrap();
    let judged = place.run(["--json", "bag", "validate", "other"]).expect(3).json();
    assert_eq!((&judged["verdict"], &judged["to_fetch"][0][1]), (&json!("incomplete"), &json!("data/a")));
    place.run(["bag", "validate", "other", "--refuse-fetch"]).expect(1);

    let missing = place.run(["--json", "bag", "validate", "nowhere"]).expect(1).json();
    assert_eq!(missing["fault"]["code"], "file.missing");
    place.file("no.zip", "PK\x05\x06");
    let refused = place.run(["--json", "bag", "validate", "no.zip"]).expect(1).json();
    assert_eq!(refused["fault"]["code"], "archive.damaged");
    place.run(["bag", "make", "source", "x", "--info", "no sign"]).expect(2);
    place.run(["bag", "make", "source", "x", "--form", "rar"]).expect(2);
}

#[test]
fn bags_on_storages_are_runs_of_the_workspace() {
    let place = Place::new();
    source(&place);
    let made = place.run(["--json", "bag", "make", "source", "retrieval:W.bag.zip"]).expect(0).json();
    assert_eq!((&made["bag"], &made["files"]), (&json!("retrieval:W.bag.zip"), &json!(3)));
    let judged = place.run(["--json", "bag", "validate", "retrieval:W.bag.zip"]).expect(0).json();
    assert_eq!(judged["verdict"], "valid");
    fs::create_dir(place.path("works")).unwrap();
    let unpacked = place.run(["--json", "bag", "unpack", "retrieval:W.bag.zip", "works"]).expect(0).json();
    assert_eq!(unpacked["works"][0]["id"], "W");
    let again = place.run(["--json", "bag", "make", "source", "retrieval:W.bag.zip"]).expect(1).json();
    assert_eq!(again["fault"]["code"], "bag.exists");
    let rows = place.run(["--json", "run", "list"]).expect(0).json();
    let flows: Vec<&Value> = rows["rows"].as_array().unwrap().iter().map(|row| &row["flow"]).collect();
    assert_eq!(flows, ["make_bag", "debag", "validate_bag", "make_bag"]);
}

#[test]
fn an_archived_dataset_becomes_a_bag() {
    let place = Place::new();
    source(&place);
    place.run(["archive", "source/", "--name", "ds"]).expect(0);
    fs::create_dir(place.path("work")).unwrap();
    let args = ["--json", "bag", "make", "ds", "ds.bag.tar", "--dataset", "--work", "work", "--md5"];
    let made = place.run(args).expect(0).json();
    assert_eq!(made["files"], 3);
    assert_eq!(fs::read_dir(place.path("work")).unwrap().count(), 0, "what was brought back for it is gone");
    let judged = place.run(["--json", "bag", "validate", "ds.bag.tar"]).expect(0).json();
    assert_eq!((&judged["algorithms"], &judged["bytes"]), (&json!(["md5"]), &json!(11)));
}
