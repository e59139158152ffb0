//! Copies between any two places.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::Place;
use serde_json::{Value, json};

fn names(place: &Place, location: &str) -> Vec<String> {
    let rows = place.run(["--json", "ls", location]).expect(0).json();
    let word = |row: &Value| row["name"].as_str().unwrap().to_owned() + if row["kind"] == "folder" { "/" } else { "" };
    rows.as_array().unwrap().iter().map(word).collect()
}

#[test]
fn a_folder_is_copied_listed_and_kept_alike() {
    let place = Place::new();
    for (name, content) in [("a.tif", "one"), ("b.log", "two"), ("sub/c.tif", "three")] {
        place.file(&format!("from/{name}"), content);
    }
    let ran = place.run(["--json", "copy", "from", "retrieval:out"]).expect(0).json();
    assert_eq!((&ran[0]["flow"], &ran[0]["state"]), (&json!("copy"), &json!("success")));
    assert_eq!(names(&place, "retrieval:out"), ["a.tif", "b.log", "sub/"]);
    place.run(["copy", "from", "into/", "--include", "*.tif", "--no-verify"]).expect(3);
    assert_eq!(names(&place, "into/from"), ["a.tif", "sub/"]);
    assert_eq!(names(&place, "into/from/a.tif"), ["a.tif"]);

    fs::write(place.path("from/a.tif"), "one, changed").unwrap();
    fs::remove_file(place.path("from/b.log")).unwrap();
    place.run(["copy", "from", "retrieval:out"]).expect(1);
    let sync = ["--json", "sync", "from", "retrieval:out", "--delete"];
    let planned = place.run(sync.iter().chain(&["--plan"])).expect(0).json();
    assert_eq!((&planned["files"], &planned["extra_names"]), (&json!(2), &json!(["b.log"])));
    assert_eq!(place.run(sync).expect(4).json()["fault"]["code"], "copy.unconfirmed");
    assert_eq!(
        names(&place, "retrieval:out"),
        ["a.tif", "b.log", "sub/"],
        "nothing is deleted before it was confirmed"
    );
    place.run(sync.iter().chain(&["--yes"])).expect(0);
    assert_eq!(names(&place, "retrieval:out"), ["a.tif", "sub/"]);
    assert_eq!(fs::read_to_string(place.workspace().join("retrieval/out/a.tif")).unwrap(), "one, changed");
}

#[test]
fn a_copy_that_failed_says_what_it_moved_and_from_where_to_where() {
    let place = Place::new();
    for (name, content) in [("a", "four"), ("b", "seventeen"), ("c", "three")] {
        place.file(&format!("from/{name}"), content);
    }
    place.file("to/b", "something else");
    place.run(["copy", "from", "to"]).expect(1);
    let rows = place.run(["--json", "run", "list"]).expect(0).json();
    let run = &rows["rows"][0];
    assert_eq!((&run["progress"]["bytes"], &run["progress"]["files"]), (&json!(9), &json!(2)), "{run:#}");
    assert_eq!(run["title"], format!("{} → {}", place.path("from").display(), place.path("to").display()));
}

#[test]
fn what_cannot_be_copied_says_why() {
    let place = Place::new();
    let code = |from: &str, to: &str| {
        let shown = place.run(["--json", "copy", from, to]).expect(1).json();
        shown[0]["fault"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("nothing-there", "retrieval:x"), "file.missing");
    place.file("file", "x");
    assert_eq!(code("file", "nowhere:x"), "storage.unknown");
    assert_eq!(code("file", "file"), "copy.refused");
    let missing = place.run(["--json", "ls", "retrieval:none"]).expect(1).json();
    assert_eq!(missing["fault"]["code"], "file.missing");
}

#[test]
fn a_copy_with_a_key_is_done_once_and_the_limit_of_bytes_a_second_is_shown_and_set() {
    let place = Place::new();
    place.file("from/a", "one");
    let copy = ["--json", "copy", "from", "retrieval:out", "--key", "k", "--priority", "-3"];
    let (first, again) = (place.run(copy).expect(0).json(), place.run(copy).expect(0).json());
    assert!(first[0]["id"].is_string() && first[0]["id"] == again[0]["id"]);
    place.run(["transfer", "limit", "10 MiB/s"]).expect(0);
    let shown = place.run(["--json", "transfer", "limit"]).expect(0).json();
    assert_eq!((&shown[0]["now"], &shown[0]["connection"]), (&json!(10 << 20), &Value::Null));
    place.run(["transfer", "limit", "08:00 quickly"]).expect(1);
    place.run(["transfer", "limit", "off", "--reason", "the night is free"]).expect(0);
    assert_eq!(place.run(["--json", "transfer", "limit"]).expect(0).json()[0]["now"], Value::Null);
}
