//! The landing zone and the LTS behind connections: an object storage, a server reached by SSH.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Tree, Workshop, small, tree};
use longshore_catalogue::{Catalogue, DatasetState, ProofMethod};
use longshore_connectors::s3::S3;
use longshore_connectors::sftp::Sftp;
use longshore_engine::{Class, Fault};
use longshore_testkit::When;
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::sshd::{Setup, Sshd};
use longshore_transfer::storage::{Finish, Kind, Known, ReadOptions, Storage};
use serde_json::json;

/// A folder of its own in a bucket for each workspace of these tests.
fn bucket(server: &Seaweed, name: &str, bucket: &str) -> Arc<dyn Storage> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = format!("workspace/{}", NEXT.fetch_add(1, Ordering::Relaxed));
    Arc::new(S3::open(name, &server.connection(&json!({"bucket": bucket})), folder.as_bytes()).unwrap())
}

fn objects(server: &Seaweed) -> Workshop {
    let (landing, lts) = (bucket(server, "landing", "landing"), bucket(server, "lts", "staging"));
    Workshop::changed(|places| places.with("landing", landing).with("lts", lts))
}

fn by_ssh(server: &Sshd) -> Workshop {
    let lts = Arc::new(Sftp::open("lts", &server.connection(), b"lts").unwrap());
    lts.make_folder(b"").unwrap();
    Workshop::changed(|places| places.with("lts", lts))
}

/// A small dataset, and what lies in it.
fn source(shop: &Workshop) -> Tree {
    small(shop, "ds");
    tree(shop.folder("source/data").1.as_ref(), b"")
}

/// The whole job.
fn job(shop: &Workshop) -> Result<(), Fault> {
    shop.upload_and_archive("ds")?;
    shop.retrieve("ds", &shop.folder("dest").0, None).map(drop)
}

fn expect_done(shop: &Workshop, before: &Tree, at: &str) {
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived, "{at}");
    assert_eq!(files(shop, "landing"), [""; 0], "{at}");
    assert_eq!(&tree(shop.folder("dest").1.as_ref(), b"data"), before, "{at}");
    let names: Vec<_> = shop.tree("lts", "ds").into_keys().map(|path| path.to_text()).collect();
    assert_eq!(names, ["ds_0.tar", "ds_1.tar", "ds_2.tar", "ds_3.tar"], "{at}");
    let lts = shop.places.faulty("lts").unwrap();
    assert_eq!(lts.discard_below(b"ds").unwrap(), 0, "nothing unfinished is left {at}");
    let events = shop.history("ds");
    for once in ["landed", "released", "archived", "retrieved"] {
        assert_eq!(events.iter().filter(|event| *event == once).count(), 1, "{once} {at}");
    }
}

/// The files on a storage. Some servers keep the folders of objects that are gone for a while.
fn files(shop: &Workshop, storage: &str) -> Vec<String> {
    let found = shop.tree(storage, "").into_iter().filter(|(_, lies)| lies.kind == Kind::File);
    found.map(|(path, _)| path.to_text()).collect()
}

/// The job, killed at about so many of its steps in turn.
fn killed_at_some(make: impl Fn() -> Workshop, when: When, samples: u64) {
    let shop = make();
    source(&shop);
    shop.fuse.set(None);
    job(&shop).unwrap();
    let steps = shop.fuse.steps();
    assert!(steps > 40, "{steps} steps");
    for step in (0..steps).step_by(usize::try_from(steps / samples).unwrap()) {
        let shop = make();
        let before = source(&shop);
        let at = format!("killed {when:?} step {step} of {steps}");
        shop.fuse.set(Some((step, when)));
        let died = job(&shop);
        assert!(died.is_err() || !shop.fuse.blown() || when == When::After, "{at}");
        shop.fuse.set(None);
        job(&shop).unwrap_or_else(|fault| panic!("{at}: {fault:?}"));
        expect_done(&shop, &before, &at);
    }
}

#[test]
fn what_is_archived_in_buckets_comes_back_as_it_was() {
    let server = Seaweed::start();
    let shop = objects(&server);
    let before = source(&shop);
    job(&shop).unwrap();
    expect_done(&shop, &before, "in buckets");
    let blocks = shop.catalogue.blocks(shop.dataset("ds").id).unwrap();
    assert!(blocks.iter().all(|block| block.method == Some(ProofMethod::Server)), "{blocks:?}");
}

#[test]
fn killed_around_steps_in_buckets_it_ends_right() {
    let server = Seaweed::start();
    killed_at_some(|| objects(&server), When::Before, 12);
    killed_at_some(|| objects(&server), When::After, 12);
    killed_at_some(|| objects(&server), When::Stop, 6);
}

#[test]
fn killed_around_steps_by_ssh_it_ends_right() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let make = || {
        let _ = std::fs::remove_dir_all(server.files().join("lts"));
        by_ssh(&server)
    };
    killed_at_some(make, When::Before, 8);
    killed_at_some(make, When::After, 8);
    killed_at_some(make, When::Stop, 4);
}

#[test]
fn damage_in_a_bucket_is_found_and_named() {
    let server = Seaweed::start();
    let shop = objects(&server);
    source(&shop);
    shop.upload_and_archive("ds").unwrap();
    let file = shop.entry("ds", "data/file2").copy.unwrap();
    let block = shop.catalogue.block(file.block).unwrap();
    let lts = shop.places.faulty("lts").unwrap();
    let mut bytes = vec![0; usize::try_from(block.plan.size).unwrap()];
    lts.read(block.path.as_bytes(), ReadOptions::default()).unwrap().read(&mut bytes).unwrap();
    bytes[usize::try_from(file.data).unwrap()] ^= 1;
    let known = Known { size: block.plan.size, mtime: None };
    let mut writer = lts.write_sized(block.path.as_bytes(), None, known).unwrap();
    writer.write(&bytes).unwrap();
    writer.commit(&Finish { replace: true, durable: true, ..Finish::default() }).unwrap();

    let fault = verify_again(&shop).unwrap_err();
    assert_eq!(fault.code, "fixity.mismatch");
    assert!(format!("{fault:?}").contains("data/file2"), "{fault:?}");
    assert_eq!(shop.dataset("ds").state, DatasetState::Damaged);
}

/// Reads every datablock back once more.
fn verify_again(shop: &Workshop) -> Result<(), Fault> {
    shop.again(&["dataset.blocks", "datablock.verify"]);
    let blocks = shop.task("dataset.blocks", json!({"dataset": "ds"}))?;
    shop.verify(blocks["blocks"].as_array().unwrap())
}

#[test]
fn a_bucket_that_vanished_is_not_taken_for_datablocks_that_did() {
    let server = Seaweed::start();
    let shop = objects(&server);
    source(&shop);
    shop.upload_and_archive("ds").unwrap();
    server.remove_bucket("staging");
    let fault = verify_again(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.place.as_deref()), ("s3.no_bucket", Some("lts")));
    assert!(fault.now.contains("retry"), "{fault:?}");
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived, "what was proved stays so");
}

#[test]
fn it_goes_on_once_the_bucket_is_there_again() {
    let server = Seaweed::start();
    let shop = objects(&server);
    let before = source(&shop);
    shop.upload("ds").unwrap();
    server.remove_bucket("staging");
    assert_eq!(shop.pack("ds").unwrap_err().code, "s3.no_bucket");
    server.make_bucket("staging");
    job(&shop).unwrap();
    expect_done(&shop, &before, "after the bucket came back");
}

#[test]
fn a_folder_that_is_not_mounted_on_the_server_is_not_taken_for_datablocks_that_are_gone() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let shop = by_ssh(&server);
    let before = source(&shop);
    job(&shop).unwrap();
    expect_done(&shop, &before, "by SSH");
    let (folder, away) = (server.files().join("lts"), server.files().join("away"));
    std::fs::rename(&folder, &away).unwrap();
    let fault = verify_again(&shop).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("storage.missing", Class::Transient));
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
    std::fs::rename(&away, &folder).unwrap();
    verify_again(&shop).unwrap();
}

#[test]
fn a_file_that_was_overwritten_in_the_landing_bucket_stays_there() {
    let server = Seaweed::start();
    let shop = objects(&server);
    source(&shop);
    shop.upload("ds").unwrap();
    let blocks = shop.pack("ds").unwrap();
    shop.verify(&blocks).unwrap();
    let landing = shop.places.faulty("landing").unwrap();
    let path = b"ds/data/file1";
    let size = landing.stat(path).unwrap().size;
    common::put(landing.as_ref(), path, &vec![7; usize::try_from(size).unwrap()], 0o600, (1, 0));
    let fault = shop.task("landing.release", json!({"dataset": "ds"})).unwrap_err();
    assert_eq!(fault.code, "landing.changed");
    assert_eq!(landing.stat(path).unwrap().size, size);
    // The same bytes with another time are what was archived.
    let original = shop.folder("source/data").1;
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    original.read(b"file1", ReadOptions::default()).unwrap().read(&mut bytes).unwrap();
    common::put(landing.as_ref(), path, &bytes, 0o600, (1, 0));
    shop.task("landing.release", json!({"dataset": "ds"})).unwrap();
    assert_eq!(files(&shop, "landing"), [""; 0]);
}

/// More files than go in one request, in folders: with one that was overwritten, which alone stays, and some that are gone already.
#[test]
fn many_files_are_released_by_what_a_listing_says_of_them() {
    let server = Seaweed::start();
    let shop = objects(&server);
    let (path, folder) = shop.folder("source/data");
    for at in 0..1200 {
        let name = format!("{:02}/f{at:04}", at % 7);
        common::put(folder.as_ref(), name.as_bytes(), name.as_bytes(), 0o600, (at, 0));
    }
    shop.create("ds", &[path]);
    shop.upload("ds").unwrap();
    let blocks = shop.pack("ds").unwrap();
    shop.verify(&blocks).unwrap();
    let landing = shop.places.faulty("landing").unwrap();
    landing.delete(b"ds/data/03/f0003").unwrap();
    common::put(landing.as_ref(), b"ds/data/05/f0005", b"05/f9999", 0o600, (1, 0));
    let before = landing.calls();
    let fault = shop.task("landing.release", json!({"dataset": "ds"})).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.file.as_deref()), ("landing.changed", Some("data/05/f0005")));
    assert_eq!(files(&shop, "landing"), ["ds/data/05/f0005"]);
    assert!(landing.calls() - before < 40, "{} calls", landing.calls() - before);
    common::put(landing.as_ref(), b"ds/data/05/f0005", b"05/f0005", 0o600, (1, 0));
    shop.task("landing.release", json!({"dataset": "ds"})).unwrap();
    assert_eq!(files(&shop, "landing"), [""; 0]);
    assert_eq!(shop.history("ds").last().map(String::as_str), Some("released"));
}

#[test]
fn what_a_cancelled_upload_left_in_a_bucket_is_taken_away() {
    let server = Seaweed::start();
    let shop = objects(&server);
    let lts = shop.places.faulty("lts").unwrap();
    let known = Known { size: 20 << 20, mtime: None };
    let mut writer = lts.write_sized(b"ds/ds_0.tar", None, known).unwrap();
    writer.write(&vec![1; 12 << 20]).unwrap();
    writer.sync().unwrap();
    drop(writer);
    lts.write_sized(b"other/other_0.tar", None, known).unwrap().write(&vec![1; 12 << 20]).unwrap();
    source(&shop);
    shop.task("dataset.tidy", json!({"dataset": "ds", "storages": ["lts"]})).unwrap();
    assert_eq!(lts.partial(b"ds/ds_0.tar").unwrap(), None);
    assert!(lts.partial(b"other/other_0.tar").unwrap().is_some(), "that of another dataset stays");
}

#[test]
fn a_program_is_not_given_a_folder_that_is_none() {
    let server = Seaweed::start();
    let shop = objects(&server);
    let fault = shop.attempt("shell", &json!({"command": ["true"], "folder": "lts:ds"})).unwrap_err();
    assert_eq!(fault.code, "storage.not_local");
    assert!(fault.now.contains("Copy what is needed"), "{fault:?}");
}
