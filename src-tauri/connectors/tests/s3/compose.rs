//! Objects that the endpoint puts together itself.

use longshore_connectors::s3::S3;
use longshore_testkit::servers::{Moto, Seaweed};
use longshore_transfer::storage::{Finish, Known, Storage};
use serde_json::json;

use crate::{MIB, REPLACE, code, get, landing, open, pattern, put};

const GO_ON: &dyn Fn() -> bool = &|| false;

/// What lies there to be taken in, and what stands between.
const FILES: [usize; 4] = [16 * MIB, 3, 0, 130 * MIB + 1];

fn prepare(storage: &dyn Storage) -> Vec<u8> {
    let mut whole = Vec::new();
    for (at, size) in FILES.iter().enumerate() {
        let mut content = pattern(*size);
        for byte in &mut content {
            *byte ^= at.to_le_bytes()[0];
        }
        put(storage, path(at).as_bytes(), &content).unwrap();
        whole.extend(between(at));
        whole.extend(content);
    }
    whole.extend(between(9));
    whole
}

fn path(at: usize) -> String {
    format!("in/file {at} +%.mrc")
}

fn between(at: usize) -> Vec<u8> {
    vec![at.to_le_bytes()[0]; 700]
}

/// Puts it together as far as so many files, and gives it its name if that is all.
fn compose(from: &S3, to: &S3, size: usize, files: usize, finish: &Finish) -> longshore_transfer::storage::Result<()> {
    let known = Known { size: size as u64, mtime: None };
    let mut composer = to.compose(from, b"out/whole", known, FILES.len() as u64).unwrap().unwrap();
    for (at, size) in FILES.iter().enumerate().take(files) {
        composer.bytes(&between(at))?;
        assert_eq!(composer.file(path(at).as_bytes(), *size as u64, GO_ON), Ok(true));
    }
    if files < FILES.len() {
        return Ok(());
    }
    composer.bytes(&between(9))?;
    composer.commit(finish)
}

#[test]
fn an_object_of_others_is_put_together_and_taken_up_where_it_was_left() {
    let server = Seaweed::start();
    let from = landing(&server);
    let to = open(&server, &json!({"bucket": "staging"}));
    let whole = prepare(&from);
    compose(&from, &to, whole.len(), 3, &REPLACE).unwrap();
    assert_eq!(code(to.stat(b"out/whole")), "file.missing", "it has no name before it is whole");
    compose(&from, &to, whole.len(), 4, &REPLACE).unwrap();
    assert!(get(&to, b"out/whole").unwrap() == whole);
    assert_eq!(to.partial(b"out/whole"), Ok(None));
    let exclusive = Finish { replace: false, ..REPLACE };
    assert_eq!(code(compose(&from, &to, whole.len(), 4, &exclusive)), "file.exists");
}

#[test]
fn another_server_puts_it_together_as_well() {
    let server = Moto::start();
    let connection = |bucket: &str| server.connection(&json!({"bucket": bucket}));
    let make = |bucket: &str| S3::open(bucket, &connection(bucket), b"").unwrap();
    let (from, to) = (make("landing"), make("staging"));
    from.create_bucket("landing").unwrap();
    to.create_bucket("staging").unwrap();
    let whole = prepare(&from);
    compose(&from, &to, whole.len(), 4, &REPLACE).unwrap();
    assert!(get(&to, b"out/whole").unwrap() == whole);
}

#[test]
fn it_is_not_tried_for_small_files_nor_between_two_accounts() {
    let server = Seaweed::start();
    let from = landing(&server);
    let to = open(&server, &json!({"bucket": "staging"}));
    let known = |size: usize| Known { size: size as u64, mtime: None };
    let tries =
        |from: &dyn Storage, size: usize, files: u64| to.compose(from, b"x", known(size), files).unwrap().is_some();
    assert!(tries(&from, 32 * MIB, 2));
    assert!(!tries(&from, 32 * MIB, 3), "files that are too small");
    assert!(!tries(&from, 400_000 * MIB, 6_000), "more parts than an object has");
    let other = Seaweed::start();
    assert!(!tries(&landing(&other), 32 * MIB, 2), "another server");
    assert_eq!(to.discard(b"x"), Ok(()));
}

#[test]
fn a_file_that_is_gone_or_has_another_size_is_told() {
    let server = Seaweed::start();
    let (from, to) = (landing(&server), open(&server, &json!({"bucket": "staging"})));
    put(&from, b"file", &pattern(17 * MIB)).unwrap();
    let known = Known { size: 17 * MIB as u64, mtime: None };
    let mut composer = to.compose(&from, b"x", known, 1).unwrap().unwrap();
    assert_eq!(code(composer.file(b"file", 16 * MIB as u64, GO_ON)), "file.changed");
    assert_eq!(code(composer.file(b"nothing", 16 * MIB as u64, GO_ON)), "file.missing");
    assert_eq!(composer.file(b"file", 17 * MIB as u64, &|| true), Ok(false), "it stops when it is told to");
}
