//! The test of a connection, step by step.

use longshore_connectors::{Connection, connector};
use longshore_testkit::servers::{Seaweed, free_ports};
use serde_json::json;

/// Names of the steps, and the code of the one that failed.
fn steps(connection: &Connection, write: bool) -> (Vec<&'static str>, Option<&'static str>) {
    let (mut names, mut failed) = (Vec::new(), None);
    connector("aws").unwrap().test(connection, b"folder", write, &mut |step| {
        names.push(step.name);
        failed = step.outcome.err().map(|error| error.code);
    });
    (names, failed)
}

#[test]
fn every_step_is_told() {
    let server = Seaweed::start();
    let connection = server.connection(&json!({"bucket": "landing"}));
    let reading = vec!["dns", "tcp", "credentials", "list"];
    assert_eq!(steps(&connection, false), (reading.clone(), None));
    assert_eq!(steps(&connection, true), ([reading, vec!["write", "delete"]].concat(), None));
}

#[test]
fn the_last_step_is_the_one_that_failed() {
    let server = Seaweed::start();
    let wrong = server.connection(&json!({"bucket": "none-of-this-name"}));
    assert_eq!(steps(&wrong, true), (vec!["dns", "tcp", "credentials", "list"], Some("s3.no_bucket")));
    let keys =
        Connection { password: Some("not the secret".into()), ..server.connection(&json!({"bucket": "landing"})) };
    assert_eq!(steps(&keys, true), (vec!["dns", "tcp", "credentials", "list"], Some("s3.credentials")));
    let [port] = free_ports();
    let nobody = server.connection(&json!({"endpoint_url": format!("http://127.0.0.1:{port}")}));
    assert_eq!(steps(&nobody, true), (vec!["dns", "tcp"], Some("net.refused")));
    let plain = server.connection(&json!({"endpoint_url": server.url().replace("http", "https")}));
    assert_eq!(steps(&plain, true), (vec!["dns", "tcp", "tls"], Some("net.tls")));
    let unknown = server.connection(&json!({"verify": false}));
    assert_eq!(steps(&unknown, true), (vec!["options"], Some("connection.wrong")));
}
