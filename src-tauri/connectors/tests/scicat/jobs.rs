//! Jobs, in both versions.

use longshore_connectors::scicat::{JobDataset, JobStatus, NewJob};
use longshore_testkit::servers::scicat::Trouble;
use serde_json::{Value, json};

use crate::common::{OTHER, PID, client, code, there};

fn dataset(pid: &str) -> JobDataset {
    JobDataset { pid: pid.to_owned(), files: Vec::new() }
}

fn status(code: &str, message: &str, result: Option<Value>) -> JobStatus {
    let result = result.and_then(|result| result.as_object().cloned());
    JobStatus { code: code.to_owned(), message: message.to_owned(), result }
}

#[tokio::test]
async fn a_job_is_read_alike_in_both_versions() {
    let (server, _) = there();
    let id = server.state().add_job("archive", &[PID, OTHER]);
    for version in ["v3", "v4"] {
        let job = client(&server, &json!({"version": version})).job(&id).await.unwrap();
        assert_eq!((job.id, job.kind.as_str()), (id.clone(), "archive"));
        assert_eq!(job.datasets, [dataset(PID), dataset(OTHER)], "{version}");
        assert_eq!((job.status.as_str(), job.contact.as_deref()), ("jobSubmitted", Some("scientist@example.org")));
    }
}

#[tokio::test]
async fn an_unknown_job_is_unknown_and_no_bad_request() {
    let (server, _) = there();
    for version in ["v3", "v4"] {
        let client = client(&server, &json!({"version": version}));
        let error = client.job("none").await.unwrap_err();
        assert_eq!((error.code, error.http()), ("scicat.unknown", Some(400)));
        assert_eq!(code(client.change_job("none", &status("inProgress", "jobStarted", None)).await), "scicat.unknown");
    }
}

#[tokio::test]
async fn a_status_says_in_each_version_what_can_be_said() {
    for (version, message) in [("v3", "finishedSuccessful"), ("v4", "jobFinished")] {
        let (server, _) = there();
        let id = server.state().add_job("retrieve", &[PID]);
        let client = client(&server, &json!({"version": version}));
        client.change_job(&id, &status("inProgress", "jobStarted", None)).await.unwrap();
        let result = json!({"result": [{"datasetId": PID, "url": "https://s3/x"}]});
        let end = status("finishedSuccessful", "jobFinished", Some(result.clone()));
        let job = client.change_job(&id, &end).await.unwrap();
        assert_eq!((job.status.as_str(), &job.result), ("finishedSuccessful", &result), "{version}");
        assert_eq!(server.state().jobs[0]["statusMessage"], json!(message));
    }
}

#[tokio::test]
async fn a_status_is_said_although_no_answer_comes() {
    let (server, client) = there();
    let id = server.state().add_job("archive", &[PID]);
    client.job(&id).await.unwrap();
    server.trouble(Some("PATCH"), Trouble::LosesAnswer, 1);
    server.trouble(Some("PATCH"), Trouble::Proxy(503), 1);
    client.change_job(&id, &status("inProgress", "jobStarted", None)).await.unwrap();
    assert_eq!(server.state().jobs[0]["statusCode"], json!("inProgress"));
}

#[tokio::test]
async fn a_job_is_made_once() {
    for version in ["v3", "v4"] {
        let (server, _) = there();
        let client = client(&server, &json!({"version": version}));
        let new = NewJob {
            kind: "archive".into(),
            datasets: vec![dataset(PID)],
            owner: Some("scientist".into()),
            owner_group: Some("p1".into()),
            contact: Some("scientist@example.org".into()),
            key: "upload of 2b1f".into(),
        };
        client.whoami().await.unwrap();
        server.trouble(Some("POST"), Trouble::LosesAnswer, 1);
        let made = client.create_job(&new).await.unwrap();
        assert_eq!(client.create_job(&new).await.unwrap().id, made.id);
        assert_eq!((made.datasets, made.owner.as_deref()), (vec![dataset(PID)], Some("scientist")), "{version}");
        assert_eq!(server.state().jobs.len(), 1, "{version}");
        let other = NewJob { key: "another".into(), ..new.clone() };
        assert_ne!(client.create_job(&other).await.unwrap().id, made.id);
        assert_eq!(code(client.create_job(&NewJob { key: String::new(), ..new }).await), "scicat.id");
    }
}

#[tokio::test]
async fn a_site_that_refuses_a_job_says_why() {
    let (server, client) = there();
    server.state().datasets.get_mut(PID).unwrap()["datasetlifecycle"]["retrievable"] = json!(false);
    let new = NewJob { kind: "retrieve".into(), datasets: vec![dataset(PID)], key: "k".into(), ..NewJob::default() };
    let error = client.create_job(&new).await.unwrap_err();
    assert!(error.why.contains("not in retrievable state"), "{error}");
    assert_eq!(server.state().jobs.len(), 0);
}
