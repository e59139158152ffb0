//! An archiving service's configuration taken over, and profiles.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Place, Ran};
use longshore_testkit::servers::Seaweed;
use serde_json::{Value, json};

/// The folder of a deployment, as its operators have it.
fn deployment(place: &Place, s3: &Seaweed) -> String {
    let lts = place.path("share");
    std::fs::create_dir_all(&lts).unwrap();
    let vars = |size: u64| {
        format!(
            "[archiver]\nARCHIVER_SCRATCH_FOLDER = \"{scratch}\"\nARCHIVER_TARGET_SIZE_MB = {size}\nARCHIVER_NUM_WORKERS = 3\n\n\
             [lts]\nLTS_STORAGE_ROOT = \"{lts}\"\nLTS_FREE_SPACE_PERCENTAGE = 1\n\n\
             [minio]\nMINIO_REGION = \"eu-west-1\" # region\nMINIO_ENDPOINT = \"{endpoint}\"\n\
             MINIO_LANDINGZONE_BUCKET = \"landing\"\nMINIO_RETRIEVAL_BUCKET = \"staging\"\nMINIO_ODD = 1\n\n\
             [scicat]\nSCICAT_ENDPOINT = \"\"\n",
            scratch = place.path("work").display(),
            lts = lts.display(),
            endpoint = s3.url(),
        )
    };
    place.file("site/backend/prefect/vars.toml", vars(1));
    place.file("site/backend/prefect/vars_dev.toml", vars(20));
    place.file("site/backend/prefect/concurrency-limits.toml", "MOVE_TO_LTS_LIMIT = 4\n");
    place.file("site/.prod.env", "SCICAT_ENDPOINT=https://scicat.invalid\nPREFECT_VERSION=3\n");
    let [user, password] = Seaweed::keys();
    place.file("site/deployment/.secrets/miniouser.txt", format!("{user}\n"));
    place.file("site/deployment/.secrets/miniopass.txt", format!("{password}\n"));
    place.file("site/deployment/.secrets/postgrespass.txt", "x\n");
    place.path("site").to_str().unwrap().to_owned()
}

fn ran(place: &Place, args: &[&str]) -> Ran {
    place.run(["--json"].iter().chain(args))
}

/// What became of a line of a file, and why.
fn line<'r>(report: &'r Value, file: &str, name: &str) -> (&'r str, &'r str) {
    let files = report["files"].as_array().unwrap();
    let file = files.iter().find(|one| one["path"].as_str().unwrap().ends_with(file)).unwrap();
    let line = file["lines"].as_array().unwrap().iter().find(|line| line["name"] == name).unwrap();
    (line["became"].as_str().unwrap(), line["why"].as_str().unwrap_or_default())
}

fn setting<'r>(report: &'r Value, what: &str) -> (&'r str, &'r str) {
    let found = report["settings"].as_array().unwrap().iter().find(|one| one["what"] == what).unwrap();
    (found["became"].as_str().unwrap(), found["how"].as_str().unwrap())
}

fn storage(place: &Place, name: &str) -> Value {
    ran(place, &["storage", "show", name]).expect(0).json()["storage"].clone()
}

fn variable(place: &Place, name: &str) -> Value {
    let all = ran(place, &["variable", "list"]).expect(0).json();
    all.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
}

/// An archive waits for as long as the LTS is below its floor, and the machine's disk may be fuller than that.
fn no_floor(place: &Place) {
    ran(place, &["variable", "set", "LTS_FREE_SPACE_PERCENTAGE", "0"]).expect(0);
    assert_eq!(storage(place, "lts")["floor_percent"], json!(0.0));
}

#[test]
fn a_deployment_is_taken_over_line_by_line_and_archives() {
    let (place, s3) = (Place::new(), Seaweed::start());
    let site = deployment(&place, &s3);
    let before = storage(&place, "lts")["path"].clone();
    let tried = ran(&place, &["archiver", "import", &site, "--dry-run"]).expect(0).json();
    assert_eq!(setting(&tried, "storage landing"), ("added", "archiver-s3:landing"));
    assert_eq!(storage(&place, "lts")["path"], before, "nothing is done by a look");

    let report = ran(&place, &["archiver", "import", &site]).expect(0).json();
    let vars = "prefect/vars.toml";
    assert_eq!(line(&report, vars, "ARCHIVER_TARGET_SIZE_MB"), ("added", "the variable archiver_target_size_mb"));
    assert_eq!(line(&report, vars, "MINIO_ODD"), ("left", "it is not understood"));
    assert!(line(&report, vars, "SCICAT_ENDPOINT").1.contains("An empty text"), "{report}");
    assert_eq!(line(&report, "limits.toml", "MOVE_TO_LTS_LIMIT"), ("replaced", "the limit move-datablocks-to-lts"));
    assert_eq!(line(&report, "postgrespass.txt", "postgrespass"), ("left", "Longshore has no use for it"));
    let others: Vec<&str> =
        report["files"].as_array().unwrap().iter().filter_map(|file| file["left"].as_str()).collect();
    assert_eq!(others.len(), 2, "what is for development or production is not read here: {others:?}");
    assert_eq!(setting(&report, "connection archiver-s3").0, "added");
    assert_eq!(setting(&report, "storage retrieval"), ("added", "archiver-s3:staging"));
    assert_eq!(report["missing"], json!([]));
    let row = ran(&place, &["connection", "show", "archiver-s3"]).expect(0).json()["connection"].clone();
    assert_eq!((&row["login"], &row["extra"]["max_transfers"]), (&json!(Seaweed::keys()[0]), &json!(3)));
    let secret = &row["secrets"][0]["place"]["reference"];
    assert!(secret.as_str().unwrap().ends_with(".secrets/miniopass.txt"), "{row}");
    assert_eq!(
        (&storage(&place, "lts")["floor_percent"], storage(&place, "scratch")["path"].as_str()),
        (&json!(1.0), place.path("work").to_str())
    );

    let again = ran(&place, &["archiver", "import", &site, "--replace"]).expect(0).json();
    assert!(again["settings"].as_array().unwrap().iter().all(|one| one["became"] == "kept"), "{again}");
    no_floor(&place);
    place.file("src/a.bin", vec![5; 300_000]);
    place.run(["archive", "src", "--name", "one"]).expect(0);
    assert!(place.path("share").join("one").is_dir(), "the datablocks lie on the share");
}

#[test]
fn what_is_set_later_and_what_the_environment_says_comes_into_force() {
    let (place, s3) = (Place::new(), Seaweed::start());
    let site = deployment(&place, &s3);
    ran(&place, &["archiver", "import", &site]).expect(0);
    ran(&place, &["variable", "set", "LTS_FREE_SPACE_PERCENTAGE", "7"]).expect(0);
    assert_eq!(storage(&place, "lts")["floor_percent"], json!(7.0));
    let refused = ran(&place, &["variable", "set", "LTS_FREE_SPACE_PERCENTAGE", "much"]).expect(1).json();
    assert_eq!(refused["fault"]["code"], "variable.value");
    let refused = ran(&place, &["variable", "set", "MINIO_RETRIEVAL_BUCKET", "nowhere"]).expect(1).json();
    assert_eq!(refused["fault"]["code"], "archiver.unsettled");
    assert!(refused["fault"]["why"].as_str().unwrap().contains("storage retrieval"), "{refused}");
    assert_eq!(storage(&place, "retrieval")["path"], "archiver-s3:staging", "it stays where it was");
    ran(&place, &["variable", "set", "S3_RETRIEVAL_BUCKET", "staging"]).expect(0);

    no_floor(&place);
    place.file("src/a.bin", vec![5; 1000]);
    let mut wrong = place.command(["--json", "archive", "src", "--name", "one"]);
    let output = wrong.env("ARCHIVER_TARGET_SIZE_MB", "many").output().unwrap();
    let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(refused["fault"]["code"], "variable.value");
    assert!(refused["fault"]["what"].as_str().unwrap().contains("archiver_target_size_mb"), "{refused}");
    ran(&place, &["variable", "set", "lts_storage_root", place.path("share2").to_str().unwrap()]).expect(0);
    place.run(["archive", "src", "--name", "one"]).expect(0);
    assert!(place.path("share2/one").is_dir());
}

#[test]
fn what_is_missing_is_said_by_its_name() {
    let place = Place::new();
    let file = place.file(
        "vars.toml",
        "[minio]\nMINIO_RETRIEVAL_BUCKET = \"retrieval\"\n[scicat]\nSCICAT_API_PREFIX = \"/api/v3\"\n",
    );
    let report = ran(&place, &["archiver", "import", file.to_str().unwrap()]).expect(1).json();
    let missing: Vec<&str> = report["missing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing[0].starts_with("MINIO_ENDPOINT: ") && missing[1].starts_with("SCICAT_ENDPOINT: "), "{missing:?}");
    let none = ran(&place, &["archiver", "import", place.path("nowhere").to_str().unwrap()]).expect(1).json();
    assert_eq!(none["fault"]["code"], "import.unread");
}

#[test]
fn a_profile_has_its_own_of_everything_and_is_switched_to_by_a_word() {
    let place = Place::new();
    ran(&place, &["variable", "set", "mine", "tried"]).expect(0);
    let rows = ran(&place, &["profile", "set", "production"]).expect(0).json();
    assert_eq!(
        (&rows[1]["name"], &rows[1]["colour"], &rows[1]["on"]),
        (&json!("production"), &json!("red"), &json!(false))
    );
    ran(&place, &["--profile", "production", "variable", "set", "mine", "counts"]).expect(0);
    assert_eq!(variable(&place, "mine")["value"], "tried");
    place.file("src/a.bin", vec![5; 1000]);
    place.run(["archive", "src", "--name", "one"]).expect(0);
    assert_eq!(ran(&place, &["--profile", "production", "datasets"]).expect(0).json()["total"], 0);

    let refused = ran(&place, &["profile", "remove", "default"]).expect(4).json();
    assert_eq!(refused["fault"]["code"], "profile.in_use");
    ran(&place, &["profile", "use", "production", "--reason", "we go live"]).expect(0);
    assert_eq!(variable(&place, "mine")["value"], "counts");
    let here = ran(&place, &["workspace"]).expect(0).json();
    assert!(
        here["profiles"].as_array().unwrap().iter().any(|one| one["name"] == "production" && one["here"] == true),
        "{here}"
    );
    let acts = ran(&place, &["--profile", "default", "audit", "list"]).expect(0).json();
    let switch = acts.as_array().unwrap().iter().find(|act| act["op"] == "profile.use").unwrap();
    assert_eq!((&switch["object"], &switch["why"]), (&json!("profile production"), &json!("we go live")));
    assert_eq!(ran(&place, &["--profile", "none", "datasets"]).expect(1).json()["fault"]["code"], "profile.unknown");
}
