//! Uploads with metadata, by the built program: SciCat knows each dataset and each file once, whatever happens meanwhile.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Place, Ran, bucket_of};
use longshore_testkit::proxy::{Direction, Proxy};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, Trouble, User};
use rustix::process::Signal;
use serde_json::{Value, json};

const PID: &str = "20.500.12269/2b1f";

fn said() -> Value {
    json!({
        "type": "raw", "datasetName": "Krios grid 3", "owner": "A Scientist", "ownerGroup": "p1", "accessGroups": ["p2"],
        "contactEmail": "scientist@example.org", "principalInvestigator": "A Scientist; B Scientist",
        "creationLocation": "/site/em/krios", "description": "A grid.", "keywords": ["cryo", "grid"],
        "scientificMetadata": {"voltage": {"value": 300, "unit": "kV"}},
    })
}

/// Two files below `data/`, and metadata beside it.
fn with_data(place: &Place, said: &Value) {
    place.file("data/a.mrc", vec![7; 100_000]);
    place.file("data/deep/b.mrc", "hello");
    place.file("said.json", said.to_string());
}

fn upload(place: &Place, more: &[&str]) -> Ran {
    place.run(["--json", "upload", "data/", "--metadata", "said.json"].iter().chain(more))
}

/// Everything that is kept for SciCat has reached it.
#[track_caller]
fn all_told(place: &Place) {
    let sent = place.run(["--json", "scicat", "send"]).expect(0).json();
    assert_eq!((&sent["left"], &sent["trouble"]), (&json!(0), &Value::Null));
}

/// The only dataset that SciCat has, with its files registered once; its pid.
#[track_caller]
fn only_one(server: &SciCat) -> String {
    let state = server.state();
    let pids: Vec<&String> = state.datasets.keys().collect();
    assert_eq!(pids.len(), 1, "{pids:?}");
    let pid = pids[0].clone();
    let files = state.origdatablocks.iter().flat_map(|block| {
        assert_eq!((&block["datasetId"], &block["chkAlg"]), (&json!(pid), &json!("md5")));
        block["dataFileList"].as_array().unwrap().clone()
    });
    let mut files: Vec<_> =
        files.map(|file| (file["path"].clone(), file["size"].clone(), file["chk"].clone())).collect();
    files.sort_by_key(|(path, ..)| path.to_string());
    let hello = json!("5d41402abc4b2a76b9719d911017c592");
    assert_eq!(files[1..], [(json!("deep/b.mrc"), json!(5), hello)]);
    assert_eq!((files.len(), &files[0].1), (2, &json!(100_000)));
    pid
}

fn status(server: &SciCat, pid: &str) -> Value {
    server.state().lifecycle(pid)["archiveStatusMessage"].clone()
}

#[test]
fn a_dataset_is_registered_lands_where_an_archiver_looks_for_it_and_is_archived() {
    let (server, s3) = (SciCat::start(), Seaweed::start());
    let place = Place::new().with_scicat(&server, &User::scientist());
    bucket_of(&place, &s3, "1GiB");
    with_data(&place, &said());
    upload(&place, &["--land-only"]).expect(3);
    all_told(&place);
    let pid = only_one(&server);
    assert_eq!(status(&server, &pid), "datasetCreated");
    let made = server.state().datasets[&pid].clone();
    assert_eq!(made["principalInvestigators"], json!(["A Scientist", "B Scientist"]));
    assert_eq!((&made["size"], &made["keywords"]), (&json!(100_005), &json!(["cryo", "grid"])));
    assert_eq!(made["scientificMetadata"]["voltage"]["value"], json!(300));
    let folder = format!("lab:landing/openem-network/datasets/{pid}/raw_files/");
    let names = || place.run(["--json", "ls", &folder]).expect(0).json();
    assert_eq!(names()[0]["name"], "a.mrc", "{}", names());

    upload(&place, &[]).expect(0);
    all_told(&place);
    assert_eq!((only_one(&server), status(&server, &pid)), (pid.clone(), json!("datasetOnArchiveDisk")));
    let shown = place.run(["--json", "dataset", "show", &pid]).expect(0).json();
    assert_eq!((&shown["scicat"], &shown["metadata"]["ownerGroup"]), (&json!(pid), &json!("p1")));
    assert_eq!(server.state().datablocks.len(), shown["blocks"].as_array().unwrap().len());
    assert_eq!(upload(&place, &[]).expect(4).json()["fault"]["code"], "dataset.exists");
}

#[test]
fn an_older_scicat_has_its_own_words_and_a_pid_may_be_chosen() {
    let server = SciCat::start_v3();
    let place = Place::new().with_scicat(&server, &User::archiver());
    let mut derived = said();
    derived["type"] = json!("derived");
    with_data(&place, &derived);
    let told = upload(&place, &["--pid", PID]).expect(1).json();
    assert_eq!((&told["fault"]["code"], &told["fault"]["at"]), (&json!("metadata.wrong"), &json!("inputDatasets")));
    derived["inputDatasets"] = json!(["20.500.12269/1"]);
    derived["usedSoftware"] = json!(["https://example.org/relion"]);
    place.file("said.json", derived.to_string());
    upload(&place, &["--pid", PID, "--job"]).expect(0);
    all_told(&place);
    assert_eq!((only_one(&server), status(&server, PID)), (PID.to_owned(), json!("datasetOnArchiveDisk")));
    assert_eq!(server.state().datasets[PID]["principalInvestigators"], json!(["A Scientist; B Scientist"]));
    let job = server.state().jobs[0].clone();
    assert_eq!((&job["type"], &job["statusCode"]), (&json!("archive"), &json!("finishedSuccessful")));
}

#[test]
fn a_kill_while_it_is_registered_doubles_nothing() {
    let server = SciCat::start();
    let place = Place::new().with_scicat(&server, &User::scientist());
    with_data(&place, &said());
    server.hold();
    let mut owner = place.start(["--json", "upload", "data/", "--metadata", "said.json"]);
    place.until_running(&mut owner);
    owner.signal(Signal::KILL);
    owner.end();
    // What was asked for is done, although nobody hears of it any more.
    server.release();
    server.trouble(Some("POST"), Trouble::LosesAnswer, 2);
    upload(&place, &[]).expect(0);
    server.trouble(Some("POST"), Trouble::LosesAnswer, 1);
    all_told(&place);
    let pid = only_one(&server);
    assert_eq!(status(&server, &pid), "datasetOnArchiveDisk");
}

#[test]
fn a_kill_while_files_are_sent_sends_and_registers_them_no_second_time() {
    let (server, s3) = (SciCat::start(), Seaweed::start());
    let proxy = Proxy::to(s3.address()).unwrap();
    let place = Place::new().with_scicat(&server, &User::scientist());
    let place = place.with("AIRFLOW_CONN_LAB", &s3.airflow(proxy.address()));
    place.run(["storage", "set", "landing", "--connection", "lab", "--folder", "landing"]).expect(0);
    with_data(&place, &said());
    let whole: u64 = 300 << 20;
    place.file("data/large.mrc", vec![3; usize::try_from(whole).unwrap()]);
    let mut owner = place.start(["--json", "upload", "data/", "--metadata", "said.json", "--land-only"]);
    owner.until_said("the workspace is owned");
    while proxy.passed(Direction::Up) < whole * 8 / 10 {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    owner.signal(Signal::KILL);
    owner.end();
    upload(&place, &["--land-only"]).expect(3);
    all_told(&place);
    let sent = proxy.passed(Direction::Up);
    assert!(sent < whole * 14 / 10, "{sent} bytes were sent for {whole}");
    let state = server.state();
    assert_eq!(state.datasets.len(), 1);
    let files = state.origdatablocks.iter().flat_map(|block| block["dataFileList"].as_array().unwrap());
    let mut files: Vec<_> =
        files.map(|file| (file["path"].as_str().unwrap(), file["size"].as_u64().unwrap())).collect();
    files.sort_unstable();
    assert_eq!(files, [("a.mrc", 100_000), ("deep/b.mrc", 5), ("large.mrc", whole)]);
}

#[test]
fn a_scicat_that_is_away_is_told_everything_in_the_end() {
    let server = SciCat::start();
    let place = Place::new().with_scicat(&server, &User::scientist());
    with_data(&place, &said());
    server.down();
    upload(&place, &[]).expect(0);
    assert_eq!(server.state().datasets.len(), 0);
    let waits = place.run(["--json", "scicat", "pending"]).expect(0).json();
    assert_eq!(waits[0]["text"], "the dataset", "{waits}");
    server.up();
    all_told(&place);
    let pid = only_one(&server);
    assert_eq!(status(&server, &pid), "datasetOnArchiveDisk");
    assert!(!server.state().datablocks.is_empty());
    assert_eq!(place.run(["--json", "dataset", "show", "Krios grid 3"]).expect(0).json()["scicat"], json!(pid));
}

#[test]
fn what_is_said_is_kept_until_there_is_a_scicat() {
    let server = SciCat::start();
    let place = Place::new();
    with_data(&place, &said());
    upload(&place, &["--pid", PID]).expect(0);
    let place = place.with_scicat(&server, &User::scientist());
    all_told(&place);
    assert_eq!((only_one(&server), status(&server, PID)), (PID.to_owned(), json!("datasetOnArchiveDisk")));
}

#[test]
fn a_dataset_that_its_user_may_not_make_is_refused_before_a_byte_is_moved() {
    let server = SciCat::start();
    let place = Place::new().with_scicat(&server, &User::scientist());
    let mut theirs = said();
    theirs["ownerGroup"] = json!("p9");
    with_data(&place, &theirs);
    let failed = upload(&place, &[]).expect(1);
    assert!(failed.err.contains("Unauthorized to create this dataset"), "{}", failed.err);
    let shown = place.run(["--json", "dataset", "show", "krios-grid-3"]).expect(0).json();
    assert_eq!(shown["dataset"]["landing_files"], json!(0));
    place.file("said.json", said().to_string());
    upload(&place, &[]).expect(0);
    all_told(&place);
    let pid = only_one(&server);
    assert_eq!(server.state().datasets[&pid]["ownerGroup"], json!("p1"));
}

#[test]
fn what_is_wrong_is_told_by_field_and_nothing_is_begun() {
    let place = Place::new();
    let mut wrong = said();
    wrong["contactEmail"] = json!("nobody");
    wrong["ownerGroup"] = json!("");
    with_data(&place, &wrong);
    let fault = upload(&place, &[]).expect(1).json()["fault"].clone();
    assert_eq!((&fault["code"], &fault["at"]), (&json!("metadata.wrong"), &json!("ownerGroup")));
    assert_eq!(fault["also"], json!(["contactEmail: \"nobody\" is no e-mail address"]));
    let checked = upload(&place, &["--check"]).expect(1).json();
    assert_eq!(checked[1], json!({"field": "contactEmail", "why": "\"nobody\" is no e-mail address"}));
    place.file("said.json", "{\n  \"keywords\": \"one\"\n}");
    let fault = upload(&place, &[]).expect(1).json()["fault"].clone();
    assert_eq!((&fault["code"], &fault["at"]), (&json!("metadata.text"), &json!("2:19 keywords")));
    assert_eq!(place.run(["--json", "datasets"]).expect(0).json()["total"], json!(0));
}
