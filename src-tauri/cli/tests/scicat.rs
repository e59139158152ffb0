//! What SciCat is told, by the built program: in the end and in order, whatever happens meanwhile.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use longshore_testkit::servers::scicat::{SciCat, User};
use rustix::process::Signal;
use serde_json::{Value, json};

const PID: &str = "20.500.12269/2b1f";

/// A workspace whose connection `scicat` stands in the environment.
fn connected(server: &SciCat) -> Place {
    Place::new().with_scicat(server, &User::archiver())
}

/// A flow that tells of a dataset and a job.
fn telling(place: &Place, pid: &str, job: &str) -> String {
    let text = format!(
        "id: telling
tasks:
  - {{id: started, uses: scicat.lifecycle, with: {{pid: {pid}, set: {{archiveStatusMessage: started}}}}}}
  - {{id: job, needs: [started], uses: scicat.job_status, with: {{job: {job}, code: inProgress, message: jobStarted}}}}
  - id: done
    needs: [job]
    uses: scicat.lifecycle
    with: {{pid: {pid}, set: {{archiveStatusMessage: datasetOnArchiveDisk, retrievable: true}}}}
"
    );
    place.file("telling.yaml", text).to_str().unwrap().to_owned()
}

fn pending(place: &Place) -> Vec<Value> {
    place.run(["--json", "scicat", "pending"]).expect(0).json().as_array().unwrap().clone()
}

/// The words of the changes of the dataset that reached SciCat, in order.
fn told(server: &SciCat) -> Vec<String> {
    let state = server.state();
    let changes = state.asked.iter().filter(|asked| asked.target.ends_with("/datasetlifecycle"));
    let words = changes.map(|asked| serde_json::from_slice::<Value>(&asked.body).unwrap());
    words.map(|body| body["archiveStatusMessage"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_scicat_that_is_away_is_told_in_the_end_although_the_owner_is_killed_meanwhile() {
    let server = SciCat::start();
    server.state().add_dataset(PID);
    let job = server.state().add_job("archive", &[PID]);
    let place = connected(&server);
    server.down();
    let mut owner = place.start(["serve"]);
    owner.until_said("the workspace is owned");
    let flow = telling(&place, PID, &job);
    place.run(["flow", "run", &flow, "--wait"]).expect(0);
    let waiting = pending(&place);
    let about: Vec<&str> = waiting.iter().map(|row| row["about"].as_str().unwrap()).collect();
    assert_eq!(about, [format!("dataset {PID}"), format!("job {job}"), format!("dataset {PID}")]);
    assert!(waiting.iter().all(|row| row["state"] == "pending"));
    let failed = place.run(["--json", "scicat", "send"]).expect(1).json();
    assert_eq!((&failed["sent"], &failed["left"]), (&json!(0), &json!(3)));
    assert_eq!(pending(&place)[0]["trouble"].as_str().map(|why| why.contains("broke")), Some(true));
    owner.signal(Signal::KILL);
    owner.end();
    server.up();
    let mut second = place.start(["serve"]);
    second.until_said("the workspace is owned");
    let sent = place.run(["--json", "scicat", "send"]).expect(0).json();
    assert_eq!((&sent["left"], &sent["trouble"]), (&json!(0), &Value::Null));
    assert_eq!(told(&server), ["started", "datasetOnArchiveDisk"]);
    let lifecycle = server.state().lifecycle(PID);
    assert_eq!((&lifecycle["retrievable"], &lifecycle["archivable"]), (&json!(true), &json!(true)));
    assert_eq!(server.state().jobs[0]["statusCode"], json!("inProgress"));
    let table = place.run(["scicat", "pending", "--all"]).expect(0).out;
    assert_eq!(table.matches("sent").count(), 3, "{table}");
    assert_eq!(place.run(["scicat", "pending"]).expect(0).out, "SciCat knows everything.\n");
    drop(second);
}

#[test]
fn what_is_refused_holds_up_its_dataset_alone_until_somebody_decides() {
    let server = SciCat::start();
    let job = server.state().add_job("archive", &[PID]);
    let place = connected(&server);
    let flow = telling(&place, PID, &job);
    place.run(["flow", "run", &flow, "--wait"]).expect(0);
    let failed = place.run(["--json", "scicat", "send"]).expect(1).json();
    assert_eq!(failed["left"], json!(2));
    assert!(failed["trouble"].as_str().unwrap().contains("not found"), "{failed}");
    let states: Vec<Value> = pending(&place).iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["refused", "pending"]);
    assert_eq!(server.state().jobs[0]["statusCode"], json!("inProgress"));
    let first = pending(&place)[0]["id"].to_string();
    place.run(["scicat", "drop", &first, "--reason", "registered by hand"]).expect(0);
    let refused = place.run(["--json", "scicat", "drop", &first]).expect(1).json();
    assert_eq!(refused["fault"]["code"], "scicat.no_message");
    server.state().add_dataset(PID);
    place.run(["scicat", "send"]).expect(0);
    assert_eq!(server.state().lifecycle(PID)["archiveStatusMessage"], json!("datasetOnArchiveDisk"));
}

#[test]
fn what_was_kept_before_there_was_a_connection_is_told_once_there_is_one() {
    let server = SciCat::start();
    server.state().add_dataset(PID);
    let job = server.state().add_job("archive", &[PID]);
    let place = Place::new();
    let flow = telling(&place, PID, &job);
    place.run(["flow", "run", &flow, "--wait"]).expect(0);
    let nobody = place.run(["--json", "scicat", "send"]).expect(0).json();
    assert_eq!((&nobody["sent"], &nobody["left"]), (&json!(0), &json!(3)));
    let place = place.with_scicat(&server, &User::archiver());
    let sent = place.run(["--json", "scicat", "send"]).expect(0).json();
    assert_eq!((&sent["sent"], &sent["left"]), (&json!(3), &json!(0)));
    assert_eq!(told(&server), ["started", "datasetOnArchiveDisk"]);
}
