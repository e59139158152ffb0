//! Jobs of SciCat that ask for datasets, by the built program: from the job to the files on somebody's desk.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Command;

use common::{Place, Ran};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, User};
use serde_json::{Value, json};

const PIDS: [&str; 2] = ["20.500.12269/2b1f", "20.500.12269/2b20"];

/// A SciCat, and a workspace with two datasets that are archived.
struct Site {
    scicat: SciCat,
    place: Place,
}

impl Site {
    fn new(more: impl FnOnce(Place) -> Place) -> Self {
        let (scicat, user) = (SciCat::start(), User::archiver());
        let connection = json!({"conn_type": "scicat", "host": scicat.url(), "login": user.name,
            "password": user.password, "extra": {"retries": 1}});
        let place = more(Place::new().with("AIRFLOW_CONN_SCICAT", &connection.to_string()));
        for (at, pid) in PIDS.into_iter().enumerate() {
            place.file(&format!("src{at}/a file.txt"), format!("hello {pid}\n"));
            place.file(&format!("src{at}/deep/large"), vec![7; 100_000]);
            place.run(["archive", &format!("src{at}"), "--name", pid, "--pid", &format!("set{at}")]).expect(0);
            // It was archived before SciCat knew of it, so there was nothing to compare it with.
            scicat.state().add_dataset(pid);
        }
        Self { scicat, place }
    }

    fn retrieve(&self, job: &str) -> Ran {
        self.place.run(["--json", "flow", "run", "retrieve_datasetlist", "--param", &format!("job_id={job}"), "--wait"])
    }

    fn job(&self) -> String {
        self.scicat.state().add_job("retrieve", &PIDS)
    }

    /// How the job stands in SciCat: its status and its result.
    fn told(&self) -> (Value, Value) {
        self.place.run(["scicat", "send"]).expect(0);
        let job = self.scicat.state().jobs[0].clone();
        (job["statusCode"].clone(), job.get("jobResultObject").cloned().unwrap_or_default())
    }

    fn stands(&self, pid: &str) -> Value {
        self.scicat.state().lifecycle(pid)["retrieveStatusMessage"].clone()
    }

    /// The datablock of a dataset on the LTS.
    fn block(&self, at: usize, number: u32) -> std::path::PathBuf {
        self.place.workspace().join(format!("lts/set{at}/set{at}_{number}.tar"))
    }
}

/// The place, with the storage for retrieval in a bucket.
fn in_a_bucket(site: &Site, server: &Seaweed) {
    let folder = ["storage", "set", "retrieval", "--connection", "lab", "--folder", "staging/retrieved"];
    site.place.run(folder).expect(0);
    assert!(server.port() > 0);
}

fn with_lab(server: &Seaweed) -> impl FnOnce(Place) -> Place + use<> {
    let airflow = server.airflow(server.address());
    move |place| place.with("AIRFLOW_CONN_LAB", &airflow)
}

#[test]
fn a_job_ends_with_links_by_which_everything_is_fetched() {
    let server = Seaweed::start();
    let site = Site::new(with_lab(&server));
    in_a_bucket(&site, &server);
    let job = site.job();
    site.retrieve(&job).expect(0);
    let (status, result) = site.told();
    assert_eq!(status, "finishedSuccessful");
    assert_eq!(PIDS.map(|pid| site.stands(pid)), ["datasetRetrieved"; 2]);
    let rows = result["result"].as_array().unwrap();
    assert!(rows.len() >= 2 && rows.iter().all(|row| row["url"].as_str().unwrap().starts_with(&server.url())));
    let script = site.place.path("download.b64");
    fs::write(&script, result["downloadScript"].as_str().unwrap()).unwrap();
    let shell = "base64 -d download.b64 >download.sh && sh download.sh -x -d got";
    let ran = Command::new("sh").args(["-c", shell]).current_dir(script.parent().unwrap()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for (at, pid) in PIDS.into_iter().enumerate() {
        let file = site.place.path(&format!("got/{}/src{at}/a file.txt", pid.replace('/', "-")));
        assert_eq!(fs::read_to_string(file).unwrap(), format!("hello {pid}\n"));
    }
    // The links are nowhere in the workspace.
    let base = fs::read(site.place.workspace().join("longshore.db")).unwrap();
    let log = fs::read(site.place.workspace().join("longshore.db-wal")).unwrap_or_default();
    for bytes in [base, log] {
        assert!(!bytes.windows(15).any(|text| text == b"X-Amz-Signature"), "no link is kept");
    }
}

#[test]
fn a_dataset_that_fails_stops_no_other_and_what_is_right_of_it_is_offered() {
    let site = Site::new(|place| place);
    let spoilt = site.block(0, 1);
    let mut bytes = fs::read(&spoilt).unwrap();
    bytes[60_000] ^= 1;
    fs::write(&spoilt, bytes).unwrap();
    let job = site.job();
    let ran = site.retrieve(&job).expect(1);
    assert!(ran.out.contains("deep/large"), "the file is named: {}", ran.out);
    let (status, result) = site.told();
    assert_eq!(status, "finishedWithDatasetErrors");
    assert_eq!(PIDS.map(|pid| site.stands(pid)), ["datasetRetrievalFailed", "datasetRetrieved"]);
    let rows = result["result"].as_array().unwrap();
    let paths: Vec<&str> = rows.iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert!(paths.iter().all(|path| fs::metadata(path).is_ok()), "{paths:?}");
    assert!(
        paths.iter().any(|path| path.ends_with("set0_0.tar")) && !paths.iter().any(|path| path.ends_with("set0_1.tar"))
    );
    // Mended and retried, it ends well, and so does the job.
    let mut bytes = fs::read(&spoilt).unwrap();
    bytes[60_000] ^= 1;
    fs::write(&spoilt, bytes).unwrap();
    let run = ran.json()[0]["id"].as_str().unwrap().to_owned();
    site.place.run(["run", "retry", &run]).expect(0);
    site.place.run(["run", "wait"]).expect(0);
    assert_eq!(site.told().0, "finishedSuccessful");
    assert_eq!(PIDS.map(|pid| site.stands(pid)), ["datasetRetrieved"; 2]);
}

#[test]
fn scicat_is_away_for_the_whole_retrieval_and_told_afterwards() {
    let site = Site::new(|place| place);
    site.scicat.down();
    let ran =
        site.place.run(["flow", "run", "retrieve_dataset", "--param", &format!("dataset_id={}", PIDS[0]), "--wait"]);
    ran.expect(0);
    assert_eq!(site.stands(PIDS[0]), "");
    site.scicat.up();
    site.place.run(["scicat", "send"]).expect(0);
    assert_eq!(site.stands(PIDS[0]), "datasetRetrieved");
}

#[test]
fn by_hand_a_dataset_goes_to_a_bucket_and_its_links_and_script_are_given() {
    let server = Seaweed::start();
    let site = Site::new(with_lab(&server));
    in_a_bucket(&site, &server);
    let nothing = site.place.run(["--json", "retrieve", PIDS[0], "--links"]).expect(1).json();
    assert_eq!((&nothing["blocks"], &nothing["missing"]), (&json!([]), &json!(2)));
    let given = ["--json", "retrieve", PIDS[0], "--days", "2", "--script", "fetch it.sh"];
    let linked = site.place.run(given).expect(0).json();
    let urls: Vec<&str> = linked["blocks"].as_array().unwrap().iter().map(|row| row["url"].as_str().unwrap()).collect();
    assert!(urls.len() == 2 && urls.iter().all(|url| url.contains("X-Amz-Expires=172800")), "{urls:?}");
    assert_eq!(linked["missing"], 0);
    let script = site.place.path("fetch it.sh");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&script).unwrap().permissions()) & 0o777, 0o600);
    let ran = Command::new("sh").args(["fetch it.sh", "-d", "got"]).current_dir(script.parent().unwrap()).output();
    assert!(ran.unwrap().status.success());
    assert_eq!(fs::read(site.place.path("got/set0_1.tar")).unwrap(), fs::read(site.block(0, 1)).unwrap());
    let again = site.place.run(["--json", "retrieve", PIDS[0], "--links", "--script", "fetch it.sh"]).expect(1);
    assert_eq!(again.json()["fault"]["code"], "file.path", "nothing is written over");
    site.place.run(["retrieve", PIDS[0], "--file", "src0"]).expect(2);
}
