//! UNICORE against a server of ours.

use longshore_connectors::Connection;
use longshore_testkit::conformance;
use longshore_testkit::servers::unicore::{BASE, TOKEN, USER, Unicore};
use serde_json::json;

use crate::common::{MIB, code, open, pattern, read_all, read_from, steps};

fn to(server: &Unicore) -> Connection {
    let (host, login) = (Some(format!("{}{BASE}", server.url())), Some(USER.0.to_owned()));
    let password = Some(USER.1.to_owned().into());
    Connection { id: "u".into(), kind: "unicore".into(), host, login, password, ..Connection::default() }
}

#[test]
fn it_passes_the_suite() {
    let server = Unicore::start();
    conformance::run(&*open(&to(&server)));
}

#[test]
fn a_test_tells_each_step() {
    let server = Unicore::start();
    let mut connection = to(&server);
    assert_eq!(steps(&connection, b"", true), "options dns tcp login list write delete");
    assert!(server.held().files("HOME").is_empty(), "nothing is left");
    assert_eq!(steps(&connection, b"nothing", true), "options dns tcp login list:file.missing");
    connection.extra = json!({"storage": "NONE"}).as_object().cloned().unwrap_or_default();
    assert_eq!(steps(&connection, b"", true), "options dns tcp login list:file.missing");
    connection.password = Some("wrong".to_owned().into());
    assert_eq!(steps(&connection, b"", true), "options dns tcp login:http.denied");
}

#[test]
fn the_storage_is_the_one_that_is_named_or_the_home_or_the_only_one() {
    let server = Unicore::start();
    let mut connection = to(&server);
    (connection.login, connection.password) = (None, Some(TOKEN.to_owned().into()));
    for id in ["HOME", "SCRATCH"] {
        server.held().files(id).insert("where".into(), Some(id.into()));
    }
    assert_eq!(read_all(&*open(&connection), b"where").ok(), Some(b"HOME".to_vec()));
    connection.extra = json!({"storage": "SCRATCH"}).as_object().cloned().unwrap_or_default();
    assert_eq!(read_all(&*open(&connection), b"where").ok(), Some(b"SCRATCH".to_vec()));
    connection.extra.clear();
    server.held().storages.remove("HOME");
    assert_eq!(code(open(&connection).stat(b"where")), "connection.wrong", "there are two others");
    server.held().storages.remove("PROJECT");
    assert_eq!(read_all(&*open(&connection), b"where").ok(), Some(b"SCRATCH".to_vec()));
}

#[test]
fn a_file_is_read_by_ranges_over_cuts_and_the_end_of_a_session() {
    let server = Unicore::start();
    let content = pattern(20 * MIB);
    server.held().files("HOME").insert("big".into(), Some(content.clone()));
    let storage = open(&to(&server));
    assert!(storage.stat(b"big").is_ok());
    server.held().end_session();
    server.held().cut_after = Some(3 * MIB);
    assert!(read_all(&*storage, b"big").ok() == Some(content.clone()));
    assert!(read_from(&*storage, b"big", 7 * MIB as u64).ok().as_deref() == Some(&content[7 * MIB..]));
    assert!(server.held().sent < 34 * MIB as u64, "what had come was not fetched again");
}

#[test]
fn a_storage_in_the_making_may_be_asked_again() {
    let server = Unicore::start();
    server.held().making = 1;
    let storage = open(&to(&server));
    assert_eq!(code(storage.stat(b"")), "http.busy");
    assert!(storage.stat(b"").is_ok());
}
