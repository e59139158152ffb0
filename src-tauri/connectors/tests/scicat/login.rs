//! Tokens: renewed in time, doubted when an answer gives reason, and never told.

use std::sync::Arc;
use std::time::Duration;

use longshore_connectors::Connection;
use longshore_connectors::scicat::{Lifecycle, NewDataset, SciCat, Search};
use longshore_testkit::servers::{Answer, Answers};
use serde_json::{Map, json};

use crate::common::{PID, block, client, code, connection, now, there};

fn everything() -> Search {
    Search { conditions: Map::new(), skip: 0, limit: 100 }
}

fn started() -> Lifecycle {
    Lifecycle { archive_status_message: Some("started".into()), ..Lifecycle::default() }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let (server, client) = there();
    client.dataset(PID).await.unwrap();
    server.clock().advance(Duration::from_mins(54));
    client.dataset(PID).await.unwrap();
    assert_eq!(server.state().times("POST", "/auth/login"), 1);
    // A tenth of its hour would be six minutes; five are enough.
    server.clock().advance(Duration::from_mins(1));
    client.dataset(PID).await.unwrap();
    let state = server.state();
    assert_eq!((state.times("POST", "/auth/login"), state.times("GET", "/auth/whoami")), (2, 0));
}

#[tokio::test]
async fn the_directory_has_its_own_login() {
    let (server, _) = there();
    client(&server, &json!({"ldap": true})).dataset(PID).await.unwrap();
    assert_eq!(server.state().times("POST", "/auth/ldap"), 1);
}

#[tokio::test]
async fn many_calls_at_once_log_in_once() {
    let (server, client) = there();
    client.version().await.unwrap();
    server.hold();
    let client = Arc::new(client);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.dataset(PID).await.map(drop) })
        })
        .collect();
    server.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.state().times("POST", "/auth/login"), 1);
}

#[tokio::test]
async fn a_403_for_an_expired_token_is_found_out_and_the_call_repeated() {
    let (server, client) = there();
    client.dataset(PID).await.unwrap();
    server.expire_tokens();
    let lifecycle = client.change_lifecycle(PID, &started()).await.unwrap();
    assert_eq!(lifecycle.archive_status_message.as_deref(), Some("started"));
    assert_eq!(server.state().times("POST", "/auth/login"), 2);
    server.expire_tokens();
    // So does a creation: what is refused was not done.
    client.register_datablock(PID, &block("a.tar")).await.unwrap();
    assert_eq!(server.state().datablocks.len(), 1);
}

#[tokio::test]
async fn lists_that_shrink_and_datasets_that_seem_gone_are_not_believed() {
    let (server, client) = there();
    assert_eq!(client.datasets(&everything()).await.unwrap().len(), 2);
    server.expire_tokens();
    assert_eq!(client.datasets(&everything()).await.unwrap().len(), 2);
    server.expire_tokens();
    assert_eq!(client.dataset(PID).await.unwrap().pid, PID);
    server.expire_tokens();
    client.register_datablock(PID, &block("a.tar")).await.unwrap();
    server.expire_tokens();
    assert_eq!(client.datablocks(PID).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_that_is_meant_is_told_after_one_look() {
    let (server, client) = there();
    let job = server.state().add_job("archive", &[PID]);
    server.state().users[0].admin = false;
    let error = client.job(&job).await.unwrap_err();
    assert_eq!((error.code, error.http()), ("scicat.denied", Some(403)));
    assert!(error.why.ends_with("Unauthorized to get this job."), "{error}");
    let state = server.state();
    assert_eq!((state.times("POST", "/auth/login"), state.times("GET", "/auth/whoami")), (1, 1));
}

#[tokio::test]
async fn a_token_of_ones_own_cannot_be_renewed() {
    let (server, _) = there();
    let token = crate::common::token(&server).await;
    let own = Connection { login: None, password: Some(token.clone().into()), ..connection(&server, &json!({})) };
    let client = SciCat::open(&own, now(&server)).unwrap();
    assert_eq!(client.dataset(PID).await.unwrap().pid, PID);
    server.expire_tokens();
    let error = client.dataset(PID).await.unwrap_err();
    assert_eq!(error.code, "scicat.token");
    assert!(!format!("{error:?}").contains(&token));
}

#[tokio::test]
async fn nobody_sees_what_is_published() {
    let (server, _) = there();
    let nobody = Connection { login: None, password: None, ..connection(&server, &json!({})) };
    let client = SciCat::open(&nobody, now(&server)).unwrap();
    assert_eq!(code(client.dataset(PID).await), "scicat.unknown");
    server.state().datasets.get_mut(PID).unwrap().insert("isPublished".into(), json!(true));
    assert_eq!(client.datasets(&everything()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_told_as_one() {
    let (server, _) = there();
    let wrong = Connection { password: Some("open-sesame".to_owned().into()), ..connection(&server, &json!({})) };
    let client = SciCat::open(&wrong, now(&server)).unwrap();
    assert_eq!(code(client.dataset(PID).await), "scicat.login");
}

/// A server that tells everything it was sent, as some do in their failures.
#[tokio::test]
async fn secrets_are_in_no_error_whatever_a_server_tells() {
    let echo = Answers::start(|asked| {
        let authorization = asked.headers.get("authorization").cloned().unwrap_or_default();
        if asked.target.ends_with("/auth/login") {
            return Answer::new(201, r#"{"access_token": "token-of-mine", "ttl": 3600}"#);
        }
        let said = format!("you sent {authorization} and {}", String::from_utf8_lossy(&asked.body));
        Answer::json(418, &json!({"statusCode": 418, "message": said}))
    });
    let connection = Connection {
        host: Some(echo.url()),
        login: Some("me".into()),
        password: Some("open-sesame".to_owned().into()),
        extra: json!({"version": "v4"}).as_object().cloned().unwrap(),
        ..Connection::default()
    };
    let client = SciCat::open(&connection, Arc::new(std::time::SystemTime::now)).unwrap();
    let error =
        client.create_dataset(&NewDataset { pid: Some("a/b".into()), ..NewDataset::default() }).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("you sent Bearer ***"), "{text}");
    assert!(!text.contains("token-of-mine") && !text.contains("open-sesame"), "{text}");
    // The login itself fails, and tells the password that it was sent.
    let refusing = Answers::start(|asked| {
        let said = String::from_utf8_lossy(&asked.body).into_owned();
        Answer::json(400, &json!({"statusCode": 400, "message": said}))
    });
    let client =
        SciCat::open(&Connection { host: Some(refusing.url()), ..connection }, Arc::new(std::time::SystemTime::now));
    let error = client.unwrap().dataset("a/b").await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("***") && !text.contains("open-sesame"), "{text}");
}
