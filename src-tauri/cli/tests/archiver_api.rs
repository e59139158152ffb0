//! The archiver's REST interface, as those who speak to it do: a dataset uploaded through presigned URLs, jobs, who is let in.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::http::{Answer, send};
use common::{Place, Running, with_bucket};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, User};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

struct Api {
    owner: Running,
    address: String,
}

impl Api {
    fn start(place: &Place, more: &[&str]) -> Self {
        let mut owner = place.start(["--json", "serve", "--archiver-api", "--port", "0"].iter().chain(more));
        let said: Value = serde_json::from_str(&owner.until_printed()).unwrap();
        assert_eq!(said["metrics"], Value::Null, "only what is asked for is answered");
        let url = said["archiver_api"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().strip_suffix("/archiver/api/v1").unwrap().to_owned();
        Self { owner, address }
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(path, body, &[])
    }

    fn post_as(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        send(&self.address, "POST", &format!("/archiver/api/v1{path}"), headers, body.to_string().as_bytes())
    }

    fn end(self) {
        self.owner.signal(Signal::TERM);
        self.owner.end().expect(0);
    }
}

const PID: &str = "20.500.12269/2b1f";

fn object(name: &str) -> String {
    format!("openem-network/datasets/{PID}/raw_files/{name}")
}

/// Puts bytes to a URL that the interface gave, in base64; the ETag.
fn put(url: &Value, bytes: &[u8]) -> String {
    let url = String::from_utf8(STANDARD.decode(url.as_str().unwrap()).unwrap()).unwrap();
    let (address, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let answer = send(address, "PUT", &format!("/{target}"), &[], bytes);
    assert_eq!(answer.status, 200, "{}\n{}", answer.head, String::from_utf8_lossy(&answer.body));
    let etag = answer.head.lines().find_map(|line| line.to_lowercase().strip_prefix("etag: ").map(str::to_owned));
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

#[test]
fn a_dataset_is_uploaded_through_presigned_urls() {
    let s3 = Seaweed::start();
    let place = with_bucket(&s3, "3GiB");
    let api = Api::start(&place, &["--archiver-open"]);

    let large = api.post("/s3/requestDatasetUpload", &json!({"dataset_id": PID, "dataset_size_gib": 5})).json(507);
    assert_eq!((&large["code"], &large["dataset_id"]), (&json!("ingest.no_room"), &json!(PID)));
    api.post("/s3/requestDatasetUpload", &json!({"dataset_id": PID, "dataset_size_gib": 1})).json(201);
    let other = api.post("/s3/requestDatasetUpload", &json!({"dataset_id": "other", "dataset_size_gib": 1})).json(507);
    assert!(other["details"].as_str().unwrap().contains("promised to other uploads"), "{other}");

    let small =
        api.post("/s3/presignedUrls", &json!({"dataset_id": PID, "object_name": object("a b.txt"), "parts": 1}));
    let small = small.json(201);
    assert_eq!(small["upload_id"], "");
    put(&small["urls"][0], b"hello");
    let asked = json!({"dataset_id": PID, "object_name": object("big.mrc"), "parts": 2});
    let urls = api.post("/s3/presignedUrls", &asked).json(201);
    let parts = [vec![1_u8; 5 << 20], vec![2_u8; 1000]];
    let etags: Vec<String> =
        parts.iter().zip(urls["urls"].as_array().unwrap()).map(|(part, url)| put(url, part)).collect();
    let sums: Vec<Vec<u8>> = parts.iter().map(|part| sha256(part)).collect();
    let told: Vec<Value> = (0..2)
        .map(|at| json!({"part_number": at + 1, "etag": etags[at], "checksum_sha256": STANDARD.encode(&sums[at])}))
        .collect();
    let mut done = json!({"dataset_id": PID, "object_name": object("big.mrc"), "upload_id": urls["upload_id"], "parts": told,
        "checksum_sha256": STANDARD.encode(sha256(&sums.concat()))});
    let right = done["checksum_sha256"].clone();
    done["checksum_sha256"] = json!(STANDARD.encode(sha256(b"other")));
    assert_eq!(api.post("/s3/completeUpload", &done).json(422)["detail"][0]["loc"][1], "checksum_sha256");
    done["checksum_sha256"] = right;
    assert_eq!(api.post("/s3/completeUpload", &done).json(201)["key"], object("big.mrc"));

    let aborted = api.post("/s3/presignedUrls", &asked).json(201);
    let abort = json!({"dataset_id": PID, "object_name": object("big.mrc"), "upload_id": aborted["upload_id"]});
    assert_eq!(api.post("/s3/abortMultipartUpload", &abort).json(201)["upload_id"], aborted["upload_id"]);
    let outside = json!({"dataset_id": PID, "object_name": "openem-network/datasets/other/raw_files/a", "parts": 1});
    assert_eq!(api.post("/s3/presignedUrls", &outside).json(422)["detail"][0]["loc"][1], "object_name");
    assert_eq!(
        api.post("/s3/presignedUrls", &json!({"dataset_id": PID})).json(422)["detail"][0]["loc"][1],
        "object_name"
    );
    let finish = json!({"dataset_id": PID, "create_archiving_job": false, "owner_group": "g", "owner_user": "u", "contact_email": "e"});
    assert_eq!(api.post("/s3/finalizeDatasetUpload", &finish).json(201)["dataset_id"], PID);
    api.post("/s3/requestDatasetUpload", &json!({"dataset_id": "other", "dataset_size_gib": 1})).json(201);
    api.end();

    let listed =
        place.run(["--json", "ls", &format!("lab:landing/openem-network/datasets/{PID}/raw_files/")]).expect(0).json();
    let sizes: Vec<(&str, u64)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["size"].as_u64().unwrap()))
        .collect();
    assert_eq!(sizes, [("a b.txt", 5), ("big.mrc", (5 << 20) + 1000)]);
}

#[test]
fn only_who_may_is_let_in() {
    let place = Place::new();
    let jobs = place.file("jobs.txt", "scicat:a word\n");
    let api = Api::start(&place, &["--archiver-jobs", jobs.to_str().unwrap()]);
    let job = json!({"id": "5a3f", "type": "archive"});
    assert!(api.post("/archiver/jobs", &job).json(401)["detail"].is_string());
    let basic = |word: &str| format!("Basic {}", STANDARD.encode(word));
    api.post_as("/archiver/jobs", &job, &[("Authorization", &basic("scicat:another"))]).json(401);
    let odd = json!({"id": "5a3f", "type": "delete"});
    let told = api.post_as("/archiver/jobs", &odd, &[("Authorization", &basic("scicat:a word"))]).json(422);
    assert_eq!(told["detail"][0]["loc"][1], "type");
    let urls = json!({"dataset_id": PID, "object_name": object("a"), "parts": 1});
    api.post("/s3/presignedUrls", &urls).json(401);
    api.post_as("/s3/presignedUrls", &urls, &[("Authorization", "Bearer nobody's")]).json(401);
    api.post_as("/token", &json!(null), &[("Authorization", "Bearer x")]).json(500);
    assert_eq!(send(&api.address, "GET", "/health/livez", &[], b"").json(200)["status"], "alive");
    assert_eq!(send(&api.address, "GET", "/health/readyz", &[], b"").json(200)["status"], "ready");
    // A second name beside this machine's own.
    let rebound = send(&api.address, "GET", "/health/livez", &[("Host", "evil.example")], b"");
    assert_eq!(rebound.status, 403, "{}", rebound.head);
    let page = [("Origin", "https://evil.example"), ("Authorization", &*basic("scicat:a word"))];
    assert_eq!(api.post_as("/archiver/jobs", &job, &page).status, 403, "a browser sends it for a page");
    std::fs::remove_dir_all(place.workspace().join("lts")).unwrap();
    let away = send(&api.address, "GET", "/health/readyz", &[], b"").json(503);
    assert_eq!(away["errors"][0]["dependency"], "lts");
    assert_eq!(send(&api.address, "GET", "/metrics", &[], b"").status, 404);
    api.end();
    // As the service kept them, in two files.
    place.file("secrets/jobsusername.txt", "scicat\n");
    let secrets = place.path("secrets").display().to_string();
    let half = place.run(["--json", "serve", "--archiver-api", "--archiver-jobs", &secrets]);
    assert_eq!(half.expect(1).json()["fault"]["code"], "serve.jobs");
    place.file("secrets/jobspassword.txt", "a word\n");
    let api = Api::start(&place, &["--archiver-jobs", &secrets]);
    api.post_as("/archiver/jobs", &odd, &[("Authorization", &basic("scicat:another"))]).json(401);
    api.post_as("/archiver/jobs", &odd, &[("Authorization", &basic("scicat:a word"))]).json(422);
    api.end();
    let none =
        place.run(["--json", "serve", "--archiver-api", "--archiver-jobs", place.path("none").to_str().unwrap()]);
    assert_eq!(none.expect(1).json()["fault"]["code"], "serve.jobs");
}

#[test]
fn a_user_of_scicat_gets_a_token_and_finishes_an_upload_with_a_job() {
    let scicat = SciCat::start();
    scicat.state().add_dataset(PID);
    let user = User::archiver();
    let connection =
        json!({"conn_type": "scicat", "host": scicat.url(), "login": user.name, "password": user.password});
    let place = Place::new().with("AIRFLOW_CONN_SCICAT", &connection.to_string());
    let login = json!({"username": user.name, "password": user.password}).to_string();
    let address = scicat.url();
    let address = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let json_body = [("Content-Type", "application/json")];
    let theirs = send(address, "POST", "/api/v3/auth/login", &json_body, login.as_bytes()).json(201);
    let theirs = format!("Bearer {}", theirs["access_token"].as_str().unwrap());

    let api = Api::start(&place, &["--archiver-group", "nobody's"]);
    api.post_as("/token", &json!(null), &[("Authorization", "Bearer made-up")]).json(401);
    let told = api.post_as("/token", &json!(null), &[("Authorization", &theirs)]).json(401);
    assert!(told["detail"].as_str().unwrap().contains("none of the groups"), "{told}");
    api.end();

    let api = Api::start(&place, &[]);
    let ours = api.post_as("/token", &json!(null), &[("Authorization", &theirs)]).json(201);
    assert_eq!((&ours["token_type"], &ours["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let ours = format!("Bearer {}", ours["access_token"].as_str().unwrap());
    let urls = json!({"dataset_id": PID, "object_name": object("a"), "parts": 1});
    let told = api.post_as("/s3/presignedUrls", &urls, &[("Authorization", &ours)]).json(500);
    assert_eq!(told["code"], "storage.unsupported", "the landing zone is a folder here");
    let finish = json!({"dataset_id": PID, "create_archiving_job": true, "owner_group": "g", "owner_user": user.name, "contact_email": "a@b.c"});
    let done = api.post_as("/s3/finalizeDatasetUpload", &finish, &[("Authorization", &ours)]).json(201);
    assert!(done["message"].as_str().unwrap().starts_with("The job "), "{done}");
    assert_eq!(send(&api.address, "GET", "/health/readyz", &[], b"").json(200)["status"], "ready");
    scicat.down();
    let away = send(&api.address, "GET", "/health/readyz", &[], b"").json(503);
    assert_eq!(away["errors"][0]["dependency"], "scicat", "{away}");
    assert!(away["errors"][0]["endpoint"].as_str().unwrap().contains(address), "{away}");
    scicat.up();
    api.end();
    let runs = place.run(["--json", "run", "list"]).expect(0).json();
    let mut jobs = runs["rows"].as_array().unwrap().iter().filter(|run| run["flow"] == "archive_datasetlist");
    let run = jobs.next().unwrap_or_else(|| panic!("{runs}"));
    assert!(done["message"].as_str().unwrap().contains(run["id"].as_str().unwrap()), "{done}");
}
