//! Datablocks brought back to the storage for retrieval: a folder, a bucket; from a disk, from an archive.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{Workshop, leftovers, small};
use longshore_catalogue::{Catalogue, DatasetState, PathBytes};
use longshore_connectors::s3::{Restoration, S3};
use longshore_engine::{Class, Fault};
use longshore_flows::kind::Done;
use longshore_testkit::servers::{Moto, Seaweed};
use longshore_testkit::{Faulty, When};
use longshore_transfer::storage::{Finish, Kind, ReadOptions, Status, Storage};
use serde_json::{Value, json};

/// A workspace with a dataset that is archived.
fn archived(shop: Workshop) -> Workshop {
    small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    shop
}

fn blocks(shop: &Workshop) -> Result<Vec<Value>, Fault> {
    let plan = shop.task("retrieval.plan", json!({"dataset": "ds"}))?;
    Ok(plan["blocks"].as_array().unwrap().clone())
}

/// The tasks of `retrieve_dataset`, of a datablock that fails the others are still brought back.
fn retrieve(shop: &Workshop) -> Result<Value, Fault> {
    let fetched: Vec<_> =
        blocks(shop)?.iter().map(|block| shop.task("retrieval.fetch", json!({"block": block}))).collect();
    fetched.into_iter().collect::<Result<Vec<_>, _>>()?;
    shop.task("retrieval.finish", json!({"dataset": "ds"}))
}

/// Retrieves as another run does.
fn again(shop: &Workshop) -> Result<Value, Fault> {
    shop.again(&["retrieval.plan", "retrieval.fetch", "retrieval.finish"]);
    shop.forget_checkpoints();
    retrieve(shop)
}

fn files(shop: &Workshop) -> Vec<String> {
    let found = shop.tree("retrieval", "").into_iter().filter(|(_, lies)| lies.kind == Kind::File);
    found.map(|(path, _)| path.to_text()).collect()
}

const ALL: [&str; 4] = ["ds/ds_0.tar", "ds/ds_1.tar", "ds/ds_2.tar", "ds/ds_3.tar"];

fn expect_done(shop: &Workshop, at: &str) {
    assert_eq!(files(shop), ALL, "{at}");
    for name in ALL {
        assert_eq!(content(shop, "retrieval", name), content(shop, "lts", name), "{name} {at}");
    }
    assert_eq!(leftovers(shop), Vec::<PathBytes>::new(), "{at}");
    let retrieved = shop.history("ds").into_iter().filter(|event| event == "retrieved").count();
    assert_eq!(retrieved, 1, "{at}");
}

fn content(shop: &Workshop, storage: &str, path: &str) -> Vec<u8> {
    let storage = shop.places.faulty(storage).unwrap();
    let mut bytes = vec![0; usize::try_from(storage.stat(path.as_bytes()).unwrap().size).unwrap()];
    storage.read(path.as_bytes(), ReadOptions::default()).unwrap().read(&mut bytes).unwrap();
    bytes
}

/// A bucket's folder of its own for each workspace.
fn bucket(server: &Seaweed) -> Workshop {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = format!("workspace/{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let s3 = S3::open("retrieval", &server.connection(&json!({"bucket": "staging"})), folder.as_bytes()).unwrap();
    Workshop::changed(|places| places.with("retrieval", Arc::new(s3)))
}

#[test]
fn what_is_there_and_right_is_not_fetched_again() {
    let shop = archived(Workshop::in_memory());
    let lts = shop.places.faulty("lts").unwrap();
    let done = retrieve(&shop).unwrap();
    assert_eq!((&done["blocks"], &done["files"]), (&json!(ALL), &json!(5)));
    expect_done(&shop, "the first time");
    let read = lts.bytes_read();
    again(&shop).unwrap();
    assert_eq!(lts.bytes_read(), read, "nothing is read from the LTS");
    expect_done(&shop, "the second time");
    let rooms: Vec<Value> = blocks(&shop).unwrap().iter().map(|block| block["room"].clone()).collect();
    assert_eq!(rooms, [0; 4]);
}

#[test]
fn what_is_there_and_wrong_is_fetched_anew() {
    let shop = archived(Workshop::in_memory());
    let size = content(&shop, "lts", ALL[1]).len();
    let there = shop.places.faulty("retrieval").unwrap();
    common::put(there.as_ref(), ALL[1].as_bytes(), &vec![0; size], 0o600, (1, 0));
    common::put(there.as_ref(), ALL[2].as_bytes(), b"too short", 0o600, (1, 0));
    retrieve(&shop).unwrap();
    expect_done(&shop, "over wrong ones");
}

#[test]
fn of_a_damaged_datablock_the_file_is_named_and_the_others_are_there() {
    let shop = archived(Workshop::in_memory());
    let copy = shop.entry("ds", "data/file4").copy.unwrap();
    let block = shop.catalogue.block(copy.block).unwrap();
    shop.places.faulty("lts").unwrap().flip(block.path.as_bytes(), copy.data + 77);
    let fault = retrieve(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("fixity.mismatch", Class::Permanent));
    assert_eq!(fault.file.as_deref(), Some("data/file4"));
    let others: Vec<&str> = ALL.into_iter().filter(|name| *name != block.path.to_text()).collect();
    assert_eq!(files(&shop), others, "the others are offered, and nothing of the damaged one has a name");
    assert_eq!(shop.dataset("ds").state, DatasetState::Damaged, "the ledger knows");
    shop.places.faulty("lts").unwrap().heal();
    again(&shop).unwrap();
    expect_done(&shop, "once the LTS gives the right bytes");
}

#[test]
fn of_a_datablock_that_cannot_be_read_the_file_is_named() {
    let shop = archived(Workshop::in_memory());
    let copy = shop.entry("ds", "data/file2").copy.unwrap();
    let block = shop.catalogue.block(copy.block).unwrap();
    shop.places.faulty("lts").unwrap().bad_byte(block.path.as_bytes(), copy.data + 5);
    let fault = retrieve(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.file.as_deref()), ("io.error", Some("data/file2")), "{fault:?}");
}

/// From the opening of that number of the first datablock on, the LTS gives the right bytes.
fn heal_at_opening(lts: &Arc<Faulty>, openings: u32) {
    let here = lts.clone();
    lts.on_read(
        ALL[0].as_bytes(),
        move || if openings == 1 { here.heal() } else { heal_at_opening(&here, openings - 1) },
    );
}

#[test]
fn bytes_that_are_wrong_once_are_tried_again() {
    let shop = archived(Workshop::in_memory());
    let lts = shop.places.faulty("lts").unwrap();
    lts.flip(ALL[0].as_bytes(), 600);
    // It is opened to see whether it can be read, to be copied, and then to be read back.
    heal_at_opening(&lts, 3);
    let fault = retrieve(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("fixity.mismatch", Class::Transient), "{fault:?}");
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
    retrieve(&shop).unwrap();
    expect_done(&shop, "the next time");
}

#[test]
fn a_full_storage_is_told_and_it_goes_on_where_it_stopped() {
    let shop = archived(Workshop::in_memory());
    let there = shop.places.faulty("retrieval").unwrap();
    there.leave_room(120_000);
    let fault = retrieve(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("storage.full", Class::Fatal));
    there.heal();
    retrieve(&shop).unwrap();
    expect_done(&shop, "once there was room");
}

#[test]
fn a_datablock_that_is_gone_is_told_as_such() {
    let shop = archived(Workshop::in_memory());
    std::fs::remove_file(shop.lts_path(ALL[3])).unwrap();
    let fault = retrieve(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.what.as_str()), ("fixity.mismatch", "The datablock ds_3.tar is gone"));
    assert_eq!(files(&shop), ALL[..3]);
}

#[test]
fn what_is_not_archived_cannot_be_retrieved() {
    let shop = Workshop::in_memory();
    small(&shop, "ds");
    assert_eq!(retrieve(&shop).unwrap_err().code, "dataset.not_archived");
    shop.upload("ds").unwrap();
    assert_eq!(retrieve(&shop).unwrap_err().code, "dataset.not_archived");
}

/// Kills a retrieval at each of its steps in turn.
fn killed_everywhere(when: When) {
    let undisturbed = archived(Workshop::in_memory());
    undisturbed.fuse.set(None);
    retrieve(&undisturbed).unwrap();
    let steps = undisturbed.fuse.steps();
    assert!(steps > 10, "{steps} steps");
    for step in 0..steps {
        let shop = archived(Workshop::in_memory());
        let at = format!("killed {when:?} step {step} of {steps}");
        shop.fuse.set(Some((step, when)));
        let died = retrieve(&shop);
        assert!(died.is_err() || !shop.fuse.blown() || when == When::After, "{at}");
        shop.fuse.set(None);
        retrieve(&shop).unwrap_or_else(|fault| panic!("{at}: {fault:?}"));
        expect_done(&shop, &at);
    }
}

#[test]
fn killed_before_every_step_it_ends_right() {
    killed_everywhere(When::Before);
}

#[test]
fn killed_after_every_step_it_ends_right() {
    killed_everywhere(When::After);
}

#[test]
fn stopped_at_every_step_it_ends_right() {
    killed_everywhere(When::Stop);
}

#[test]
fn what_a_cancelled_retrieval_left_is_taken_away_and_what_is_proved_stays() {
    let shop = archived(Workshop::in_memory());
    let there = shop.places.faulty("retrieval").unwrap();
    common::put(there.as_ref(), b"other/kept.tar", b"of another dataset", 0o600, (1, 0));
    there.leave_room(120_000);
    retrieve(&shop).unwrap_err();
    assert_ne!(leftovers(&shop), Vec::<PathBytes>::new());
    shop.task("retrieval.tidy", json!({"dataset": "ds"})).unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
    assert!(files(&shop).contains(&"other/kept.tar".to_owned()));
    assert!(files(&shop).contains(&ALL[0].to_owned()));
}

#[test]
fn a_bucket_gets_the_datablocks_and_one_that_vanished_is_told() {
    let server = Seaweed::start();
    let shop = archived(bucket(&server));
    let lts = shop.places.faulty("lts").unwrap();
    retrieve(&shop).unwrap();
    expect_done(&shop, "in a bucket");
    let read = lts.bytes_read();
    again(&shop).unwrap();
    assert_eq!(lts.bytes_read(), read, "what lies in the bucket is not fetched again");
    server.remove_bucket("staging");
    let fault = again(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.place.as_deref()), ("s3.no_bucket", Some("retrieval")));
    server.make_bucket("staging");
    again(&shop).unwrap();
    expect_done(&shop, "once the bucket is there again");
}

/// A workspace whose LTS is a bucket of an archive, with a dataset in it that was archived since.
fn in_an_archive(server: &Moto) -> (Workshop, S3) {
    let vault =
        |class: Value| S3::open("lts", &server.connection(&json!({"bucket": "vault", "storage_class": class})), b"");
    let (warm, cold) = (vault(Value::Null).unwrap(), vault(json!("DEEP_ARCHIVE")).unwrap());
    warm.create_bucket("vault").unwrap();
    server.restores_take(3);
    let shop = archived(Workshop::changed(|places| places.with("lts", Arc::new(warm))));
    // As a rule of the bucket does it, some time after they were written.
    for name in ALL {
        freeze(&shop, &cold, name);
    }
    (shop, cold)
}

fn freeze(shop: &Workshop, cold: &S3, name: &str) {
    let bytes = content(shop, "lts", name);
    let mut writer = cold.write(name.as_bytes(), None).unwrap();
    writer.write(&bytes).unwrap();
    writer.commit(&Finish { replace: true, ..Finish::default() }).unwrap();
}

/// Looks until the first datablock is restored.
fn until_readable(cold: &S3) -> bool {
    (0..20).any(|_| matches!(cold.restoration(ALL[0].as_bytes()).unwrap(), Restoration::Restored(_)))
}

fn fetch(shop: &Workshop, block: &Value) -> Result<Done<Value>, Fault> {
    shop.done("retrieval.fetch", &json!({"block": block, "restore_within": "10h"}), &[])
}

/// Attempts until it is done; how often it was deferred.
fn until_done(shop: &Workshop, block: &Value) -> u32 {
    for deferred in 0..20 {
        match fetch(shop, block).unwrap() {
            Done::Output(_) => return deferred,
            Done::Deferred { until } => assert!(until.0 > 0),
            Done::Skipped(why) => panic!("{why}"),
        }
    }
    panic!("it is never done");
}

#[test]
fn what_lies_in_an_archive_is_restored_and_waited_for() {
    let server = Moto::start();
    let (shop, _) = in_an_archive(&server);
    for block in blocks(&shop).unwrap() {
        assert!(until_done(&shop, &block) >= 1, "it was waited for");
    }
    shop.task("retrieval.finish", json!({"dataset": "ds"})).unwrap();
    expect_done(&shop, "from an archive");
}

#[test]
fn a_restored_copy_that_expires_before_it_is_read_is_asked_for_again() {
    let server = Moto::start();
    let (shop, cold) = in_an_archive(&server);
    let block = blocks(&shop).unwrap().remove(0);
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }));
    assert!(until_readable(&cold), "it is restored");
    // In the archive as if nobody had ever asked for it.
    freeze(&shop, &cold, ALL[0]);
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }), "it is asked for once more");
    until_done(&shop, &block);
    assert_eq!(content(&shop, "retrieval", ALL[0]).len() as u64, block["size"].as_u64().unwrap());
}

#[test]
fn a_restored_copy_that_expires_as_it_is_read_is_asked_for_again() {
    let server = Moto::start();
    let (shop, cold) = in_an_archive(&server);
    let block = blocks(&shop).unwrap().remove(0);
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }));
    assert!(until_readable(&cold));
    let lts = shop.places.faulty("lts").unwrap();
    // Looked at, then read.
    lts.fail_at(lts.calls() + 1, "s3.archived", Status::Permanent);
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }));
    until_done(&shop, &block);
}

#[test]
fn what_lies_on_a_tape_is_waited_for_and_told_when_it_does_not_come() {
    let shop = archived(Workshop::in_memory());
    let block = blocks(&shop).unwrap().remove(0);
    let lts = shop.places.faulty("lts").unwrap();
    let recall = || shop.done("retrieval.fetch", &json!({"block": block, "recall_within": "30m"}), &[]);
    // Looked at, then its first byte read.
    let not_recalled = || lts.fail_at(lts.calls() + 1, "file.offline", Status::Transient);
    not_recalled();
    assert!(matches!(recall().unwrap(), Done::Deferred { .. }));
    shop.clock.advance(Duration::from_mins(31));
    not_recalled();
    let fault = recall().unwrap_err();
    assert_eq!((fault.code.as_str(), fault.why.contains("tape")), ("retrieval.overdue", true));
    assert!(matches!(recall().unwrap(), Done::Output(_)), "it is there at last");
}

#[test]
fn what_is_not_restored_in_time_is_told_and_a_retry_waits_anew() {
    let server = Moto::start();
    let (shop, _) = in_an_archive(&server);
    let block = blocks(&shop).unwrap().remove(0);
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }));
    // From now on it does not come forward.
    server.restores_take(1000);
    shop.clock.advance(Duration::from_hours(11));
    let fault = fetch(&shop, &block).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("retrieval.overdue", Class::Permanent));
    assert!(matches!(fetch(&shop, &block).unwrap(), Done::Deferred { .. }));
}
