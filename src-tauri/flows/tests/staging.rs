//! Datablocks that are staged before they go to the LTS, and that rest there before they are read back.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{TARGET, Workshop, small};
use longshore_catalogue::DatasetState;
use longshore_engine::{Class, Clock as _};
use longshore_flows::kind::Done;
use longshore_transfer::storage::Storage as _;
use serde_json::{Value, json};

/// A dataset that has landed, and its datablocks.
fn landed() -> (Workshop, Vec<Value>) {
    let shop = Workshop::in_memory();
    small(&shop, "ds");
    shop.upload("ds").unwrap();
    let manifest = shop.task("dataset.manifest", json!({"dataset": "ds", "block_size": TARGET})).unwrap();
    let blocks = manifest["blocks"].as_array().unwrap().clone();
    (shop, blocks)
}

fn staging(block: &Value) -> Value {
    json!({"block": block, "staging": "bucket"})
}

fn write(block: &Value) -> Value {
    json!({"block": block, "target": "lts", "staged": block["staged"]})
}

#[test]
fn staged_datablocks_go_to_the_lts_and_are_deleted_against_their_proofs() {
    let (shop, blocks) = landed();
    for block in &blocks {
        let staged = shop.task("datablock.stage", staging(block)).unwrap();
        assert_eq!(staged["staged"].as_str().map(str::len), Some(64));
        let name = format!("ds/{}", block["name"].as_str().unwrap());
        let lies = || shop.places.faulty("staging").unwrap().stat(name.as_bytes()).is_ok();
        assert!(lies());
        assert_eq!(shop.attempt("datablock.unstage", &staging(block)).unwrap_err().code, "dataset.not_proved");
        let written = shop.task("datablock.write", write(&staged)).unwrap();
        assert!(lies());
        shop.task("datablock.verify", json!({"block": written})).unwrap();
        shop.task("datablock.unstage", staging(block)).unwrap();
        assert!(!lies());
        // Once more it has nothing to do.
        assert_eq!(shop.attempt("datablock.stage", &staging(block)).unwrap()["staged"], Value::Null);
        shop.attempt("datablock.unstage", &staging(block)).unwrap();
    }
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
}

#[test]
fn without_staging_nothing_is_staged() {
    let (shop, blocks) = landed();
    let staged = shop.attempt("datablock.stage", &json!({"block": blocks[0], "staging": "none"})).unwrap();
    assert_eq!((&staged["staged"], shop.tree("staging", "ds").len()), (&Value::Null, 0));
}

#[test]
fn what_was_staged_and_is_gone_is_packed_again() {
    let (shop, blocks) = landed();
    let staged = shop.task("datablock.stage", staging(&blocks[0])).unwrap();
    let name = format!("ds/{}", blocks[0]["name"].as_str().unwrap());
    shop.places.faulty("staging").unwrap().delete(name.as_bytes()).unwrap();
    let written = shop.task("datablock.write", write(&staged)).unwrap();
    shop.task("datablock.verify", json!({"block": written})).unwrap();
    let logged = shop.logged("datablock.write", &write(&staged));
    assert_eq!(logged, ["ds_0.tar is not in staging any more: it is packed from the landing zone"]);
}

#[test]
fn what_was_staged_and_is_not_what_it_was_gets_no_name_on_the_lts() {
    let (shop, blocks) = landed();
    let staged = shop.task("datablock.stage", staging(&blocks[0])).unwrap();
    let path = shop.places.top().join("staging/ds").join(blocks[0]["name"].as_str().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[600] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let fault = shop.attempt("datablock.write", &write(&staged)).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("fixity.mismatch", Class::Permanent));
    assert_eq!(shop.tree("lts", "ds").len(), 0);
}

#[test]
fn a_staging_that_is_gone_fails_and_is_taken_up_when_it_is_back() {
    let (shop, blocks) = landed();
    let storage = shop.places.faulty("staging").unwrap();
    storage.unplug_at(storage.calls());
    let fault = shop.attempt("datablock.stage", &staging(&blocks[0])).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.place.as_deref()), ("storage.missing", Some("staging")));
    storage.heal();
    let staged = shop.attempt("datablock.stage", &staging(&blocks[0])).unwrap();
    shop.task("datablock.write", write(&staged)).unwrap();
}

#[test]
fn a_datablock_rests_and_is_waited_for_until_it_can_be_read() {
    let (shop, blocks) = landed();
    let written = shop.task("datablock.write", json!({"block": blocks[0], "target": "lts"})).unwrap();
    let settle = json!({"block": written, "wait": 300, "timeout": 100, "every": 30});
    let look = || shop.done("datablock.settle", &settle, &[]);
    let until = |seconds: u64| Done::Deferred { until: shop.clock.now() + Duration::from_secs(seconds) };
    assert_eq!(look().unwrap(), until(300));
    shop.clock.advance(Duration::from_secs(200));
    assert_eq!(look().unwrap(), until(100));
    shop.clock.advance(Duration::from_secs(100));
    let lts = shop.places.faulty("lts").unwrap();
    lts.unplug_at(lts.calls());
    for seconds in [30, 30, 30, 10] {
        assert_eq!(look().unwrap(), until(seconds));
        shop.clock.advance(Duration::from_secs(seconds));
    }
    let fault = look().unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("datablock.offline", Class::Transient));
    lts.heal();
    // The next attempt waits anew.
    assert_eq!(look().unwrap(), until(300));
    shop.clock.advance(Duration::from_mins(5));
    assert_eq!(look().unwrap(), Done::Output(written));
}
