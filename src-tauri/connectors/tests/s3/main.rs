//! S3 against real servers.
#![allow(clippy::unwrap_used)]

mod archive;
mod compose;
mod faults;
mod objects;
mod queues;
mod refusals;
mod roles;
mod steps;

use longshore_connectors::s3::S3;
use longshore_testkit::conformance;
use longshore_testkit::servers::Seaweed;
use longshore_transfer::storage::{Finish, Known, ReadOptions, Receipt, Result, Storage};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
const REPLACE: Finish = Finish { mode: None, mtime: None, replace: true, durable: true };

fn open(server: &Seaweed, extra: &Value) -> S3 {
    S3::open("bucket", &server.connection(extra), b"").unwrap()
}

fn landing(server: &Seaweed) -> S3 {
    open(server, &json!({"bucket": "landing"}))
}

/// Bytes in which every place differs from its neighbours, and every part from the others.
#[allow(clippy::cast_possible_truncation)] // meant
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at >> 12) as u8 ^ (at >> 20) as u8).collect()
}

fn put(storage: &dyn Storage, path: &[u8], content: &[u8]) -> Result<Receipt> {
    let known = Known { size: content.len() as u64, mtime: None };
    let mut writer = storage.write_sized(path, None, known)?;
    for piece in content.chunks(MIB) {
        writer.write(piece)?;
    }
    writer.commit(&REPLACE)
}

fn get(storage: &dyn Storage, path: &[u8]) -> Result<Vec<u8>> {
    let mut reader = storage.read(path, ReadOptions::default())?;
    let (mut content, mut buffer) = (Vec::new(), vec![0; MIB]);
    loop {
        let count = reader.read(&mut buffer)?;
        content.extend_from_slice(&buffer[..count]);
        if count < buffer.len() {
            return Ok(content);
        }
    }
}

fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("none", |error| error.code)
}

#[test]
fn a_folder_in_a_bucket_with_new_checksums() {
    let server = Seaweed::start();
    let connection = server.connection(&json!({"bucket": "landing", "addressing": "path"}));
    conformance::run(&S3::open("bucket", &connection, b"in/here").unwrap());
}

#[test]
fn a_bucket_with_old_checksums() {
    let server = Seaweed::start();
    conformance::run(&open(&server, &json!({"bucket": "staging", "checksums": "when_required"})));
}

#[test]
fn all_buckets_of_an_account() {
    let server = Seaweed::start();
    let storage = open(&server, &json!({}));
    put(&storage, b"landing/a/b", b"x").unwrap();
    put(&storage, b"staging/c", b"y").unwrap();
    let (mut top, mut all, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    storage
        .list(b"", &mut |line| {
            top.push(line.name);
            Ok(())
        })
        .unwrap();
    storage
        .list_all(b"", None, &mut |line| {
            all.push(line.name);
            Ok(())
        })
        .unwrap();
    storage
        .list_all(b"", Some(b"landing/a/b"), &mut |line| {
            behind.push(line.name);
            Ok(())
        })
        .unwrap();
    top.sort();
    assert_eq!(top, [b"landing".to_vec(), b"staging".to_vec()]);
    assert_eq!(all, [b"landing/a/b".to_vec(), b"staging/c".to_vec()]);
    assert_eq!(behind, [b"staging/c".to_vec()]);
    storage.create_bucket("third").unwrap();
    storage.create_bucket("third").unwrap();
    assert_eq!(put(&storage, b"third/d", b"z").map(|receipt| receipt.confirmed), Ok(true));
}
