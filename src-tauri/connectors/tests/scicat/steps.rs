//! The test of a connection, step by step.

use longshore_connectors::{Connection, connector};
use serde_json::json;

use crate::common::{connection, there};

fn steps(connection: &Connection) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    connector("scicat").unwrap().test(connection, b"", true, &mut |step| {
        let words = step.outcome.unwrap_or_else(|error| format!("failed: {}", error.code));
        told.push((step.name, words));
    });
    told
}

#[test]
fn every_step_is_told() {
    let (server, _) = there();
    let mut steps = steps(&connection(&server, &json!({})));
    steps.retain(|(name, _)| matches!(*name, "health" | "login" | "identity"));
    let health = "SciCat is there; version v4 of the interface is spoken, with version 3 for what is not in it";
    let login = "logged in as archiver; the token is renewed after 54 min";
    let expected = [("health", health), ("login", login), ("identity", "groups: archivemanager")];
    let seen: Vec<_> = steps.iter().map(|(name, words)| (*name, words.as_str())).collect();
    assert_eq!(seen, expected);
}

#[test]
fn it_ends_at_the_step_that_fails() {
    let (server, _) = there();
    let good = connection(&server, &json!({"retries": 0}));
    let last = |connection: &Connection| steps(connection).pop().unwrap();
    let wrong = Connection { password: Some("no".to_owned().into()), ..good.clone() };
    assert_eq!(last(&wrong), ("login", "failed: scicat.login".to_owned()));
    let elsewhere = Connection { host: Some(format!("{}/elsewhere", server.url())), ..good.clone() };
    assert_eq!(last(&elsewhere), ("health", "failed: scicat.unknown".to_owned()));
    let nobody = Connection { login: None, password: None, ..good.clone() };
    assert_eq!(last(&nobody).0, "login");
    let odd = Connection { extra: json!({"version": "v9"}).as_object().cloned().unwrap(), ..good };
    assert_eq!(last(&odd), ("options", "failed: connection.wrong".to_owned()));
}

#[test]
fn it_is_no_storage() {
    let (server, _) = there();
    let kind = connector("scicat").unwrap();
    let error = kind.open("scicat", &connection(&server, &json!({})), b"").err().unwrap();
    assert_eq!(error.code, "connection.no_files");
}
