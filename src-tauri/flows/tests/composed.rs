//! Datablocks that a bucket for staging puts together itself, out of the objects in the landing zone.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::Workshop;
use longshore_catalogue::DatasetState;
use longshore_connectors::s3::S3;
use longshore_testkit::servers::Seaweed;
use longshore_transfer::storage::{Finish, Known, ReadOptions, Storage};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;

/// Large enough, on average, to be worth it; the last ones are read, and sent with what stands between the others.
const SIZES: [(&str, usize); 4] = [("a.mrc", 70 * MIB + 7), ("b.mrc", 16 * MIB), ("c.txt", 11), ("d.mrc", 5 * MIB)];

fn bucket(server: &Seaweed, name: &str) -> Arc<dyn Storage> {
    Arc::new(S3::open(name, &server.connection(&json!({"bucket": name})), b"ws").unwrap())
}

#[allow(clippy::cast_possible_truncation)] // meant
fn pattern(length: usize, key: u8) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at >> 12) as u8 ^ (at >> 20) as u8 ^ key).collect()
}

fn read(storage: &dyn Storage, path: &str) -> Vec<u8> {
    let size = storage.stat(path.as_bytes()).unwrap().size;
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    let count = storage.read(path.as_bytes(), ReadOptions::default()).unwrap().read(&mut bytes).unwrap();
    assert_eq!(count, bytes.len());
    bytes
}

fn put(storage: &dyn Storage, path: &str, bytes: &[u8]) {
    let known = Known { size: bytes.len() as u64, mtime: None };
    let mut writer = storage.write_sized(path.as_bytes(), None, known).unwrap();
    writer.write(bytes).unwrap();
    writer.commit(&Finish { replace: true, durable: true, ..Finish::default() }).unwrap();
}

/// A dataset that has landed in a bucket, and its one datablock.
fn landed(server: &Seaweed) -> (Workshop, Value) {
    let (landing, staging) = (bucket(server, "landing"), bucket(server, "staging"));
    let shop = Workshop::changed(|places| places.with("landing", landing).with("staging", staging));
    let (source, files) = shop.folder("source/data");
    for (at, (name, size)) in SIZES.iter().enumerate() {
        put(files.as_ref(), name, &pattern(*size, u8::try_from(at).unwrap()));
    }
    shop.create("ds", &[source]);
    shop.upload("ds").unwrap();
    let manifest = shop.task("dataset.manifest", json!({"dataset": "ds", "block_size": 1 << 30})).unwrap();
    let block = manifest["blocks"][0].clone();
    (shop, block)
}

fn staging(block: &Value) -> Value {
    json!({"block": block, "staging": "bucket"})
}

fn write(staged: &Value) -> Value {
    json!({"block": staged, "target": "lts", "staged": staged["staged"], "composed": staged["composed"]})
}

#[test]
fn what_the_bucket_put_together_is_proved_on_the_lts() {
    let server = Seaweed::start();
    let (shop, block) = landed(&server);
    let staged = shop.task("datablock.stage", staging(&block)).unwrap();
    assert_eq!((&staged["composed"], &staged["staged"]), (&json!(true), &Value::Null));
    let bucket = shop.places.faulty("staging").unwrap();
    let composed = read(bucket.as_ref(), "ds/ds_0.tar");
    shop.task("datablock.write", write(&staged)).unwrap();
    assert!(shop.logged("datablock.write", &write(&staged)).is_empty(), "it is not packed from the landing zone");
    assert!(read(shop.places.faulty("lts").unwrap().as_ref(), "ds/ds_0.tar") == composed);
    shop.task("datablock.verify", json!({"block": block})).unwrap();
    shop.task("datablock.unstage", staging(&block)).unwrap();
    assert!(bucket.stat(b"ds/ds_0.tar").is_err());
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
}

#[test]
fn what_was_put_together_wrong_is_packed_from_the_landing_zone() {
    let server = Seaweed::start();
    let (shop, block) = landed(&server);
    let staged = shop.task("datablock.stage", staging(&block)).unwrap();
    let bucket = shop.places.faulty("staging").unwrap();
    let right = read(bucket.as_ref(), "ds/ds_0.tar");
    let mut wrong = right.clone();
    wrong[30 * MIB] ^= 1;
    put(bucket.as_ref(), "ds/ds_0.tar", &wrong);
    shop.task("datablock.write", write(&staged)).unwrap();
    let logged = shop.logged("datablock.write", &write(&staged));
    assert!(logged.iter().any(|line| line.contains("It is packed from the landing zone")), "{logged:?}");
    assert!(read(shop.places.faulty("lts").unwrap().as_ref(), "ds/ds_0.tar") == right);
}

#[test]
fn a_file_that_is_not_what_landed_gets_nowhere() {
    let server = Seaweed::start();
    let (shop, block) = landed(&server);
    let landing = shop.places.faulty("landing").unwrap();
    let path = "ds/data/b.mrc";
    put(landing.as_ref(), path, &pattern(16 * MIB, 77));
    let staged = shop.task("datablock.stage", staging(&block)).unwrap();
    let fault = shop.attempt("datablock.write", &write(&staged)).unwrap_err();
    assert_eq!(fault.code, "landing.changed");
    assert!(fault.file.as_deref().is_some_and(|file| file.contains("b.mrc")), "{fault:?}");
    assert!(shop.places.faulty("lts").unwrap().stat(b"ds/ds_0.tar").is_err());
    // One of another size is seen before.
    put(landing.as_ref(), path, b"short");
    shop.forget_checkpoints();
    let fault = shop.attempt("datablock.stage", &staging(&block)).unwrap_err();
    assert_eq!(fault.code, "landing.changed");
    put(landing.as_ref(), path, &pattern(16 * MIB, 1));
    let staged = shop.attempt("datablock.stage", &staging(&block)).unwrap();
    shop.task("datablock.write", write(&staged)).unwrap();
    shop.task("datablock.verify", json!({"block": block})).unwrap();
}
