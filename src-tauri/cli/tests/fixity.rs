//! `longshore dataset report`: what is proved, for others to read.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use common::Place;
use serde_json::Value;

fn archived() -> Place {
    let place = Place::new();
    place.file("src/a, \"b\".txt", "hello\n");
    place.file("src/deep/c", "");
    let odd = place.path("src").join(std::ffi::OsStr::from_bytes(b"line\nbreak"));
    fs::write(odd, "odd").unwrap();
    fs::create_dir(place.path("src/<b>hollow")).unwrap();
    place.run(["archive", "src/", "--name", "Grid <3>", "--pid", "grid-3"]).expect(0);
    place
}

#[test]
fn each_form_says_what_is_proved() {
    let place = archived();
    let report = |form: &str| {
        let file = place.path(&format!("report.{form}"));
        let written = place.run(["--json", "dataset", "report", "grid-3", file.to_str().unwrap(), "--form", form]);
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(written.expect(0).json()["bytes"], text.len());
        text
    };
    let csv = report("csv");
    assert!(csv.starts_with("path,kind,bytes,md5,sha256,datablock,storage,proof,proved_at,read_back\r\n"), "{csv}");
    let hello = "\"a, \"\"b\"\".txt\",file,6,b1946ac92492d2347c6235b4d2611184,\
                 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03,grid-3_0.tar,lts,proved,";
    assert!(csv.contains(hello), "{csv}");
    assert!(csv.contains("<b>hollow,folder,0,,,"), "{csv}");

    let json: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!((&json["dataset"]["files"], &json["dataset"]["proved_files"]), (&3.into(), &3.into()));
    assert_eq!((&json["datablocks"][0]["state"], json["entries"].as_array().unwrap().len()), (&"proved".into(), 5));

    let manifest = report("manifest");
    assert_eq!(manifest.lines().count(), 3, "{manifest}");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  data/deep/c";
    assert!(manifest.lines().any(|line| line == empty), "{manifest}");
    assert!(manifest.contains("  data/line%0Abreak\n"), "{manifest}");

    let page = report("page");
    assert!(page.contains("Fixity report: Grid &lt;3&gt;") && !page.contains("<3>"), "{page}");
    assert!(page.contains("Every file was read back") && page.contains("grid-3_0.tar"), "{page}");
}

#[test]
fn nothing_is_written_over_and_no_manifest_is_made_of_what_was_not_read() {
    let place = archived();
    let file = place.file("there.csv", "mine").display().to_string();
    let refused = place.run(["--json", "dataset", "report", "grid-3", &file]).expect(1);
    assert!(refused.err.contains("file.path"), "{}", refused.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    place.run(["dataset", "report", "none", "report.csv"]).expect(1);
    assert!(!place.path("report.csv").exists());
}
