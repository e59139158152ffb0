//! What the test server does, against what is documented of SciCat: the traps that a client must know of.

use longshore_testkit::servers::scicat::{SciCat, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{OTHER, PID, raw, there, token};

/// [`PID`] as one component of a path.
const ENCODED: &str = "20.500.12269%2F2b1f";

fn dataset(version: &str) -> String {
    format!("{version}/datasets/{ENCODED}")
}

#[tokio::test]
async fn a_login_is_answered_with_201_and_a_wrong_password_with_401() {
    let server = SciCat::start();
    assert!(token(&server).await.starts_with("token-of-archiver"));
    let wrong = json!({"username": "archiver", "password": "no"});
    let (status, body) = raw(Method::POST, "v3/auth/login").json(wrong.clone()).send(&server).await;
    assert_eq!((status, body), (401, json!({"message": "Unauthorized", "statusCode": 401})));
    // Version 4 has no login of its own.
    assert_eq!(raw(Method::POST, "v4/auth/login").json(wrong).send(&server).await.0, 404);
}

#[tokio::test]
async fn an_expired_token_is_nobodys_and_never_a_401() {
    let (server, _) = there();
    let old = token(&server).await;
    let job = server.state().add_job("archive", &[PID]);
    server.expire_tokens();
    let forbidden = json!({"statusCode": 403, "message": "Forbidden resource", "error": "Forbidden"});
    for path in [format!("v4/jobs/{job}"), "v3/auth/whoami".to_owned()] {
        assert_eq!(raw(Method::GET, &path).by(&old).send(&server).await, (403, forbidden.clone()), "{path}");
    }
    // Where no login is needed there is no error: there is less.
    server.state().datasets.get_mut(OTHER).unwrap().insert("isPublished".into(), json!(true));
    let (status, list) = raw(Method::GET, "v3/datasets").by(&old).send(&server).await;
    assert_eq!((status, list.as_array().unwrap().len(), &list[0]["pid"]), (200, 1, &json!(OTHER)));
    assert_eq!(raw(Method::GET, &dataset("v3")).by(&old).send(&server).await.0, 404);
}

#[tokio::test]
async fn a_pid_is_one_component_of_the_path() {
    let (server, _) = there();
    let token = token(&server).await;
    let get = async |path: &str| raw(Method::GET, path).by(&token).send(&server).await;
    assert_eq!(get(&dataset("v3")).await.1["pid"], json!(PID));
    let (status, body) = get("v3/datasets/20.500.12269/2b1f").await;
    assert_eq!((status, &body["message"]), (404, &json!("Cannot GET /api/v3/datasets/20.500.12269/2b1f")));
    let (status, body) = get("v3/datasets/20.500.12269%252F2b1f").await;
    assert_eq!((status, &body["message"]), (404, &json!("dataset: 20.500.12269%2F2b1f not found")));
}

/// The lifecycle after a change, from one in which nothing is as it is by default.
async fn changed(path: &str, kind: &str, body: Value) -> (u16, Value) {
    let (server, _) = there();
    let token = token(&server).await;
    let before = json!({"archivable": false, "retrievable": true, "archiveStatusMessage": "datasetOnArchiveDisk"});
    server.state().datasets.get_mut(PID).unwrap().insert("datasetlifecycle".into(), before);
    let (status, _) = raw(Method::PATCH, path).by(&token).json(body).with_kind(kind).send(&server).await;
    let after = server.state().lifecycle(PID);
    (status, json!([after["archivable"], after["retrievable"], after["archiveStatusMessage"]]))
}

impl crate::common::Raw<'_> {
    fn with_kind<'a>(self, kind: &'a str) -> crate::common::Raw<'a>
    where
        Self: 'a,
    {
        crate::common::Raw { kind, ..self }
    }
}

#[tokio::test]
async fn a_lifecycle_is_merged_by_its_own_route_and_reset_by_that_of_the_dataset() {
    let started = json!({"archiveStatusMessage": "started"});
    let within = json!({"datasetlifecycle": started});
    let json = "application/json";
    let (reset, merged) = (json!([true, false, "started"]), json!([false, true, "started"]));
    for version in ["v3", "v4"] {
        let own = format!("{}/datasetlifecycle", dataset(version));
        assert_eq!(changed(&own, json, started.clone()).await, (200, merged.clone()), "{version}");
        assert_eq!(changed(&dataset(version), json, within.clone()).await, (200, reset.clone()), "{version}");
    }
    let merge = "application/merge-patch+json";
    assert_eq!(changed(&dataset("v4"), merge, within.clone()).await, (200, merged));
    // The backend compares the whole header.
    let with_charset = "application/merge-patch+json; charset=utf-8";
    assert_eq!(changed(&dataset("v4"), with_charset, within.clone()).await, (200, reset.clone()));
    assert_eq!(changed(&dataset("v3"), merge, within).await, (200, reset));
    let own = format!("{}/datasetlifecycle", dataset("v3"));
    let cleared = json!({"retrievable": null});
    assert_eq!(changed(&own, json, cleared).await, (200, json!([false, false, "datasetOnArchiveDisk"])));
    assert_eq!(changed(&own, json, json!({})).await.0, 400);
}

#[tokio::test]
async fn what_is_not_known_is_refused_by_name() {
    let (server, _) = there();
    let token = token(&server).await;
    let patch = async |path: &str, body: Value| raw(Method::PATCH, path).by(&token).json(body).send(&server).await;
    let (status, body) = patch(&format!("{}/datasetlifecycle", dataset("v3")), json!({"odd": 1})).await;
    assert_eq!((status, &body["message"]), (400, &json!(["property odd should not exist"])));
    // Version 3 writes the list of what is wrong with a dataset as a text.
    let (_, body) = patch(&dataset("v3"), json!({"odd": 1})).await;
    assert_eq!(body, json!({"status": 400, "message": "[\"property odd should not exist\"]"}));
    let (_, body) = patch(&dataset("v4"), json!({"proposalId": "x"})).await;
    assert_eq!(body["message"], json!(["property proposalId should not exist"]));
    let odd = raw(Method::GET, "v4/jobs?filter=%7B%22odd%22%3A1%7D").by(&token).send(&server).await;
    assert_eq!((odd.0, &odd.1["message"]), (400, &json!("Property odd should not exist in the filter object")));
}

#[tokio::test]
async fn a_date_of_the_same_second_is_too_early() {
    let (server, _) = there();
    let token = token(&server).await;
    server.clock().advance(std::time::Duration::from_millis(500));
    let rename = |name: &str| raw(Method::PATCH, "v3/datasets/20.500.12269%2F2b1f").json(json!({"datasetName": name}));
    assert_eq!(rename("a").by(&token).send(&server).await.0, 200);
    // The clock stood at 1790000000.5 when it was changed.
    let send = async |since: &'static str| {
        let request = crate::common::Raw { since: Some(since), ..rename("b") };
        request.by(&token).send(&server).await.0
    };
    assert_eq!(send("Mon, 21 Sep 2026 14:13:20 GMT").await, 412);
    assert_eq!(send("Mon, 21 Sep 2026 14:13:21 GMT").await, 200);
}

fn new_block(archive_id: &str) -> Value {
    let file = json!({"path": "a", "size": 1, "time": "2026-01-01T00:00:00.000Z"});
    json!({"archiveId": archive_id, "size": 1, "packedSize": 2, "version": "1", "dataFileList": [file]})
}

#[tokio::test]
async fn an_archive_id_is_unique_in_the_whole_catalogue() {
    let (server, _) = there();
    let token = token(&server).await;
    let post = async |path: &str, body: Value| raw(Method::POST, path).by(&token).json(body).send(&server).await;
    let blocks = format!("{}/datablocks", dataset("v3"));
    assert_eq!(post(&blocks, new_block("a.tar")).await.0, 201);
    let (archived, packed) = (json!(1), json!(2));
    let dataset = server.state().datasets[PID].clone();
    assert_eq!((&dataset["numberOfFilesArchived"], &dataset["packedSize"]), (&archived, &packed));
    let others = "v3/datasets/20.500.12269%2F77aa/datablocks";
    assert_eq!(post(others, new_block("a.tar")).await, (500, json!("Internal server error")));
    let mut top = new_block("a.tar");
    top["datasetId"] = json!(OTHER);
    assert_eq!(post("v3/datablocks", top).await.0, 409);
    assert_eq!(post("v4/datablocks", new_block("b.tar")).await.0, 404);
}

#[tokio::test]
async fn what_a_datablock_gets_from_its_dataset_must_not_be_said() {
    let (server, _) = there();
    let token = token(&server).await;
    let blocks = format!("{}/datablocks", dataset("v3"));
    for field in ["id", "datasetId", "ownerGroup", "accessGroups", "instrumentGroup", "createdBy"] {
        let mut body = new_block("a.tar");
        body[field] = json!("x");
        let (status, reply) = raw(Method::POST, &blocks).by(&token).json(body).send(&server).await;
        assert_eq!((status, &reply["message"]), (400, &json!([format!("property {field} should not exist")])));
    }
    let mut empty = new_block("a.tar");
    empty["dataFileList"] = json!([]);
    assert_eq!(raw(Method::POST, &blocks).by(&token).json(empty).send(&server).await.0, 400);
    assert!(server.state().datablocks.is_empty());
}

#[tokio::test]
async fn an_unknown_job_is_a_bad_request() {
    let (server, _) = there();
    let token = token(&server).await;
    let invalid = (400, json!({"status": 400, "message": "Invalid job id."}));
    for path in ["v3/jobs/none", "v4/jobs/none"] {
        assert_eq!(raw(Method::GET, path).by(&token).send(&server).await, invalid, "{path}");
        let body = json!({"statusCode": "a", "statusMessage": "b"});
        assert_eq!(raw(Method::PATCH, path).by(&token).json(body).send(&server).await, invalid, "{path}");
    }
    let (status, body) = raw(Method::DELETE, "v4/jobs/none").by(&token).send(&server).await;
    assert_eq!((status, &body["message"]), (400, &json!("Job id none doesn't exist.")));
}

#[tokio::test]
async fn version_4_wants_both_words_of_a_status_and_version_3_drops_one() {
    let (server, _) = there();
    let token = token(&server).await;
    let id = server.state().add_job("archive", &[PID]);
    let patch = async |version: &str, body: Value| {
        raw(Method::PATCH, &format!("{version}/jobs/{id}")).by(&token).json(body).send(&server).await
    };
    let (status, body) = patch("v4", json!({"statusCode": "inProgress"})).await;
    assert_eq!((status, &body["message"]), (400, &json!(["statusMessage must be a string"])));
    let (status, body) = patch("v3", json!({"jobStatusMessage": "inProgress", "statusMessage": "x"})).await;
    assert_eq!((status, &body["jobStatusMessage"]), (200, &json!("inProgress")));
    let job = server.state().jobs[0].clone();
    assert_eq!((&job["statusCode"], &job["statusMessage"]), (&json!("inProgress"), &json!("inProgress")));
}

#[tokio::test]
async fn who_has_no_right_is_refused_and_who_may_not_see_it_too() {
    let (server, _) = there();
    let body = json!({"username": "scientist", "password": User::scientist().password});
    let (_, reply) = raw(Method::POST, "v3/auth/login").json(body).send(&server).await;
    let token = reply["access_token"].as_str().unwrap().to_owned();
    server.state().datasets.get_mut(OTHER).unwrap().extend([("ownerGroup".into(), json!("p9"))]);
    let get = raw(Method::GET, "v4/datasets/20.500.12269%2F77aa").by(&token).send(&server).await;
    assert_eq!((get.0, &get.1["message"]), (403, &json!("Unauthorized access")));
    assert_eq!(raw(Method::GET, &dataset("v4")).by(&token).send(&server).await.0, 200);
}
