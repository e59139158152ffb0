//! Uploads to a remote archiver service, by the built program: the service is another of ours, with a bucket for its landing zone, or one
//! that stops in the middle.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Place, Running, bucket_of};
use longshore_testkit::servers::scicat::{SciCat, User};
use longshore_testkit::servers::{Answer, Answers, Seaweed};
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
        here.file("said.json", described().to_string());
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

/// What is said of the dataset.
fn described() -> Value {
    json!({"pid": PID, "type": "raw", "datasetName": "grid", "owner": "A", "ownerGroup": "p1",
            "contactEmail": "a@b.example", "principalInvestigator": "A", "creationLocation": "/site/krios"})
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

/// Small files that lie before the large one.
const SMALL: usize = 8;

/// A service whose object storage stops at the last file, one of two parts, until it is let go on; and what it was told.
struct Stopping {
    _server: Answers,
    told: Arc<Mutex<Vec<(String, Value)>>>,
    /// A part has arrived.
    arrived: Receiver<()>,
    /// It is let go on when this is dropped.
    go_on: Option<Sender<()>>,
    here: Place,
}

impl Stopping {
    fn start() -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (arrive, arrived) = channel();
        let (go_on, wait) = channel::<()>();
        let (kept, wait) = (Arc::clone(&told), Mutex::new(wait));
        let server = Answers::start(move |asked| {
            if asked.method == "PUT" {
                if asked.target.contains("large.mrc") {
                    arrive.send(()).ok();
                    // It ends when the other side is gone.
                    wait.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
                }
                return Answer::new(200, "").with("ETag", "\"none\"");
            }
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            let call = asked.target.rsplit('/').next().unwrap().to_owned();
            let answer = answer(&call, &body, &asked.headers["host"]);
            kept.lock().unwrap().push((call, body));
            Answer::json(201, &answer)
        });
        let connection = json!({"conn_type": "archiver", "host": server.url(), "extra": {"retries": 0}});
        let here = Place::new().with("AIRFLOW_CONN_CENTRAL", &connection.to_string());
        for number in 0..SMALL {
            here.file(&format!("data/a{number}.mrc"), "hello");
        }
        here.file("data/large.mrc", vec![7; LARGE]);
        here.file("said.json", described().to_string());
        Self { _server: server, told, arrived, go_on: Some(go_on), here }
    }

    /// Starts an upload, and waits until a part of the large file is on its way.
    fn begun(&self) -> (Running, String) {
        let args = ["--json", "upload", "data/", "--metadata", "said.json", "--to", "central", "--land-only"];
        let mut owner = self.here.start(args);
        let run = self.here.until_running(&mut owner);
        self.arrived.recv().unwrap();
        (owner, run)
    }

    fn told(&self, call: &str) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(one, _)| one == call).map(|(_, body)| body.clone()).collect()
    }

    fn aborted(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.told("abortMultipartUpload")
            .iter()
            .map(|body| (text(&body["dataset_id"]), text(&body["upload_id"])))
            .collect()
    }
}

fn answer(call: &str, body: &Value, host: &str) -> Value {
    if call != "presignedUrls" {
        return json!({"message": "so be it"});
    }
    let (name, parts) = (body["object_name"].as_str().unwrap(), body["parts"].as_u64().unwrap());
    let urls =
        (1..=parts).map(|part| STANDARD.encode(format!("http://{host}/{name}?X-Amz-SignedHeaders=host&part={part}")));
    json!({"upload_id": if parts > 1 { "the upload" } else { "" }, "urls": urls.collect::<Vec<_>>()})
}

#[test]
fn an_upload_that_is_cancelled_is_aborted_there() {
    let mut service = Stopping::start();
    let (owner, run) = service.begun();
    service.here.run(["run", "cancel", &run]).expect(0);
    service.go_on = None;
    owner.end();
    assert_eq!(service.aborted(), [(PID.to_owned(), "the upload".to_owned())]);
    assert_eq!(service.told("abortDatasetUpload"), [json!({"dataset_id": PID})]);
    assert!(service.told("completeUpload").is_empty() && service.told("finalizeDatasetUpload").is_empty());
}

#[test]
fn what_a_killed_process_sent_whole_is_not_sent_again_and_the_rest_is_aborted() {
    let mut service = Stopping::start();
    let (owner, _) = service.begun();
    owner.signal(Signal::KILL);
    owner.end();
    service.go_on = None;
    let args = ["--json", "upload", "data/", "--metadata", "said.json", "--to", "central", "--land-only"];
    service.here.run(args).expect(3);
    // Four are on their way at a time: when the large one began, all but three of the small ones were noted.
    let again = service.told("presignedUrls").len() - (SMALL + 1);
    assert!((1..=4).contains(&again), "{again} files were sent again");
    assert_eq!(service.aborted(), [(PID.to_owned(), "the upload".to_owned())]);
    let whole = &service.told("completeUpload")[0];
    assert_eq!((whole["parts"].as_array().unwrap().len(), whole["checksum_sha256"].as_str().unwrap().len()), (2, 44));
    assert_eq!(service.told("finalizeDatasetUpload").len(), 1);
    // Where it went is not changed by saying something else.
    let fault = service.here.run(["--json", "archive", "data/", "--name", "grid"]).expect(4).json()["fault"].clone();
    assert_eq!(
        (&fault["code"], &fault["why"]),
        (&json!("dataset.elsewhere"), &json!("Its upload was begun to the archiver central"))
    );
    // It lies there, and not in the landing zone here.
    let again = ["--json", "flow", "run", "upload_dataset", "--param", "dataset_id=grid", "--wait"];
    let local = service.here.run(again).expect(1);
    assert!(local.err.contains("does not lie in landing"), "{}", local.err);
}
