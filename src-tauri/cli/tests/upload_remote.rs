//! Uploads to a remote archiver service, by the built program: the service is another of ours, with a bucket for its landing zone.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Place, Running, bucket_of};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, User};
use rustix::process::Signal;
use serde_json::{Value, json};

const PID: &str = "20.500.12269/2b1f";
/// More than one part.
const LARGE: usize = 40 << 20;

/// The service, what it runs on, and who uploads to it.
struct Sites {
    scicat: SciCat,
    _s3: Seaweed,
    service: Place,
    owner: Running,
    here: Place,
}

impl Sites {
    fn start(quota: &str, more: &[&str]) -> Self {
        let (scicat, s3) = (SciCat::start(), Seaweed::start());
        let service = Place::new().with_scicat(&scicat, &User::archiver());
        bucket_of(&service, &s3, quota);
        let mut owner = service.start(["--json", "serve", "--archiver-api", "--port", "0"].iter().chain(more));
        let said: Value = serde_json::from_str(&owner.until_printed()).unwrap();
        let url = said["archiver_api"].as_str().unwrap();
        let host = url.strip_suffix("/archiver/api/v1").unwrap();
        let connection = json!({"conn_type": "archiver", "host": host, "extra": {"scicat": "scicat", "retries": 0}});
        let here = Place::new().with_scicat(&scicat, &User::scientist());
        let here = here.with("AIRFLOW_CONN_CENTRAL", &connection.to_string());
        here.file("data/a b.mrc", "hello");
        let large: Vec<u8> = (0..LARGE).map(|at| u8::try_from(at % 251).unwrap()).collect();
        here.file("data/deep/large.mrc", large);
        let said = json!({"pid": PID, "type": "raw", "datasetName": "grid", "owner": "A", "ownerGroup": "p1",
            "contactEmail": "a@b.example", "principalInvestigator": "A", "creationLocation": "/site/krios"});
        here.file("said.json", said.to_string());
        Self { scicat, _s3: s3, service, owner, here }
    }

    fn upload(&self, more: &[&str]) -> common::Ran {
        let args = ["--json", "upload", "data/", "--metadata", "said.json", "--to", "central"];
        self.here.run(args.iter().chain(more))
    }

    /// What lies in the service's bucket of the dataset.
    fn lies(&self) -> Vec<(String, u64)> {
        let folder = format!("lab:landing/openem-network/datasets/{PID}/raw_files/");
        let names =
            |folder: &str| self.service.run(["--json", "ls", folder]).expect(0).json().as_array().unwrap().clone();
        let rows = names(&folder).into_iter().chain(names(&format!("{folder}deep/")));
        let files = rows.filter(|row| row["kind"] == "file");
        files.map(|row| (row["name"].as_str().unwrap().to_owned(), row["size"].as_u64().unwrap())).collect()
    }

    /// SciCat has the dataset and each of its files once.
    fn registered(&self) {
        let sent = self.here.run(["--json", "scicat", "send"]).expect(0).json();
        assert_eq!((&sent["left"], &sent["trouble"]), (&json!(0), &Value::Null));
        let state = self.scicat.state();
        let files: Vec<usize> =
            state.origdatablocks.iter().map(|block| block["dataFileList"].as_array().unwrap().len()).collect();
        assert_eq!((state.datasets.len(), files), (1, vec![2]));
    }
}

fn whole() -> Vec<(String, u64)> {
    vec![("a b.mrc".to_owned(), 5), ("large.mrc".to_owned(), LARGE as u64)]
}

#[test]
fn a_dataset_is_uploaded_through_urls_and_archived_by_the_service() {
    let sites = Sites::start("8GiB", &[]);
    sites.upload(&["--land-only"]).expect(3);
    assert_eq!(sites.lies(), whole());
    sites.registered();
    let sent = sites.here.run([
        "--json",
        "flow",
        "run",
        "upload_dataset",
        "--param",
        "dataset_id=grid",
        "--param",
        "archiver=central",
        "--wait",
    ]);
    sent.expect(0);
    assert_eq!(sites.scicat.state().jobs.len(), 1, "the service has a job made");
    let runs = sites.service.run(["--json", "run", "list", "--flow", "archive_datasetlist"]).expect(0).json();
    let run = runs["rows"][0]["id"].as_str().unwrap().to_owned();
    sites.service.run(["run", "wait", &run]).expect(0);
    let archived = sites.service.run(["--json", "dataset", "show", PID]).expect(0).json();
    assert_eq!((&archived["dataset"]["state"], &archived["dataset"]["files"]), (&json!("archived"), &json!(2)));
    sites.owner.signal(Signal::TERM);
}

#[test]
fn a_kill_in_the_middle_sends_what_is_missing() {
    let sites = Sites::start("8GiB", &[]);
    let args = ["--json", "upload", "data/", "--metadata", "said.json", "--to", "central", "--land-only"];
    let mut owner = sites.here.start(args);
    sites.here.until_running(&mut owner);
    owner.signal(Signal::KILL);
    owner.end();
    sites.upload(&["--land-only"]).expect(3);
    assert_eq!(sites.lies(), whole());
    sites.registered();
}

/// A flow that asks for room, and does not wait for it.
fn asks(sites: &Sites) -> Value {
    let text = "id: asks\ntasks:\n  - {id: room, uses: archiver.request, with: {dataset: grid, connection: central}}\n";
    let flow = sites.here.file("asks.yaml", text);
    let ran = sites.here.run(["--json", "flow", "run", flow.to_str().unwrap(), "--wait"]).expect(1);
    let run = sites.here.run(["--json", "run", "list", "--flow", "asks"]).expect(0).json();
    assert!(!ran.err.is_empty());
    run["rows"][0]["fault"].clone()
}

#[test]
fn what_the_service_refuses_is_told() {
    let sites = Sites::start("1GiB", &[]);
    sites.here.run(["upload", "data/", "--metadata", "said.json", "--land-only"]).expect(3);
    let full = asks(&sites);
    assert_eq!((&full["code"], &full["class"]), (&json!("archiver.no_room"), &json!("transient")));
    assert!(full["why"].as_str().unwrap().contains("are free in the landing zone"), "{full}");
    drop(sites);
    let sites = Sites::start("8GiB", &["--archiver-group", "nobody's"]);
    let failed = sites.upload(&[]).expect(1);
    assert!(failed.err.contains("none of the groups"), "{}", failed.err);
}
