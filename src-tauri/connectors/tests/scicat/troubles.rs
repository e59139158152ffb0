//! A SciCat that is away, slow, or not the one that answers.

use longshore_connectors::scicat::Lifecycle;
use longshore_testkit::servers::scicat::{SciCat, Trouble};
use longshore_transfer::storage::Status;
use serde_json::json;

use crate::common::{PID, client, code, there};

fn started() -> Lifecycle {
    Lifecycle { archive_status_message: Some("started".into()), ..Lifecycle::default() }
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let (server, client) = there();
    client.dataset(PID).await.unwrap();
    for trouble in [Trouble::Proxy(502), Trouble::Proxy(503), Trouble::Proxy(504), Trouble::HangsUp] {
        server.trouble(None, trouble, 2);
        client.dataset(PID).await.unwrap();
        server.trouble(None, trouble, 2);
        client.change_lifecycle(PID, &started()).await.unwrap();
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_with_all_that_came() {
    let (server, _) = there();
    let client = client(&server, &json!({"retries": 1, "version": "v4"}));
    client.whoami().await.unwrap();
    server.trouble(None, Trouble::Proxy(502), 9);
    let error = client.dataset(PID).await.unwrap_err();
    let answer = error.answer.clone().unwrap();
    assert_eq!((error.code, error.status), ("http.server", Status::Transient));
    assert_eq!((answer.status, answer.content_type.as_str()), (502, "text/html"));
    assert!(answer.body.contains("the proxy's page") && error.why.contains("502"), "{error:?}");
    server.up();
    server.down();
    let error = client.dataset(PID).await.unwrap_err();
    assert_eq!((error.code, error.status, error.answer), ("net.broken", Status::Transient, None));
}

#[tokio::test]
async fn an_unexpected_failure_is_told_in_its_own_words_and_not_repeated_at_once() {
    let (server, client) = there();
    client.whoami().await.unwrap();
    server.trouble(None, Trouble::Fails, 1);
    let error = client.change_lifecycle(PID, &started()).await.unwrap_err();
    assert_eq!((error.code, error.status, error.http()), ("scicat.failed", Status::Transient, Some(500)));
    assert!(error.why.ends_with("Internal server error"), "{error}");
    client.change_lifecycle(PID, &started()).await.unwrap();
}

#[tokio::test]
async fn a_404_that_is_not_scicats_is_a_wrong_address() {
    let (server, _) = there();
    let client = client(&server, &json!({"version": "v4"}));
    client.whoami().await.unwrap();
    server.trouble(None, Trouble::Proxy(404), 1);
    let error = client.dataset(PID).await.unwrap_err();
    assert_eq!(error.code, "scicat.address");
    assert!(error.why.contains("%2F"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let (server, _) = there();
    let client = client(&server, &json!({"version": "v4", "timeout": 0.2, "retries": 1}));
    client.whoami().await.unwrap();
    server.hold();
    assert_eq!(code(client.dataset(PID).await), "io.timeout");
    server.release();
    client.dataset(PID).await.unwrap();
}

#[tokio::test]
async fn refusals_are_told_as_the_validator_says_them() {
    let (server, _) = there();
    let odd = json!({"odd": 1, "size": "many"}).as_object().cloned().unwrap();
    for version in ["v3", "v4"] {
        let client = client(&server, &json!({"version": version}));
        let error = client.change_dataset(PID, &odd, None).await.unwrap_err();
        assert_eq!((error.code, error.status), ("scicat.refused", Status::Permanent));
        assert!(error.why.ends_with("property odd should not exist; size must be an integer number"), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_asked_where_nobody_is() {
    let url = SciCat::start().url();
    let connection = longshore_connectors::Connection {
        host: Some(url),
        extra: json!({"retries": 0}).as_object().cloned().unwrap(),
        ..longshore_connectors::Connection::default()
    };
    let client =
        longshore_connectors::scicat::SciCat::open(&connection, std::sync::Arc::new(std::time::SystemTime::now));
    let error = client.unwrap().health().await.unwrap_err();
    assert_eq!(error.status, Status::Transient, "{error}");
}
