//! Jobs of SciCat, archived by the built program: what the OpenEM Ingestor put into the landing zone goes to the LTS, and SciCat's
//! statuses are true in the end.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, Trouble, User};
use serde_json::{Value, json};

const ONE: &str = "20.500.12269/one";
const TWO: &str = "20.500.12269/two";

/// Where the Ingestor puts a file.
fn landed(pid: &str, path: &str) -> String {
    format!("workspace/landing/openem-network/datasets/{pid}/raw_files/{path}")
}

/// The content of the larger file: more than a datablock of the target size takes.
fn grid() -> Vec<u8> {
    vec![7; 100_000]
}

/// A workspace beside a SciCat.
struct Site {
    server: SciCat,
    place: Place,
}

impl Site {
    fn new() -> Self {
        let server = SciCat::start();
        let user = User::archiver();
        let connection = json!({"conn_type": "scicat", "host": server.url(), "login": user.name,
            "password": user.password, "extra": {"retries": 1}});
        let place = Place::new().with("AIRFLOW_CONN_SCICAT", &connection.to_string());
        Self { server, place }
    }

    /// A file as the Ingestor uploads it, and as SciCat knows it.
    fn has(&self, pid: &str, path: &str, content: &[u8]) {
        self.uploads(pid, path, content);
        self.server.state().add_file(pid, path, content);
    }

    fn uploads(&self, pid: &str, path: &str, content: &[u8]) {
        self.place.file(&landed(pid, path), content);
    }

    /// A job for these datasets, each with two files.
    fn job(&self, pids: &[&str]) -> String {
        for pid in pids {
            self.server.state().add_dataset(pid);
            self.has(pid, "grid.mrc", &grid());
            self.has(pid, "deep/settings.json", b"{}");
        }
        self.server.state().add_job("archive", pids)
    }

    /// Archives a job and tells SciCat what there is to tell. Gives the run.
    fn archive(&self, job: &str, code: i32) -> String {
        let job = format!("job_id={job}");
        let run = self.place.run(["--json", "flow", "run", "archive_datasetlist", "--param", &job, "--wait"]);
        let run = run.expect(code).json();
        self.send();
        run[0]["id"].as_str().unwrap_or_else(|| panic!("{run}")).to_owned()
    }

    fn send(&self) {
        let sent = self.place.run(["--json", "scicat", "send"]).expect(0).json();
        assert_eq!((&sent["left"], &sent["trouble"]), (&json!(0), &Value::Null));
    }

    fn status(&self, job: usize) -> String {
        self.server.state().jobs[job]["statusCode"].as_str().unwrap().to_owned()
    }

    fn archival(&self, pid: &str) -> Value {
        self.server.state().lifecycle(pid)["archiveStatusMessage"].clone()
    }

    fn registered(&self, pid: &str) -> usize {
        self.server.state().datablocks.iter().filter(|block| block["datasetId"] == pid).count()
    }

    fn state(&self, pid: &str) -> Value {
        self.place.run(["--json", "dataset", "show", pid]).expect(0).json()["dataset"]["state"].clone()
    }
}

#[test]
fn a_job_of_what_lies_in_the_landing_zone_is_archived_and_told() {
    let site = Site::new();
    let job = site.job(&[ONE, TWO]);
    site.archive(&job, 0);
    assert_eq!(site.status(0), "finishedSuccessful");
    for pid in [ONE, TWO] {
        assert_eq!((site.archival(pid), site.state(pid)), (json!("datasetOnArchiveDisk"), json!("archived")));
        let lifecycle = site.server.state().lifecycle(pid);
        assert_eq!((&lifecycle["retrievable"], &lifecycle["archivable"]), (&json!(true), &json!(false)));
        assert_eq!(site.registered(pid), 2);
        assert!(!site.place.path(&landed(pid, "grid.mrc")).exists(), "released");
    }
    let lts = site.place.path("workspace/lts/20.500.12269-one");
    let tars = std::fs::read_dir(lts).unwrap().map(|file| file.unwrap().file_name());
    let mut tars: Vec<_> = tars.collect();
    tars.sort();
    assert_eq!(tars, ["20.500.12269-one_0.tar", "20.500.12269-one_1.tar"]);
    // Another job for the same dataset finds all of it done, and reads nothing back.
    let again = site.server.state().add_job("archive", &[ONE]);
    site.archive(&again, 0);
    assert_eq!((site.status(1), site.registered(ONE)), ("finishedSuccessful".to_owned(), 2));
    assert_eq!(site.archival(ONE), json!("datasetOnArchiveDisk"));
}

#[test]
fn one_dataset_that_fails_stops_no_other_and_is_retried_alone() {
    let site = Site::new();
    let job = site.job(&[ONE, TWO]);
    site.server.state().add_file(TWO, "late.mrc", b"late");
    let run = site.archive(&job, 1);
    assert_eq!(site.status(0), "finishedWithDatasetErrors");
    assert_eq!((site.archival(ONE), site.archival(TWO)), (json!("datasetOnArchiveDisk"), json!("missingFilesError")));
    assert!(site.place.path(&landed(TWO, "grid.mrc")).exists());
    let proved = std::fs::metadata(site.place.path("workspace/lts/20.500.12269-one/20.500.12269-one_0.tar")).unwrap();
    site.uploads(TWO, "late.mrc", b"late");
    site.place.run(["run", "retry", &run]).expect(0);
    site.place.run(["run", "wait", &run]).expect(0);
    site.send();
    assert_eq!((site.status(0), site.archival(TWO)), ("finishedSuccessful".to_owned(), json!("datasetOnArchiveDisk")));
    let after = std::fs::metadata(site.place.path("workspace/lts/20.500.12269-one/20.500.12269-one_0.tar")).unwrap();
    assert_eq!(proved.modified().unwrap(), after.modified().unwrap(), "a proved copy is not touched");
}

#[test]
fn files_that_are_not_those_that_scicat_knows_are_the_uploaders_error() {
    type Change = fn(&Site);
    let changes: [(&str, Change); 4] = [
        ("missing", |site| site.server.state().add_file(ONE, "gone.mrc", b"gone")),
        ("one too many", |site| site.uploads(ONE, "extra.mrc", b"extra")),
        ("another size", |site| site.uploads(ONE, "grid.mrc", &grid()[1..])),
        ("another checksum", |site| site.uploads(ONE, "grid.mrc", &vec![8; grid().len()])),
    ];
    for (what, change) in changes {
        let site = Site::new();
        let job = site.job(&[ONE]);
        change(&site);
        let run = site.archive(&job, 1);
        assert_eq!(site.status(0), "finishedUnsuccessful", "{what}");
        assert_eq!((site.archival(ONE), site.registered(ONE)), (json!("missingFilesError"), 0), "{what}");
        // What is put right is archived by a retry.
        site.uploads(ONE, "grid.mrc", &grid());
        match what {
            "missing" => site.uploads(ONE, "gone.mrc", b"gone"),
            "one too many" => std::fs::remove_file(site.place.path(&landed(ONE, "extra.mrc"))).unwrap(),
            _ => {}
        }
        site.place.run(["run", "retry", &run]).expect(0);
        site.place.run(["run", "wait", &run]).expect(0);
        site.send();
        assert_eq!((site.status(0), site.state(ONE)), ("finishedSuccessful".to_owned(), json!("archived")), "{what}");
    }
}

#[test]
fn names_that_differ_in_capitals_alone_are_archived_both() {
    let site = Site::new();
    let job = site.job(&[ONE]);
    site.has(ONE, "GRID.mrc", b"another");
    site.archive(&job, 0);
    let state = site.server.state();
    let files = state.datablocks.iter().flat_map(|block| block["dataFileList"].as_array().unwrap().clone());
    let mut names: Vec<String> = files.map(|file| file["path"].as_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["GRID.mrc", "deep/settings.json", "grid.mrc"]);
}

#[test]
fn datasets_are_named_by_hand_where_there_is_no_job_and_no_scicat() {
    let site = Site { place: Place::new(), ..Site::new() };
    site.uploads(ONE, "grid.mrc", b"grid");
    let ids = format!("dataset_ids=[\"{ONE}\"]");
    site.place.run(["flow", "run", "archive_datasetlist", "--param", &ids, "--wait"]).expect(0);
    assert_eq!(site.state(ONE), json!("archived"));
    let waiting = site.place.run(["--json", "scicat", "pending"]).expect(0).json();
    let said: Vec<&str> = waiting.as_array().unwrap().iter().map(|row| row["text"].as_str().unwrap()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    let missing = "dataset_ids=[\"20.5/none\"]";
    site.place.run(["flow", "run", "archive_datasetlist", "--param", missing, "--wait"]).expect(1);
}

#[test]
fn two_jobs_for_one_dataset_wait_for_each_other() {
    let site = Site::new();
    let (first, second) = (site.job(&[ONE]), site.server.state().add_job("archive", &[ONE]));
    for job in [first, second] {
        let job = format!("job_id={job}");
        site.place.run(["flow", "run", "archive_datasetlist", "--param", &job]).expect(0);
    }
    site.place.run(["run", "wait"]).expect(0);
    site.send();
    assert_eq!([site.status(0), site.status(1)], ["finishedSuccessful", "finishedSuccessful"]);
    assert_eq!((site.registered(ONE), site.archival(ONE)), (2, json!("datasetOnArchiveDisk")));
}

#[test]
fn a_scicat_that_can_be_told_nothing_all_the_while_is_told_in_the_end() {
    let site = Site::new();
    let job = site.job(&[ONE]);
    site.server.trouble(Some("PATCH"), Trouble::HangsUp, usize::MAX);
    let job = format!("job_id={job}");
    site.place.run(["flow", "run", "archive_datasetlist", "--param", &job, "--wait"]).expect(0);
    site.place.run(["scicat", "send"]).expect(1);
    assert_eq!((site.state(ONE), site.registered(ONE)), (json!("archived"), 0), "no byte has waited for it");
    site.server.up();
    // The token has expired meanwhile: what is answered with 403 is told with another one.
    site.server.expire_tokens();
    site.send();
    let state = site.server.state();
    let told =
        state.asked.iter().filter(|asked| asked.method == "PATCH" && asked.target.ends_with("/datasetlifecycle"));
    let told: Vec<Value> = told.map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect();
    let words: Vec<&str> = told.iter().map(|body| body["archiveStatusMessage"].as_str().unwrap()).collect();
    assert_eq!(words.first(), Some(&"started"), "{words:?}");
    assert_eq!(words.last(), Some(&"datasetOnArchiveDisk"), "{words:?}");
    assert_eq!((state.jobs[0]["statusCode"].clone(), state.datablocks.len()), (json!("finishedSuccessful"), 2));
}

#[test]
fn from_a_bucket_by_a_staging_bucket_to_the_lts() {
    let (site, s3) = (Site::new(), Seaweed::start());
    let connection = json!({"conn_type": "s3", "host": s3.url(), "login": "longshore-key", "password": "longshore-secret",
        "extra": {"endpoint_url": s3.url()}});
    let place =
        site.place.with("AIRFLOW_CONN_LAB", &connection.to_string()).with("LONGSHORE_VARIABLE_STAGING", "bucket");
    let site = Site { place, server: site.server };
    for name in ["landing", "staging"] {
        site.place.run(["storage", "set", name, "--connection", "lab", "--folder", name]).expect(0);
    }
    let job = site.job(&[ONE]);
    let local = site.place.path("workspace/landing/openem-network");
    site.place.run(["copy", local.to_str().unwrap(), "landing:openem-network"]).expect(0);
    site.archive(&job, 0);
    assert_eq!((site.status(0), site.state(ONE)), ("finishedSuccessful".to_owned(), json!("archived")));
    assert_eq!((site.registered(ONE), site.archival(ONE)), (2, json!("datasetOnArchiveDisk")));
    let folders = [format!("landing:openem-network/datasets/{ONE}/raw_files"), "staging:20.500.12269-one".to_owned()];
    for folder in folders {
        let left = site.place.run(["ls", &folder]).out;
        assert!(!left.contains("grid.mrc") && !left.contains(".tar"), "{folder}: {left}");
    }
}
